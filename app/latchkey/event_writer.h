// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/phone.h"
#include "json_output.h"

#include <QJsonObject>

#include <map>

/// Tells what a Phone does as JSON lines on standard output: each event is read off two successive snapshots of a call.
class EventWriter : public QObject
{
    Q_OBJECT

public:
    /// `side`: "alice" or "bob" in a demo, else empty.
    EventWriter(call::Phone &phone, JsonOutput &output, const QString &side = {});

    void write(const QString &event, QJsonObject fields = {});
    void error(const QString &reason);
    void listening();

private:
    struct Told
    {
        bool begun = false;
        bool ringing = false;
        bool established = false;
        bool ended = false;
        std::vector<bool> steps; ///< which steps of the exchange were told
    };

    void tell(int call);
    void tellBeginning(const call::CallSnapshot &call, Told &told);
    void tellMikey(const call::CallSnapshot &call, Told &told);
    void tellEstablished(const call::CallSnapshot &call, Told &told);
    void tellEnd(const call::CallSnapshot &call, Told &told);

    call::Phone &m_phone;
    JsonOutput &m_output;
    QString m_side;
    std::map<int, Told> m_told;
};
