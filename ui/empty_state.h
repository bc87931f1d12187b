// SPDX-License-Identifier: Apache-2.0
#pragma once

class QAbstractItemView;
class QString;

namespace ui {

/// Shows `text` in the middle of `view` while its model has no rows. Call it after the view's setModel().
void setEmptyText(QAbstractItemView *view, const QString &text);

} // namespace ui
