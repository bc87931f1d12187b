// SPDX-License-Identifier: Apache-2.0
// MIKEY messages: decoding, the inspector, and both sides of the PSK method, which the corpus's messages reach with the
// right key.
#include "methods/method.h"
#include "wire/inspector.h"
#include "wire/message.h"

#include <cstdlib>

namespace {

using namespace mikey;

/// The same octets in every run; xorshift.
class FixedRandom final : public Random
{
public:
    void fill(std::span<std::uint8_t> octets) override
    {
        for (auto &octet : octets) {
            m_state ^= m_state << 13;
            m_state ^= m_state >> 7;
            m_state ^= m_state << 17;
            octet = static_cast<std::uint8_t>(m_state >> 32);
        }
    }

private:
    std::uint64_t m_state = 0x9e3779b97f4a7c15;
};

/// The time of the messages in the corpus.
const NtpTime now = NtpTime::fromUnixMicroseconds(1795435200000000);

Endpoint endpoint(std::string_view self, std::string_view peer, bool lenient)
{
    constexpr std::uint8_t key[] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
                                    0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f};
    Endpoint endpoint;
    endpoint.identity = self;
    endpoint.psk.emplace(std::string(peer), Secret(ByteView(key)));
    endpoint.accept.nullEncryption = endpoint.accept.nullAuthentication = endpoint.accept.missingIdentities = lenient;
    return endpoint;
}

void must(bool holds)
{
    if (!holds)
        std::abort();
}

void readBack(ByteView input)
{
    Message partial;
    const auto message = decode(input, &partial);
    const auto shown = inspect(input);
    // decode() leaves Encr data to the methods; the inspector looks into what stands there in the clear.
    const bool faultInside = shown.fault && shown.fault->reason.starts_with("Encr data: ");
    must(static_cast<bool>(message) == (!shown.fault || faultInside));
    if (!message) {
        must(message.error().offset <= input.size());
        return;
    }
    std::vector<Payload> payloads;
    for (const auto &placed : message->payloads)
        payloads.push_back(placed.payload);
    const auto again = encode(message->header, payloads);
    must(again && sameOctets(*again, input));
    static_cast<void>(inspect(input, input));
}

/// Whatever a responder does, it either agrees or says why not, and what it sends is a message.
void playResponder(ByteView input, bool lenient)
{
    static const Endpoint strictBob = endpoint("sip:bob@example.org", "sip:alice@example.org", false);
    static const Endpoint lenientBob = endpoint("sip:bob@example.org", "sip:alice@example.org", true);
    EndpointState state;
    FixedRandom random;
    const auto step =
        respond({lenient ? lenientBob : strictBob, state, random}, input, {"sip:alice@example.org", {"mikey"}}, now);
    must(step.agreement.has_value() != step.error.has_value());
    must(!step.send || decode(*step.send));
}

void playInitiator(ByteView input)
{
    static const Endpoint alice = endpoint("sip:alice@example.org", "sip:bob@example.org", false);
    EndpointState state;
    FixedRandom random;
    Offer offer;
    offer.peer = "sip:bob@example.org";
    const auto initiator = method("psk")->initiate({alice, state, random}, offer, now);
    const auto step = (*initiator)->receive(input, now);
    must(step.agreement.has_value() != step.error.has_value());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView input(data, size);
    readBack(input);
    static_cast<void>(decodeSubPayloads(input, KeyData::name.number));
    playResponder(input, false);
    playResponder(input, true);
    playInitiator(input);
    return 0;
}
