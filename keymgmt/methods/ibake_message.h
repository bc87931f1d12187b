// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/ecdh.h"
#include "methods/bundle.h"

/// What both sides of IBAKE do with the encrypted parts of its messages (RFC 6267 4.2.2).
namespace mikey {

/// A point as it travels in an ECCPT sub-payload.
struct EcPointValue
{
    std::uint8_t curve = p256Curve;
    Bytes x, y;

    static EcPointValue of(const EcdhKey &key) { return {key.curve().number, key.x(), key.y()}; }
    /// Knowing a point is what proves who one is, so two are compared as secrets.
    bool isSame(const EcPointValue &other) const;
};

/// What an IBAKE payload holds: both identities, and behind each the point that belongs to it, if it is there. The
/// answer to an I_MESSAGE_2 that told ECCPTi holds IDRi and ECCPTi only.
struct IbakeContents
{
    std::string initiator;
    std::optional<EcPointValue> initiatorPoint;
    std::optional<std::string> responder;
    std::optional<EcPointValue> responderPoint;
};

/// Whether it is known that a message comes from who it says, or that we want to speak to him.
enum class Peer { Proven, Claimed };

/// Encrypts to an identity, for the key period of `time`. What was made for one is kept in the state; for who is only
/// claimed it is kept while there is room, so that no stranger drives out what serves.
Bytes encryptTo(Context context, const std::string &identity, Peer peer, NtpTime time, ByteView plain);
/// Encrypted contents of an IBAKE payload; none if they are too long for one.
std::optional<Bytes> sealIbake(Context context, const std::string &recipient, Peer peer, NtpTime time,
                               const IbakeContents &contents);
/// None if it cannot be decrypted with our key of that time, or is not what an IBAKE payload holds: IDRi, then perhaps
/// IDRr, and behind each perhaps its point.
std::optional<IbakeContents> openIbake(const Endpoint &endpoint, NtpTime time, ByteView encrData);

/// The keys that both come to (RFC 6267 5.1, decision D-01: 128 bits, or 256 with PRF-HMAC-SHA-256).
struct IbakeSecrets
{
    Secret mpk;
    Secret tgk;
};
std::size_t ibakeKeyOctets(Prf prf);
/// None if the peer's point is none, or of another curve.
std::optional<IbakeSecrets> ibakeSecrets(Prf prf, const EcdhKey &own, const EcPointValue &theirs, ByteView rand);

/// V of R_MESSAGE_2: over the message without the MAC, and the identities. The V payload names its algorithm, which RFC
/// 6267 binds to no PRF.
Bytes ibakeMac(Prf prf, MacAlgorithm algorithm, ByteView mpk, const BundleLabel &label, ByteView message,
               std::string_view initiator, std::string_view responder);
MacAlgorithm ibakeMacAlgorithm(Prf prf); ///< the one that we use
bool isIbakeMac(MacAlgorithm algorithm);

/// The policy of the streams: no message tells one, since none could protect it (decision D-05). It is SRTP's default,
/// or what the user has set on both sides.
const SrtpSuite &ibakeSuite(const Endpoint &endpoint);

/// The agreement of an exchange whose streams are `map`.
Outcome<Agreement> ibakeAgreement(const Message &request, const Parties &parties, bool weInitiate, ByteView tgk,
                                  std::span<const SrtpId> map, const SrtpSuite &suite, Bytes mki = {});

/// Our own identity in canonical form as an IDR payload; it views its argument (decision D-03).
IdWithRole ibakeIdentity(IdRole role, std::string_view identity);

} // namespace mikey
