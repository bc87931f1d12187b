// SPDX-License-Identifier: Apache-2.0
#include "question.h"

#include <QMessageBox>
#include <QPushButton>

namespace ui {

QMessageBox *askCarefully(QWidget *parent, const QString &question, const QString &explanation, const QString &yes,
                          std::function<void()> then)
{
    auto *box = new QMessageBox(QMessageBox::Warning, parent->window()->windowTitle(), {}, QMessageBox::Cancel, parent);
    box->setObjectName(QStringLiteral("carefulQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setText(question);
    box->setInformativeText(explanation);
    QPushButton *agree = box->addButton(yes, QMessageBox::DestructiveRole);
    agree->setObjectName(QStringLiteral("agree"));
    agree->setAutoDefault(false); // not even with the focus on it
    box->setDefaultButton(QMessageBox::Cancel);
    box->setEscapeButton(QMessageBox::Cancel);
    QObject::connect(box, &QDialog::finished, parent, [box, agree, then = std::move(then)] {
        if (box->clickedButton() == agree)
            then();
    });
    box->open();
    return box;
}

} // namespace ui
