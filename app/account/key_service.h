// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

#include <QJsonObject>
#include <QString>

/// Keys that a key management service issues for a period at a time, and what an endpoint holds of them.
namespace account {

struct KeyService
{
    std::string method; ///< "sakke" or "ibake"
    std::string kms;    ///< its name
    QString place;      ///< an https URL, or the path of a kms.json; empty: the keys came by hand
    /// When the last period ends that we have keys of without a gap from now; none: there are none for now.
    std::optional<mikey::NtpTime> until;
    mikey::NtpTime renewFrom; ///< from then on the service issues the keys that come next
};

/// The services of an endpoint whose file that is.
std::vector<KeyService> keyServicesOf(const mikey::Endpoint &endpoint, const QJsonObject &file, mikey::NtpTime now);

} // namespace account
