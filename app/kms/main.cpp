// SPDX-License-Identifier: Apache-2.0
// latchkey-kms: a key management service over HTTPS.
#include "admin.h"
#include "serving.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDateTime>

#include <cstdio>

#include <sys/stat.h>

namespace {

constexpr int usageError = 2;

constexpr auto description =
    "latchkey-kms: a key management service that issues keys and tickets to its users over HTTPS\n\n"
    "Commands:\n"
    "  serve                  answers until SIGTERM (what it does if there is no command)\n"
    "  user add URI           lets a user in; prints the token and the shared key that he is to be told, once\n"
    "  revoke URI             lets him in no more\n"
    "  rotate                 new master secrets, from the next period on of which nothing can be issued yet\n"
    "  rotate tickets         a new key for tickets, at once; those under the old one serve until they end\n"
    "  group add GROUP URI    the user may resolve tickets for the group\n"
    "  group remove GROUP URI he may no more\n"
    "  export-audit [AFTER]   prints the audit log as lines of JSON, those after number AFTER\n"
    "  certificate            prints the public keys of this service as XML, for the \"partners\" of another one\n"
    "  fingerprint            prints the SHA-256 of the TLS certificate, which users pin\n\n"
    "The config file is JSON; only \"kms_uri\" has to be there:\n"
    "  {\"kms_uri\": \"kms.example.org\", \"listen\": \"127.0.0.1\", \"port\": 8443, \"database\": \"kms.sqlite\",\n"
    "   \"key_file\": \"kms.key\", \"certificate\": \"kms.pem\", \"private_key\": \"kms-tls.key\",\n"
    "   \"scheme\": \"uid\", \"key_period\": 2592000, \"key_period_offset\": 0, \"hosts\": [], \"partners\": [],\n"
    "   \"requests_per_minute\": 240, \"threads\": 8, \"connections_per_address\": 7, \"clock_skew_s\": 300,\n"
    "   \"audit_days\": 400, \"refusal_days\": 30, \"rekey_s\": 0,\n"
    "   \"may_call\": {\"sip:bob@example.org\": [\"sip:alice@example.org\"]},\n"
    "   \"x509\": {\"certificate\": \"mikey.pem\", \"private_key\": \"mikey.key\", \"trust\": [\"ca.pem\"]},\n"
    "   \"ticket_partners\": [{\"kms\": \"kms.example.net\", \"url\": \"https://kms.example.net:8443\",\n"
    "                        \"fingerprint\": \"HEX\", \"psk_file\": \"shared.key\", \"hosts\": []}]}\n"
    "Who is not named in \"may_call\" gets tickets for all. \"rekey_s\": calls with tickets get new keys at least so\n"
    "often; 0: as users wish. \"partners\" are files with the public keys of other services. \"database\" may be\n"
    "postgresql://user@host/name, which several services may share; their key file, 64 hex digits, is the same,\n"
    "and is made by hand then (openssl rand -hex 32). Paths are relative to the file. Keep a copy of the key file\n"
    "elsewhere than those of the database: one is nothing without the other. \"x509\", as in an endpoint file, is for\n"
    "users who prove themselves by certificates. \"ticket_partners\" are services that resolve their tickets for our\n"
    "users, as this one does for theirs; the file has the key in hex that is shared with each.";

int fail(const QString &reason)
{
    std::fprintf(stderr, "latchkey-kms: %s\n", qPrintable(reason));
    return usageError;
}

int run(const QStringList &words, const QString &path)
{
    const auto config = kmsd::readConfig(path);
    if (!config)
        return fail(config.error());
    const auto now = mikey::NtpTime::fromUnixMicroseconds(QDateTime::currentMSecsSinceEpoch() * 1000);
    const auto fingerprint = kmsd::tlsFingerprint(*config, now);
    if (!fingerprint)
        return fail(fingerprint.error());
    if (words == QStringList{QStringLiteral("fingerprint")}) {
        std::printf("%s\n", fingerprint->toHex().constData());
        return 0;
    }
    const auto key = kmsd::sealingKey(*config);
    if (!key)
        return fail(key.error());
    if (words.isEmpty() || words == QStringList{QStringLiteral("serve")})
        return kmsd::serve(*config, *key, *fingerprint);
    const auto status = kmsd::administrate(words, *config, *key);
    return status ? *status : fail(QStringLiteral("there is no such command; --help tells those there are"));
}

} // namespace

int main(int argc, char **argv)
{
    umask(077); // also for what SQLite makes beside its file
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("latchkey-kms"));
    QCoreApplication::setApplicationVersion(QStringLiteral(LATCHKEY_VERSION));
    QCommandLineParser parser;
    parser.setApplicationDescription(QLatin1String(description));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOption({QStringLiteral("config"), QStringLiteral("the config file; default: latchkey-kms.json"),
                      QStringLiteral("FILE"), QStringLiteral("latchkey-kms.json")});
    parser.addPositionalArgument(QStringLiteral("command"), QStringLiteral("see above"), QStringLiteral("[command]"));
    parser.process(application);
    return run(parser.positionalArguments(), parser.value(QStringLiteral("config")));
}
