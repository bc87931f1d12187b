// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/parties.h"
#include "methods/reply.h"

/// The SIGN payload that ends messages of the methods with certificates (RFC 3830 5.2 and 6.5).
namespace mikey {

/// What a signature covers besides the message, and whether the two octets of S type and length belong to it. RFC 3830
/// covers all but the signature itself. RFC 4738 3.6 excludes the whole SIGN payload and appends identities and T.
struct SignatureScope
{
    bool signHeader = true;
    std::vector<ByteView> appended{};
};

/// The scope of SIGNr of RSA-R.
SignatureScope rsaRScope(const Parties &parties, ByteView timestamp);

/// A message that ends in SIGN, signed with the key of the certificate.
std::optional<Bytes> encodeSigned(const Header &header, std::vector<Payload> payloads, const OwnCertificate &own,
                                  SignatureType type, const SignatureScope &scope = {});

/// Which hash the signature that ends the message was made with; none if there is none, or it is not that key's.
std::optional<SignatureHash> signatureHash(const Message &message, const PublicKey &key,
                                           const SignatureScope &scope = {});

/// Why a message is refused whose signature is not the party's.
Error notSignedBy(const Party &party);

/// Who signed, as the agreement and its bundle keep it, and what the user should know of the algorithms. `chain`: the
/// certificates of the message; empty where the signer's was known.
void noteSigner(Agreement &agreement, const TrustedCertificate &signer, const CertificateChain &chain,
                SignatureHash hash);

} // namespace mikey
