// SPDX-License-Identifier: Apache-2.0
#include "choose_files.h"

#include <QFileDialog>

namespace ui {

void chooseFiles(QWidget *parent, const QString &title, const QString &filter, HowMany howMany,
                 std::function<void(const QStringList &)> then)
{
    auto *dialog = new QFileDialog(parent, title, {}, filter);
    dialog->setObjectName(QStringLiteral("chooseFiles"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(howMany == HowMany::One ? QFileDialog::ExistingFile : QFileDialog::ExistingFiles);
    QObject::connect(dialog, &QFileDialog::filesSelected, parent, then);
    dialog->open();
}

} // namespace ui
