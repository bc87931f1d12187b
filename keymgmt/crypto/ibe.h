// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/ibe_pairing.h"
#include "crypto/random.h"

/// Boneh-Franklin identity-based encryption (RFC 5091 5), as IBAKE uses it.
namespace mikey::ibe {

/// What everybody may know of a service: its group and P_pub = [s]P. Parameters that others made are checked when they
/// are read. Thread-safe, as all here is.
class Parameters
{
public:
    /// None if P_pub is no point of order q.
    static std::optional<Parameters> of(std::shared_ptr<const Group> group, ByteView x, ByteView y);
    /// DER of BFPublicParameters (RFC 5091 8); none if it is damaged, of a group that is not known here, or its P_pub
    /// no point of order q.
    static std::optional<Parameters> fromDer(ByteView der);
    Bytes toDer() const;

    const std::shared_ptr<const Group> &group() const { return m_group; }
    /// With the lines of P_pub, for pairings with it.
    const Lines &lines() const { return *m_lines; }

private:
    Parameters() = default;

    std::shared_ptr<const Group> m_group;
    AffinePoint m_point;
    std::shared_ptr<const Lines> m_lines;
};

/// Whom something can be encrypted to. Making one costs a pairing, using it is cheap.
class Recipient
{
public:
    Recipient(const Parameters &parameters, ByteView id);
    /// DER of BFCiphertextBlock (RFC 5091 8).
    Bytes encrypt(ByteView plain, Random &random) const;

private:
    std::shared_ptr<const Group> m_group;
    Fp2 m_theta; ///< e'(P_pub, Q_id)
};

/// Somebody's private key S_id = [s]Q_id, with its lines.
class PrivateKey
{
public:
    /// None unless it is the identity's key from that service: e'(P, S_id) = e'(P_pub, Q_id).
    static std::optional<PrivateKey> fromDer(ByteView der, ByteView id, const Parameters &parameters);
    /// None if it is damaged, or was not encrypted to that identity with those parameters.
    std::optional<Secret> decrypt(ByteView block) const;

private:
    PrivateKey(std::shared_ptr<const Group> group, const AffinePoint &point)
        : m_group(std::move(group)), m_lines(m_group, point)
    {
    }

    std::shared_ptr<const Group> m_group;
    Lines m_lines;
};

/// The service's secret s, of 2 to q - 1, as many octets as q has.
Secret makeMaster(const Group &group, Random &random);
/// None if it is none.
std::optional<Parameters> publicParameters(std::shared_ptr<const Group> group, const Secret &master);
/// DER of BFPrivateKeyBlock for the identity; none if the master is none.
std::optional<Secret> extract(const Group &group, const Secret &master, ByteView id);

/// HashBytes (RFC 5091 4.2.1).
Secret hashBytes(BfHash hash, ByteView from, std::size_t size);

/// The parts of encryption, for test vectors: U = [l]P, V, W.
struct Ciphertext
{
    AffinePoint u;
    Bytes v;
    Bytes w;
};
Ciphertext encryptWith(const Group &group, const Fp2 &theta, ByteView plain, ByteView rho);

} // namespace mikey::ibe
