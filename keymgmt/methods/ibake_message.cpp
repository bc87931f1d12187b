// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake_message.h"

#include "crypto/hmac.h"
#include "methods/identity.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t mostRecipients = 32;
constexpr std::uint32_t noCsbId = 0xffffffff;

EcPoint payloadOf(const EcPointValue &point)
{
    EcPoint payload;
    payload.curve = point.curve;
    payload.x = point.x;
    payload.y = point.y;
    return payload;
}

EcPointValue valueOf(const EcPoint &payload)
{
    return {payload.curve, Bytes(payload.x.begin(), payload.x.end()), Bytes(payload.y.begin(), payload.y.end())};
}

std::shared_ptr<const ibe::Recipient> recipientOf(Context context, const std::string &identity, Peer peer, NtpTime time)
{
    const auto parameters = context.endpoint.ibake.parametersOf(identity, context.endpoint.identity);
    auto id = ibakeId(identity, ibakeDate(time));
    auto &known = context.state.ibakeRecipients;
    const auto it = std::find_if(known.begin(), known.end(), [&](const IbakeRecipient &one) {
        return one.id == id && one.parameters == parameters;
    });
    if (it != known.end())
        return it->recipient;
    auto made = std::make_shared<const ibe::Recipient>(*parameters, id);
    const auto month = ibakeDate(time);
    const auto &keys = context.endpoint.ibake;
    std::erase_if(known, [&](const IbakeRecipient &one) { // of another month, or of parameters that are there no more
        const auto isOf = [&one](const IbakePartner &partner) { return partner.parameters == one.parameters; };
        return one.date != month ||
               (one.parameters != keys.parameters && std::none_of(keys.partners.begin(), keys.partners.end(), isOf));
    });
    if (known.size() == mostRecipients && peer == Peer::Proven)
        known.erase(known.begin());
    if (known.size() < mostRecipients)
        known.push_back({parameters, std::move(id), month, made});
    return made;
}

/// Takes an identity of an IBAKE payload, if it stands where it may. Returns where the point behind it belongs.
std::optional<EcPointValue> *takeIdentity(const IdWithRole &id, IbakeContents &contents)
{
    const bool first = contents.initiator.empty();
    if (id.role == IdRole::Initiator && first && !id.data.empty()) {
        contents.initiator = textOf(id.data);
        return &contents.initiatorPoint;
    }
    if (id.role == IdRole::Responder && !first && !contents.responder) {
        contents.responder = std::string(textOf(id.data));
        return &contents.responderPoint;
    }
    return nullptr;
}

} // namespace

bool EcPointValue::isSame(const EcPointValue &other) const
{
    return curve == other.curve && equalSecrets(x, other.x) && equalSecrets(y, other.y);
}

Bytes encryptTo(Context context, const std::string &identity, Peer peer, NtpTime time, ByteView plain)
{
    return recipientOf(context, identity, peer, time)->encrypt(plain, context.random);
}

std::optional<Bytes> sealIbake(Context context, const std::string &recipient, Peer peer, NtpTime time,
                               const IbakeContents &contents)
{
    std::vector<Payload> payloads{ibakeIdentity(IdRole::Initiator, contents.initiator)};
    if (contents.initiatorPoint)
        payloads.emplace_back(payloadOf(*contents.initiatorPoint));
    if (contents.responder)
        payloads.emplace_back(ibakeIdentity(IdRole::Responder, *contents.responder));
    if (contents.responderPoint)
        payloads.emplace_back(payloadOf(*contents.responderPoint));
    const auto plain = encodeSubPayloads(payloads);
    if (!plain)
        return std::nullopt;
    return encryptTo(context, recipient, peer, time, plain->view());
}

std::optional<IbakeContents> openIbake(const Endpoint &endpoint, NtpTime time, ByteView encrData)
{
    const auto *key = endpoint.ibake.at(time);
    const auto plain = key ? key->decrypt(encrData) : std::nullopt;
    const auto payloads = plain ? decodeSubPayloads(plain->view(), IdWithRole::name.number)
                                : Result<Payloads, DecodeFault>(DecodeFault{});
    if (!payloads)
        return std::nullopt;
    IbakeContents contents;
    std::optional<EcPointValue> *pointOf = nullptr; // of the identity before
    for (const auto &placed : *payloads) {
        if (const auto *id = std::get_if<IdWithRole>(&placed.payload)) {
            pointOf = takeIdentity(*id, contents);
            if (!pointOf)
                return std::nullopt;
        } else if (const auto *point = std::get_if<EcPoint>(&placed.payload); point && pointOf && !*pointOf) {
            *pointOf = valueOf(*point);
        } else {
            return std::nullopt;
        }
    }
    return contents.initiator.empty() ? std::nullopt : std::optional(std::move(contents));
}

std::size_t ibakeKeyOctets(Prf prf)
{
    return prf == Prf::HmacSha256 ? 32 : 16;
}

std::optional<IbakeSecrets> ibakeSecrets(Prf prf, const EcdhKey &own, const EcPointValue &theirs, ByteView rand)
{
    const auto session = own.curve().number == theirs.curve ? own.agree(theirs.x, theirs.y) : std::nullopt;
    if (!session)
        return std::nullopt;
    const auto derive = [&](KeyUse use) {
        return messageKey(prf, session->view(), use, {noCsbId, rand}, ibakeKeyOctets(prf));
    };
    return IbakeSecrets{derive(KeyUse::InitiatorMpk), derive(KeyUse::ResponderMpk)};
}

MacAlgorithm ibakeMacAlgorithm(Prf prf)
{
    return prf == Prf::HmacSha256 ? MacAlgorithm::HmacSha256_256 : MacAlgorithm::HmacSha1_160;
}

bool isIbakeMac(MacAlgorithm algorithm)
{
    return algorithm == MacAlgorithm::HmacSha1_160 || algorithm == MacAlgorithm::HmacSha256_256;
}

Bytes ibakeMac(Prf prf, MacAlgorithm algorithm, ByteView mpk, const BundleLabel &label, ByteView message,
               std::string_view initiator, std::string_view responder)
{
    const bool sha256 = algorithm == MacAlgorithm::HmacSha256_256;
    Bytes mac(sha256 ? sha256Octets : sha1Octets);
    const auto key = messageKey(prf, mpk, KeyUse::MessageAuth, label, mac.size());
    hmac(sha256 ? Hash::Sha256 : Hash::Sha1, key.view(), {message, octetsOf(initiator), octetsOf(responder)}, mac);
    return mac;
}

const SrtpSuite &ibakeSuite(const Endpoint &endpoint)
{
    return endpoint.suites.empty() ? defaultSrtpSuite() : *endpoint.suites.front();
}

Outcome<Agreement> ibakeAgreement(const Message &request, const Parties &parties, bool weInitiate, ByteView tgk,
                                  std::span<const SrtpId> map, const SrtpSuite &suite, Bytes mki)
{
    std::vector<TransportedKey> keys(1);
    keys.front().key = Secret(tgk);
    keys.front().mki = std::move(mki);
    const std::vector<const SrtpSuite *> suites(map.size(), &suite);
    return agreementOf({"ibake", request, parties, weInitiate, nullptr, labelOf(request), map, suites, keys});
}

IdWithRole ibakeIdentity(IdRole role, std::string_view identity)
{
    return {role, identityType(identity), octetsOf(identity)};
}

} // namespace mikey
