// SPDX-License-Identifier: Apache-2.0
#include "methods/exchange.h"

#include <algorithm>

namespace mikey {

Error Error::of(ErrorNumber number, std::string reason)
{
    return {number, registry::errorNumber.nameOf(static_cast<std::uint8_t>(number)), std::move(reason)};
}

Error Error::discarded(std::string reason)
{
    return {std::nullopt, "Discarded", std::move(reason)};
}

Error Error::local(std::string reason)
{
    return {std::nullopt, "Not possible here", std::move(reason)};
}

Step KmsUser::kmsAnswered(ByteView, NtpTime)
{
    Step step;
    step.error = Error::local("no question to a key management service is open");
    return step;
}

bool Endpoint::allows(std::string_view method, const std::string &peer) const
{
    const auto allowed = methods.find(peer);
    return allowed == methods.end() ||
           std::find(allowed->second.begin(), allowed->second.end(), method) != allowed->second.end();
}

bool Endpoint::takes(const SrtpSuite &suite) const
{
    if (suite.weak && !accept.nullEncryption)
        return false;
    return suites.empty() || std::find(suites.begin(), suites.end(), &suite) != suites.end();
}

std::vector<const SrtpSuite *> Endpoint::preferredSuites() const
{
    if (!suites.empty())
        return suites;
    std::vector<const SrtpSuite *> all;
    for (const auto &suite : srtpSuites()) {
        if (takes(suite))
            all.push_back(&suite);
    }
    return all;
}

NtpTime EndpointState::uniqueTime(NtpTime now)
{
    // A clock that was set back by more than this is believed: peers would refuse a time so far ahead of it.
    constexpr std::int64_t clockJump = std::int64_t{60} << 32;
    const auto ahead = lastSent.minus(now);
    lastSent = lastSent.units() != 0 && ahead >= 0 && ahead < clockJump ? lastSent.next() : now;
    return lastSent;
}

NtpTime EndpointState::uniqueTimeAfter(NtpTime newest, NtpTime now, bool odd)
{
    if (!uniqueTime(now).isAfter(newest))
        lastSent = odd ? NtpTime((newest.units() + 1) | 1u) : NtpTime((newest.units() + 2) & ~std::uint64_t{1});
    return lastSent;
}

namespace {

constexpr std::size_t mostEnvelopes = 32;
constexpr std::int64_t envelopeSeconds = 24 * 3600; ///< RFC 3830 3.2: not to be cached indefinitely

bool isOld(const CachedEnvelope &envelope, NtpTime now)
{
    return now.isAfter(envelope.since.plusSeconds(envelopeSeconds));
}

} // namespace

void EndpointState::cacheEnvelope(CachedEnvelope envelope)
{
    std::erase_if(envelopes, [&](const auto &other) { return isOld(other, envelope.since); });
    if (envelopes.size() == mostEnvelopes)
        envelopes.erase(envelopes.begin());
    envelopes.push_back(std::move(envelope));
}

std::vector<const CachedEnvelope *> EndpointState::envelopesOf(const std::string &peer, const Endpoint &endpoint,
                                                               NtpTime now) const
{
    std::vector<const CachedEnvelope *> found;
    for (auto it = envelopes.rbegin(); it != envelopes.rend(); ++it) {
        if (it->peer != peer || isOld(*it, now) || !endpoint.allows(it->method, peer))
            continue;
        const auto use = it->certificate.maySign() ? CertificateUse::Sign : CertificateUse::Encrypt;
        const auto trusted = trustedCertificate(endpoint.x509, peer, {it->certificate}, use, now);
        if (trusted && trusted->by != ProvenBy::FirstUse)
            found.push_back(&*it);
    }
    return found;
}

} // namespace mikey
