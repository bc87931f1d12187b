// SPDX-License-Identifier: Apache-2.0
#include "methods/sakke_keys.h"

#include "crypto/digest.h"
#include "methods/identity.h"

#include <algorithm>
#include <chrono>

namespace mikey {

namespace {

using std::chrono::floor;
using std::chrono::sys_days;

constexpr std::size_t mostUidPartOctets = UINT16_MAX;

std::chrono::year_month monthAt(NtpTime time)
{
    const auto day = floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time.unixMilliseconds())));
    const std::chrono::year_month_day date{day};
    return {date.year(), date.month()};
}

std::chrono::year_month monthOf(std::uint64_t period)
{
    return {std::chrono::year(static_cast<int>(period / 12)),
            std::chrono::month(static_cast<unsigned>(period % 12) + 1)};
}

std::string digits(unsigned number, std::size_t width)
{
    auto text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), '0') + text;
}

/// The shortest big-endian form; zero is one octet.
Bytes shortest(std::uint64_t number)
{
    Bytes octets;
    do {
        octets.insert(octets.begin(), static_cast<std::uint8_t>(number));
        number >>= 8;
    } while (number != 0);
    return octets;
}

/// TS 33.220 B.2.0: each part is followed by its length.
void addPart(Bytes &to, ByteView part)
{
    append(to, part);
    to.push_back(static_cast<std::uint8_t>(part.size() >> 8));
    to.push_back(static_cast<std::uint8_t>(part.size()));
}

/// RFC 6509 3.2: global, without separators, parameters and context.
bool isConstrainedTel(std::string_view uri)
{
    constexpr std::string_view scheme = "tel:+";
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    return uri.starts_with(scheme) && uri.size() > scheme.size() &&
           std::all_of(uri.begin() + scheme.size(), uri.end(), isDigit);
}

} // namespace

std::uint64_t SakkeDomain::periodAt(NtpTime time) const
{
    if (scheme == SakkeIdScheme::Uid)
        return ((time.units() >> 32) - keyPeriodOffset) / keyPeriod;
    const auto month = monthAt(time);
    return static_cast<std::uint64_t>(static_cast<int>(month.year())) * 12 + static_cast<unsigned>(month.month()) - 1;
}

NtpTime SakkeDomain::startOf(std::uint64_t period) const
{
    if (scheme == SakkeIdScheme::Uid)
        return NtpTime((period * keyPeriod + keyPeriodOffset) << 32);
    const auto start = sys_days(monthOf(period) / 1).time_since_epoch();
    return NtpTime::fromUnixMicroseconds(std::chrono::duration_cast<std::chrono::microseconds>(start).count());
}

Bytes SakkeDomain::identifier(std::string_view uri, std::uint64_t period) const
{
    if (scheme == SakkeIdScheme::TelUriMonthly) {
        const auto month = monthOf(period);
        auto text = digits(static_cast<unsigned>(static_cast<int>(month.year())), 4) + '-' +
                    digits(static_cast<unsigned>(month.month()), 2) + '\0' + std::string(uri) + '\0';
        return {text.begin(), text.end()};
    }
    Bytes parts{0}; // FC
    for (const auto part : {std::string_view("MIKEY-SAKKE-UID"), uri, std::string_view(kms)})
        addPart(parts, octetsOf(part));
    for (const auto number : {std::uint64_t{keyPeriod}, std::uint64_t{keyPeriodOffset}, period})
        addPart(parts, shortest(number));
    const auto uid = sha256(parts);
    return {uid.begin(), uid.end()};
}

std::optional<std::string> SakkeDomain::obstacleTo(std::string_view uri) const
{
    if (scheme == SakkeIdScheme::TelUriMonthly && !isConstrainedTel(uri))
        return std::string(uri) + " is not a telephone number such as tel:+447700900123, which this key management "
                                  "service issues keys for";
    if (uri.empty() || uri.size() > mostUidPartOctets)
        return "the identity is too long for an Identifier";
    return std::nullopt;
}

const SakkePeriodKeys *SakkeKeys::of(std::uint64_t period) const
{
    const auto it =
        std::find_if(periods.begin(), periods.end(), [&](const auto &keys) { return keys.period == period; });
    return it == periods.end() ? nullptr : &*it;
}

const SakkeDomain *SakkeKeys::domain(ByteView kmsId) const
{
    const auto it = std::find_if(domains.begin(), domains.end(),
                                 [&](const SakkeDomain &domain) { return isServiceName(kmsId, domain.kms); });
    return it == domains.end() ? nullptr : &*it;
}

const SakkeDomain &SakkeKeys::domainOf(std::string_view user) const
{
    const auto rank = [user](const SakkeDomain &domain) {
        return std::pair(servedBy(user, domain.kms, domain.hosts), servedStart(user, domain.hosts));
    };
    const auto &own = domains.front();
    const auto best = std::max_element(domains.begin(), domains.end(),
                                       [&](const auto &a, const auto &b) { return rank(a) < rank(b); });
    const bool isOurs = user == uri || (rank(own).first != ServedBy::Nobody && rank(own).second >= rank(*best).second);
    return isOurs || rank(*best).first == ServedBy::Nobody ? own : *best;
}

std::optional<std::string> SakkeKeys::add(std::uint64_t period, const Secret &rsk, const Secret &ssk, ByteView pvt)
{
    const auto &own = domains.front().at(period);
    const auto identifier = own.identifier(uri, period);
    SakkePeriodKeys keys;
    keys.period = period;
    keys.receiver = sakke::Receiver::of(own.key, identifier, rsk);
    if (!keys.receiver)
        return "the receiver secret key is not that of " + uri + " in this period";
    auto signer = eccsi::Signer::of(own.kpak, identifier, ssk, pvt);
    if (!signer)
        return "the secret signing key is not that of " + uri + " in this period";
    keys.signer = std::make_shared<const eccsi::Signer>(std::move(*signer));
    keys.rsk = rsk.clone();
    keys.ssk = ssk.clone();
    keys.pvt.assign(pvt.begin(), pvt.end());
    std::erase_if(periods, [&](const auto &other) { return other.period == period; });
    periods.push_back(std::move(keys));
    return std::nullopt;
}

std::optional<SakkeDomain> makeSakkeDomain(std::string_view kms, ByteView kpak, ByteView z, SakkeIdScheme scheme)
{
    SakkeDomain domain;
    domain.kms = canonicalIdentity(kms);
    domain.kpak.assign(kpak.begin(), kpak.end());
    domain.z.assign(z.begin(), z.end());
    domain.key = sakke::Domain::of(z);
    domain.scheme = scheme;
    if (!domain.key || !eccsi::isPublicKey(kpak) || domain.kms.empty())
        return std::nullopt;
    return domain;
}

} // namespace mikey
