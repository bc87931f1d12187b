// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include "support.h"

namespace mikey::test {

namespace {

/// Octets that stay where they are.
ByteView kept(std::size_t size, std::uint8_t first)
{
    static std::deque<Bytes> store;
    auto &octets = store.emplace_back(size);
    for (std::size_t i = 0; i < size; ++i)
        octets[i] = static_cast<std::uint8_t>(first + i);
    return octets;
}

Id id(std::string_view text, IdType type = IdType::Uri)
{
    return {type, octetsOf(text)};
}

Kemac kemac(std::size_t size, Encryption encryption = Encryption::AesCm128,
            MacAlgorithm mac = MacAlgorithm::HmacSha1_160)
{
    return {encryption, kept(size, 0x40), mac,
            kept(*registry::mac.impliedOctets(static_cast<std::uint8_t>(mac)), 0x90)};
}

SecurityPolicy policy()
{
    static const std::uint8_t values[] = {1, 16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const ByteView v(values);
    SecurityPolicy policy;
    policy.parameters = {{SrtpParameter::EncryptionAlgorithm, v.first(1)},
                         {SrtpParameter::SessionEncryptionKeyLength, v.subspan(1, 1)},
                         {SrtpParameter::KeyDerivationRate, v.subspan(2, 8)},
                         {static_cast<SrtpParameter>(200), v.subspan(2, 9)},
                         {SrtpParameter::FecOrder, {}}};
    return policy;
}

SecurityPolicy tesla()
{
    SecurityPolicy other;
    other.policyNo = 1;
    other.protocol = static_cast<ProtocolType>(1);
    other.parameters = {{static_cast<SrtpParameter>(5), kept(8, 1)}};
    return other;
}

Sample make(std::string name, DataType type, std::vector<Payload> payloads, std::vector<SrtpId> map = {})
{
    Sample sample{std::move(name), {}, std::move(payloads), {}};
    sample.header.dataType = type;
    sample.header.csbId = 0xcafe0001;
    sample.header.map = std::move(map);
    sample.header.csCount = static_cast<std::uint8_t>(sample.header.map.size());
    sample.header.nextPayload = sample.payloads.empty() ? 0 : nameOf(sample.payloads.front()).number;
    sample.encoded = *encode(sample.header, sample.payloads);
    return sample;
}

std::vector<Sample> makeSamples()
{
    const auto ntp = Timestamp{TimestampType::NtpUtc, kept(8, 0xe0)};
    const auto counter = Timestamp{TimestampType::Counter, kept(4, 1)};
    const auto rand = Rand{kept(16, 1)};
    const auto alice = id("sip:alice@example.org");
    const auto bob = id("bob@example.org", IdType::Nai);
    const auto cert = Cert{0, kept(300, 0x30)};
    const auto url = Cert{1, octetsOf("http://example.org/a.cer")};
    const auto sign = Sign{0, kept(256, 7)};
    const auto dh = Dh{0, kept(192, 2), 0, {KeyValidityType::Spi, kept(4, 9), {}, {}}};
    const auto dhInterval = Dh{2, kept(128, 2), 0x0f, {KeyValidityType::Interval, {}, kept(6, 0), kept(6, 8)}};
    const auto dhSmall = Dh{1, kept(96, 2), 0, {}};
    const auto pke = Pke{2, kept(256, 5)};
    const auto v = Verification{MacAlgorithm::HmacSha1_160, kept(20, 3)};
    const auto sdp = GeneralExtension{ExtensionType::SdpIds, octetsOf("mikey;keyp1")};
    const auto vendor = GeneralExtension{ExtensionType::VendorId, kept(5, 0x20)};
    const auto unknown = GeneralExtension{static_cast<ExtensionType>(200), kept(3, 0)};
    const std::vector<SrtpId> map{{0, 0x11223344, 5}, {1, 0, 0}};
    const auto teslaPolicy = tesla();

    auto flagged =
        make("psk-init", DataType::PskInit, {ntp, rand, alice, bob, policy(), teslaPolicy, sdp, kemac(41)}, map);
    flagged.header.v = true;
    flagged.header.prf = Prf::HmacSha256;
    flagged.encoded = *encode(flagged.header, flagged.payloads);
    auto empty =
        make("psk-init-empty-map", DataType::PskInit, {ntp, rand, kemac(24, Encryption::AesKw128, MacAlgorithm::Null)});
    empty.header.mapType = CsIdMapType::Empty;
    empty.header.csCount = 4;
    empty.encoded = *encode(empty.header, empty.payloads);
    return {
        std::move(flagged),
        std::move(empty),
        make("psk-update", DataType::PskInit, {counter, kemac(0)}, map),
        make("psk-response", DataType::PskResponse, {ntp, bob, v}, map),
        make("psk-response-null", DataType::PskResponse, {ntp, Verification{MacAlgorithm::Null, {}}}),
        make("pk-init", DataType::PkInit,
             {ntp, rand, cert, url, bob, policy(), vendor, kemac(60), Chash{0, kept(20, 8)}, pke, sign}, map),
        make("pk-init-md5", DataType::PkInit,
             {ntp, rand, alice, kemac(60), Chash{1, kept(16, 8)}, Pke{1, {}}, Sign{1, {}}}),
        make("pk-response", DataType::PkResponse, {ntp, bob, unknown, v}),
        make("dh-init", DataType::DhInit, {ntp, rand, cert, bob, policy(), dh, sign}, map),
        make("dh-response", DataType::DhResponse, {ntp, bob, alice, dhInterval, dhInterval, Sign{15, kept(3, 0)}}, map),
        make("error", DataType::Error,
             {ntp, ErrorPayload{ErrorNumber::InvalidSpParameters, 0x1234}, ErrorPayload{}, policy(), v}),
        make("error-signed", DataType::Error, {ntp, ErrorPayload{ErrorNumber::InvalidCert, 0}, sign}),
        make("dhhmac-init", DataType::DhHmacInit,
             {ntp, rand, alice, bob, policy(), dhSmall, kemac(0, Encryption::Null)}, map),
        make("dhhmac-response", DataType::DhHmacResponse,
             {ntp, bob, alice, dhSmall, dhSmall, kemac(0, Encryption::Null)}, map),
        make("rsar-init", DataType::RsaRInit, {ntp, rand, url, policy(), sign}, map),
        make("rsar-response", DataType::RsaRResponse,
             {GeneralExtension{ExtensionType::CsbId, kept(4, 0)}, ntp, rand, cert, policy(), kemac(70), pke, sign},
             map),
        make("bare-header", DataType::PskInit, {}),
    };
}

} // namespace

const std::vector<Sample> &samples()
{
    static const auto all = makeSamples();
    return all;
}

} // namespace mikey::test
