// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "certified.h"
#include "kms/sakke.h"

#include <QtGlobal>

#include <algorithm>

/// What the tests of SAKKE share: services by both ID schemes, and two of their users.
namespace mikey::test {

inline constexpr std::string_view kmsId = "kms.example.org";
inline constexpr std::string_view aliceTel = "tel:+447700900123", bobTel = "tel:+447700900456";

/// 2026-11-30T23:30:00Z and its like.
inline NtpTime timeAt(std::int64_t unixSeconds)
{
    return NtpTime::fromUnixMicroseconds(unixSeconds * 1000000);
}
inline constexpr qint64 december = 1796083200; ///< 2026-12-01T00:00:00Z
inline constexpr qint64 day = 24 * 3600;

struct SakkeService
{
    SystemRandom random;
    kms::SakkeMasters masters = kms::SakkeMasters::make(random);
    SakkeDomain domain;

    explicit SakkeService(SakkeIdScheme scheme, std::string_view name = kmsId)
        : domain(*kms::sakkeDomain(masters, name, scheme))
    {
    }

    void enrol(Endpoint &endpoint, std::string_view uri, std::initializer_list<NtpTime> times)
    {
        endpoint.sakke.uri = uri;
        if (endpoint.sakke.domains.empty())
            endpoint.sakke.domains.push_back(domain);
        for (const auto time : times) {
            const auto issued = *kms::issueSakke(masters, domain, uri, domain.periodAt(time), random);
            if (const auto fault = endpoint.sakke.add(issued.period, issued.rsk, issued.ssk, issued.pvt))
                qFatal("%s", fault->c_str());
        }
    }
};

inline SakkeService &uidService()
{
    static SakkeService service(SakkeIdScheme::Uid);
    return service;
}

inline SakkeService &telService()
{
    static SakkeService service(SakkeIdScheme::TelUriMonthly);
    return service;
}

/// Alice and Bob, with keys of the period of that time.
struct SakkeUsers
{
    Side alice, bob;

    explicit SakkeUsers(SakkeService &service = uidService(), NtpTime time = noon())
    {
        const bool tel = service.domain.scheme == SakkeIdScheme::TelUriMonthly;
        alice.endpoint.identity = aliceId;
        bob.endpoint.identity = bobId;
        service.enrol(alice.endpoint, tel ? aliceTel : aliceId, {time});
        service.enrol(bob.endpoint, tel ? bobTel : bobId, {time});
    }

    std::unique_ptr<Initiator> offer(NtpTime time = noon(), std::vector<const SrtpSuite *> suites = {})
    {
        Offer offer;
        offer.peer = bob.endpoint.sakke.uri;
        offer.suites = std::move(suites);
        auto made = method("sakke")->initiate(alice.context(), offer, time);
        if (!made)
            qFatal("%s", made.error().reason.c_str());
        return std::move(*made);
    }
};

/// The I_MESSAGE, changed and signed again with the key of that side.
inline Bytes resignedSakke(Side &side, ByteView octets, const Rewrite &change)
{
    const auto message = *decode(octets);
    auto draft = draftOf(message);
    change(draft);
    const Bytes room(eccsi::signatureOctets);
    draft.payloads.emplace_back(Sign{message.find<Sign>()->type, room});
    auto changed = *encode(draft.header, draft.payloads);
    const auto covered = ByteView(changed).first(changed.size() - room.size());
    const auto signature = side.endpoint.sakke.periods.front().signer->sign(covered, side.random);
    std::copy(signature.begin(), signature.end(), changed.begin() + static_cast<std::ptrdiff_t>(covered.size()));
    return changed;
}

} // namespace mikey::test
