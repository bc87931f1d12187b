// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_input.h"

#include "wire/text.h"

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
