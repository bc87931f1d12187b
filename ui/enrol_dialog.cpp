// SPDX-License-Identifier: Apache-2.0
#include "enrol_dialog.h"

#include "certificate_words.h"
#include "secret_field.h"
#include "theme.h"
#include "widgets.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QUrl>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int longest = 1024;

bool isAddress(const QString &text)
{
    const QUrl url(text.trimmed(), QUrl::StrictMode);
    return url.isValid() && url.scheme() == QLatin1String("https") && !url.host().isEmpty();
}

} // namespace

EnrolDialog::EnrolDialog(Then then, QWidget *parent)
    : QDialog(parent), m_then(std::move(then)), m_hint(secondaryLabel(this))
{
    setObjectName(QStringLiteral("enrolDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Enrol at a key management service"));
    QLabel *about = secondaryLabel(this, tr("Whoever runs the service has told you what belongs here."));
    about->setWordWrap(true);

    auto *form = new QFormLayout;
    form->setHorizontalSpacing(space::large);
    form->setVerticalSpacing(space::medium);
    m_address = addField(form, "serviceAddress", tr("Address"), tr("Where the service is asked, over HTTPS"));
    m_address->setPlaceholderText(tr("https://kms.example.org:8443/"));
    m_name = addField(form, "serviceName", tr("Name"),
                      tr("What the service calls itself. Without it, the host of the address is taken."));
    m_name->setPlaceholderText(tr("kms.example.org"));
    m_fingerprint =
        addField(form, "serviceFingerprint", tr("Fingerprint"),
                 tr("The SHA-256 of its certificate: 64 hexadecimal digits. Then no other is taken. Without it, an "
                    "authority that this computer trusts has to vouch for the certificate."));
    m_fingerprint->setPlaceholderText(tr("9C1F 03AA …"));
    m_fingerprint->setFont(fixedFont());
    m_token = addField(form, "serviceToken", tr("Token"), tr("Proves you to the service, for keys of SAKKE"));
    m_key = addField(form, "serviceKey", tr("Shared key"),
                     tr("Proves you to the service, for keys of IBAKE and for tickets: hexadecimal digits"));
    for (QLineEdit *field : {m_token, m_key})
        field->setEchoMode(QLineEdit::Password);
    m_hint->setObjectName(QStringLiteral("enrolHint"));
    m_hint->setWordWrap(true);

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_enrol = buttons->button(QDialogButtonBox::Ok);
    m_enrol->setText(tr("Enrol"));
    describe(m_enrol, "enrol", tr("Enrol"), tr("Fetch your keys from the service"));
    describe(buttons->button(QDialogButtonBox::Cancel), "enrolCancel", tr("Cancel"), tr("Ask no service"));
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::large, space::large, space::large, space::large);
    layout->setSpacing(space::medium);
    layout->addWidget(about);
    layout->addLayout(form);
    layout->addWidget(m_hint);
    layout->addWidget(buttons);
    resize(sizeHint().expandedTo({560, 0}));
    judge();
}

QLineEdit *EnrolDialog::addField(QFormLayout *form, const char *name, const QString &title, const QString &explanation)
{
    auto *field = new QLineEdit(this);
    describe(field, name, title, explanation);
    field->setMaxLength(longest);
    form->addRow(title, field);
    connect(field, &QLineEdit::textChanged, this, &EnrolDialog::judge);
    return field;
}

void EnrolDialog::judge()
{
    const auto address = m_address->text().trimmed(), pinned = m_fingerprint->text().trimmed();
    const bool addressed = isAddress(address);
    const bool pinnedWell = pinned.isEmpty() || !fingerprintFrom(pinned).isEmpty();
    const bool proved = !m_token->text().trimmed().isEmpty() || !m_key->text().trimmed().isEmpty();
    m_enrol->setEnabled(addressed && pinnedWell && proved);
    if (!address.isEmpty() && !addressed)
        m_hint->setText(tr("The address begins with https:// and names a host."));
    else if (!pinnedWell)
        m_hint->setText(tr("A fingerprint has 64 hexadecimal digits; spaces and colons do not count."));
    else if (addressed && !proved)
        m_hint->setText(tr("A token, a shared key, or both prove who you are."));
    else
        m_hint->setText(tr("They are kept in your endpoint file, and renewed keys are fetched with them."));
}

void EnrolDialog::done(int result)
{
    KeyServiceAccount account{m_address->text().trimmed(), m_name->text().trimmed(),
                              fingerprintFrom(m_fingerprint->text()), takeSecret(*m_token), takeSecret(*m_key)};
    QDialog::done(result);
    if (result == Accepted)
        m_then(std::move(account));
}

} // namespace ui
