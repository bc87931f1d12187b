// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/certificate.h"
#include "crypto/ibe.h"
#include "wire/ntp_time.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What a user of IBAKE holds (RFC 6267), and what he remembers.
namespace mikey {

/// His private key of one key period.
struct IbakePeriodKey
{
    std::string date; ///< first day of the period: "2026-11-01"
    std::shared_ptr<const ibe::PrivateKey> key;
    Secret der; ///< as it was delivered
};

/// Whose users can be called though another service than ours issues their keys. Its parameters have to come over a
/// channel that proves them.
struct IbakePartner
{
    std::string kms;                ///< its identity, canonical: "kms.example.net"
    std::vector<std::string> hosts; ///< whose users it serves, beside that of its own name
    std::shared_ptr<const ibe::Parameters> parameters;
};

struct IbakeKeys
{
    std::string kms; ///< identity of our key management service; empty: there is no IBAKE here
    Secret psk;      ///< shared with it; empty: our certificate proves us (REQUEST_KEY_INIT_PKE)
    std::optional<Certificate> kmsCertificate;         ///< envelope keys for it are encrypted with
    std::shared_ptr<const ibe::Parameters> parameters; ///< its public ones
    std::vector<IbakePartner> partners;
    std::vector<IbakePeriodKey> keys;

    /// Whether the service takes our messages for ours.
    bool reachesKms() const { return !kms.empty() && (!psk.empty() || kmsCertificate); }
    /// With what is encrypted to a user: the parameters of the partner that serves the host of his identity, else our
    /// own (decision D-02). No partner serves the users of our own host, nor those of our service.
    const std::shared_ptr<const ibe::Parameters> &parametersOf(std::string_view user, std::string_view self) const;

    /// Our private key for messages of that time; null if it is not here.
    const ibe::PrivateKey *at(NtpTime time) const;
    /// Checks and adds a key, in place of one of the same period. False: it is not that identity's.
    bool add(const std::string &identity, const std::string &date, ByteView der);
};

/// The first day of the key period of that time: a calendar month, in UTC (decision D-02).
std::string ibakeDate(NtpTime time);
/// When the key period of that time ends: the first second of the next.
NtpTime ibakePeriodEnd(NtpTime time);
/// What something is encrypted to: ID data || date (RFC 6267 4.1), of a canonical identity (decision D-03).
Bytes ibakeId(std::string_view identity, std::string_view date);

} // namespace mikey
