// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "demo.h"
#include "event_writer.h"

#include <QJsonArray>
#include <QStringList>
#include <QTimer>

/// `latchkey --headless --demo METHOD`: Alice calls Bob with each method in turn; the events of both and a summary go
/// to standard output. The program's exit status is 0 if every call was established, with the same keys, and heard.
class HeadlessDemo : public QObject
{
    Q_OBJECT

public:
    HeadlessDemo(QStringList methods, int seconds, JsonOutput &output);

    void start();

private:
    void nextCall();
    void onChange();
    void talkIsOver();
    void onEnded();
    QJsonObject judge() const;
    void finish();

    DemoPair m_pair;
    JsonOutput &m_output;
    EventWriter m_aliceEvents;
    EventWriter m_bobEvents;
    QStringList m_methods;
    int m_seconds;
    qsizetype m_index = -1;
    int m_aliceCall = 0;
    int m_sidesEnded = 0;
    bool m_talking = false;
    QTimer m_timer;
    QJsonArray m_runs;
    bool m_allWell = true;
};
