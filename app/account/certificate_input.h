// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "crypto/certificate.h"

#include <QByteArray>
#include <QString>

/// Certificates and revocation lists out of what people have at hand: PEM, or DER.
namespace account {

constexpr auto pemBegins = "-----BEGIN";

/// Octets seen by keymgmt, not copied.
inline mikey::ByteView viewOf(const QByteArray &octets)
{
    return {reinterpret_cast<const std::uint8_t *>(octets.constData()), static_cast<std::size_t>(octets.size())};
}

/// All that are in it, in order; empty if there is none or one is damaged.
std::vector<mikey::Certificate> certificatesIn(const QByteArray &contents);
std::vector<mikey::Crl> crlsIn(const QByteArray &contents);

/// The first certificate that a member of an endpoint file tells, as PEM or as the path of a file; none if there is no
/// such member.
Loaded<std::optional<mikey::Certificate>> certificateOf(const QString &member, const QString &directory);

/// A fingerprint in hex, with colons or without; none if it is no SHA-256.
std::optional<mikey::CertificateFingerprint> fingerprintOf(const QString &hex);

} // namespace account
