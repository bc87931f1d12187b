// SPDX-License-Identifier: Apache-2.0
#include "call/media_keys.h"

#include "call/words.h"
#include "crypto/digest.h"
#include "methods/csb.h"

#include <algorithm>

namespace call {

namespace {

std::vector<const mikey::CryptoSession *> sessionsOf(const mikey::Agreement &agreement, std::size_t csId)
{
    std::vector<const mikey::CryptoSession *> sessions;
    for (const auto &session : agreement.sessions) {
        if (session.csId == csId)
            sessions.push_back(&session);
    }
    return sessions;
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

LineKeys keysOfLine(const mikey::Agreement &agreement, std::size_t line)
{
    // RFC 4567 7.1: two consecutive CS IDs a media line; the first is the stream of who made the bundle.
    const auto lines = mikey::linesInForce(agreement.csb->map);
    if (line >= lines.size())
        return {};
    auto odd = sessionsOf(agreement, lines[line] + 1);
    auto even = sessionsOf(agreement, lines[line] + 2);
    return agreement.csb->weInitiated ? LineKeys{std::move(odd), std::move(even)}
                                      : LineKeys{std::move(even), std::move(odd)};
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

std::vector<media::SrtpKey> toSrtpKeys(const std::vector<const mikey::CryptoSession *> &sessions)
{
    std::vector<media::SrtpKey> keys;
    for (const auto *session : sessions)
        keys.push_back(toSrtpKey(*session));
    return keys;
}

std::vector<KeyRow> keyRows(const mikey::Agreement &agreement, int generation)
{
    std::vector<KeyRow> rows;
    for (const auto &session : agreement.sessions) {
        KeyRow row;
        row.csId = session.csId;
        row.ssrc = session.ssrc;
        row.sends = session.fromInitiator() == agreement.csb->weInitiated;
        row.suite = toQt(session.suite->name);
        row.weak = session.suite->weak;
        row.tekFingerprint = toQt(mikey::fingerprint(session.tek.view()));
        row.saltFingerprint = toQt(mikey::fingerprint(session.salt.view()));
        row.mki = toQt(session.mki);
        row.roc = session.roc;
        row.generation = generation;
        row.since = QDateTime::currentDateTimeUtc();
        if (session.interval) {
            row.validFrom = KeyLimit{QStringLiteral("index"), toQt(session.interval->from)};
            row.validTo = KeyLimit{QStringLiteral("index"), toQt(session.interval->to)};
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

QByteArray keyMark(const LineKeys &keys)
{
    QByteArray mark;
    for (const auto *sessions : {&keys.send, &keys.receive}) {
        for (const auto *session : *sessions)
            mark += toQt(mikey::ByteView(mikey::sha256(session->tek.view()))) +
                    toQt(mikey::ByteView(mikey::sha256(session->salt.view()))) + toQt(mikey::ByteView(session->mki));
    }
    return mark;
}

void showKeys(std::vector<KeyRow> &rows, const media::StreamStatistics &now)
{
    const auto isOfStream = [&now](const KeyRow &row) {
        return row.ssrc == 0 || row.ssrc == (row.sends ? now.sendSsrc : now.receiveSsrc);
    };
    const auto keysOf = [&now](const KeyRow &row) -> auto &
    {
        return row.sends ? now.sendKeys : now.receiveKeys;
    };
    const auto generationOf = [&keysOf](const KeyRow &row) {
        const auto &keys = keysOf(row);
        const auto it = std::find_if(keys.begin(), keys.end(), [&row](const media::KeyGeneration &key) {
            return static_cast<int>(key.number) == row.generation && toQt(mikey::ByteView(key.mki)) == row.mki;
        });
        return it == keys.end() ? nullptr : &*it;
    };
    const auto wasHandedOver = [&keysOf](const KeyRow &row) { // the media thread takes new keys in its own time
        const auto &keys = keysOf(row);
        return std::any_of(keys.begin(), keys.end(), [&row](const media::KeyGeneration &key) {
            return static_cast<int>(key.number) >= row.generation;
        });
    };
    std::erase_if(rows, [&](const KeyRow &row) { return isOfStream(row) && wasHandedOver(row) && !generationOf(row); });
    for (auto &row : rows) {
        const auto *key = isOfStream(row) ? generationOf(row) : nullptr;
        if (!key)
            continue; // another media line's
        row.ssrc = row.sends ? now.sendSsrc : now.receiveSsrc;
        row.roc = row.sends ? now.sendRoc : now.receiveRoc;
        row.inForce = key->state == media::KeyState::InForce;
        row.packets = key->use.packets;
        row.packetsLeft = key->packetsLeft;
    }
}

} // namespace call
