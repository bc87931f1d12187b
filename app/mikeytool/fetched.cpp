// SPDX-License-Identifier: Apache-2.0
#include "fetched.h"

#include "methods/certificates.h"

namespace tool {

account::FetchedCertificates fetchedFor(const mikey::Endpoint &endpoint, mikey::ByteView message)
{
    QStringList urls;
    if (endpoint.x509.fetchUrls) {
        for (const auto &url : mikey::certificateUrls(message))
            urls += QString::fromStdString(url);
    }
    return urls.isEmpty() ? account::FetchedCertificates() : account::fetchCertificatesNow(urls);
}

} // namespace tool
