// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/random.h"

#include <memory>
#include <optional>

/// SAKKE (RFC 6508) with parameter set 1 (RFC 6509 Appendix A): encryption of a secret to an Identifier. Keys and data
/// are the octet strings of RFC 6508 4: points as 04 || x || y. Whatever depends on a secret takes the same time and
/// reads the same memory for each.
namespace mikey::sakke {

inline constexpr std::size_t ssvOctets = 16;
inline constexpr std::size_t dataOctets = 257 + ssvOctets; ///< Encapsulated Data: a point and the hint H

/// HashToIntegerRange(s, q, SHA-256) (RFC 6508 5.1), 128 octets.
Secret hashToOrder(ByteView s);
/// HashToIntegerRange(s, 2^128, SHA-256), 16 octets.
Secret hashToMask(ByteView s);

/// The key management service's side: its master secret z, in 2 to q - 1, of 128 octets.
Secret makeMaster(Random &random);
/// Z = [z]P. None if the master is none.
std::optional<Bytes> publicKey(const Secret &master);
/// The Receiver Secret Key of an Identifier, [(a + z)^-1]P. None if the Identifier or the master is none.
std::optional<Secret> receiverKey(const Secret &master, ByteView identifier);

/// The public key Z of a service, with what makes encapsulation fast. Immutable, may be shared by threads.
class Domain
{
public:
    /// None if it is no point of order q. Some milliseconds.
    static std::shared_ptr<const Domain> of(ByteView z);
    virtual ~Domain() = default;
    Domain(const Domain &) = delete;
    Domain &operator=(const Domain &) = delete;

    /// Encrypts `ssv` (16 octets) to an Identifier (RFC 6508 6.2.1). None if that is none: as an integer it has to be
    /// in 2 to q - 1.
    virtual std::optional<Bytes> encapsulate(ByteView identifier, ByteView ssv) const = 0;

protected:
    Domain() = default;
};

/// A Receiver Secret Key of a domain, with what makes decapsulation fast: to be kept as long as its key period lasts.
/// Immutable, may be shared by threads; holds secrets.
class Receiver
{
public:
    enum class Lines {
        Precomputed, ///< takes longer now, and each decapsulation then less
        AsTheyCome,
    };
    /// None unless the key is the Identifier's: <[a]P + Z, RSK> = g (RFC 6508 6.1.2).
    static std::shared_ptr<const Receiver> of(std::shared_ptr<const Domain> domain, ByteView identifier,
                                              const Secret &rsk, Lines lines = Lines::Precomputed);
    virtual ~Receiver() = default;
    Receiver(const Receiver &) = delete;
    Receiver &operator=(const Receiver &) = delete;

    /// The secret in Encapsulated Data (RFC 6508 6.2.2). None whatever is wrong with it: nothing is told apart.
    virtual std::optional<Secret> decapsulate(ByteView data) const = 0;

protected:
    Receiver() = default;
};

} // namespace mikey::sakke
