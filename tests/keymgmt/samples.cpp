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

/// Octets made here that stay where they are.
ByteView kept(Bytes octets)
{
    static std::deque<Bytes> store;
    return store.emplace_back(std::move(octets));
}

IdWithRole idr(IdRole role, std::string_view text)
{
    return {role, IdType::Uri, octetsOf(text)};
}

/// A policy with every flag of the other kind than its neighbour, and data.
TicketTerms terms()
{
    TicketTerms terms;
    terms.prf = Prf::HmacSha256;
    terms.d = terms.f = terms.h = terms.j = terms.l = terms.n = true;
    terms.policy = kept(*encodeNumberedChain(
        std::vector<Payload>{idr(IdRole::Kms, "sip:kms@example.org"),
                             TimestampWithRole{TimestampRole::Start, TimestampType::NtpUtc, kept(8, 0xe1)},
                             TimestampWithRole{TimestampRole::Rekey, TimestampType::NtpUtc32, kept(4, 1)},
                             idr(IdRole::Responder, "sip:bob@example.org")}));
    return terms;
}

Ticket ticket()
{
    Ticket ticket{terms(), {}, {}};
    const auto data = encodeSubPayloads(std::vector<Payload>{
        TicketHeader{kept(3, 1)}, Timestamp{TimestampType::NtpUtc, kept(8, 0xe0)}, Rand{kept(32, 1)},
        kemac(40, Encryption::AesCm256, MacAlgorithm::Null), IdWithRole{IdRole::Psk, IdType::ByteString, kept(4, 0xf0)},
        Verification{MacAlgorithm::HmacSha256_256, kept(32, 3)}});
    ticket.ticketData = kept(Bytes(data->view().begin(), data->view().end()));
    const Verification v{MacAlgorithm::HmacSha256_256, kept(32, 9)};
    ticket.initiatorData = kept(*encodeNumberedChain(std::vector<Payload>{v, v}));
    return ticket;
}

/// TRANSFER_INIT with a GENERIC-ID map (RFC 6043 6.1.1).
Sample transfer(std::vector<Payload> payloads)
{
    Sample sample = make("transfer-init", DataType::TransferInit, std::move(payloads));
    sample.header.prf = Prf::HmacSha256;
    sample.header.mapType = CsIdMapType::GenericId;
    sample.header.genericMap = {{1, ProtocolType::Srtp, false, {{0}, {1}}, kept(4, 0x11), kept(4, 0x77)},
                                {9, ProtocolType::Srtp, true, {{1}}, kept(10, 0x21), {}}};
    sample.header.csCount = 2;
    sample.encoded = *encode(sample.header, sample.payloads);
    return sample;
}

/// Those of RFC 6043.
void addTicketSamples(std::vector<Sample> &all)
{
    const auto ntp = Timestamp{TimestampType::NtpUtc, kept(8, 0xe0)};
    const auto alice = idr(IdRole::Initiator, "sip:alice@example.org");
    const auto bob = idr(IdRole::Responder, "sip:bob@example.org");
    const auto kms = idr(IdRole::Kms, "sip:kms@example.org");
    const auto psk = IdWithRole{IdRole::Psk, IdType::ByteString, kept(5, 0x10)};
    const auto randI = RandWithRole{RandRole::Initiator, kept(32, 1)};
    const auto randR = RandWithRole{RandRole::Responder, kept(32, 2)};
    const auto randKms = RandWithRole{RandRole::Kms, kept(32, 3)};
    const auto v = Verification{MacAlgorithm::HmacSha256_256, kept(32, 3)};
    const auto keys = kemac(60, Encryption::AesCm256, MacAlgorithm::Null);
    const auto pke = Pke{0, kept(256, 5)};
    const auto sign = Sign{0, kept(256, 7)};
    all.push_back(
        make("request-init-psk", DataType::RequestInitPsk, {ntp, randI, alice, kms, TicketPolicy{terms()}, psk, v}));
    all.push_back(make(
        "request-init-pk", DataType::RequestInitPk,
        {ntp, randI, alice, Cert{0, kept(300, 0x30)}, kms, TicketPolicy{terms()}, Chash{2, kept(32, 8)}, pke, sign}));
    all.push_back(make("request-resp", DataType::RequestResponse, {ntp, kms, ticket(), keys, v}));
    all.push_back(transfer({ntp, randI, alice, bob, policy(), ticket(), keys, v}));
    all.push_back(make("transfer-resp", DataType::TransferResponse, {ntp, randR, bob, randKms, policy(), keys, v}));
    all.push_back(make("resolve-init-psk", DataType::ResolveInitPsk, {ntp, randR, bob, kms, ticket(), psk, v}));
    all.push_back(make("resolve-init-pk", DataType::ResolveInitPk,
                       {ntp, randR, bob, Cert{1, octetsOf("http://example.org/b.cer")}, ticket(), pke, sign}));
    all.push_back(make("resolve-resp", DataType::ResolveResponse, {ntp, kms, keys, bob, randKms, v}));
}

/// Those of RFC 6267 and RFC 6509.
void addIdentitySamples(std::vector<Sample> &all)
{
    const auto ntp = Timestamp{TimestampType::NtpUtc, kept(8, 0xe0)};
    const auto alice = idr(IdRole::Initiator, "sip:alice@example.org");
    const auto bob = idr(IdRole::Responder, "sip:bob@example.org");
    const auto kms = idr(IdRole::Kms, "sip:kms@example.org");
    const auto rand = Rand{kept(16, 1)};
    const auto v = Verification{MacAlgorithm::HmacSha1_160, kept(20, 3)};
    const auto sdp = GeneralExtension{ExtensionType::SdpIds, octetsOf("mikey")};
    const auto ibake = Ibake{kept(300, 4)};
    const auto esk = EncryptedSecretKey{kept(200, 6)};
    const std::vector<SrtpId> map{{0, 0x11223344, 5}, {0, 0, 0}};
    all.push_back(make("request-key-psk", DataType::RequestKeyPsk, {ntp, rand, alice, alice, bob, kms, kemac(0), v}));
    all.push_back(make("request-key-pke", DataType::RequestKeyPk,
                       {ntp, rand, alice, kms, Pke{0, kept(256, 5)}, Sign{0, kept(256, 7)}}));
    all.push_back(make("request-key-resp", DataType::RequestKeyResponse, {ntp, kms, kemac(90), v}));
    all.push_back(make("ibake-i1", DataType::IbakeInit1, {ntp, rand, alice, bob, sdp, ibake, esk}, map));
    all.push_back(make("ibake-r1", DataType::IbakeResponse1, {ntp, alice, bob, ibake}, map));
    all.push_back(make("ibake-i2", DataType::IbakeInit2, {ntp, rand, alice, bob, ibake, esk}, map));
    all.push_back(make("ibake-r2", DataType::IbakeResponse2, {ntp, alice, bob, ibake, v}, map));
    all.push_back(make("sakke", DataType::SakkeInit,
                       {ntp, rand, alice, bob, idr(IdRole::InitiatorKms, "sip:kms@example.org"),
                        idr(IdRole::ResponderKms, "sip:kms@example.org"), idr(IdRole::InitiatorUid, "uid"), policy(),
                        Sakke{SakkeParameters::Set1, SakkeIdScheme::Uid, kept(273, 4)}, Sign{2, kept(129, 7)}},
                       map));
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
    std::vector<Sample> all{
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
    addTicketSamples(all);
    addIdentitySamples(all);
    return all;
}

} // namespace

const std::vector<Sample> &samples()
{
    static const auto all = makeSamples();
    return all;
}

} // namespace mikey::test
