// SPDX-License-Identifier: Apache-2.0
#include "account/credentials.h"

#include "account/endpoint_file.h"
#include "crypto/random.h"
#include "methods/identity.h"
#include "verb.h"

#include <algorithm>

namespace tool {

int newCredentials(const Arguments &arguments)
{
    std::vector<std::string> identities{"sip:alice@example.org", "sip:bob@example.org", "sip:carol@example.org"};
    if (arguments.isSet("identity"))
        identities.clear();
    for (const auto &text : arguments.values("identity")) {
        const auto identity = account::identityOf(text);
        if (identity.empty())
            return fail(Usage, QStringLiteral("--identity %1 is no identity such as sip:alice@example.org").arg(text));
        if (std::find(identities.begin(), identities.end(), identity) != identities.end())
            return fail(Usage, QStringLiteral("--identity %1 is given twice").arg(text));
        identities.push_back(identity);
    }
    mikey::SystemRandom random;
    const auto paths =
        account::writeEndpointFiles(arguments.value("dir"), account::makeDemoEndpoints(identities, random));
    if (!paths)
        return fail(Usage, paths.error());
    for (const auto &path : *paths)
        print(path + QLatin1Char('\n'));
    warn(QStringLiteral("made an identity and shared keys (for method psk) in each file; certificates and a key "
                        "management service are not supported yet"));
    return Done;
}

} // namespace tool
