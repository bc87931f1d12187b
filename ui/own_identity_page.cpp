// SPDX-License-Identifier: Apache-2.0
#include "own_identity_page.h"

#include "certificate_words.h"
#include "text.h"
#include "theme.h"
#include "warning_list.h"
#include "widgets.h"

#include <QClipboard>
#include <QFormLayout>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {

OwnIdentityPage::OwnIdentityPage(QWidget *parent)
    : QWidget(parent), m_identity(new ElidedLabel(this)), m_none(secondaryLabel(this)),
      m_troubles(new WarningList(this)), m_facts(makeFacts())
{
    m_identity->setObjectName(QStringLiteral("ownIdentity"));
    m_identity->setFont(titleFont());
    m_none->setObjectName(QStringLiteral("noCertificate"));
    m_none->setWordWrap(true);
    m_none->setText(tr("No certificate yet. Methods with public keys or signed Diffie-Hellman want one: import what an "
                       "authority gave you, or make one that vouches for itself. Peers then compare its fingerprint "
                       "with you once."));

    auto *content = new QWidget;
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(space::large, space::large, space::large, space::small);
    column->setSpacing(space::medium);
    for (QWidget *part : {static_cast<QWidget *>(m_identity), static_cast<QWidget *>(m_none),
                          static_cast<QWidget *>(m_troubles), m_facts})
        column->addWidget(part);
    column->addStretch(1);
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(scroll, 1);
    layout->addWidget(makeButtons());
    setState({});
}

QLabel *OwnIdentityPage::addFact(QFormLayout *form, const char *name, const QString &title)
{
    QLabel *value = plainLabel(form->parentWidget());
    value->setObjectName(QLatin1String(name));
    value->setAccessibleName(title);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    form->addRow(secondaryLabel(form->parentWidget(), title), value);
    return value;
}

QWidget *OwnIdentityPage::makeFacts()
{
    auto *facts = new QWidget(this);
    auto *form = new QFormLayout(facts);
    form->setContentsMargins({});
    form->setHorizontalSpacing(space::large);
    form->setVerticalSpacing(space::small);
    form->setRowWrapPolicy(QFormLayout::DontWrapRows);
    m_speaksFor = addFact(form, "ownSpeaksFor", tr("Speaks for"));
    m_subject = addFact(form, "ownSubject", tr("Name"));
    m_issuer = addFact(form, "ownIssuer", tr("Issued by"));
    m_validity = addFact(form, "ownValidity", tr("Valid"));
    m_fingerprint = addFact(form, "ownFingerprint", tr("Fingerprint"));
    m_fingerprint->setFont(fixedFont());
    m_fingerprint->setToolTip(tr("SHA-256 of the certificate: read it to a peer who sees it for the first time"));
    m_copy = new QPushButton(tr("Copy the fingerprint"), facts);
    describe(m_copy, "copyFingerprint", m_copy->text(), tr("Put the fingerprint of this certificate on the clipboard"));
    m_copy->setAutoDefault(false);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_fingerprint->text().replace(u'\n', u' ')); });
    form->addRow(nullptr, m_copy);
    form->setAlignment(m_copy, Qt::AlignLeft);
    return facts;
}

QPushButton *OwnIdentityPage::addButton(const char *name, const QString &text, const QString &explanation)
{
    auto *button = new QPushButton(text, this);
    describe(button, name, text, explanation);
    button->setAutoDefault(false);
    m_ways << button;
    return button;
}

QWidget *OwnIdentityPage::makeButtons()
{
    auto *pem = addButton("importPem", tr("Import PEM…"),
                          tr("Take a certificate and its key from PEM files: one with both, or two"));
    auto *pkcs12 = addButton("importPkcs12", tr("Import PKCS#12…"),
                             tr("Take a certificate and its key from a .p12 or .pfx file, which has a passphrase"));
    auto *make = addButton("makeSelfSigned", tr("Make my own"),
                           tr("Make a key and a certificate that vouches for itself. It takes about a second."));
    connect(pem, &QPushButton::clicked, this, &OwnIdentityPage::importPemRequested);
    connect(pkcs12, &QPushButton::clicked, this, &OwnIdentityPage::importPkcs12Requested);
    connect(make, &QPushButton::clicked, this, &OwnIdentityPage::makeRequested);
    auto *bar = new QWidget(this);
    auto *row = new QHBoxLayout(bar);
    row->setContentsMargins(space::large, space::small, space::large, space::large);
    row->setSpacing(space::small);
    for (QPushButton *button : m_ways)
        row->addWidget(button);
    row->addStretch(1);
    return bar;
}

void OwnIdentityPage::setState(const IdentityState &state)
{
    m_identity->setText(shortAddress(state.identity));
    m_none->setVisible(!state.own);
    m_facts->setVisible(state.own.has_value());
    const CertificateInfo own = state.own.value_or(CertificateInfo());
    m_troubles->setWarnings(troublesOf(own.troubles));
    setWrapped(m_speaksFor, shortAddress(own.identity));
    setWrapped(m_subject, plain(own.subject));
    setWrapped(m_issuer, issuerInWords(own));
    setWrapped(m_validity, validityInWords(own.from, own.until));
    m_fingerprint->setText(fingerprintInGroups(own.fingerprint));
}

void OwnIdentityPage::setBusy(bool busy)
{
    for (QPushButton *button : m_ways)
        button->setEnabled(!busy);
}

} // namespace ui
