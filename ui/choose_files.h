// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>

#include <functional>

class QWidget;

namespace ui {

enum class HowMany { One, Several };

/// Lets the user choose existing files; `then` gets them unless that is cancelled. `filter` as QFileDialog wants it.
/// Returns at once.
void chooseFiles(QWidget *parent, const QString &title, const QString &filter, HowMany howMany,
                 std::function<void(const QStringList &)> then);

} // namespace ui
