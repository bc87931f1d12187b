// SPDX-License-Identifier: Apache-2.0
// What MIKEY costs: medians of CPU time, printed, not judged.
#include "crypto/prf.h"
#include "methods/method.h"
#include "wire/inspector.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace {

using namespace mikey;

constexpr const char *alice = "sip:alice@example.org";
constexpr const char *bob = "sip:bob@example.org";

double cpuMicroseconds()
{
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// Runs `work` so often at a time that the clock's own cost does not count.
template <class Work>
void measure(const char *what, int atOnce, Work work)
{
    std::vector<double> times;
    for (int run = 0; run < 501; ++run) {
        const auto start = cpuMicroseconds();
        for (int i = 0; i < atOnce; ++i)
            work();
        times.push_back((cpuMicroseconds() - start) / atOnce);
    }
    std::nth_element(times.begin(), times.begin() + 250, times.end());
    std::printf("%-58s %8.2f us\n", what, times[250]);
}

Endpoint endpoint(const char *self, const char *peer)
{
    constexpr std::uint8_t key[16] = {1, 2, 3};
    Endpoint endpoint;
    endpoint.identity = self;
    endpoint.psk.emplace(peer, Secret(ByteView(key)));
    return endpoint;
}

/// A message of about 1 KB: an RSA-R answer's size with what PSK may carry.
Bytes message1k()
{
    static const Bytes fill(600, 0x5a);
    const ByteView octets(fill);
    Header header;
    header.map = {{0, 1, 0}, {0, 0, 0}};
    header.csCount = 2;
    std::vector<Payload> payloads{Timestamp{TimestampType::NtpUtc, octets.first(8)}, Rand{octets.first(16)},
                                  Id{IdType::Uri, octetsOf(alice)}, Id{IdType::Uri, octetsOf(bob)}};
    for (const auto &suite : srtpSuites()) {
        SecurityPolicy policy;
        policy.policyNo = static_cast<std::uint8_t>(&suite - srtpSuites().data());
        for (int type = 0; type < 9; ++type)
            policy.parameters.push_back({static_cast<SrtpParameter>(type), octets.first(1)});
        payloads.emplace_back(policy);
    }
    payloads.emplace_back(Kemac{Encryption::AesCm128, octets.first(600), MacAlgorithm::HmacSha1_160, octets.first(20)});
    return *encode(header, payloads);
}

} // namespace

int main()
{
    const auto atAlice = endpoint(alice, bob);
    const auto atBob = endpoint(bob, alice);
    EndpointState aliceState;
    EndpointState bobState;
    SystemRandom random;
    Offer offer;
    offer.peer = bob;
    std::int64_t tick = 1795435200000000;
    bool agreed = true;
    const auto exchange = [&](const SrtpSuite &suite) {
        offer.suites = {&suite};
        const auto now = NtpTime::fromUnixMicroseconds(tick += 1000000);
        const auto initiator = method("psk")->initiate({atAlice, aliceState, random}, offer, now);
        const auto answer = respond({atBob, bobState, random}, (*initiator)->message(), {}, now);
        const auto step = (*initiator)->receive(*answer.send, now);
        agreed = agreed && step.agreement && answer.agreement;
    };
    measure("PSK exchange, both sides, AES_CM_128_HMAC_SHA1_80", 10,
            [&] { exchange(*srtpSuite("AES_CM_128_HMAC_SHA1_80")); });
    measure("PSK exchange, both sides, AEAD_AES_256_GCM", 10, [&] { exchange(*srtpSuite("AEAD_AES_256_GCM")); });
    offer.suites.clear();

    const auto small =
        (*method("psk")->initiate({atAlice, aliceState, random}, offer, NtpTime::fromUnixMicroseconds(tick)))
            ->message();
    const auto large = message1k();
    char text[64];
    std::snprintf(text, sizeof text, "decode, PSK I_MESSAGE of %zu octets", small.size());
    measure(text, 1000, [&] { agreed = agreed && decode(small); });
    std::snprintf(text, sizeof text, "decode, %zu octets, 12 payloads", large.size());
    measure(text, 1000, [&] { agreed = agreed && decode(large); });
    measure("inspect, the same", 100, [&] { agreed = agreed && inspect(large).complete; });

    const Bytes key(16, 1);
    const Bytes label(25, 2);
    measure("PRF MIKEY-1, 128-bit key, 128 bits out", 100,
            [&] { agreed = agreed && !prf(Prf::Mikey1, key, label, 16).empty(); });
    if (!agreed)
        std::puts("an exchange failed: these figures mean nothing");
    return agreed ? 0 : 1;
}
