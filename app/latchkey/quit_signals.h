// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QSocketNotifier>

/// SIGINT and SIGTERM as a Qt signal, so that calls are ended and state is saved. One object a process.
class QuitSignals : public QObject
{
    Q_OBJECT

public:
    QuitSignals();

Q_SIGNALS:
    void received();

private:
    QSocketNotifier m_notifier;
};
