// SPDX-License-Identifier: Apache-2.0
#include "level_meter.h"

#include "theme.h"

#include <QPainter>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ui {

namespace {
constexpr int floorDb = -60;
constexpr int segmentWidth = 6, segmentGap = 2;
constexpr double fallDb = 1.5; // for each of 30 pictures in a second
} // namespace

LevelMeter::LevelMeter(QWidget *parent) : QProgressBar(parent), m_shown(floorDb)
{
    setRange(floorDb, 0);
    setValue(floorDb);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_motion.setInterval(std::chrono::milliseconds(33));
    connect(&m_motion, &QTimer::timeout, this, &LevelMeter::fall);
}

void LevelMeter::setLevel(double dbfs)
{
    const double level = std::isfinite(dbfs) ? std::clamp(dbfs, double(floorDb), 0.0) : floorDb;
    setValue(int(std::lround(level)));
    if (value() > m_shown)
        m_shown = value();
    else if (value() < m_shown && isVisible() && !m_motion.isActive())
        m_motion.start();
    update();
}

void LevelMeter::fall()
{
    m_shown = std::max(double(value()), m_shown - fallDb);
    if (m_shown <= value() || !isVisible())
        m_motion.stop();
    update();
}

QString LevelMeter::text() const
{
    return value() == floorDb ? tr("silent") : tr("%1 dB").arg(value());
}

QSize LevelMeter::sizeHint() const
{
    return {160, 12};
}

QSize LevelMeter::minimumSizeHint() const
{
    return {64, 12};
}

void LevelMeter::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const int segments = std::max(1, (width() + segmentGap) / (segmentWidth + segmentGap));
    const int lit = int(std::lround((m_shown - floorDb) / -floorDb * segments));
    const QColor on = palette().color(QPalette::Highlight), off = lineColor(palette());
    for (int i = 0; i < segments; ++i) {
        painter.setBrush(i < lit ? on : off);
        painter.drawRoundedRect(i * (segmentWidth + segmentGap), 1, segmentWidth, height() - 2, 2, 2);
    }
}

} // namespace ui
