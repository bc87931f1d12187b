// SPDX-License-Identifier: Apache-2.0
#include "account/identity_import.h"

#include "account/certificate_input.h"
#include "account/endpoint_change.h"
#include "account/known_certificates.h"
#include "crypto/digest.h"
#include "crypto/issue.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <QJsonArray>

#include <algorithm>

namespace account {

namespace {

constexpr qint64 mostOctets = qint64{1} << 20;
constexpr int selfSignedBits = 3072;
constexpr std::int64_t day = 24 * 60 * 60;
/// Peers that know a certificate by its fingerprint are all to be told of the next one, so it lasts.
constexpr std::int64_t selfSignedDays = 1827;

QString sentence(const QString &path, const QString &what)
{
    return QStringLiteral("%1: %2").arg(path, what);
}

/// The name of a file beside the endpoint file.
struct Stored
{
    QString name;
};

/// Stores a file beside the endpoint file, under a name that `identifying` makes unique.
Loaded<Stored> store(const Profile &profile, const char *kind, mikey::ByteView identifying, const char *suffix,
                     mikey::ByteView contents)
{
    const auto name =
        QStringLiteral("%1-%2.%3")
            .arg(QLatin1String(kind), QString::fromStdString(mikey::fingerprint(identifying)), QLatin1String(suffix));
    const auto text = mikey::textOf(contents);
    const auto path = besideEndpoint(profile, name);
    if (auto trouble =
            writePrivateFile(path, QByteArray::fromRawData(text.data(), static_cast<qsizetype>(text.size()))))
        return std::move(*trouble);
    return Stored{name};
}

Loaded<Stored> store(const Profile &profile, const char *kind, const mikey::CertificateChain &chain)
{
    std::string text;
    for (const auto &certificate : chain)
        text += certificate.toPem();
    return store(profile, kind, mikey::octetsOf(text), "pem", mikey::octetsOf(text));
}

Loaded<mikey::CertificateChain> readCertificates(const QString &path)
{
    auto contents = readFile(path, mostOctets);
    if (!contents)
        return contents.error();
    auto certificates = certificatesIn(*contents);
    wipe(*contents); // a key may be beside it
    if (certificates.empty())
        return sentence(path, QStringLiteral("there is no certificate in it, or it is damaged"));
    return certificates;
}

/// Those of all files; one that holds none may hold the key.
Loaded<mikey::CertificateChain> readCertificates(const QStringList &paths)
{
    mikey::CertificateChain all;
    for (const auto &path : paths) {
        auto contents = readFile(path, mostOctets);
        if (!contents)
            return contents.error();
        const auto certificates = certificatesIn(*contents);
        wipe(*contents);
        all.insert(all.end(), certificates.begin(), certificates.end());
    }
    if (all.empty())
        return sentence(paths.join(QStringLiteral(", ")),
                        QStringLiteral("there is no certificate in it, or it is damaged"));
    return all;
}

/// The first key in the files.
Loaded<mikey::PrivateKey> readKey(const QStringList &paths, const mikey::Secret &passphrase)
{
    bool encrypted = false;
    for (const auto &path : paths) {
        auto contents = readFile(path, mostOctets);
        if (!contents)
            return contents.error();
        auto key = mikey::PrivateKey::fromPem(viewOf(*contents), mikey::textOf(passphrase.view()));
        encrypted = encrypted || contents->contains("ENCRYPTED");
        wipe(*contents);
        if (key)
            return std::move(*key);
    }
    return sentence(paths.join(QStringLiteral(", ")),
                    encrypted ? QStringLiteral("the passphrase does not open the private key, or it is damaged")
                              : QStringLiteral("there is no private key in it, or it is damaged"));
}

QString nothingChosen()
{
    return QStringLiteral("no file was chosen");
}

/// The chain of the key's certificate, each issued by the next, out of certificates in any order; empty if there is
/// none of that key.
mikey::CertificateChain chainOf(const mikey::PrivateKey &key, const mikey::CertificateChain &certificates)
{
    mikey::CertificateChain chain;
    auto next = std::find_if(certificates.begin(), certificates.end(),
                             [&key](const auto &one) { return mikey::belongTogether(one, key); });
    while (next != certificates.end() && chain.size() < mikey::mostChainCertificates) {
        chain.push_back(*next);
        next = std::find_if(certificates.begin(), certificates.end(), [&chain](const auto &one) {
            return !chain.back().isSelfSigned() && one.subject() == chain.back().issuer();
        });
    }
    return chain;
}

Loaded<LoadedEndpoint> useIdentity(const Profile &profile, const mikey::OwnCertificate &own, mikey::NtpTime now)
{
    if (!own.key.isRsa())
        return QStringLiteral("the key is not for RSA, which all methods with certificates use");
    const auto certificateName = store(profile, "own", own.chain);
    if (!certificateName)
        return certificateName.error();
    const auto keyText = own.key.toPem();
    const auto keyName = store(profile, "own", own.chain.front().der(), "key", keyText.view());
    if (!keyName)
        return keyName.error();
    return changeX509(profile, now, [&](QJsonObject &x509) -> Fault {
        x509[QStringLiteral("certificate")] = certificateName->name;
        x509[QStringLiteral("private_key")] = keyName->name;
        return std::nullopt;
    });
}

/// Adds a name to a list unless it is there.
Loaded<LoadedEndpoint> addTo(const Profile &profile, const QString &member, const Stored &file, mikey::NtpTime now)
{
    return changeX509(profile, now, [&](QJsonObject &x509) -> Fault {
        auto list = x509[member].toArray();
        if (!list.contains(file.name))
            list += file.name;
        x509[member] = list;
        return std::nullopt;
    });
}

/// The identity that a peer's certificate is for: the one given, or the only one in it.
Loaded<std::string> identityFor(const mikey::Certificate &certificate, const QString &given)
{
    const auto identities = certificate.identities();
    if (given.trimmed().isEmpty()) {
        if (identities.size() != 1)
            return QStringLiteral("the certificate does not tell whose it is; say for which identity it is to be used");
        return mikey::canonicalIdentity(identities.front());
    }
    auto identity = identityOf(given);
    if (identity.empty())
        return QStringLiteral("%1 is no identity such as sip:bob@example.org").arg(given);
    if (mikey::isFor(certificate, identity))
        return identity;
    return QStringLiteral("the certificate is not for %1, but for %2")
        .arg(given, identities.empty() ? QStringLiteral("nobody") : QString::fromStdString(identities.front()));
}

/// Forgets what was met before, unless it is that certificate.
std::optional<QString> forgetOther(const Profile &profile, const std::string &identity,
                                   const mikey::CertificateFingerprint &fingerprint)
{
    KnownCertificates store(profile.knownPath);
    const auto known = store.load();
    if (!known)
        return known.error();
    const auto met = known->find(identity);
    return met != known->end() && met->second.fingerprint != fingerprint ? store.forget(identity) : std::nullopt;
}

void setPeer(QJsonObject &x509, const std::string &identity, const QString &name)
{
    removeIdentity(x509, QStringLiteral("peers"), identity);
    auto peers = x509[QLatin1String("peers")].toObject();
    peers[QString::fromStdString(identity)] = name;
    x509[QStringLiteral("peers")] = peers;
}

} // namespace

bool wantsPassphrase(const QStringList &paths)
{
    return std::any_of(paths.begin(), paths.end(), [](const QString &path) {
        auto contents = readFile(path, mostOctets);
        const bool encrypted = contents && contents->contains(pemBegins) && contents->contains("ENCRYPTED");
        if (contents)
            wipe(*contents);
        return encrypted;
    });
}

Loaded<LoadedEndpoint> importIdentity(const Profile &profile, const QStringList &paths, const mikey::Secret &passphrase,
                                      mikey::NtpTime now)
{
    const auto certificates = readCertificates(paths);
    if (!certificates)
        return certificates.error();
    const auto key = readKey(paths, passphrase);
    if (!key)
        return key.error();
    auto chain = chainOf(*key, *certificates);
    if (chain.empty())
        return QStringLiteral("the certificate and the private key do not belong together");
    return useIdentity(profile, {std::move(chain), *key}, now);
}

Loaded<LoadedEndpoint> importPkcs12(const Profile &profile, const QString &path, const mikey::Secret &passphrase,
                                    mikey::NtpTime now)
{
    auto contents = readFile(path, mostOctets);
    if (!contents)
        return contents.error();
    const auto own = mikey::fromPkcs12(viewOf(*contents), mikey::textOf(passphrase.view()));
    wipe(*contents);
    if (!own)
        return sentence(path, QStringLiteral("the passphrase does not open it, or there is no RSA key with its "
                                             "certificate in it"));
    return useIdentity(profile, *own, now);
}

Loaded<LoadedEndpoint> makeSelfSignedIdentity(const Profile &profile, mikey::NtpTime now)
{
    mikey::CertificateRequest request;
    request.commonName = profile.identity;
    request.identities = {profile.identity};
    request.notBefore = now.plusSeconds(-day);
    request.notAfter = now.plusSeconds(selfSignedDays * day);
    const auto key = mikey::PrivateKey::generate(selfSignedBits);
    return useIdentity(profile, {{mikey::selfSigned(request, key)}, key}, now);
}

Loaded<LoadedEndpoint> importAuthorities(const Profile &profile, const QStringList &paths, mikey::NtpTime now)
{
    mikey::CertificateChain authorities;
    for (const auto &path : paths) {
        const auto certificates = readCertificates(path);
        if (!certificates)
            return certificates.error();
        if (!std::all_of(certificates->begin(), certificates->end(), [](const auto &one) { return one.mayIssue(); }))
            return sentence(path, QStringLiteral("this is no certificate of an authority; if it is a peer's, import it "
                                                 "as the peer's"));
        authorities.insert(authorities.end(), certificates->begin(), certificates->end());
    }
    if (authorities.empty())
        return nothingChosen();
    const auto file = store(profile, "authority", authorities);
    return file ? addTo(profile, QStringLiteral("trust"), *file, now) : file.error();
}

Loaded<LoadedEndpoint> importPeer(const Profile &profile, const QString &identity, const QString &path,
                                  mikey::NtpTime now)
{
    const auto chain = readCertificates(path);
    if (!chain)
        return chain.error();
    const auto peer = identityFor(chain->front(), identity);
    if (!peer)
        return sentence(path, peer.error());
    const auto name = store(profile, "peer", *chain);
    if (!name)
        return name.error();
    auto changed = changeX509(profile, now, [&](QJsonObject &x509) -> Fault {
        setPeer(x509, *peer, name->name);
        return std::nullopt;
    });
    if (!changed)
        return changed;
    if (auto trouble = forgetOther(profile, *peer, chain->front().fingerprint()))
        return std::move(*trouble);
    return loadCredentials(profile, now);
}

Loaded<LoadedEndpoint> importCrls(const Profile &profile, const QStringList &paths, mikey::NtpTime now)
{
    std::string text;
    for (const auto &path : paths) {
        const auto contents = readFile(path, mostOctets);
        if (!contents)
            return contents.error();
        const auto crls = crlsIn(*contents);
        if (crls.empty())
            return sentence(path, QStringLiteral("there is no revocation list in it, or it is damaged"));
        for (const auto &crl : crls)
            text += crl.toPem();
    }
    if (text.empty())
        return nothingChosen();
    const auto file = store(profile, "revoked", mikey::octetsOf(text), "crl", mikey::octetsOf(text));
    return file ? addTo(profile, QStringLiteral("crl"), *file, now) : file.error();
}

} // namespace account
