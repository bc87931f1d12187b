// SPDX-License-Identifier: Apache-2.0
#include "methods/signing.h"

#include "methods/csb.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t signHeaderOctets = 2; ///< S type and Signature len

Bytes coveredOctets(ByteView message, std::size_t signatureOctets, const SignatureScope &scope)
{
    const auto end = message.size() - signatureOctets - (scope.signHeader ? 0 : signHeaderOctets);
    Bytes covered(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(end));
    for (const auto part : scope.appended)
        append(covered, part);
    return covered;
}

} // namespace

SignatureScope rsaRScope(const Parties &parties, ByteView timestamp)
{
    return {false, {octetsOf(parties.initiator.data), octetsOf(parties.responder.data), timestamp}};
}

std::optional<Bytes> encodeSigned(const Header &header, std::vector<Payload> payloads, const OwnCertificate &own,
                                  SignatureType type, const SignatureScope &scope)
{
    const Bytes room(own.key.publicKey().octets()); // the length field is covered, so it has to be right before
    payloads.emplace_back(Sign{static_cast<std::uint8_t>(type), room});
    auto octets = encode(header, payloads);
    if (!octets || octets->size() > maxMessageOctets)
        return std::nullopt;
    const auto signature = rsaSign(own.key, type, {coveredOctets(*octets, room.size(), scope)});
    std::copy(signature.begin(), signature.end(), octets->end() - static_cast<std::ptrdiff_t>(signature.size()));
    return octets;
}

std::optional<SignatureHash> signatureHash(const Message &message, const PublicKey &key, const SignatureScope &scope)
{
    const auto *sign = message.payloads.empty() ? nullptr : std::get_if<Sign>(&message.payloads.back().payload);
    if (!sign || sign->type > static_cast<std::uint8_t>(SignatureType::RsaPss))
        return std::nullopt;
    return rsaVerify(key, static_cast<SignatureType>(sign->type),
                     {coveredOctets(message.octets, sign->signature.size(), scope)}, sign->signature);
}

Error notSignedBy(const Party &party)
{
    return Error::of(ErrorNumber::AuthFailure, "the signature is not that of " + printableStart(octetsOf(party.data)) +
                                                   ": the message was changed on the way, or someone else sent it");
}

void noteSigner(Agreement &agreement, const TrustedCertificate &signer, const CertificateChain &chain,
                SignatureHash hash)
{
    agreement.csb->peerCertificates = chain.empty() ? CertificateChain{signer.certificate} : chain;
    agreement.provenBy = signer.by;
    agreement.peerCertificate = signer.certificate;
    agreement.authenticated = signer.by != ProvenBy::FirstUse;
    if (hash == SignatureHash::Sha1)
        agreement.weaknesses.emplace_back("the other side signs with SHA-1");
}

} // namespace mikey
