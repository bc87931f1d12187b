// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_input.h"

#include "wire/text.h"

#include <QDir>

#include <algorithm>

namespace account {

namespace {

template <class T>
std::vector<T> allIn(const QByteArray &contents)
{
    if (contents.contains(pemBegins))
        return T::fromPem(viewOf(contents));
    std::vector<T> found;
    if (auto one = T::fromDer(viewOf(contents)))
        found.push_back(std::move(*one));
    return found;
}

} // namespace

std::vector<mikey::Certificate> certificatesIn(const QByteArray &contents)
{
    return allIn<mikey::Certificate>(contents);
}

std::vector<mikey::Crl> crlsIn(const QByteArray &contents)
{
    return allIn<mikey::Crl>(contents);
}

Loaded<std::optional<mikey::Certificate>> certificateOf(const QString &member, const QString &directory)
{
    constexpr qint64 mostOctets = qint64{64} << 10;
    if (member.isEmpty())
        return std::optional<mikey::Certificate>();
    const auto contents = member.startsWith(QLatin1String(pemBegins))
                              ? Loaded<QByteArray>(member.toUtf8())
                              : readFile(QDir(directory).filePath(member), mostOctets);
    if (!contents)
        return contents.error();
    const auto chain = certificatesIn(*contents);
    if (chain.empty())
        return QStringLiteral("the certificate of the key management service is damaged");
    return std::optional(chain.front());
}

std::optional<mikey::CertificateFingerprint> fingerprintOf(const QString &hex)
{
    auto digits = hex;
    digits.remove(QLatin1Char(':'));
    const auto octets = mikey::fromHex(digits.toStdString());
    mikey::CertificateFingerprint fingerprint;
    if (!octets || octets->size() != fingerprint.size())
        return std::nullopt;
    std::copy(octets->begin(), octets->end(), fingerprint.begin());
    return fingerprint;
}

} // namespace account
