// SPDX-License-Identifier: Apache-2.0
#include "account/x509_part.h"

#include "account/certificate_input.h"
#include "account/endpoint_file.h"
#include "wire/text.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QUrl>

#include <algorithm>

namespace account {

namespace {

constexpr qint64 mostOctets = qint64{2} << 20; ///< of all files together: a saved exchange holds them once more

/// What is wrong with the part, or none.
using Fault = std::optional<QString>;

template <class T>
struct Word
{
    const char *word;
    T value;
};

constexpr Word<mikey::SendCertificates> sendWords[] = {
    {"chain", mikey::SendCertificates::Chain},
    {"url", mikey::SendCertificates::Url},
    {"none", mikey::SendCertificates::None},
};
constexpr Word<mikey::SignatureType> signatureWords[] = {
    {"pkcs1", mikey::SignatureType::RsaPkcs1},
    {"pss", mikey::SignatureType::RsaPss},
};

template <class T, std::size_t n>
QString wordOf(T value, const Word<T> (&words)[n])
{
    const auto has = [value](const auto &word) { return word.value == value; };
    return QLatin1String(std::find_if(std::begin(words), std::end(words), has)->word);
}

/// Reads a part step by step. Each step returns what is wrong with it.
class Reader
{
public:
    Reader(const QJsonObject &part, const QString &directory) : m_part(part), m_directory(directory) {}

    Loaded<LoadedX509> read();

private:
    Fault readOwn();
    Fault readMore();
    Fault readTrust();
    Fault readCrls();
    Fault readPeers();
    Fault readFingerprints();
    Fault readTrustOnFirstUse();
    Fault readSending();
    Fault readSignature();

    Fault readPair(const QJsonObject &pair);
    Loaded<mikey::PrivateKey> readKey(const QJsonValue &value);
    Loaded<mikey::CertificateChain> readCertificates(const QString &member, const QJsonValue &value);
    Loaded<QByteArray> readContents(const QString &member, const QJsonValue &value);
    void warnIfOpenToOthers(const QString &source);

    template <class T, std::size_t n>
    Fault readWord(const char *member, const Word<T> (&words)[n], T &value) const;
    QJsonValue at(const char *member) const { return m_part[QLatin1String(member)]; }
    QString pathOf(const QString &source) const { return QDir(m_directory).filePath(source); }

    const QJsonObject &m_part;
    QString m_directory;
    qint64 m_octetsLeft = mostOctets;
    LoadedX509 m_loaded;
};

QString about(const QString &member, const QString &what)
{
    return QStringLiteral("\"%1\" of \"x509\" %2").arg(member, what);
}

bool isPem(const QString &source)
{
    return source.startsWith(QLatin1String(pemBegins));
}

Loaded<LoadedX509> Reader::read()
{
    for (const auto step :
         {&Reader::readOwn, &Reader::readMore, &Reader::readTrust, &Reader::readCrls, &Reader::readPeers,
          &Reader::readFingerprints, &Reader::readTrustOnFirstUse, &Reader::readSending, &Reader::readSignature}) {
        if (auto fault = (this->*step)())
            return std::move(*fault);
    }
    return std::move(m_loaded);
}

Loaded<QByteArray> Reader::readContents(const QString &member, const QJsonValue &value)
{
    const auto source = value.toString();
    if (source.isEmpty())
        return about(member, QStringLiteral("has something else than the name of a file"));
    auto contents = isPem(source) ? Loaded<QByteArray>(source.toUtf8()) : readFile(pathOf(source), m_octetsLeft);
    if (!contents)
        return about(member, QStringLiteral("cannot be read: %1").arg(contents.error()));
    if (contents->size() > m_octetsLeft)
        return about(member, QStringLiteral("is too long"));
    m_octetsLeft -= contents->size();
    return contents;
}

QString sourceName(const QJsonValue &value)
{
    return isPem(value.toString()) ? QStringLiteral("the text") : value.toString();
}

Loaded<mikey::CertificateChain> Reader::readCertificates(const QString &member, const QJsonValue &value)
{
    const auto contents = readContents(member, value);
    if (!contents)
        return contents.error();
    auto certificates = certificatesIn(*contents);
    if (certificates.empty())
        return about(member, QStringLiteral("is damaged: %1 is no certificate").arg(sourceName(value)));
    return certificates;
}

void Reader::warnIfOpenToOthers(const QString &source)
{
    if (isPem(source) || !(QFileInfo(pathOf(source)).permissions() & (QFile::ReadGroup | QFile::ReadOther)))
        return;
    m_loaded.warnings +=
        QStringLiteral("others on this computer can read the private key %1; chmod 600 it").arg(source);
}

Loaded<mikey::PrivateKey> Reader::readKey(const QJsonValue &value)
{
    const auto member = QStringLiteral("private_key");
    auto contents = readContents(member, value);
    if (!contents)
        return contents.error();
    auto key = mikey::PrivateKey::fromPem(viewOf(*contents));
    const bool encrypted = contents->contains("ENCRYPTED");
    wipe(*contents);
    if (!key)
        return about(member, QStringLiteral("is of no use: %1 %2")
                                 .arg(sourceName(value), encrypted ? QStringLiteral("is encrypted")
                                                                   : QStringLiteral("holds no private key")));
    if (!key->isRsa())
        return about(member, QStringLiteral("is of no use: %1 is not for RSA").arg(sourceName(value)));
    warnIfOpenToOthers(value.toString());
    return std::move(*key);
}

Fault Reader::readPair(const QJsonObject &pair)
{
    const auto member = QStringLiteral("certificate");
    auto chain = readCertificates(member, pair[member]);
    if (!chain)
        return chain.error();
    if (chain->size() > mikey::mostChainCertificates)
        return about(member, QStringLiteral("has more than %1 certificates").arg(mikey::mostChainCertificates));
    auto key = readKey(pair[QLatin1String("private_key")]);
    if (!key)
        return key.error();
    if (!mikey::belongTogether(chain->front(), *key))
        return QStringLiteral("\"certificate\" and \"private_key\" of \"x509\" do not belong together: %1 and %2")
            .arg(sourceName(pair[member]), sourceName(pair[QLatin1String("private_key")]));
    m_loaded.x509.own.push_back({std::move(*chain), std::move(*key)});
    return std::nullopt;
}

Fault Reader::readOwn()
{
    const bool absent = at("certificate").isUndefined() && at("private_key").isUndefined();
    return absent ? std::nullopt : readPair(m_part);
}

/// The elements of a list; none if it is something else. A list that is not there is empty.
std::optional<QJsonArray> listOf(const QJsonValue &value)
{
    return value.isArray() || value.isUndefined() ? std::optional(value.toArray()) : std::nullopt;
}

std::optional<QJsonObject> objectOf(const QJsonValue &value)
{
    return value.isObject() || value.isUndefined() ? std::optional(value.toObject()) : std::nullopt;
}

Fault Reader::readMore()
{
    const auto pairs = listOf(at("more"));
    if (!pairs)
        return about(QStringLiteral("more"), QStringLiteral("is not a list"));
    for (const auto &pair : *pairs) {
        if (auto fault = readPair(pair.toObject()))
            return fault;
    }
    return std::nullopt;
}

Fault Reader::readTrust()
{
    const auto member = QStringLiteral("trust");
    const auto sources = listOf(at("trust"));
    if (!sources)
        return about(member, QStringLiteral("is not a list"));
    for (const auto &source : *sources) {
        const auto certificates = readCertificates(member, source);
        if (!certificates)
            return certificates.error();
        auto &trust = m_loaded.x509.trust;
        trust.insert(trust.end(), certificates->begin(), certificates->end());
    }
    return std::nullopt;
}

Fault Reader::readCrls()
{
    const auto member = QStringLiteral("crl");
    const auto sources = listOf(at("crl"));
    if (!sources)
        return about(member, QStringLiteral("is not a list"));
    for (const auto &source : *sources) {
        const auto contents = readContents(member, source);
        if (!contents)
            return contents.error();
        const auto found = crlsIn(*contents);
        if (found.empty())
            return about(member, QStringLiteral("is damaged: %1 is no revocation list").arg(sourceName(source)));
        auto &crls = m_loaded.x509.crls;
        crls.insert(crls.end(), found.begin(), found.end());
    }
    return std::nullopt;
}

Fault Reader::readPeers()
{
    const auto member = QStringLiteral("peers");
    const auto peers = objectOf(at("peers"));
    if (!peers)
        return about(member, QStringLiteral("is not an object"));
    for (auto it = peers->begin(); it != peers->end(); ++it) {
        const auto identity = identityOf(it.key());
        auto chain = readCertificates(member, it.value());
        if (!chain)
            return chain.error();
        if (identity.empty() || !m_loaded.x509.peers.emplace(identity, std::move(*chain)).second)
            return about(member, QStringLiteral("names %1, which is no identity or stands there twice").arg(it.key()));
    }
    return std::nullopt;
}

Fault Reader::readFingerprints()
{
    const auto member = QStringLiteral("fingerprints");
    const auto fingerprints = objectOf(at("fingerprints"));
    if (!fingerprints)
        return about(member, QStringLiteral("is not an object"));
    for (auto it = fingerprints->begin(); it != fingerprints->end(); ++it) {
        const auto identity = identityOf(it.key());
        const auto fingerprint = fingerprintOf(it.value().toString());
        if (!fingerprint)
            return about(member, QStringLiteral("has for %1 no SHA-256 in hex").arg(it.key()));
        if (identity.empty() || !m_loaded.x509.fingerprints.emplace(identity, *fingerprint).second)
            return about(member, QStringLiteral("names %1, which is no identity or stands there twice").arg(it.key()));
    }
    return std::nullopt;
}

Fault Reader::readTrustOnFirstUse()
{
    const auto value = at("trust_on_first_use");
    if (!value.isUndefined() && !value.isBool())
        return about(QStringLiteral("trust_on_first_use"), QStringLiteral("is neither true nor false"));
    m_loaded.x509.trustOnFirstUse = value.toBool();
    return std::nullopt;
}

template <class T, std::size_t n>
Fault Reader::readWord(const char *member, const Word<T> (&words)[n], T &value) const
{
    if (at(member).isUndefined())
        return std::nullopt;
    QStringList known;
    for (const auto &word : words) {
        if (at(member) == QLatin1String(word.word)) {
            value = word.value;
            return std::nullopt;
        }
        known += QLatin1String(word.word);
    }
    return about(QLatin1String(member), QStringLiteral("is none of: %1").arg(known.join(QStringLiteral(", "))));
}

Fault Reader::readSending()
{
    auto &x509 = m_loaded.x509;
    if (auto fault = readWord("send", sendWords, x509.send))
        return fault;
    const QUrl url(at("url").toString(), QUrl::StrictMode);
    const bool usual = url.isValid() && !url.host().isEmpty() &&
                       (url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https"));
    if (!at("url").isUndefined() && !usual)
        return about(QStringLiteral("url"), QStringLiteral("is no address such as http://example.org/bob.cer"));
    x509.url = url.toEncoded().toStdString();
    if (x509.send == mikey::SendCertificates::Url && x509.url.empty())
        return about(QStringLiteral("url"), QStringLiteral("is missing, and that is what \"send\" wants"));
    return std::nullopt;
}

Fault Reader::readSignature()
{
    return readWord("signature", signatureWords, m_loaded.x509.signatureType);
}

QString textOf(const mikey::CertificateChain &chain)
{
    std::string text;
    for (const auto &certificate : chain)
        text += certificate.toPem();
    return QString::fromStdString(text);
}

QJsonObject pairJson(const mikey::OwnCertificate &own)
{
    const auto key = own.key.toPem();
    const auto keyText = mikey::textOf(key.view());
    return {{QStringLiteral("certificate"), textOf(own.chain)},
            {QStringLiteral("private_key"), QString::fromUtf8(keyText.data(), static_cast<qsizetype>(keyText.size()))}};
}

QJsonObject ownJson(const std::vector<mikey::OwnCertificate> &own)
{
    if (own.empty())
        return {};
    auto json = pairJson(own.front());
    QJsonArray more;
    for (auto it = own.begin() + 1; it != own.end(); ++it)
        more += pairJson(*it);
    json[QStringLiteral("more")] = more;
    return json;
}

} // namespace

Loaded<LoadedX509> x509Of(const QJsonObject &part, const QString &directory)
{
    return Reader(part, directory).read();
}

QStringList x509Members()
{
    return {QStringLiteral("certificate"),  QStringLiteral("private_key"),
            QStringLiteral("more"),         QStringLiteral("trust"),
            QStringLiteral("crl"),          QStringLiteral("peers"),
            QStringLiteral("fingerprints"), QStringLiteral("trust_on_first_use"),
            QStringLiteral("send"),         QStringLiteral("url"),
            QStringLiteral("signature")};
}

QJsonObject x509Json(const mikey::X509 &x509)
{
    auto json = ownJson(x509.own);
    QJsonArray trust, crls;
    QJsonObject peers, fingerprints;
    for (const auto &authority : x509.trust)
        trust += textOf({authority});
    for (const auto &crl : x509.crls)
        crls += QString::fromStdString(crl.toPem());
    for (const auto &[identity, chain] : x509.peers)
        peers[QString::fromStdString(identity)] = textOf(chain);
    for (const auto &[identity, fingerprint] : x509.fingerprints)
        fingerprints[QString::fromStdString(identity)] = QString::fromStdString(mikey::hex(fingerprint));
    json[QStringLiteral("trust")] = trust;
    json[QStringLiteral("crl")] = crls;
    json[QStringLiteral("peers")] = peers;
    json[QStringLiteral("fingerprints")] = fingerprints;
    json[QStringLiteral("trust_on_first_use")] = x509.trustOnFirstUse;
    json[QStringLiteral("send")] = wordOf(x509.send, sendWords);
    json[QStringLiteral("signature")] = wordOf(x509.signatureType, signatureWords);
    if (!x509.url.empty())
        json[QStringLiteral("url")] = QString::fromStdString(x509.url);
    return json;
}

} // namespace account
