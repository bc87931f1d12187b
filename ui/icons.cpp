// SPDX-License-Identifier: Apache-2.0
#include "icons.h"

#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QSvgRenderer>

/// Outside any namespace: the macro declares a function by its plain name.
static void initResources()
{
    Q_INIT_RESOURCE(resources);
}

namespace ui {

namespace {

QString pathOf(const QString &name)
{
    initResources();
    return QStringLiteral(":/icons/%1.svg").arg(name);
}

/// Draws the black strokes of the file in a colour: the picture serves as a mask.
QPixmap tinted(const QString &path, const QSize &pixels, const QColor &color)
{
    QPixmap pixmap(pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    QSvgRenderer(path).render(&painter);
    painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
    painter.fillRect(pixmap.rect(), color);
    return pixmap;
}

/// Asks the palette each time it paints, so that one icon serves both themes.
class TintedIconEngine : public QIconEngine
{
public:
    TintedIconEngine(QString path, QPalette::ColorRole role, const QColor &fixed)
        : m_path(std::move(path)), m_role(role), m_fixed(fixed)
    {
    }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override
    {
        const qreal ratio = painter->device()->devicePixelRatioF();
        painter->drawPixmap(rect, pixmap((QSizeF(rect.size()) * ratio).toSize(), mode, state));
    }

    QPixmap pixmap(const QSize &pixels, QIcon::Mode mode, QIcon::State) override
    {
        return tinted(m_path, pixels, color(mode));
    }

    QIconEngine *clone() const override { return new TintedIconEngine(m_path, m_role, m_fixed); }

private:
    QColor color(QIcon::Mode mode) const
    {
        const QPalette palette = QGuiApplication::palette();
        if (mode == QIcon::Disabled)
            return palette.color(QPalette::Disabled, m_role);
        if (m_fixed.isValid())
            return m_fixed;
        return palette.color(mode == QIcon::Selected ? QPalette::HighlightedText : m_role);
    }

    QString m_path;
    QPalette::ColorRole m_role;
    QColor m_fixed;
};

} // namespace

QIcon icon(const QString &name, QPalette::ColorRole role)
{
    return QIcon(new TintedIconEngine(pathOf(name), role, {}));
}

QIcon icon(const QString &name, const QColor &fixed)
{
    return QIcon(new TintedIconEngine(pathOf(name), QPalette::ButtonText, fixed));
}

QPixmap iconPixmap(const QString &name, int size, const QColor &color, qreal devicePixelRatio)
{
    QPixmap pixmap = tinted(pathOf(name), (QSizeF(size, size) * devicePixelRatio).toSize(), color);
    pixmap.setDevicePixelRatio(devicePixelRatio);
    return pixmap;
}

QIcon appIcon()
{
    return QIcon(pathOf(QStringLiteral("latchkey")));
}

} // namespace ui
