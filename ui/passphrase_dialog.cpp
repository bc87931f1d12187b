// SPDX-License-Identifier: Apache-2.0
#include "passphrase_dialog.h"

#include "secret_field.h"
#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int longest = 1024;
}

PassphraseDialog::PassphraseDialog(const QString &file, Then then, QWidget *parent)
    : QDialog(parent), m_field(new QLineEdit(this)), m_then(std::move(then))
{
    setObjectName(QStringLiteral("passphraseDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Passphrase"));
    QLabel *question = plainLabel(this);
    setWrapped(question, tr("The passphrase of %1:").arg(isolated(QFileInfo(file).fileName())));
    describe(m_field, "passphrase", tr("Passphrase"),
             tr("What the key in the file was encrypted with. It is used once and not kept."));
    m_field->setEchoMode(QLineEdit::Password);
    m_field->setMaxLength(longest);
    m_field->setMinimumWidth(320);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    describe(buttons->button(QDialogButtonBox::Ok), "passphraseOk", tr("Import"), tr("Open the file with it"));
    describe(buttons->button(QDialogButtonBox::Cancel), "passphraseCancel", tr("Cancel"), tr("Import nothing"));
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Import"));
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::large, space::large, space::large, space::large);
    layout->setSpacing(space::medium);
    layout->addWidget(question);
    layout->addWidget(m_field);
    layout->addWidget(buttons);
}

void PassphraseDialog::done(int result)
{
    mikey::Secret passphrase = takeSecret(*m_field);
    QDialog::done(result);
    if (result == Accepted)
        m_then(std::move(passphrase));
}

} // namespace ui
