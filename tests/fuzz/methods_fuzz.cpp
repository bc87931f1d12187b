// SPDX-License-Identifier: Apache-2.0
// What a peer can do that holds the right keys: the input is a MIKEY message, whose MACs, signature and envelope are
// made right before it is handed to both sides of its method. So what comes after authentication is reached too.
#include "crypto/digest.h"
#include "crypto/issue.h"
#include "crypto/key_transport.h"
#include "methods/certificates.h"
#include "methods/csb.h"
#include "methods/envelope.h"
#include "methods/kemac.h"
#include "methods/method.h"
#include "methods/signing.h"
#include "methods/verified.h"
#include "wire/pack.h"

#include <cstdlib>

namespace {

using namespace mikey;

constexpr std::string_view aliceId = "sip:alice@example.org", bobId = "sip:bob@example.org";
constexpr std::uint8_t sharedKey[] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
                                      0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f};
const NtpTime now = NtpTime::fromUnixMicroseconds(1795435200000000);

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

struct Sides
{
    Endpoint alice, bob;
};

/// Each knows the other's certificate, so messages need to hold none.
Sides makeSides()
{
    Sides sides;
    const auto certify = [](Endpoint &endpoint, std::string_view identity) {
        endpoint.identity = identity;
        endpoint.accept.weakGroups = endpoint.accept.nullEncryption = true;
        const auto key = PrivateKey::generate(leastRsaBits);
        const CertificateRequest request{
            std::string(identity), {std::string(identity)}, now.plusSeconds(-60), now.plusSeconds(86400)};
        endpoint.x509.own = {{{selfSigned(request, key)}, key}};
        endpoint.x509.send = SendCertificates::None;
    };
    certify(sides.alice, aliceId);
    certify(sides.bob, bobId);
    sides.alice.psk.emplace(std::string(bobId), Secret(ByteView(sharedKey)));
    sides.bob.psk.emplace(std::string(aliceId), Secret(ByteView(sharedKey)));
    sides.alice.x509.peers[std::string(bobId)] = sides.bob.x509.own.front().chain;
    sides.bob.x509.peers[std::string(aliceId)] = sides.alice.x509.own.front().chain;
    return sides;
}

const Sides &sides()
{
    static const Sides made = makeSides();
    return made;
}

void must(bool holds)
{
    if (!holds)
        std::abort();
}

/// The KEMAC with its Encr data taken for plain text, encrypted and authenticated under the key.
void sealKemac(Kemac &kemac, Secret &encrypted, Bytes &mac, ByteView key, const Message &message,
               const BundleLabel &label, ByteView timestamp, bool alone)
{
    if (kemac.encryption == Encryption::AesCm128) {
        encrypted = KeyTransport(message.header.prf, key, label, timestamp).counterMode(kemac.encrData);
        kemac.encrData = encrypted.view();
    }
    if (kemac.macAlgorithm != MacAlgorithm::HmacSha1_160 || !alone)
        return;
    Bytes covered{0};
    Writer writer(covered);
    auto bare = kemac;
    bare.mac = {};
    Kemac::fields(bare, writer);
    const auto made = kemacMac(authKeyFrom(key, message.header.prf, label).view(), covered);
    mac.assign(made.begin(), made.end());
    kemac.mac = mac;
}

/// The message as its sender would have closed it. `label`: of the bundle it belongs to.
std::optional<Bytes> closed(const Message &message, const BundleLabel &label, ByteView timestamp, const Endpoint &from,
                            const Endpoint &to, ByteView key = sharedKey)
{
    const bool envelope = message.find<Pke>() != nullptr;
    FixedRandom random;
    const auto &recipient = to.x509.own.front().chain.front();
    const auto encryptedKey = rsaEncrypt(recipient.key(), key, random); // the shared key serves as envelope key too
    const auto hash = certificateHash(recipient);
    Secret encrypted;
    Bytes mac;
    std::vector<Payload> payloads;
    for (const auto &placed : message.payloads) {
        auto payload = placed.payload;
        if (auto *pke = std::get_if<Pke>(&payload))
            pke->data = encryptedKey;
        if (auto *chash = std::get_if<Chash>(&payload); chash && chash->hash.size() == hash.size())
            chash->hash = hash;
        if (auto *kemac = std::get_if<Kemac>(&payload))
            sealKemac(*kemac, encrypted, mac, key, message, label, timestamp, envelope);
        payloads.push_back(payload);
    }
    if (payloads.empty())
        return std::nullopt;
    const auto authKey = authKeyFrom(key, message.header.prf, label);
    const Parties parties{Party::of(aliceId), Party::of(bobId)};
    if (std::holds_alternative<Sign>(payloads.back())) {
        payloads.pop_back();
        const bool rsaR = message.header.dataType == DataType::RsaRResponse;
        return encodeSigned(message.header, payloads, from.x509.own.front(), SignatureType::RsaPkcs1,
                            rsaR ? rsaRScope(parties, timestamp) : SignatureScope());
    }
    if (std::holds_alternative<Verification>(payloads.back())) {
        payloads.pop_back();
        return encodeVerified(message.header, payloads, timestamp, verificationKey(authKey, parties));
    }
    auto *kemac = std::get_if<Kemac>(&payloads.back());
    if (!kemac || kemac->mac.size() != sha1Octets)
        return encode(message.header, payloads);
    kemac->mac = {};
    auto octets = encode(message.header, payloads);
    if (octets)
        append(*octets, kemacMac(authKey.view(), *octets));
    return octets;
}

void playResponder(const Message &input)
{
    const auto *timestamp = input.find<Timestamp>();
    const auto octets =
        closed(input, labelOf(input), timestamp ? timestamp->value : ByteView{}, sides().alice, sides().bob);
    if (!octets)
        return;
    EndpointState state;
    FixedRandom random;
    const auto step = respond({sides().bob, state, random}, *octets, {std::string(aliceId), {}}, now);
    must(step.agreement.has_value() != step.error.has_value());
    must(!step.send || decode(*step.send));
    if (!step.agreement)
        return;
    const auto saved = step.agreement->csb->save();
    const auto csb = Csb::load(saved.view());
    must(csb.has_value());
    const auto renewal = update({sides().bob, state, random}, *csb, {}, now);
    must(renewal || !renewal.error().reason.empty());
}

/// The answer under the identifiers of the question that each method asks, which is the same in every run but for what
/// is encrypted.
void playInitiator(const Message &input, const Method &method)
{
    EndpointState state;
    FixedRandom random;
    Offer offer;
    offer.peer = bobId;
    const auto initiator = method.initiate({sides().alice, state, random}, offer, now);
    const auto own = decode((*initiator)->message());
    auto answer = input;
    answer.header.csbId = own->header.csbId;
    for (auto &placed : answer.payloads) {
        if (auto *timestamp = std::get_if<Timestamp>(&placed.payload))
            *timestamp = *own->find<Timestamp>();
    }
    for (std::size_t i = 0; i < std::min(answer.header.map.size(), own->header.map.size()); ++i) {
        if (own->header.map[i].ssrc != 0)
            answer.header.map[i] = own->header.map[i];
    }
    if (auto halves = answer.all<Dh>(); halves.size() == 2 && own->find<Dh>()) {
        for (auto &placed : answer.payloads) {
            if (std::get_if<Dh>(&placed.payload) == halves[1])
                placed.payload = *own->find<Dh>();
        }
    }
    const auto saved = (*initiator)->save();
    const bool pk = own->header.dataType == DataType::PkInit; // its envelope key is what it saves first
    const auto octets = closed(answer, labelOf(*own), own->find<Timestamp>()->value, sides().bob, sides().alice,
                               pk ? Unpacker(saved.view()).field() : ByteView(sharedKey));
    if (!octets)
        return;
    const auto step = (*initiator)->receive(*octets, now);
    must(step.agreement.has_value() != step.error.has_value());
}

/// What was saved, with a right digest, which would notice damage before anything is read.
void load(ByteView input)
{
    Bytes saved(input.begin(), input.end());
    append(saved, sha256(input));
    static_cast<void>(Csb::load(saved));
    EndpointState state;
    FixedRandom random;
    for (const auto &method : methods()) {
        if (!method.available())
            continue;
        if (const auto initiator = method.resume({sides().alice, state, random}, saved))
            static_cast<void>((*initiator)->provisional());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView input(data, size);
    load(input);
    static_cast<void>(Certificate::fromDer(input));
    const auto message = decode(input);
    if (!message || message->payloads.empty())
        return 0;
    playResponder(*message);
    for (const auto &method : methods()) {
        if (method.available() &&
            static_cast<int>(message->header.dataType) == static_cast<int>(method.firstMessage) + 1)
            playInitiator(*message, method);
    }
    return 0;
}
