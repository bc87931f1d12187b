// SPDX-License-Identifier: Apache-2.0
#include "account/trust_settings.h"

#include "account/certificate_input.h"
#include "account/endpoint_change.h"
#include "account/known_certificates.h"
#include "crypto/digest.h"
#include "wire/text.h"

#include <QJsonArray>

#include <algorithm>

namespace account {

namespace {

constexpr qint64 mostOctets = qint64{2} << 20; ///< as much as the endpoint file may name

const auto trustMember = QStringLiteral("trust");
const auto crlMember = QStringLiteral("crl");
const auto peersMember = QStringLiteral("peers");
const auto fingerprintsMember = QStringLiteral("fingerprints");

/// What a member holds: PEM text, or the name of a file.
Loaded<QByteArray> contentsOf(const Profile &profile, const QString &source)
{
    if (source.startsWith(QLatin1String(pemBegins)))
        return source.toUtf8();
    return readFile(besideEndpoint(profile, source), mostOctets);
}

/// Takes out of a list what `isGone` picks. What else was in the same file stays, as text.
template <class T, class IsGone>
Fault removeFrom(const Profile &profile, QJsonValueRef list, std::vector<T> (*parse)(const QByteArray &),
                 const IsGone &isGone)
{
    QJsonArray kept;
    for (const auto &source : list.toArray()) {
        const auto contents = contentsOf(profile, source.toString());
        if (!contents)
            return contents.error();
        auto all = parse(*contents);
        if (std::erase_if(all, isGone) == 0) {
            kept += source;
            continue;
        }
        std::string text;
        for (const auto &one : all)
            text += one.toPem();
        if (!text.empty())
            kept += QString::fromStdString(text);
    }
    list = kept;
    return std::nullopt;
}

bool isOf(const Profile &profile, const QJsonValue &source, const mikey::CertificateFingerprint &fingerprint)
{
    const auto contents = contentsOf(profile, source.toString());
    const auto chain = contents ? certificatesIn(*contents) : mikey::CertificateChain();
    return !chain.empty() && chain.front().fingerprint() == fingerprint;
}

/// Certificates of the peer that are others than that one.
void removeOtherCertificates(const Profile &profile, QJsonObject &x509, const std::string &identity,
                             const mikey::CertificateFingerprint &fingerprint)
{
    const auto peers = x509.value(peersMember).toObject(); // [] would add what is not there
    for (auto it = peers.begin(); it != peers.end(); ++it) {
        if (identityOf(it.key()) == identity && !isOf(profile, it.value(), fingerprint))
            return removeIdentity(x509, peersMember, identity);
    }
}

Loaded<LoadedEndpoint> forgetWhatWasMet(const Profile &profile, const std::string &identity, mikey::NtpTime now)
{
    if (auto trouble = KnownCertificates(profile.knownPath).forget(identity))
        return std::move(*trouble);
    return loadCredentials(profile, now);
}

QString noIdentity(const QString &text)
{
    return QStringLiteral("%1 is no identity such as sip:bob@example.org").arg(text);
}

} // namespace

Loaded<LoadedEndpoint> removeAuthority(const Profile &profile, const mikey::CertificateFingerprint &fingerprint,
                                       mikey::NtpTime now)
{
    return changeX509(profile, now, [&](QJsonObject &x509) {
        return removeFrom(profile, x509[trustMember], certificatesIn,
                          [&](const auto &one) { return one.fingerprint() == fingerprint; });
    });
}

QString crlId(const mikey::Crl &crl)
{
    return QString::fromStdString(mikey::hex(mikey::sha256(mikey::octetsOf(crl.toPem()))));
}

Loaded<LoadedEndpoint> removeCrl(const Profile &profile, const QString &id, mikey::NtpTime now)
{
    return changeX509(profile, now, [&](QJsonObject &x509) {
        return removeFrom(profile, x509[crlMember], crlsIn, [&](const auto &one) { return crlId(one) == id; });
    });
}

Loaded<LoadedEndpoint> setPeerFingerprint(const Profile &profile, const QString &identity, const QString &fingerprint,
                                          mikey::NtpTime now)
{
    const auto peer = identityOf(identity);
    if (peer.empty())
        return noIdentity(identity);
    const auto octets = fingerprintOf(fingerprint);
    if (!octets)
        return QStringLiteral("%1 is no fingerprint: that is SHA-256 in hex").arg(fingerprint);
    const auto changed = changeX509(profile, now, [&](QJsonObject &x509) -> Fault {
        removeOtherCertificates(profile, x509, peer, *octets);
        removeIdentity(x509, fingerprintsMember, peer);
        auto fingerprints = x509[fingerprintsMember].toObject();
        fingerprints[QString::fromStdString(peer)] = QString::fromStdString(mikey::hex(*octets));
        x509[fingerprintsMember] = fingerprints;
        return std::nullopt;
    });
    if (!changed)
        return changed.error();
    return forgetWhatWasMet(profile, peer, now); // the user's own word counts from now on
}

Loaded<LoadedEndpoint> forgetPeer(const Profile &profile, const QString &identity, mikey::NtpTime now)
{
    const auto peer = identityOf(identity);
    if (peer.empty())
        return noIdentity(identity);
    const auto changed = changeX509(profile, now, [&](QJsonObject &x509) -> Fault {
        removeIdentity(x509, peersMember, peer);
        removeIdentity(x509, fingerprintsMember, peer);
        return std::nullopt;
    });
    if (!changed)
        return changed.error();
    return forgetWhatWasMet(profile, peer, now);
}

Loaded<LoadedEndpoint> setTrustSettings(const Profile &profile, const TrustSettings &settings, mikey::NtpTime now)
{
    return changeEndpoint(profile, now, [&settings](QJsonObject &file) -> Fault {
        auto x509 = file[QLatin1String("x509")].toObject();
        x509[QStringLiteral("trust_on_first_use")] = settings.trustOnFirstUse;
        file[QStringLiteral("x509")] = x509;
        auto accept = file[QLatin1String("accept")].toObject();
        accept[QStringLiteral("fetch_certificates")] = settings.fetchUrls;
        accept[QStringLiteral("weak_groups")] = settings.weakGroups;
        accept[QStringLiteral("null_encryption")] = settings.nullAlgorithms;
        accept[QStringLiteral("null_authentication")] = settings.nullAlgorithms;
        file[QStringLiteral("accept")] = accept;
        return std::nullopt;
    });
}

} // namespace account
