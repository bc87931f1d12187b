// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/method.h"

#include <QByteArray>
#include <QJsonObject>

/// What the tests of keymgmt share: two endpoints, and PSK messages of every kind that the initiator does not make.
namespace mikey::test {

/// 2026-11-23T12:00:00Z
inline NtpTime noon()
{
    return NtpTime::fromUnixMicroseconds(1795435200000000);
}
inline constexpr std::string_view aliceId = "sip:alice@example.org";
inline constexpr std::string_view bobId = "sip:bob@example.org";

Bytes octets(std::string_view hexDigits);
inline Bytes octets(ByteView view)
{
    return {view.begin(), view.end()};
}
QJsonObject vectors(const char *file);

/// Octets that look random and are the same in every run.
class SeededRandom final : public Random
{
public:
    explicit SeededRandom(std::uint64_t seed = 1) : m_state(seed) {}
    void fill(std::span<std::uint8_t> out) override;

private:
    std::uint64_t m_state;
};

/// Gives the octets it was told to; running out is a bug of the test.
class ScriptedRandom final : public Random
{
public:
    explicit ScriptedRandom(Bytes script) : m_script(std::move(script)) {}
    void fill(std::span<std::uint8_t> out) override;

private:
    Bytes m_script;
    std::size_t m_used = 0;
};

struct Side
{
    Endpoint endpoint;
    EndpointState state;
    SystemRandom random;

    Context context() { return {endpoint, state, random}; }
    Step respond(ByteView message, NtpTime now = noon(), const Arrival &arrival = {})
    {
        return mikey::respond(context(), message, arrival, now);
    }
};

Bytes sharedKey();
/// `self` and the key it shares with `peer`.
Side side(std::string_view self, std::string_view peer, ByteView key);
Side alice();
Side bob();
Offer offerToBob();

/// An I_MESSAGE of the PSK method, part by part.
struct PskInit
{
    Header header;
    NtpTime time = noon();
    TimestampType timestampType = TimestampType::NtpUtc;
    bool hasTimestamp = true;
    std::optional<Bytes> rand = octets("000102030405060708090a0b0c0d0e0f");
    std::vector<Payload> ids;
    std::vector<Payload> policies;
    std::vector<Payload> extensions;
    std::vector<Payload> keys;
    Encryption encryption = Encryption::AesCm128;
    MacAlgorithm mac = MacAlgorithm::HmacSha1_160;
    bool hasKemac = true;
    Bytes psk = sharedKey();

    PskInit(); ///< one TGK, two streams, from Alice to Bob
    Bytes octetsOf() const;
};

/// A Key data sub-payload; it views its arguments.
KeyData keyData(KeyDataType type, ByteView key, ByteView salt = {}, ByteView mki = {});
KeyData keyDataValid(KeyDataType type, ByteView key, ByteView salt, ByteView from, ByteView to);

/// An answer of the responder to that message (data type, payloads before V), with a right MAC. It covers
/// `responderId`, or the IDr of the message if that is empty.
Bytes answerTo(ByteView init, DataType type, std::vector<Payload> payloads, ByteView psk,
               std::optional<std::vector<SrtpId>> map = std::nullopt, std::string_view responderId = {});

/// The agreement of both sides is the same: streams, keys, salts, suites.
bool sameKeys(const Agreement &a, const Agreement &b);
std::optional<int> number(const std::optional<Error> &error); ///< -1: an error without a number

} // namespace mikey::test
