// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/played_kms.h"
#include "audio/virtual_endpoints.h"
#include "call/phone.h"

#include <array>

/// Alice and Bob in one process: throw-away credentials, sockets on loopback, recorded speech for microphones.
class DemoPair
{
public:
    struct Side
    {
        QString name; ///< "alice"
        std::vector<media::Sample> speech;
        std::shared_ptr<media::MemorySpeaker> heard; ///< what the speaker got in the latest call
        std::unique_ptr<call::Phone> phone;
    };

    /// `audible`: speech is played on the sound device too. `seconds` of it are recorded. Trouble is told by ready().
    DemoPair(bool audible, int seconds, call::Phone::Answering bobAnswers, int statisticsIntervalMs);
    ~DemoPair();

    std::optional<QString> trouble() const { return m_trouble; }
    Side &alice() { return m_sides[0]; }
    Side &bob() { return m_sides[1]; }
    const Side &alice() const { return m_sides[0]; }
    const Side &bob() const { return m_sides[1]; }
    QString bobsAddress() const;
    call::Phone::DialResult aliceCallsBob(const QString &method);

private:
    std::optional<QString> setUp(Side &side, mikey::Endpoint endpoint, call::Phone::Answering answering);

    bool m_audible;
    std::size_t m_recordSamples;
    int m_statisticsIntervalMs;
    std::unique_ptr<account::PlayedKms> m_kms;
    std::array<Side, 2> m_sides;
    std::optional<QString> m_trouble;
};
