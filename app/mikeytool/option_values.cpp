// SPDX-License-Identifier: Apache-2.0
#include "option_values.h"

#include <algorithm>

namespace tool {

mikey::Result<Suites, Fault> readPolicy(const Arguments &arguments, const mikey::Endpoint &endpoint)
{
    Suites suites;
    if (!arguments.isSet("policy"))
        return suites;
    for (const auto &name : arguments.value("policy").split(QLatin1Char(','))) {
        const auto *suite = mikey::srtpSuite(name.trimmed().toStdString());
        if (!suite)
            return misused(QStringLiteral("--policy: there is no suite \"%1\"").arg(name));
        if (!endpoint.takes(*suite))
            return Fault{Refused, QStringLiteral("%1 does not encrypt; the endpoint file does not accept that "
                                                 "(accept.null_encryption)")
                                      .arg(name)};
        if (std::find(suites.begin(), suites.end(), suite) != suites.end())
            return misused(QStringLiteral("--policy: %1 stands there twice").arg(name));
        suites.push_back(suite);
    }
    return suites;
}

} // namespace tool
