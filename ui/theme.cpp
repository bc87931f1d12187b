// SPDX-License-Identifier: Apache-2.0
#include "theme.h"

#include "icons.h"
#include "style.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

constexpr QRgb accent = 0xff2563eb;
constexpr QRgb endRed = 0xffc62828;

/// One row a role: the two themes side by side, so that none forgets a role of the other.
struct RoleColors
{
    QPalette::ColorRole role;
    QRgb light;
    QRgb dark;
};

constexpr RoleColors roleColors[] = {
    {QPalette::Window, 0xfff5f6f8, 0xff1e2024},
    {QPalette::WindowText, 0xff1b1e24, 0xffe8eaee},
    {QPalette::Base, 0xffffffff, 0xff17191c},
    {QPalette::AlternateBase, 0xfff5f6f8, 0xff1e2024},
    {QPalette::Text, 0xff1b1e24, 0xffe8eaee},
    {QPalette::Button, 0xfffbfcfd, 0xff2d3036},
    {QPalette::ButtonText, 0xff1b1e24, 0xffe8eaee},
    {QPalette::BrightText, 0xffffffff, 0xffffffff},
    {QPalette::ToolTipBase, 0xff1f2329, 0xff3a3e46},
    {QPalette::ToolTipText, 0xffffffff, 0xfff2f3f5},
    {QPalette::PlaceholderText, 0xff667080, 0xff959ca8},
    {QPalette::Highlight, accent, accent},
    {QPalette::HighlightedText, 0xffffffff, 0xffffffff},
    {QPalette::Link, 0xff1d4fd7, 0xff8ab4ff},
    {QPalette::LinkVisited, 0xff6b3fb5, 0xffc3a5ff},
    {QPalette::Light, 0xffffffff, 0xff34383f},
    {QPalette::Midlight, 0xffe9ebef, 0xff2d3036},
    {QPalette::Mid, 0xffc4c9d1, 0xff4b505a},
    {QPalette::Dark, 0xffa3a9b4, 0xff101113},
    {QPalette::Shadow, 0xff6c727c, 0xff000000},
};

QPalette themePalette(bool dark)
{
    QPalette palette;
    for (const RoleColors &row : roleColors)
        palette.setColor(row.role, QColor::fromRgba(dark ? row.dark : row.light));
    const QColor faint = dark ? QColor(0x70, 0x76, 0x82) : QColor(0x97, 0x9e, 0xaa);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, faint);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, palette.color(QPalette::Mid));
    return palette;
}

QPalette filledButton(const QColor &fill)
{
    QPalette palette;
    for (const auto group : {QPalette::Active, QPalette::Inactive}) {
        palette.setColor(group, QPalette::Button, fill);
        palette.setColor(group, QPalette::ButtonText, Qt::white);
    }
    return palette;
}

double luminance(const QColor &color)
{
    const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

Theme lastApplied = Theme::System;

QFont scaledFont(double factor, QFont::Weight weight)
{
    QFont font = QApplication::font();
    font.setPointSizeF(font.pointSizeF() * factor);
    font.setWeight(weight);
    return font;
}

} // namespace

Theme themeNamed(const QString &name)
{
    if (name == u"light")
        return Theme::Light;
    return name == u"dark" ? Theme::Dark : Theme::System;
}

void applyTheme(QApplication &app, Theme theme)
{
    // Asked once, before our own palette hides what the desktop wants.
    static const bool desktopIsDark = isDark(app.palette());
    lastApplied = theme;
    app.setStyle(new Style);
    const QPalette palette = themePalette(theme == Theme::Dark || (theme == Theme::System && desktopIsDark));
    app.setPalette(palette);
    QToolTip::setPalette(palette);
    app.setWindowIcon(appIcon());
}

Theme appliedTheme()
{
    return lastApplied;
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

ToneColors toneColors(Tone tone, const QPalette &palette)
{
    const bool dark = isDark(palette);
    switch (tone) {
    case Tone::Good:
        return dark ? ToneColors{0xff86dba6, 0xff17311f} : ToneColors{0xff14613a, 0xffe3f4e9};
    case Tone::Caution:
        return dark ? ToneColors{0xfff2c66d, 0xff362b10} : ToneColors{0xff7a4f00, 0xfffdf0d2};
    case Tone::Bad:
        return dark ? ToneColors{0xffffa59d, 0xff3d1b19} : ToneColors{0xffa61f17, 0xfffce6e4};
    case Tone::Neutral:
        break;
    }
    return dark ? ToneColors{0xffc9ced6, 0xff292c32} : ToneColors{0xff434a56, 0xffe9ebef};
}

QColor secondaryText(const QPalette &palette)
{
    return isDark(palette) ? QColor(0xa3, 0xaa, 0xb6) : QColor(0x59, 0x61, 0x6e);
}

QColor lineColor(const QPalette &palette)
{
    return isDark(palette) ? QColor(0x37, 0x3b, 0x43) : QColor(0xd9, 0xdd, 0xe3);
}

QPalette accentButton()
{
    return filledButton(QColor::fromRgba(accent));
}

QPalette endButton()
{
    return filledButton(QColor::fromRgba(endRed));
}

QFont titleFont()
{
    return scaledFont(1.6, QFont::DemiBold);
}

QFont smallFont()
{
    return scaledFont(0.9, QFont::Normal);
}

QFont strongFont()
{
    return scaledFont(1, QFont::DemiBold);
}

QFont fixedFont()
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(QApplication::font().pointSizeF() * 0.9);
    return font;
}

QFont tabularFont(const QFont &font)
{
    const QFontMetricsF metrics(font);
    const double width = metrics.horizontalAdvance(u'0');
    for (char16_t digit = u'1'; digit <= u'9'; ++digit) {
        if (std::abs(metrics.horizontalAdvance(QChar(digit)) - width) > 0.01) {
            QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
            fixed.setPointSizeF(font.pointSizeF());
            fixed.setWeight(QFont::Weight(font.weight()));
            return fixed;
        }
    }
    return font;
}

double contrast(const QColor &a, const QColor &b)
{
    const double first = luminance(a), second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

} // namespace ui
