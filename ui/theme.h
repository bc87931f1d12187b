// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

class QApplication;
class QString;

/// How the window looks: Fusion with our own palette, one accent colour, a grid of 4 px and three sizes of text.
namespace ui {

enum class Theme {
    System, ///< light or dark, after the lightness of the palette the desktop gave us
    Light,
    Dark,
};

/// "system", "light" or "dark"; anything else is System.
Theme themeNamed(const QString &name);

/// Sets style, palette, font and window icon of the whole application. May be called again to change the theme.
void applyTheme(QApplication &app, Theme theme);

/// What was last applied.
Theme appliedTheme();

bool isDark(const QPalette &palette);

/// What a colour says. Never alone: an icon and words say the same.
enum class Tone {
    Neutral, ///< nothing to judge
    Good,    ///< encrypted and verified, and nothing else
    Caution, ///< encrypted, but weak or not verified; or trouble that does not end the call
    Bad,     ///< refused, failed
};

struct ToneColors
{
    QColor text;
    QColor background;
};

ToneColors toneColors(Tone tone, const QPalette &palette);

/// Text that explains rather than says; 4.5:1 on Window and on Base.
QColor secondaryText(const QPalette &palette);

/// Lines that separate.
QColor lineColor(const QPalette &palette);

/// For a button filled with the accent colour, or with red for what ends a call. Only the roles that differ are set.
QPalette accentButton();
QPalette endButton();

/// Spacing in device independent pixels.
namespace space {
inline constexpr int tiny = 4, small = 8, medium = 12, large = 16, huge = 24;
}

QFont titleFont();
QFont smallFont();
QFont strongFont();
/// For octets and fingerprints.
QFont fixedFont();
/// `font` when its digits are all of one width, else the fixed font in its size: numbers that change must not dance.
QFont tabularFont(const QFont &font);

/// The contrast ratio of WCAG 2, 1 to 21.
double contrast(const QColor &a, const QColor &b);

} // namespace ui
