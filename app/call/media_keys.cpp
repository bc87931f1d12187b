// SPDX-License-Identifier: Apache-2.0
#include "call/media_keys.h"

#include "call/words.h"
#include "crypto/digest.h"

#include <algorithm>

namespace call {

namespace {

const mikey::CryptoSession *sessionOf(const mikey::Agreement &agreement, std::size_t csId)
{
    const auto it = std::find_if(agreement.sessions.begin(), agreement.sessions.end(),
                                 [csId](const auto &session) { return session.csId == csId; });
    return it == agreement.sessions.end() ? nullptr : &*it;
}

std::uint64_t indexOf(const mikey::Bytes &octets)
{
    std::uint64_t index = 0;
    for (const auto octet : octets)
        index = index << 8 | octet;
    return index;
}

media::SrtpPolicy toPolicy(const mikey::SrtpPolicy &agreed)
{
    media::SrtpPolicy policy;
    policy.encrAlg = static_cast<media::EncrAlg>(agreed.cipher);
    policy.encrKeyLength = agreed.encryptionKeyLength;
    policy.authAlg = static_cast<media::AuthAlg>(agreed.mac);
    policy.authKeyLength = agreed.authenticationKeyLength;
    policy.saltLength = agreed.saltKeyLength;
    policy.prf = agreed.prf;
    policy.keyDerivationRate = agreed.keyDerivationRate;
    policy.srtpEncryption = agreed.srtpEncryption != 0;
    policy.srtcpEncryption = agreed.srtcpEncryption != 0;
    policy.fecOrder = agreed.fecOrder;
    policy.srtpAuthentication = agreed.srtpAuthentication != 0;
    policy.prefixLength = agreed.prefixLength;
    (policy.encrAlg == media::EncrAlg::AesGcm ? policy.aeadTagLength : policy.authTagLength) = agreed.tagLength;
    return policy;
}

} // namespace

SessionPair sessionsOfLine(const mikey::Agreement &agreement, std::size_t line, bool weInitiated)
{
    // RFC 4567 7.1: two consecutive CS IDs a media line; the first is the initiator's stream.
    const auto *initiators = sessionOf(agreement, 2 * line + 1);
    const auto *responders = sessionOf(agreement, 2 * line + 2);
    return weInitiated ? SessionPair{initiators, responders} : SessionPair{responders, initiators};
}

media::SrtpKey toSrtpKey(const mikey::CryptoSession &session)
{
    media::SrtpKey key;
    key.ssrc = session.ssrc;
    key.roc = session.roc;
    key.masterKey = media::SecretBytes(session.tek.view());
    key.masterSalt = media::SecretBytes(session.salt.view());
    key.mki = session.mki;
    key.policy = toPolicy(session.suite->policy);
    if (session.interval) {
        key.validFrom = indexOf(session.interval->from);
        key.validTo = indexOf(session.interval->to);
    }
    return key;
}

std::vector<KeyRow> keyRows(const mikey::Agreement &agreement, bool weInitiated)
{
    std::vector<KeyRow> rows;
    for (const auto &session : agreement.sessions) {
        KeyRow row;
        row.csId = session.csId;
        row.ssrc = session.ssrc;
        row.sends = session.fromInitiator() == weInitiated;
        row.suite = toQt(session.suite->name);
        row.weak = session.suite->weak;
        row.tekFingerprint = toQt(mikey::fingerprint(session.tek.view()));
        row.saltFingerprint = toQt(mikey::fingerprint(session.salt.view()));
        row.mki = toQt(session.mki);
        row.roc = session.roc;
        if (session.interval) {
            row.validFrom = KeyLimit{QStringLiteral("index"), toQt(session.interval->from)};
            row.validTo = KeyLimit{QStringLiteral("index"), toQt(session.interval->to)};
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace call
