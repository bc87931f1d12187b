// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/eccsi.h"
#include "crypto/sakke.h"
#include "wire/ntp_time.h"
#include "wire/registry.h"

#include <string>
#include <vector>

/// What a user of SAKKE holds: the public keys of services, and his own keys of the periods at hand (RFC 6509 3).
namespace mikey {

/// A key management service as its users and those of partner domains know it. Its public keys have to come over a
/// channel that proves them (RFC 6508 2.2).
struct SakkeDomain
{
    std::string kms;                          ///< URI of the service, canonical: "kms.example.org"
    Bytes kpak;                               ///< signatures of its users are verified with it
    Bytes z;                                  ///< secrets are encrypted to its users with it
    std::shared_ptr<const sakke::Domain> key; ///< of z
    std::vector<std::string> hosts;           ///< whose users it serves, beside that of its own name
    SakkeIdScheme scheme = SakkeIdScheme::Uid;
    std::uint32_t keyPeriod = 2592000; ///< seconds; of the UID scheme (TS 33.180 D.3.2.2)
    std::uint32_t keyPeriodOffset = 0; ///< seconds from 1900 to the start of period 0
    /// These public keys are those of this period and all after it. A service changes them between two periods, and
    /// keys of both are held at once (RFC 6509 3.3).
    std::uint64_t fromPeriod = 0;
    std::shared_ptr<const SakkeDomain> earlier; ///< with the public keys of the periods before; null: the same

    /// With the public keys of that period.
    const SakkeDomain &at(std::uint64_t period) const
    {
        return earlier && period < fromPeriod ? earlier->at(period) : *this;
    }

    /// The number of the key period in which that time is: for the scheme of RFC 6509 the months since year 0.
    std::uint64_t periodAt(NtpTime time) const;
    NtpTime startOf(std::uint64_t period) const;
    /// The Identifier of a user in a key period (RFC 6509 3.2, TS 33.180 F.2.1). `uri` is canonical.
    Bytes identifier(std::string_view uri, std::uint64_t period) const;
    /// Why no Identifier can be made of that URI; none if one can.
    std::optional<std::string> obstacleTo(std::string_view uri) const;
};

/// The user's keys of one period. Both checked.
struct SakkePeriodKeys
{
    std::uint64_t period = 0;
    std::shared_ptr<const sakke::Receiver> receiver;
    std::shared_ptr<const eccsi::Signer> signer;
    // As they were delivered:
    Secret rsk;
    Secret ssk;
    Bytes pvt;
};

struct SakkeKeys
{
    std::string uri;                  ///< ours, as it stands in Identifiers
    std::vector<SakkeDomain> domains; ///< the first is our own; empty: there is no SAKKE here
    std::vector<SakkePeriodKeys> periods;

    const SakkePeriodKeys *of(std::uint64_t period) const;
    const SakkeDomain *domain(ByteView kmsId) const; ///< that an ID payload names
    /// The domain of a user: that which serves the host of his URI, else our own; of a telephone number, that which
    /// has the longest start of it. No other may speak for him, and for ourselves only our own.
    const SakkeDomain &domainOf(std::string_view user) const;

    /// Checks and adds the keys of a period, in place of those that were there. Sentence: why they are not taken.
    std::optional<std::string> add(std::uint64_t period, const Secret &rsk, const Secret &ssk, ByteView pvt);
};

/// A domain of those keys; none if one of them is no key (RFC 6507 4.2, RFC 6508 2.2).
std::optional<SakkeDomain> makeSakkeDomain(std::string_view kms, ByteView kpak, ByteView z, SakkeIdScheme scheme);

} // namespace mikey
