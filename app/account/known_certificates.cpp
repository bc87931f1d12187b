// SPDX-License-Identifier: Apache-2.0
#include "account/known_certificates.h"

#include "account/certificate_input.h"
#include "wire/text.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

namespace account {

namespace {

constexpr qint64 mostOctets = qint64{16} << 20; ///< full, with the longest identities
constexpr std::size_t mostIdentityOctets = 1024;
constexpr auto kind = "latchkey known certificates";

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

std::optional<KnownCertificates::Entry> entryOf(const QJsonObject &json)
{
    const auto fingerprint = fingerprintOf(json[QLatin1String("fingerprint")].toString());
    const auto octets = mikey::fromHex(json[QLatin1String("since")].toString().toStdString());
    const auto since = octets ? mikey::NtpTime::fromOctets(*octets) : std::nullopt;
    return fingerprint && since ? std::optional(KnownCertificates::Entry{*fingerprint, *since}) : std::nullopt;
}

std::optional<KnownCertificates::Entries> entriesOf(const QJsonObject &file)
{
    const auto certificates = file[QLatin1String("certificates")];
    if (file[QLatin1String("kind")] != QLatin1String(kind) || !certificates.isObject())
        return std::nullopt;
    const auto object = certificates.toObject();
    KnownCertificates::Entries entries;
    for (auto it = object.begin(); it != object.end(); ++it) {
        const auto entry = entryOf(it.value().toObject());
        if (!entry)
            return std::nullopt;
        entries.emplace(it.key().toStdString(), *entry);
    }
    return entries;
}

QByteArray contentsOf(const KnownCertificates::Entries &entries)
{
    QJsonObject certificates;
    for (const auto &[identity, entry] : entries)
        certificates[QString::fromStdString(identity)] = QJsonObject{
            {QStringLiteral("fingerprint"), hexOf(entry.fingerprint)},
            {QStringLiteral("since"), hexOf(entry.since.octets())},
        };
    return QJsonDocument(QJsonObject{{QStringLiteral("kind"), QLatin1String(kind)},
                                     {QStringLiteral("certificates"), certificates}})
        .toJson();
}

/// An identity that would come back from the file as another would not be recognised.
bool canBeStored(const std::string &identity)
{
    return !identity.empty() && identity.size() <= mostIdentityOctets &&
           QString::fromStdString(identity).toStdString() == identity;
}

} // namespace

Loaded<KnownCertificates::Entries> KnownCertificates::load() const
{
    if (!QFileInfo::exists(m_path))
        return Entries();
    const auto contents = readFile(m_path, mostOctets);
    if (!contents)
        return contents.error();
    auto entries = entriesOf(QJsonDocument::fromJson(*contents).object());
    if (!entries)
        return QStringLiteral("%1: these are not the certificates met so far, or the file is damaged").arg(m_path);
    return std::move(*entries);
}

std::optional<QString> KnownCertificates::change(const std::function<std::optional<QString>(Entries &)> &how)
{
    FileLock lock(m_path);
    if (auto trouble = lock.take())
        return trouble;
    auto entries = load();
    if (!entries)
        return entries.error();
    if (auto trouble = how(*entries))
        return trouble;
    return writePrivateFile(m_path, contentsOf(*entries));
}

std::optional<QString> KnownCertificates::add(const std::string &identity,
                                              const mikey::CertificateFingerprint &fingerprint, mikey::NtpTime when)
{
    return change([&](Entries &entries) -> std::optional<QString> {
        const auto name = QString::fromStdString(mikey::printableStart(mikey::octetsOf(identity)));
        const auto known = entries.find(identity);
        if (known != entries.end() && known->second.fingerprint == fingerprint)
            return std::nullopt;
        if (known != entries.end())
            return QStringLiteral("%1 is known by another certificate").arg(name);
        if (!canBeStored(identity) || entries.size() >= mostEntries)
            return QStringLiteral("the certificate of %1 cannot be remembered").arg(name);
        entries.emplace(identity, Entry{fingerprint, when});
        return std::nullopt;
    });
}

std::optional<QString> KnownCertificates::forget(const std::string &identity)
{
    return change([&identity](Entries &entries) {
        entries.erase(identity);
        return std::optional<QString>();
    });
}

void addKnown(const KnownCertificates::Entries &known, mikey::X509 &x509)
{
    for (const auto &[identity, entry] : known)
        x509.fingerprints.emplace(identity, entry.fingerprint);
    if (known.size() >= KnownCertificates::mostEntries)
        x509.trustOnFirstUse = false;
}

} // namespace account
