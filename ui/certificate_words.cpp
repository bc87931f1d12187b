// SPDX-License-Identifier: Apache-2.0
#include "certificate_words.h"

#include "text.h"

#include <QRegularExpression>

#include <algorithm>

namespace ui {

QString issuerInWords(const CertificateInfo &certificate)
{
    return certificate.selfSigned ? Words::tr("itself: nobody else vouches for it") : plain(certificate.issuer);
}

QString dateInWords(const QDateTime &date)
{
    return date.toLocalTime().toString(QStringLiteral("yyyy-MM-dd"));
}

QString validityInWords(const QDateTime &from, const QDateTime &until)
{
    return Words::tr("from %1 to %2").arg(dateInWords(from), dateInWords(until));
}

QStringList troublesOf(const QStringList &sentences)
{
    constexpr qsizetype most = 8;
    QStringList shown;
    for (const QString &sentence : sentences.first(std::min(most, sentences.size())))
        shown << plain(sentence, sentenceLimit);
    return shown;
}

QString knownBy(const KnownPeer &peer)
{
    switch (peer.by) {
    case KnownPeer::By::Certificate:
        return Words::tr("a certificate you added");
    case KnownPeer::By::Fingerprint:
        return Words::tr("a fingerprint you accepted");
    case KnownPeer::By::FirstUse:
        break;
    }
    return peer.since.isValid() ? Words::tr("met on %1").arg(dateInWords(peer.since)) : Words::tr("met in a call");
}

QString knownFingerprint(const IdentityState &state, const QString &identity)
{
    const auto known = std::find_if(state.peers.begin(), state.peers.end(),
                                    [&](const KnownPeer &peer) { return peer.identity == identity; });
    return known == state.peers.end() ? QString() : known->fingerprint;
}

bool sameFingerprint(const QString &a, const QString &b)
{
    return fingerprintFrom(a) == fingerprintFrom(b);
}

QString fingerprintFrom(const QString &text)
{
    constexpr qsizetype digits = 64, longest = 400;
    static const QRegularExpression between(QStringLiteral("[\\s:.-]")), sha256(QStringLiteral("^[0-9a-f]{64}$"));
    QString hexadecimal = text.left(longest).remove(between).toLower();
    return hexadecimal.size() == digits && sha256.match(hexadecimal).hasMatch() ? hexadecimal : QString();
}

} // namespace ui
