// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QIcon>
#include <QPalette>
#include <QPixmap>

class QString;

namespace ui {

/// The icon `name` of resources/icons in the colour its widget's text has now: it follows the theme by itself.
/// `role` says which text: ButtonText for tool bars and menus; `fixed` overrides it, for a filled button.
QIcon icon(const QString &name, QPalette::ColorRole role = QPalette::ButtonText);
QIcon icon(const QString &name, const QColor &fixed);

/// The same as a picture of `size` device independent pixels.
QPixmap iconPixmap(const QString &name, int size, const QColor &color, qreal devicePixelRatio);

QIcon appIcon();

} // namespace ui
