// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <functional>

class QMessageBox;
class QWidget;

namespace ui {

/// Asks before something that may do harm: Enter and Esc both cancel, only a choice on purpose agrees. Returns at
/// once.
QMessageBox *askCarefully(QWidget *parent, const QString &question, const QString &explanation, const QString &yes,
                          std::function<void()> then);

} // namespace ui
