// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event_writer.h"

#include <QSocketNotifier>

/// `latchkey --headless`: commands in as JSON lines on standard input, events out as JSON lines on standard output. End
/// of input hangs up and ends the program.
class Headless : public QObject
{
    Q_OBJECT

public:
    Headless(call::Phone &phone, JsonOutput &output);

    /// Ends the calls and leaves the event loop; what the peers are still owed is for sayGoodbye().
    void quit();

private:
    void readInput();
    void takeLine(const QByteArray &line);
    void run(const QString &name, const QJsonObject &command);
    void dial(const QJsonObject &command);
    void onCall(const QString &name, const QJsonObject &command);

    call::Phone &m_phone;
    EventWriter m_events;
    QSocketNotifier m_input;
    QByteArray m_buffer;
    bool m_quitting = false;
};
