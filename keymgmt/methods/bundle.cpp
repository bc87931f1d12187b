// SPDX-License-Identifier: Apache-2.0
#include "methods/bundle.h"

#include "methods/admission.h"
#include "methods/csb.h"
#include "methods/method.h"

#include <algorithm>
#include <set>

namespace mikey {

namespace {

constexpr std::size_t srtpIndexOctets = 6;  ///< 48-bit index ROC || SEQ (RFC 3830 6.14)
constexpr std::size_t leastTgkOctets = 16;  ///< RFC 3830 9.1: no weaker than the ciphers it keys
constexpr std::size_t mostKeyOctets = 256;  ///< a Diffie-Hellman TGK has 192; each stream derives from all of it
constexpr std::size_t leastRandOctets = 16; ///< RFC 3830 6.11, a SHOULD

Error broken(std::string reason)
{
    return Error::of(ErrorNumber::Unspecified, std::move(reason));
}

std::optional<Error> checkKey(const KeyData &data, KeyScope scope)
{
    if (data.type > (scope == KeyScope::Group ? KeyDataType::GtgkSalt : KeyDataType::TekSalt))
        return broken("a key of the type " + registry::keyDataType.nameOf(static_cast<std::uint8_t>(data.type)) +
                      " has no place here");
    const bool tek = data.type == KeyDataType::Tek || data.type == KeyDataType::TekSalt;
    if (data.key.size() < leastTgkOctets)
        return broken("a key of " + std::to_string(data.key.size()) + " octets is too short, at least " +
                      std::to_string(leastTgkOctets) + " are needed");
    if (data.key.size() > mostKeyOctets)
        return broken("a key of " + std::to_string(data.key.size()) + " octets is too long, at most " +
                      std::to_string(mostKeyOctets) + " are taken");
    if (tek && !data.hasSalt())
        return broken("a TEK came without its salt, which SRTP needs and cannot derive from it");
    const auto &kv = data.validity;
    if (kv.type != KeyValidityType::Interval)
        return std::nullopt;
    if (kv.validFrom.size() != srtpIndexOctets || kv.validTo.size() != srtpIndexOctets)
        return broken("the validity interval of a key is not a pair of 48-bit SRTP indices");
    if (textOf(kv.validTo) < textOf(kv.validFrom))
        return broken("the validity interval of a key ends before it begins");
    return std::nullopt;
}

TransportedKey keep(const KeyData &data)
{
    TransportedKey key;
    key.type = data.type;
    key.key = Secret(data.key);
    key.salt = Secret(data.salt);
    key.mki.assign(data.validity.spi.begin(), data.validity.spi.end());
    if (data.validity.type == KeyValidityType::Interval)
        key.interval = KeyInterval{Bytes(data.validity.validFrom.begin(), data.validity.validFrom.end()),
                                   Bytes(data.validity.validTo.begin(), data.validity.validTo.end())};
    return key;
}

/// Several keys must be told apart: each by an MKI of one length, or each by its interval.
std::optional<Error> checkDistinct(const std::vector<TransportedKey> &keys)
{
    if (keys.size() < 2)
        return std::nullopt;
    const bool byInterval = std::all_of(keys.begin(), keys.end(), [](const auto &k) { return k.interval.has_value(); });
    if (byInterval) {
        for (std::size_t i = 1; i < keys.size(); ++i) {
            if (keys[i].interval->from <= keys[i - 1].interval->to)
                return broken("the validity intervals of two keys overlap or are out of order");
        }
        return std::nullopt;
    }
    std::set<Bytes> seen;
    for (const auto &key : keys) {
        if (key.mki.empty() || key.mki.size() != keys.front().mki.size() || !seen.insert(key.mki).second)
            return broken("several keys came without MKIs that tell them apart");
    }
    return std::nullopt;
}

Outcome<CryptoSession> deriveSession(std::uint8_t csId, const SrtpId &stream, const SrtpSuite &suite,
                                     const TransportedKey &key, KeyedPrf &prf, const BundleLabel &label)
{
    CryptoSession session;
    session.csId = csId;
    session.policyNo = stream.policyNo;
    session.ssrc = stream.ssrc;
    session.roc = stream.roc;
    session.suite = &suite;
    session.mki = key.mki;
    session.interval = key.interval;
    if (!key.isTek())
        session.tek = sessionKey(prf, KeyUse::Tek, csId, label, suite.masterKeyOctets());
    else if (key.key.size() == suite.masterKeyOctets())
        session.tek = key.key.clone();
    else
        return Error::of(ErrorNumber::InvalidSpParameters,
                         "a TEK of " + std::to_string(key.key.size()) + " octets came for " + std::string(suite.name));
    if (!key.hasSalt())
        session.salt = sessionKey(prf, KeyUse::SessionSalt, csId, label, suite.masterSaltOctets());
    else if (key.salt.size() == suite.masterSaltOctets())
        session.salt = key.salt.clone();
    else
        return Error::of(ErrorNumber::InvalidSpParameters, "a salt of " + std::to_string(key.salt.size()) +
                                                               " octets came for " + std::string(suite.name));
    return session;
}

/// One TEK for two streams is a two-time pad if they share an SSRC (RFC 3711 9.1), as two whose SSRC is unknown may.
/// Those that an answer tells (`answered`) are not unknown for long.
bool mayShareSsrc(std::span<const SrtpId> map, bool answered)
{
    std::set<std::uint32_t> seen;
    return std::any_of(map.begin(), map.end(), [&](const SrtpId &s) {
        const bool toBeTold = s.ssrc == 0 && answered;
        return !toBeTold && !seen.insert(s.ssrc).second;
    });
}

Outcome<std::vector<CryptoSession>> deriveSessions(const Terms &terms)
{
    const auto &header = terms.request.header;
    const bool anyTek = std::any_of(terms.keys.begin(), terms.keys.end(), [](const auto &k) { return k.isTek(); });
    if (anyTek && mayShareSsrc(terms.map, header.v))
        return broken("two streams with the same SSRC, or with none yet, would share one TEK");
    std::vector<CryptoSession> sessions;
    sessions.reserve(terms.map.size() * terms.keys.size());
    std::vector<KeyedPrf> prfs;
    for (const auto &key : terms.keys)
        prfs.emplace_back(header.prf, key.key.view());
    for (std::size_t i = 0; i < terms.map.size(); ++i) {
        for (std::size_t k = 0; k < terms.keys.size(); ++k) {
            auto session = deriveSession(static_cast<std::uint8_t>(i + 1), terms.map[i], *terms.suites[i],
                                         terms.keys[k], prfs[k], terms.label);
            if (!session)
                return std::move(session.error());
            sessions.push_back(std::move(*session));
        }
    }
    return sessions;
}

/// The bundle after this exchange. An update leaves roles, RAND and what identifies the peer as they are.
std::shared_ptr<Csb> standing(const Terms &terms, NtpTime timestamp)
{
    auto csb = std::make_shared<Csb>();
    const auto *before = terms.updated;
    if (before) {
        csb->weInitiated = before->weInitiated;
        csb->rand = before->rand;
        csb->parties = before->parties;
        csb->envelopeKey = before->envelopeKey.clone();
        csb->peerCertificates = before->peerCertificates;
        csb->ticket = before->ticket.clone();
    } else {
        csb->weInitiated = terms.weInitiate;
        csb->rand.assign(terms.label.rand.begin(), terms.label.rand.end());
        csb->parties = terms.parties;
    }
    csb->method = terms.method;
    csb->csbId = terms.request.header.csbId;
    csb->labelId = terms.label.csbId;
    csb->prf = terms.request.header.prf;
    csb->newest = timestamp;
    csb->map.assign(terms.map.begin(), terms.map.end());
    csb->suites.assign(terms.suites.begin(), terms.suites.end());
    csb->keys = cloned(terms.keys);
    return csb;
}

} // namespace

Outcome<std::vector<TransportedKey>> transportedKeys(std::span<const PlacedPayload> subPayloads, KeyScope scope)
{
    std::vector<TransportedKey> keys;
    for (const auto &placed : subPayloads) {
        const auto *data = std::get_if<KeyData>(&placed.payload);
        if (!data)
            return broken("the encrypted part holds something else than keys");
        if (auto error = checkKey(*data, scope))
            return std::move(*error);
        if (keys.size() == mostKeys)
            return broken("the message carries more than " + std::to_string(mostKeys) + " keys");
        keys.push_back(keep(*data));
    }
    if (auto error = checkDistinct(keys))
        return std::move(*error);
    return keys;
}

Outcome<std::vector<TransportedKey>> agreedKey(ByteView tgk, const KeyValidity &validity)
{
    KeyData data;
    data.key = tgk;
    data.validity = validity;
    if (auto error = checkKey(data, KeyScope::Pair))
        return std::move(*error);
    std::vector<TransportedKey> keys;
    keys.push_back(keep(data));
    return keys;
}

namespace {

using Policies = std::map<std::uint8_t, const SrtpSuite *>; ///< by number; null: one that cannot be used

/// The policies that the message states. One that no stream uses may be of any kind.
Outcome<Policies> statedPolicies(const Message &message, std::span<const SrtpId> map)
{
    Policies policies;
    for (const auto *policy : message.all<SecurityPolicy>()) {
        const auto suite = suiteOf(*policy);
        const bool used =
            std::any_of(map.begin(), map.end(), [&](const SrtpId &s) { return s.policyNo == policy->policyNo; });
        if (!suite && used)
            return Error::of(suite.error().error, suite.error().reason);
        if (!policies.emplace(policy->policyNo, suite ? *suite : nullptr).second)
            return Error::of(ErrorNumber::InvalidSpParameters,
                             "two security policies have the number " + std::to_string(policy->policyNo));
    }
    return policies;
}

} // namespace

Outcome<std::vector<const SrtpSuite *>> suitesOfMap(const Message &message, std::span<const SrtpId> map,
                                                    const Endpoint &endpoint, const Csb *updated)
{
    const bool strict = message.header.dataType != DataType::SakkeInit; // 3GPP's messages have both
    if (strict && message.header.mapType == CsIdMapType::Empty && message.find<SecurityPolicy>())
        return broken("a message with an Empty map must not carry security policies"); // RFC 4563 5
    auto policies = statedPolicies(message, map);
    if (!policies)
        return std::move(policies.error());
    const bool stated = !policies->empty();
    for (std::size_t i = 0; updated && i < updated->map.size(); ++i)
        policies->emplace(updated->map[i].policyNo, updated->suites[i]);
    std::vector<const SrtpSuite *> suites;
    for (const auto &stream : map) {
        const auto found = policies->find(stream.policyNo);
        if (found == policies->end() && stated)
            return Error::of(ErrorNumber::InvalidSpParameters,
                             "no security policy has the number " + std::to_string(stream.policyNo));
        // Without any SP payload SRTP's defaults hold (RFC 3830 6.10.1), whatever number the map names.
        const auto *suite = found == policies->end() ? &defaultSrtpSuite() : found->second;
        if (!endpoint.takes(*suite))
            return Error::of(ErrorNumber::InvalidSpParameters, std::string(suite->name) + " is not accepted here");
        suites.push_back(suite);
    }
    return suites;
}

const SrtpSuite *acceptableSuite(const SecurityPolicy &offer, const Endpoint &endpoint)
{
    for (const auto *suite : endpoint.preferredSuites()) {
        if (chosenFrom(offer, *suite))
            return suite;
    }
    return nullptr;
}

std::vector<TransportedKey> cloned(std::span<const TransportedKey> keys)
{
    std::vector<TransportedKey> copies;
    for (const auto &key : keys)
        copies.push_back(key.clone());
    return copies;
}

BundleLabel labelOf(const Message &message)
{
    const auto *rand = message.find<Rand>();
    return {message.header.csbId, rand ? rand->rand : ByteView{}};
}

Outcome<Agreement> agreementOf(const Terms &terms)
{
    auto sessions = deriveSessions(terms);
    if (!sessions)
        return std::move(sessions.error());
    const auto &request = terms.request;
    Agreement agreement;
    if (const auto *row = method(terms.method)) // its name stays, that of an updated bundle goes with the bundle
        agreement.method = row->name;
    agreement.csbId = request.header.csbId;
    agreement.initiator = terms.parties.initiator.canonical();
    agreement.responder = terms.parties.responder.canonical();
    agreement.timestamp = sentAt(request);
    agreement.v = request.header.v;
    agreement.prf = request.header.prf;
    agreement.sessions = std::move(*sessions);
    agreement.renewal = terms.updated != nullptr;
    if (terms.updated && !terms.updated->peerCertificates.empty())
        agreement.peerCertificate = terms.updated->peerCertificates.front();
    agreement.csb = standing(terms, agreement.timestamp);
    for (const auto &key : terms.keys) {
        if (!key.isTek())
            agreement.tgks.push_back(key.key.clone());
    }
    if (terms.label.rand.size() < leastRandOctets)
        agreement.weaknesses.push_back("the RAND has only " + std::to_string(terms.label.rand.size()) +
                                       " octets, not " + std::to_string(leastRandOctets));
    if (std::any_of(terms.suites.begin(), terms.suites.end(), [](const auto *s) { return s->weak; }))
        agreement.weaknesses.emplace_back("speech is authenticated but not encrypted (NULL cipher)");
    return agreement;
}

} // namespace mikey
