// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QProgressBar>
#include <QTimer>

namespace ui {

/// A level in dBFS, -60 to 0: rises at once, falls smoothly. A progress bar to assistive tools, with "-23 dB" as its
/// text.
class LevelMeter : public QProgressBar
{
    Q_OBJECT
public:
    explicit LevelMeter(QWidget *parent = nullptr);

    void setLevel(double dbfs);
    QString text() const override;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void fall();

    double m_shown;
    QTimer m_motion;
};

} // namespace ui
