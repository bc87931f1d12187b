// SPDX-License-Identifier: Apache-2.0
#include "account/own_certificates.h"

namespace account {

QStringList ownCertificateTroubles(const mikey::Endpoint &endpoint, mikey::NtpTime now)
{
    QStringList troubles;
    for (const auto &own : endpoint.x509.own) {
        const auto &certificate = own.chain.front();
        const auto name = QString::fromStdString(certificate.subject());
        if (!mikey::isFor(certificate, endpoint.identity))
            troubles += QStringLiteral("the certificate of %1 is not for %2: peers will refuse it")
                            .arg(name, QString::fromStdString(endpoint.identity));
        if (const auto trouble = mikey::checkAlone(certificate, now))
            troubles += QStringLiteral("our own certificate: %1").arg(QString::fromStdString(*trouble));
    }
    return troubles;
}

} // namespace account
