// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake_keys.h"

#include "methods/identity.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace mikey {

std::string ibakeDate(NtpTime time)
{
    constexpr int firstYear = 1900;
    const std::time_t seconds = time.unixMilliseconds() / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-01", firstYear + utc.tm_year, 1 + utc.tm_mon);
    return text.data();
}

Bytes ibakeId(std::string_view identity, std::string_view date)
{
    Bytes id(identity.begin(), identity.end());
    append(id, octetsOf(date));
    return id;
}

const std::shared_ptr<const ibe::Parameters> &IbakeKeys::parametersOf(std::string_view user) const
{
    const auto rank = [user](const IbakePartner &partner) { return servedBy(user, partner.kms, partner.hosts); };
    const auto best = std::max_element(partners.begin(), partners.end(),
                                       [&](const auto &a, const auto &b) { return rank(a) < rank(b); });
    const bool own = servedBy(user, kms, {}) != ServedBy::Nobody;
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
