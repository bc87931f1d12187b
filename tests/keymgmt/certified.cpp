// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "methods/envelope.h"
#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/signing.h"
#include "methods/verified.h"

#include <QDebug>

namespace mikey::test {

namespace {

KeyOf keyOwner(std::string_view identity)
{
    return identity == aliceId ? KeyOf::Alice : identity == bobId ? KeyOf::Bob : KeyOf::Carol;
}

std::string failure(const Step &step)
{
    return step.error ? step.error->name + ": " + step.error->reason : "nothing to be done";
}

std::nullopt_t failed(const char *who, const std::string &why)
{
    qWarning("%s: %s", who, why.c_str());
    return std::nullopt;
}

} // namespace

Draft draftOf(const Message &message)
{
    Draft draft{message.header, {}};
    for (const auto &placed : message.payloads)
        draft.payloads.push_back(placed.payload);
    draft.payloads.pop_back();
    return draft;
}

const PrivateKey &rsaKey(KeyOf owner)
{
    static std::map<KeyOf, PrivateKey> keys;
    const auto known = keys.find(owner);
    return known != keys.end() ? known->second : keys.emplace(owner, PrivateKey::generate(2048)).first->second;
}

const OwnCertificate &authority()
{
    static const auto made = [] {
        auto request = certificateRequest("");
        request.commonName = "Authority";
        request.identities.clear();
        request.authority = true;
        return OwnCertificate{{selfSigned(request, rsaKey(KeyOf::Authority))}, rsaKey(KeyOf::Authority)};
    }();
    return made;
}

CertificateRequest certificateRequest(std::string_view identity)
{
    CertificateRequest request;
    request.commonName = "somebody";
    request.identities = {std::string(identity)};
    request.notBefore = noon().plusSeconds(-86400);
    request.notAfter = noon().plusSeconds(10 * 86400);
    return request;
}

OwnCertificate certified(const CertificateRequest &request, KeyOf owner)
{
    return {{issue(request, rsaKey(owner).publicKey(), authority())}, rsaKey(owner)};
}

const OwnCertificate &certificateOf(std::string_view identity)
{
    static std::map<std::string, OwnCertificate, std::less<>> made;
    const auto known = made.find(identity);
    if (known != made.end())
        return known->second;
    return made.emplace(identity, certified(certificateRequest(identity), keyOwner(identity))).first->second;
}

Side certifiedSide(std::string_view identity)
{
    Side side;
    side.endpoint.identity = identity;
    side.endpoint.x509.own = {certificateOf(identity)};
    side.endpoint.x509.trust = authority().chain;
    for (const auto other : {aliceId, bobId, carolId}) {
        if (other == identity)
            continue;
        side.endpoint.psk.emplace(std::string(other), Secret(ByteView(sharedKey())));
        side.endpoint.x509.peers.emplace(std::string(other), certificateOf(other).chain);
    }
    return side;
}

std::unique_ptr<Initiator> initiate(std::string_view method, Side &from, const Offer &offer, NtpTime now)
{
    auto made = mikey::method(method)->initiate(from.context(), offer, now);
    if (!made)
        qWarning("%s", made.error().reason.c_str());
    return made ? std::move(*made) : nullptr;
}

std::optional<Both> finish(Initiator &initiator, Side &with, NtpTime now, const Arrival &arrival)
{
    auto answered = with.respond(initiator.message(), now, arrival);
    if (!answered.agreement)
        return failed("responder", failure(answered));
    if (!answered.send) {
        auto agreed = initiator.provisional();
        if (!agreed)
            return failed("initiator", agreed.error().reason);
        return Both{std::move(*agreed), std::move(*answered.agreement), initiator.message(), {}};
    }
    auto finished = initiator.receive(*answered.send, now, arrival.fetched);
    if (!finished.agreement)
        return failed("initiator", failure(finished));
    if (!sameKeys(*finished.agreement, *answered.agreement))
        return failed("both", "not the same keys");
    return Both{std::move(*finished.agreement), std::move(*answered.agreement), initiator.message(), *answered.send};
}

std::optional<Both> exchange(std::string_view method, Side &from, Side &with, const Offer &offer, NtpTime now,
                             const Arrival &arrival)
{
    const auto initiator = initiate(method, from, offer, now);
    return initiator ? finish(*initiator, with, now, arrival) : std::nullopt;
}

std::optional<Both> updated(Side &from, const Csb &fromsBundle, Side &with, const Csb &withsBundle,
                            const Renewal &renewal, NtpTime now)
{
    auto initiator = mikey::update(from.context(), fromsBundle, renewal, now);
    if (!initiator)
        return failed("initiator", initiator.error().reason);
    Arrival arrival;
    arrival.bundles = {&withsBundle};
    return finish(**initiator, with, now, arrival);
}

Bytes resigned(ByteView octets, const OwnCertificate &signer, const Rewrite &change, ByteView initiator)
{
    const auto message = decode(octets);
    auto draft = draftOf(*message);
    change(draft);
    SignatureScope scope;
    Parties parties;
    const auto timestamp = mikey::test::octets(message->find<Timestamp>()->value);
    if (message->header.dataType == DataType::RsaRResponse) {
        parties.initiator.data = initiator.empty() ? std::string(aliceId) : std::string(textOf(initiator));
        const auto *id = message->find<Id>();
        for (const auto &payload : draft.payloads) {
            if (std::holds_alternative<Id>(payload))
                id = &std::get<Id>(payload);
        }
        parties.responder.data = id ? std::string(textOf(id->data)) : std::string(bobId);
        scope = rsaRScope(parties, timestamp);
    }
    return *encodeSigned(draft.header, std::move(draft.payloads), signer, SignatureType::RsaPkcs1, scope);
}

Bytes remaced(ByteView octets, const BundleLabel &bundle, const Rewrite &change, ByteView psk)
{
    const auto message = decode(octets);
    auto draft = draftOf(*message);
    change(draft);
    draft.payloads.emplace_back(Kemac{Encryption::Null, {}, MacAlgorithm::HmacSha1_160, {}});
    auto changed = *encode(draft.header, draft.payloads);
    append(changed, kemacMac(messageKey(Prf::Mikey1, psk, KeyUse::MessageAuth, bundle, 20).view(), changed));
    return changed;
}

Bytes rewritten(ByteView message, std::string_view sender, const Rewrite &change, ByteView request)
{
    const auto whole = decode(message);
    const auto begun = decode(request.empty() ? message : request);
    const bool hmac = whole->find<Kemac>() != nullptr;
    return hmac ? remaced(message, labelOf(*begun), change) : resigned(message, certificateOf(sender), change);
}

QByteArray payloadNames(const Message &message)
{
    QByteArray names;
    for (const auto &placed : message.payloads)
        names += QByteArray(nameOf(placed.payload).name.data()) + ' ';
    return names.trimmed();
}

SealedLoosely seal(Draft &draft, const LooseEnvelope &envelope, const BundleLabel &label)
{
    const auto timestamp = draft.the<Timestamp>().value;
    const KeyTransport transport(Prf::Mikey1, envelope.key, label, timestamp);
    const auto keys = envelope.keys.empty() ? Secret() : std::move(*encodeSubPayloads(envelope.keys));
    const auto plain = envelopePlain(Party::of(envelope.sender), keys.view());
    SealedLoosely sealed;
    switch (envelope.encryption) {
    case Encryption::AesCm128:
        sealed.encrData = octets(transport.counterMode(plain.view()).view());
        break;
    case Encryption::AesKw128:
        sealed.encrData = transport.wrap(plain.view());
        break;
    default:
        sealed.encrData = octets(plain.view());
    }
    auto &kemac = draft.the<Kemac>();
    kemac = {envelope.encryption, sealed.encrData, envelope.mac, {}};
    if (envelope.mac == MacAlgorithm::HmacSha1_160) {
        Bytes covered{0}; // RFC 3830 5.2: the Next payload octet counts as zero
        Writer writer(covered);
        Kemac::fields(kemac, writer);
        const auto mac = kemacMac(authKeyFrom(envelope.key, Prf::Mikey1, label).view(), covered);
        sealed.mac.assign(mac.begin(), mac.end());
    } else if (envelope.mac != MacAlgorithm::Null) {
        sealed.mac.resize(registry::mac.impliedOctets(static_cast<std::uint8_t>(envelope.mac)).value_or(0));
    }
    kemac.mac = sealed.mac;
    SystemRandom random;
    const auto recipient = certificateOf(envelope.recipient).chain.front().key();
    sealed.pke = envelope.encryptedKey ? *envelope.encryptedKey : rsaEncrypt(recipient, envelope.key, random);
    draft.the<Pke>().data = sealed.pke;
    return sealed;
}

} // namespace mikey::test
