// SPDX-License-Identifier: Apache-2.0
#include "demo.h"

#include "account/credentials.h"
#include "audio/device_endpoints.h"
#include "audio/wav.h"
#include "call/clock.h"

#include <QFile>

namespace {

constexpr auto aliceIdentity = "sip:alice@example.org";
constexpr auto bobIdentity = "sip:bob@example.org";

/// A recording in the program's resources; empty if it is missing.
std::vector<media::Sample> speechOf(const QString &name)
{
    QFile file(QStringLiteral(":/speech/%1.wav").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const auto wav = file.readAll();
    auto samples = media::parseWav(
        {reinterpret_cast<const std::uint8_t *>(wav.constData()), static_cast<std::size_t>(wav.size())});
    return samples ? std::move(*samples) : std::vector<media::Sample>();
}

} // namespace

DemoPair::DemoPair(bool audible, int seconds, call::Phone::Answering bobAnswers, int statisticsIntervalMs)
    : m_audible(audible), m_recordSamples(static_cast<std::size_t>(seconds) * media::sampleRate),
      m_statisticsIntervalMs(statisticsIntervalMs)
{
    mikey::SystemRandom random;
    const auto now = call::ntpNow();
    auto authority = account::makeDemoAuthority(now);
    auto endpoints = account::makeDemoEndpoints({aliceIdentity, bobIdentity}, random, authority, now);
    m_kms = std::make_unique<account::PlayedKms>(std::move(authority.mikey));
    alice().name = QStringLiteral("alice");
    bob().name = QStringLiteral("bob");
    m_trouble = setUp(alice(), std::move(endpoints[0]), call::Phone::Answering::Manual);
    if (!m_trouble)
        m_trouble = setUp(bob(), std::move(endpoints[1]), bobAnswers);
}

DemoPair::~DemoPair() = default;

std::optional<QString> DemoPair::setUp(Side &side, mikey::Endpoint endpoint, call::Phone::Answering answering)
{
    side.speech = speechOf(side.name);
    if (side.speech.empty())
        return QStringLiteral("the recording of %1's speech is missing in this program").arg(side.name);
    call::Phone::Config config;
    config.displayName = side.name == QLatin1String("alice") ? QStringLiteral("Alice") : QStringLiteral("Bob");
    config.answering = answering;
    config.statisticsIntervalMs = m_statisticsIntervalMs;
    config.openAudio = [this, &side]() -> media::AudioEndpoints {
        side.heard = std::make_shared<media::MemorySpeaker>(m_recordSamples);
        std::shared_ptr<media::Speaker> speaker = side.heard;
        if (m_audible)
            speaker = std::make_shared<media::TeeSpeaker>(media::deviceSpeaker({}), side.heard);
        return {std::make_shared<media::MemoryMicrophone>(side.speech), speaker};
    };
    config.askKms = call::askKmsOf(*m_kms);
    side.phone = std::make_unique<call::Phone>(std::move(endpoint), mikey::EndpointState(), std::move(config));
    return side.phone->listen(sip::Transport::Udp, QHostAddress(QHostAddress::LocalHost), 0);
}

QString DemoPair::bobsAddress() const
{
    const auto &point = m_sides[1].phone->snapshot().listening.front();
    return QStringLiteral("sip:bob@%1:%2").arg(point.address).arg(point.port);
}

call::Phone::DialResult DemoPair::aliceCallsBob(const QString &method)
{
    return alice().phone->dial(bobsAddress(), method, QString::fromLatin1(bobIdentity));
}
