// SPDX-License-Identifier: Apache-2.0
#include "account/credential_files.h"

#include "account/endpoint_file.h"
#include "account/enrolment.h"
#include "verb.h"
#include "wire/text.h"

#include <QEventLoop>

#include <algorithm>

namespace tool {

namespace {

using Identities = std::vector<std::string>;

account::Loaded<Identities> identitiesOf(const Arguments &arguments)
{
    if (!arguments.isSet("identity"))
        return Identities{"sip:alice@example.org", "sip:bob@example.org", "sip:carol@example.org"};
    Identities identities;
    for (const auto &text : arguments.values("identity")) {
        const auto identity = account::identityOf(text);
        if (identity.empty())
            return QStringLiteral("--identity %1 is no identity such as sip:alice@example.org").arg(text);
        if (std::find(identities.begin(), identities.end(), identity) != identities.end())
            return QStringLiteral("--identity %1 is given twice").arg(text);
        identities.push_back(identity);
    }
    return identities;
}

account::Loaded<mikey::Secret> pskIn(const QString &path)
{
    constexpr qint64 longest = 1024;
    auto contents = account::readFile(path, longest);
    if (!contents)
        return contents.error();
    auto octets = mikey::fromHex(contents->trimmed().toStdString());
    account::wipe(*contents);
    if (!octets || octets->empty())
        return QStringLiteral("%1: there is no key in hex in it").arg(path);
    mikey::Secret psk{mikey::ByteView(*octets)};
    mikey::wipe(*octets);
    return psk;
}

/// How the service is reached, where the command line tells it.
account::Loaded<account::KmsAccess> accessOf(const Arguments &arguments)
{
    constexpr qint64 longestToken = 4096;
    account::KmsAccess access{QUrl(arguments.value("kms"), QUrl::StrictMode), {}, {}, arguments.value("kms-id"), {}};
    if (arguments.isSet("kms") && access.url.scheme() != QLatin1String("https"))
        return QStringLiteral("--kms %1 is no https address").arg(arguments.value("kms"));
    const auto digits = arguments.value("fingerprint").remove(QLatin1Char(':')).toStdString();
    const auto octets = mikey::fromHex(digits);
    if (arguments.isSet("fingerprint") && (!octets || octets->size() != mikey::CertificateFingerprint().size()))
        return QStringLiteral("--fingerprint is not the SHA-256 of a certificate, 64 hex digits");
    access.fingerprint = QByteArray::fromHex(QByteArray::fromStdString(digits));
    if (arguments.isSet("token-file")) {
        const auto token = account::readFile(arguments.value("token-file"), longestToken);
        if (!token)
            return token.error();
        access.token = token->trimmed();
    }
    if (arguments.isSet("psk-file")) {
        auto psk = pskIn(arguments.value("psk-file"));
        if (!psk)
            return psk.error();
        access.psk = std::make_shared<const mikey::Secret>(std::move(*psk));
    }
    return access;
}

} // namespace

int newCredentials(const Arguments &arguments)
{
    const auto identities = identitiesOf(arguments);
    if (!identities)
        return fail(Usage, identities.error());
    const auto directory = arguments.value("dir");
    auto authority = account::demoAuthorityOf(directory, arguments.at());
    if (!authority)
        return fail(Usage, authority.error());
    mikey::SystemRandom random;
    const auto endpoints = account::makeDemoEndpoints(*identities, random, *authority, arguments.at());
    const auto paths = account::writeCredentials(directory, endpoints, *authority);
    if (!paths)
        return fail(Usage, paths.error());
    for (const auto &path : *paths)
        print(path + QLatin1Char('\n'));
    warn(QStringLiteral(
        "each has an identity, keys shared with the others, a certificate of the authority ca.pem beside "
        "it, and SAKKE keys of this key period; kms.json has the master secrets of the service"));
    return Done;
}

int enrolCredentials(const Arguments &arguments)
{
    const auto access = accessOf(arguments);
    if (!access)
        return fail(Usage, access.error());
    std::optional<account::Loaded<account::Enrolled>> enrolled;
    QEventLoop loop;
    account::enrolAll(arguments.value("endpoint"), *access, arguments.at(), &loop, [&](const auto &result) {
        enrolled = result;
        loop.quit();
    });
    loop.exec();
    if (!*enrolled)
        return fail(Refused, enrolled->error());
    if ((*enrolled)->newService)
        warn(QStringLiteral("the endpoint file has the public keys of this service now, and no keys of another one"));
    for (const auto period : (*enrolled)->periods)
        print(QStringLiteral("SAKKE keys of the key period %1\n").arg(period));
    for (const auto &date : (*enrolled)->dates)
        print(QStringLiteral("IBAKE key of the month from %1 on\n").arg(QString::fromStdString(date)));
    return Done;
}

} // namespace tool
