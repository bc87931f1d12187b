// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake_keys.h"

#include "methods/identity.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace mikey {

namespace {

std::tm utcOf(NtpTime time)
{
    const std::time_t seconds = time.unixMilliseconds() / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return utc;
}

} // namespace

std::string ibakeDate(NtpTime time)
{
    constexpr int firstYear = 1900;
    const auto utc = utcOf(time);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-01", firstYear + utc.tm_year, 1 + utc.tm_mon);
    return text.data();
}

NtpTime ibakePeriodEnd(NtpTime time)
{
    constexpr std::int64_t microseconds = 1000000;
    const auto utc = utcOf(time);
    std::tm next{};
    next.tm_year = utc.tm_year;
    next.tm_mon = utc.tm_mon + 1; // 12 is the January after
    next.tm_mday = 1;
    return NtpTime::fromUnixMicroseconds(timegm(&next) * microseconds);
}

Bytes ibakeId(std::string_view identity, std::string_view date)
{
    Bytes id(identity.begin(), identity.end());
    append(id, octetsOf(date));
    return id;
}

const std::shared_ptr<const ibe::Parameters> &IbakeKeys::parametersOf(std::string_view user,
                                                                      std::string_view self) const
{
    const bool own = servedBy(user, kms, {}) != ServedBy::Nobody || hostOf(user) == hostOf(self);
    const auto rank = [user](const IbakePartner &partner) { return servedBy(user, partner.kms, partner.hosts); };
    const auto best = std::max_element(partners.begin(), partners.end(),
                                       [&](const auto &a, const auto &b) { return rank(a) < rank(b); });
    return own || best == partners.end() || rank(*best) == ServedBy::Nobody ? parameters : best->parameters;
}

const ibe::PrivateKey *IbakeKeys::at(NtpTime time) const
{
    const auto date = ibakeDate(time);
    const auto it = std::find_if(keys.begin(), keys.end(), [&date](const auto &key) { return key.date == date; });
    return it == keys.end() ? nullptr : it->key.get();
}

bool IbakeKeys::add(const std::string &identity, const std::string &date, ByteView der)
{
    auto key = parameters ? ibe::PrivateKey::fromDer(der, ibakeId(identity, date), *parameters) : std::nullopt;
    if (!key)
        return false;
    std::erase_if(keys, [&date](const auto &other) { return other.date == date; });
    keys.push_back({date, std::make_shared<const ibe::PrivateKey>(std::move(*key)), Secret(der)});
    return true;
}

} // namespace mikey
