// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake_request.h"

#include "methods/certificates.h"
#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/reply.h"
#include "methods/signing.h"
#include "methods/verified.h"
#include "wire/text.h"

#include <ctime>
#include <list>

namespace mikey {

namespace {

constexpr std::size_t randOctets = 16;
constexpr std::size_t envelopeKeyOctets = 16; ///< RFC 3830 6.2: of AES-CM-128 and the PRF with SHA-1
constexpr std::size_t secondsOctets = 4;      ///< NTP-UTC-32

Bytes macOf(ByteView key, ByteView covered, std::span<const IdWithRole *const> identities, ByteView kms, Prf prf,
            const BundleLabel &label)
{
    Bytes all(covered.begin(), covered.end());
    for (const auto part : ibakeRequestScope(identities, kms))
        append(all, part);
    const auto mac = kemacMac(authKeyFrom(key, prf, label).view(), all);
    return {mac.begin(), mac.end()};
}

/// What ends a REQUEST_KEY_INIT_PKE: {CERT}, IDRkms, CHASH, PKE, SIGN (RFC 6267 4.2.1.1.2).
std::optional<Bytes> encodeWithEnvelope(Context context, Header header, std::vector<Payload> payloads,
                                        const IdWithRole &id, const IdWithRole &kms, ByteView key)
{
    const auto &x509 = context.endpoint.x509;
    const auto *own = ownCertificate(x509, true, false);
    const auto &theirs = *context.endpoint.ibake.kmsCertificate;
    const auto envelope = rsaEncrypt(theirs.key(), key, context.random);
    if (!own || envelope.empty())
        return std::nullopt;
    header.dataType = DataType::RequestKeyPk;
    for (auto &payload : certPayloads(x509, *own))
        payloads.push_back(std::move(payload));
    const auto hash = certificateHash(theirs);
    payloads.insert(payloads.end(), {kms, Chash{0, hash}, Pke{0, envelope}});
    const std::vector<const IdWithRole *> ids{&id};
    return encodeSigned(header, std::move(payloads), *own, x509.signatureType,
                        {true, ibakeRequestScope(ids, kms.data)});
}

/// From the first second of the month to its last.
struct Period
{
    Bytes from, to;
};

/// The seconds since 1900 at the start of a day, "2026-11-01".
std::optional<std::uint64_t> secondsOf(const std::string &date)
{
    std::tm utc{};
    if (!strptime(date.c_str(), "%Y-%m-%d", &utc))
        return std::nullopt;
    constexpr std::int64_t epoch = 2208988800;
    return static_cast<std::uint64_t>(timegm(&utc) + epoch);
}

std::optional<Period> periodOf(const std::string &date)
{
    const auto from = secondsOf(date);
    if (!from)
        return std::nullopt;
    const NtpTime start(*from << 32);
    const auto octets = [](NtpTime time) {
        const auto all = time.octets();
        return Bytes(all.begin(), all.begin() + secondsOctets);
    };
    return Period{octets(start), octets(ibakePeriodEnd(start).plusSeconds(-1))};
}

} // namespace

std::vector<const IdWithRole *> ibakeRequestIds(const Message &request)
{
    std::vector<const IdWithRole *> ids;
    for (const auto *id : request.all<IdWithRole>()) {
        if (id->role == IdRole::Initiator || id->role == IdRole::Responder)
            ids.push_back(id);
    }
    return ids;
}

std::vector<ByteView> ibakeRequestScope(std::span<const IdWithRole *const> identities, ByteView kms)
{
    std::vector<ByteView> scope;
    for (const auto *identity : identities)
        scope.push_back(identity->data);
    scope.push_back(kms);
    return scope;
}

bool isGuardedKeyRequest(const Message &message, ByteView key, std::span<const IdWithRole *const> identities,
                         ByteView kms)
{
    const auto *v = message.payloads.empty() ? nullptr : std::get_if<Verification>(&message.payloads.back().payload);
    const auto *rand = message.find<Rand>();
    if (!v || !rand || v->algorithm != MacAlgorithm::HmacSha1_160)
        return false;
    const auto covered = message.octets.first(message.octets.size() - v->data.size());
    return equalSecrets(macOf(key, covered, identities, kms, message.header.prf, {message.header.csbId, rand->rand}),
                        v->data);
}

std::optional<Bytes> encodeKeyResponse(const Message &request, ByteView key, std::span<const IbakeIssue> issued,
                                       std::span<const IdWithRole *const> identities, ByteView kms)
{
    std::list<Period> periods; // what the payloads view
    std::vector<Payload> keys;
    for (const auto &issue : issued) {
        const auto period = periodOf(issue.date);
        if (!period)
            return std::nullopt;
        const auto &kept = periods.emplace_back(*period);
        keys.emplace_back(idPayload(issue.identity));
        KeyData data;
        data.type = KeyDataType::KPr;
        data.key = issue.block.view();
        data.validity.type = KeyValidityType::Interval;
        data.validity.validFrom = kept.from;
        data.validity.validTo = kept.to;
        keys.emplace_back(data);
    }
    const auto plain = encodeSubPayloads(keys);
    if (!plain)
        return std::nullopt;
    const auto &sent = *request.find<Timestamp>(); // RFC 6267 4.2.1.3: the same
    const BundleLabel label{request.header.csbId, request.find<Rand>()->rand};
    const auto encrypted = KeyTransport(request.header.prf, key, label, sent.value).counterMode(plain->view());
    Header header = request.header;
    header.dataType = DataType::RequestKeyResponse;
    header.v = false;
    std::vector<Payload> payloads{sent};
    for (const auto *identity : identities)
        payloads.emplace_back(*identity);
    payloads.emplace_back(IdWithRole{IdRole::Kms, identityType(textOf(kms)), kms});
    payloads.emplace_back(Kemac{Encryption::AesCm128, encrypted.view(), MacAlgorithm::Null, {}});
    payloads.emplace_back(Verification{MacAlgorithm::HmacSha1_160, {}});
    auto octets = encode(header, payloads);
    if (octets)
        append(*octets, macOf(key, *octets, identities, kms, header.prf, label));
    return octets;
}

Outcome<IbakeKeyRequest> IbakeKeyRequest::make(Context context, NtpTime now)
{
    const auto &keys = context.endpoint.ibake;
    if (!keys.reachesKms())
        return Error::local("there is no account at a key management service");
    const bool byKey = !keys.psk.empty();
    IbakeKeyRequest made(keys.kms, byKey ? keys.psk.clone() : context.random.secret(envelopeKeyOctets));
    Header header;
    header.dataType = DataType::RequestKeyPsk;
    header.v = true;
    header.csbId = context.random.number32();
    header.mapType = CsIdMapType::Empty;
    Bytes rand(randOctets);
    context.random.fill(rand);
    const auto sent = context.state.uniqueTime(now).octets();
    const auto &user = context.endpoint.identity;
    const IdWithRole id{IdRole::Initiator, identityType(user), octetsOf(user)};
    const IdWithRole kms{IdRole::Kms, identityType(made.m_kms), octetsOf(made.m_kms)};
    std::vector<Payload> payloads{Timestamp{TimestampType::NtpUtc, sent}, Rand{rand}, id};
    std::optional<Bytes> octets;
    if (byKey) {
        payloads.insert(payloads.end(), {kms, Verification{MacAlgorithm::HmacSha1_160, {}}});
        octets = encode(header, payloads);
        const std::vector<const IdWithRole *> ids{&id};
        if (octets)
            append(*octets, macOf(made.m_key.view(), *octets, ids, kms.data, header.prf, {header.csbId, rand}));
    } else {
        octets = encodeWithEnvelope(context, header, std::move(payloads), id, kms, made.m_key.view());
        if (!octets)
            return Error::local("no certificate of ours proves us to the key management service");
    }
    if (!octets || octets->size() > maxMessageOctets)
        return Error::local("the question to the key management service becomes too long");
    made.m_message = std::move(*octets);
    return made;
}

Outcome<std::vector<IbakeIssue>> IbakeKeyRequest::open(ByteView octets) const
{
    const auto request = decode(m_message), answer = decode(octets);
    if (!request || !answer)
        return Error::discarded("the answer of the key management service is damaged");
    const auto &header = answer->header;
    const auto *timestamp = answer->find<Timestamp>();
    if (header.csbId != request->header.csbId)
        return Error::discarded("the answer of the key management service belongs to another question");
    if (header.dataType == DataType::Error) {
        auto error = errorOf(*answer, false);
        error.reason = "the key management service refused: " + error.reason;
        return error;
    }
    const auto ids = ibakeRequestIds(*request);
    const auto *v = answer->payloads.empty() ? nullptr : std::get_if<Verification>(&answer->payloads.back().payload);
    const auto *kemac = answer->find<Kemac>();
    const BundleLabel label{request->header.csbId, request->find<Rand>()->rand};
    const auto &kms = request->find<IdWithRole>(IdRole::Kms)->data;
    if (header.dataType != DataType::RequestKeyResponse || header.prf != request->header.prf || !timestamp || !v ||
        !kemac || !sameOctets(timestamp->value, request->find<Timestamp>()->value) ||
        kemac->encryption != Encryption::AesCm128 || v->algorithm != MacAlgorithm::HmacSha1_160)
        return Error::discarded("the answer of the key management service is not that to our question");
    const auto covered = answer->octets.first(answer->octets.size() - v->data.size());
    if (!equalSecrets(macOf(m_key.view(), covered, ids, kms, header.prf, label), v->data))
        return Error::of(ErrorNumber::AuthFailure, "the answer does not come from " + m_kms);
    const auto plain = KeyTransport(header.prf, m_key.view(), label, timestamp->value).counterMode(kemac->encrData);
    const auto subPayloads = decodeSubPayloads(plain.view(), Id::name.number);
    if (!subPayloads)
        return Error::discarded("the keys in the answer are damaged");
    std::vector<IbakeIssue> issued;
    std::string identity;
    for (const auto &placed : *subPayloads) {
        if (const auto *id = std::get_if<Id>(&placed.payload)) {
            identity = canonicalIdentity(textOf(id->data));
            if (identity != canonicalIdentity(textOf(ids.front()->data)))
                return Error::discarded("the answer brings keys of an identity that was not asked for");
        }
        const auto *data = std::get_if<KeyData>(&placed.payload);
        if (!data)
            continue;
        const auto &from = data->validity.validFrom;
        if (data->type != KeyDataType::KPr || identity.empty() || from.size() != secondsOctets)
            return Error::discarded("the keys in the answer are not those of identities and periods");
        Bytes time(from.begin(), from.end());
        time.resize(8);
        issued.push_back({identity, ibakeDate(*NtpTime::fromOctets(time)), Secret(data->key)});
    }
    return issued;
}

} // namespace mikey
