// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"
#include "methods/exchange.h"

#include <string_view>

/// From the engines' errors to what a person reads.
namespace call {

inline QString toQt(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}
inline QByteArray toQt(mikey::ByteView octets)
{
    return {reinterpret_cast<const char *>(octets.data()), static_cast<qsizetype>(octets.size())};
}
inline mikey::ByteView viewOf(const QByteArray &octets)
{
    return {reinterpret_cast<const std::uint8_t *>(octets.constData()), static_cast<std::size_t>(octets.size())};
}

MikeyError toMikeyError(const mikey::Error &error);

/// What to check or do after this error; empty if there is nothing sensible to say.
QString adviceFor(const MikeyError &error);

/// What proves who the peer is: "a certificate of Example CA". `usual`: what the method does by itself.
QString proofInWords(const mikey::Agreement &agreement, const QString &usual);

/// SHA-256 of the first certificate in a MIKEY message, hex; empty if it has none.
QString shownFingerprint(mikey::ByteView message);

/// Our own certificate in a line.
QString ownCertificateInWords(const mikey::X509 &x509);

/// "The keys could not be agreed: …", capital first, full stop at the end.
QString sentence(const QString &text);

} // namespace call
