// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/credentials.h"
#include "audio/virtual_endpoints.h"
#include "call/clock.h"
#include "call/phone.h"

#include <QTest>

/// A phone on loopback that plays a tone into its calls, and what it has told so far.
struct TestPhone
{
    /// What answers both: the service of the endpoints made last.
    static std::unique_ptr<account::PlayedKms> &service()
    {
        static std::unique_ptr<account::PlayedKms> played;
        return played;
    }

    explicit TestPhone(mikey::Endpoint endpoint, int renewalSeconds = 0)
        : TestPhone(std::move(endpoint), config(renewalSeconds))
    {
    }

    TestPhone(mikey::Endpoint endpoint, call::Phone::Config config, mikey::EndpointState state = {})
        : phone(std::move(endpoint), std::move(state), std::move(config))
    {
        if (const auto trouble = phone.listen(sip::Transport::Udp, QHostAddress(QHostAddress::LocalHost), 0))
            qFatal("%s", qPrintable(*trouble));
        QObject::connect(&phone, &call::Phone::keysRenewed, &phone, [this] { ++renewed; });
        QObject::connect(&phone, &call::Phone::certificateMet, &phone,
                         [this](const QString &identity) { met += identity; });
    }

    static call::Phone::Config config(int renewalSeconds)
    {
        call::Phone::Config config;
        config.answering = call::Phone::Answering::Auto;
        config.statisticsIntervalMs = 20;
        config.renewalSeconds = renewalSeconds;
        if (service())
            config.askKms = call::askKmsOf(*service());
        config.openAudio = [] {
            return media::AudioEndpoints{std::make_shared<media::ToneMicrophone>(),
                                         std::make_shared<media::NullSpeaker>()};
        };
        return config;
    }

    QString address() const
    {
        const auto &point = phone.snapshot().listening.front();
        return QStringLiteral("sip:x@%1:%2").arg(point.address).arg(point.port);
    }
    bool hasCall() const { return !phone.snapshot().calls.empty(); }
    const call::CallSnapshot &call() const { return phone.snapshot().calls.back(); }
    bool established() const { return hasCall() && call().phase == call::Phase::Established; }
    bool ended() const { return hasCall() && call().phase == call::Phase::Ended; }
    bool renew() { return phone.renewKeys(call().id); }

    /// The newest key of one direction, as "fingerprint of the key, of the salt, MKI".
    QString newestKey(bool sends) const
    {
        QString newest;
        for (const auto &row : call().keys) {
            if (row.sends == sends)
                newest = QStringLiteral("%1 %2 %3")
                             .arg(row.tekFingerprint, row.saltFingerprint, QString::fromLatin1(row.mki.toHex()));
        }
        return newest;
    }
    bool undisturbed() const
    {
        const auto &media = call().media;
        return established() && media.lost == 0 && media.authFailures == 0 && media.replayed == 0;
    }

    call::Phone phone;
    int renewed = 0;
    QStringList met;
};

constexpr auto alicesIdentity = "sip:alice@example.org";
constexpr auto bobsIdentity = "sip:bob@example.org";

/// Alice's and Bob's credentials. Making keys takes its time, so an authority is made once a program. `rekeySeconds`: how
/// often calls with tickets need new keys.
inline std::vector<mikey::Endpoint> twoEndpoints(std::uint32_t rekeySeconds = 0)
{
    static auto authority = account::makeDemoAuthority(call::ntpNow());
    mikey::SystemRandom random;
    auto endpoints = account::makeDemoEndpoints({alicesIdentity, bobsIdentity}, random, authority, call::ntpNow());
    auto services = authority.mikey.clone();
    services.ticket.rekeySeconds = rekeySeconds;
    TestPhone::service() = std::make_unique<account::PlayedKms>(std::move(services));
    return endpoints;
}
