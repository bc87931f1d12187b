// SPDX-License-Identifier: Apache-2.0
#include "methods/reply.h"

#include "crypto/hmac.h"

#include <list>

namespace mikey {

std::array<std::uint8_t, 20> verificationMac(const VerificationKey &key, ByteView messageWithoutMac, ByteView timestamp)
{
    std::array<std::uint8_t, sha1Octets> mac{};
    hmac(Hash::Sha1, key.authKey, {messageWithoutMac, key.initiatorId, key.responderId, timestamp}, mac);
    return mac;
}

std::optional<Bytes> encodeVerified(const Header &header, std::vector<Payload> payloads, ByteView timestamp,
                                    const VerificationKey &key)
{
    payloads.emplace_back(Verification{MacAlgorithm::HmacSha1_160, {}});
    auto octets = encode(header, payloads);
    if (octets)
        append(*octets, verificationMac(key, *octets, timestamp));
    return octets;
}

bool verifies(const Message &message, const Verification &v, ByteView timestamp, const VerificationKey &key)
{
    if (v.algorithm != MacAlgorithm::HmacSha1_160 || message.payloads.empty() ||
        std::get_if<Verification>(&message.payloads.back().payload) != &v)
        return false;
    const auto covered = message.octets.first(message.octets.size() - v.data.size());
    return equalSecrets(verificationMac(key, covered, timestamp), v.data);
}

std::optional<Bytes> errorMessage(const Message &request, const Error &error, const Endpoint &endpoint,
                                  const Closing &closing)
{
    const auto *timestamp = request.find<Timestamp>();
    if (!timestamp || !error.number || request.header.dataType == DataType::Error)
        return std::nullopt;
    Header header;
    header.dataType = DataType::Error;
    header.prf = request.header.prf;
    header.csbId = request.header.csbId;
    std::vector<Payload> payloads{*timestamp, ErrorPayload{*error.number, 0}};
    std::list<SuitePayload> supported; // keeps what the SP payloads view
    if (*error.number == ErrorNumber::InvalidSpParameters) {
        for (const auto *suite : endpoint.preferredSuites())
            payloads.emplace_back(
                supported.emplace_back(*suite, static_cast<std::uint8_t>(supported.size())).payload());
    }
    return closing ? closing(header, std::move(payloads)) : encode(header, payloads);
}

Error errorOf(const Message &message, bool authenticated)
{
    const auto *reported = message.find<ErrorPayload>();
    auto error = Error::of(reported ? reported->number : ErrorNumber::Unspecified, "");
    error.reason = "the other side refused: " + error.name;
    error.fromPeer = true;
    error.unauthenticated = !authenticated;
    if (!authenticated)
        error.reason += " (this answer is not authenticated, so it may be forged)";
    for (const auto *policy : message.all<SecurityPolicy>()) {
        if (const auto suite = suiteOf(*policy))
            error.supported.push_back(*suite);
    }
    return error;
}

} // namespace mikey
