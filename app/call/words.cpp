// SPDX-License-Identifier: Apache-2.0
#include "call/words.h"

#include "methods/certificates.h"

#include <QCoreApplication>

namespace call {

namespace {

struct Advice
{
    mikey::ErrorNumber number;
    const char *text;
};

constexpr Advice advices[] = {
    {mikey::ErrorNumber::AuthFailure,
     QT_TRANSLATE_NOOP("call", "Check that both sides hold the same shared key for each other, or each other's "
                               "certificates.")},
    {mikey::ErrorNumber::InvalidCert,
     QT_TRANSLATE_NOOP("call",
                       "Check the certificates of both sides: who issued them, for whom, and until when they are "
                       "valid.")},
    {mikey::ErrorNumber::InvalidDhGroup,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of key agreement. Check the security settings.")},
    {mikey::ErrorNumber::InvalidTimestamp,
     QT_TRANSLATE_NOOP("call", "Check the date, time and time zone on both computers.")},
    {mikey::ErrorNumber::InvalidId,
     QT_TRANSLATE_NOOP("call",
                       "Check the address that was dialled, and that each side has a shared key for the other's "
                       "identity.")},
    {mikey::ErrorNumber::InvalidSp,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of encryption. Check the security settings.")},
    {mikey::ErrorNumber::InvalidSpParameters,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of encryption. Check the security settings.")},
    {mikey::ErrorNumber::InvalidEncryption,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of encryption. Check the security settings.")},
    {mikey::ErrorNumber::InvalidMac,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of encryption. Check the security settings.")},
    {mikey::ErrorNumber::InvalidDataType,
     QT_TRANSLATE_NOOP("call", "The other side does not know this key agreement method. Choose another one.")},
    {mikey::ErrorNumber::UnsupportedMessage,
     QT_TRANSLATE_NOOP("call", "The other side does not know this key agreement method. Choose another one.")},
};

} // namespace

MikeyError toMikeyError(const mikey::Error &error)
{
    MikeyError shown;
    if (error.number)
        shown.number = static_cast<int>(*error.number);
    shown.name = toQt(error.name);
    shown.reason = toQt(error.reason);
    return shown;
}

QString adviceFor(const MikeyError &error)
{
    for (const auto &advice : advices) {
        if (error.number == static_cast<int>(advice.number))
            return QCoreApplication::translate("call", advice.text);
    }
    return {};
}

namespace {

QString text(const char *words)
{
    return QCoreApplication::translate("call", words);
}

/// The common name of an issuer, or all that its name holds.
QString nameOf(const std::string &distinguishedName)
{
    const auto whole = toQt(distinguishedName);
    const auto at = whole.indexOf(QLatin1String("CN"));
    const auto value = at < 0 ? QString() : whole.mid(at).section(QLatin1Char('='), 1).section(QLatin1Char(','), 0, 0);
    return value.trimmed().isEmpty() ? whole : value.trimmed();
}

QString dayOf(mikey::NtpTime time)
{
    return QDateTime::fromMSecsSinceEpoch(time.unixMilliseconds(), Qt::UTC).date().toString(Qt::ISODate);
}

} // namespace

QString proofInWords(const mikey::Agreement &agreement, const QString &usual)
{
    switch (agreement.provenBy) {
    case mikey::ProvenBy::Authority:
        return text(QT_TRANSLATE_NOOP("call", "a certificate of %1")).arg(nameOf(agreement.peerCertificate->issuer()));
    case mikey::ProvenBy::KnownCertificate:
        return text(QT_TRANSLATE_NOOP("call", "a certificate known beforehand"));
    case mikey::ProvenBy::Fingerprint:
        return text(QT_TRANSLATE_NOOP("call", "a certificate with the known fingerprint"));
    case mikey::ProvenBy::FirstUse:
        return text(QT_TRANSLATE_NOOP("call", "a certificate seen for the first time"));
    case mikey::ProvenBy::SharedKey:
        break;
    }
    return usual;
}

QString shownFingerprint(mikey::ByteView octets)
{
    const auto message = mikey::decode(octets);
    const auto *cert = message ? message->find<mikey::Cert>() : nullptr;
    const auto certificate = cert ? mikey::Certificate::fromDer(cert->data) : std::nullopt;
    return certificate ? QString::fromLatin1(toQt(mikey::ByteView(certificate->fingerprint())).toHex()) : QString();
}

QString ownCertificateInWords(const mikey::X509 &x509)
{
    if (x509.own.empty() || x509.own.front().chain.empty())
        return {};
    const auto &certificate = x509.own.front().chain.front();
    const auto identities = certificate.identities();
    return text(QT_TRANSLATE_NOOP("call", "%1, by %2, until %3"))
        .arg(identities.empty() ? toQt(certificate.subject()) : toQt(identities.front()), nameOf(certificate.issuer()),
             dayOf(certificate.notAfter()));
}

QString sentence(const QString &text)
{
    if (text.isEmpty())
        return text;
    QString whole = text;
    whole[0] = whole[0].toUpper();
    if (!whole.endsWith(QLatin1Char('.')))
        whole += QLatin1Char('.');
    return whole;
}

} // namespace call
