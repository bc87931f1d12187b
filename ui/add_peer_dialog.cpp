// SPDX-License-Identifier: Apache-2.0
#include "add_peer_dialog.h"

#include "certificate_words.h"
#include "choose_files.h"
#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

AddPeerDialog::AddPeerDialog(QWidget *parent)
    : QDialog(parent), m_identity(new QLineEdit(this)), m_fingerprint(new QLineEdit(this)),
      m_choose(new QPushButton(tr("Choose a file…"), this)), m_chosen(new ElidedLabel(this)),
      m_hint(secondaryLabel(this))
{
    setObjectName(QStringLiteral("addPeerDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Add a person"));
    describe(m_identity, "peerIdentity", tr("Identity"), tr("Whom the certificate is for, as you call them"));
    m_identity->setPlaceholderText(tr("sip:name@domain"));
    m_identity->setMaxLength(1024);
    describe(m_choose, "peerCertificate", tr("Certificate"), tr("The person's certificate, in a PEM or DER file"));
    m_choose->setAutoDefault(false);
    describe(m_fingerprint, "peerFingerprint", tr("Fingerprint"),
             tr("The SHA-256 of the person's certificate, as they read it to you: 64 hexadecimal digits"));
    m_fingerprint->setPlaceholderText(tr("9C1F 03AA …"));
    m_fingerprint->setFont(fixedFont());
    m_fingerprint->setMaxLength(256);
    m_hint->setObjectName(QStringLiteral("peerHint"));
    m_hint->setWordWrap(true);

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_add = buttons->button(QDialogButtonBox::Ok);
    describe(m_add, "peerAdd", tr("Add"), tr("Know this person by that certificate from now on"));
    m_add->setText(tr("Add"));
    describe(buttons->button(QDialogButtonBox::Cancel), "peerCancel", tr("Cancel"), tr("Add nobody"));

    auto *file = new QHBoxLayout;
    file->setSpacing(space::small);
    file->addWidget(m_choose);
    file->addWidget(m_chosen, 1);
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(space::large);
    form->setVerticalSpacing(space::medium);
    form->addRow(tr("Identity"), m_identity);
    form->addRow(tr("Certificate"), file);
    form->addRow(tr("or fingerprint"), m_fingerprint);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::large, space::large, space::large, space::large);
    layout->setSpacing(space::medium);
    layout->addLayout(form);
    layout->addWidget(m_hint);
    layout->addWidget(buttons);
    resize(sizeHint().expandedTo({520, 0}));

    connect(m_identity, &QLineEdit::textChanged, this, &AddPeerDialog::update);
    connect(m_fingerprint, &QLineEdit::textChanged, this, &AddPeerDialog::update);
    connect(m_choose, &QPushButton::clicked, this, &AddPeerDialog::chooseCertificate);
    connect(buttons, &QDialogButtonBox::accepted, this, &AddPeerDialog::give);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    update();
}

void AddPeerDialog::chooseCertificate()
{
    chooseFiles(this, tr("Certificate of the person"), tr("Certificates (*.pem *.crt *.cer *.der);;All files (*)"),
                HowMany::One, [this](const QStringList &files) {
                    m_file = files.front();
                    m_chosen->setText(plain(QFileInfo(m_file).fileName()));
                    update();
                });
}

void AddPeerDialog::update()
{
    const bool named = !m_identity->text().trimmed().isEmpty();
    const bool pasted = !m_fingerprint->text().trimmed().isEmpty();
    const bool right = !fingerprintFrom(m_fingerprint->text()).isEmpty();
    m_fingerprint->setEnabled(m_file.isEmpty());
    m_add->setEnabled(!m_file.isEmpty() || (named && right));
    if (!m_file.isEmpty())
        m_hint->setText(tr("Without an identity, the one that the certificate names is taken."));
    else if (pasted && !right)
        m_hint->setText(tr("A fingerprint has 64 hexadecimal digits; spaces and colons do not count."));
    else
        m_hint->setText(tr("From then on no other certificate is taken of this person."));
}

void AddPeerDialog::give()
{
    const QString identity = m_identity->text().trimmed();
    if (!m_file.isEmpty())
        Q_EMIT certificateGiven(identity, m_file);
    else
        Q_EMIT fingerprintGiven(identity, fingerprintFrom(m_fingerprint->text()));
    accept();
}

} // namespace ui
