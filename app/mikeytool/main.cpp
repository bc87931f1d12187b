// SPDX-License-Identifier: Apache-2.0
// mikeytool: MIKEY on the command line.
#include "verb.h"

#include <QCoreApplication>

#include <algorithm>
#include <cstdio>

namespace tool {

namespace {

/// One row of the table of verbs. Names of options are separated by blanks.
struct Verb
{
    const char *name;
    const char *summary;
    int (*run)(const Arguments &); ///< null: not supported yet
    const char *required;
    const char *optional;
    bool takesFile;
};

constexpr Verb verbs[] = {
    {"decode", "prints the payloads of a message, field by field", decode, "", "json", true},
    {"methods", "lists the methods: what they need, what they offer", methods, "", "json", false},
    {"offer", "makes the first message of an exchange; what is needed to finish it goes to S", offer,
     "endpoint to method state", "at policy streams v-flag cache group curve join listen-only out trace", false},
    {"respond", "plays the responder: checks a message, makes the answer or the MIKEY error message", respond,
     "endpoint", "peer state group-keys policy at out trace json reveal-keys", true},
    {"finish", "plays the initiator on the answer to what `offer` or `rekey` made", finish, "state",
     "at out trace json reveal-keys", true},
    {"rekey",
     "begins an update of a bundle. S is that of a complete exchange, or a responder's with --csb and --exchange",
     rekey, "endpoint state", "keys add-streams v-flag csb exchange at out trace", false},
    {"credentials new", "makes endpoint files with shared keys, certificates and SAKKE keys, and who issues these",
     newCredentials, "dir", "identity at", false},
    {"kms", "plays the key management service of a kms.json on a question of a user", kms, "kms", "at out json", true},
    {"credentials enrol",
     "fetches or renews the SAKKE and IBAKE keys of an endpoint file, from a service at an address or its kms.json",
     enrolCredentials, "endpoint", "kms kms-id token-file psk-file fingerprint at", false},
    {"compare", "runs all methods with throw-away credentials: messages, octets, CPU time (medians), round trips",
     compare, "", "json runs", false},
    {"vectors", "writes complete exchanges with all values between as test vectors, a JSON file each", vectors, "dir",
     "method seed", false},
};

constexpr auto fileHelp =
    "A message is read from FILE or, without it or with `-`, from standard input: as raw octets, hex, base64,\n"
    "SDP with a=key-mgmt:mikey, or SIP with such an SDP, whichever it is.\n";

QStringList names(const char *list)
{
    return QString::fromLatin1(list).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

QString written(const QString &name)
{
    const QLatin1String value(option(name).value);
    return value.isEmpty() ? QStringLiteral("--") + name : QStringLiteral("--%1 %2").arg(name, value);
}

QString usageOf(const Verb &verb)
{
    auto usage = QStringLiteral("Usage: mikeytool %1").arg(QLatin1String(verb.name));
    for (const auto &name : names(verb.required))
        usage += QLatin1Char(' ') + written(name);
    for (const auto &name : names(verb.optional))
        usage += QStringLiteral(" [%1]").arg(written(name));
    return usage + QLatin1String(verb.takesFile ? " [FILE]\n" : "\n");
}

QString helpFor(const Verb &verb)
{
    constexpr int column = 22;
    auto help = usageOf(verb) + QStringLiteral("\nIt %1.\n").arg(QLatin1String(verb.summary));
    if (!verb.run)
        return help + QStringLiteral("It is not supported yet.\n");
    if (verb.takesFile)
        help += QLatin1String(fileHelp);
    help += QLatin1Char('\n');
    for (const auto &name : names(verb.required) + names(verb.optional))
        help += QStringLiteral("  %1%2\n").arg(written(name).leftJustified(column), QLatin1String(option(name).help));
    return help;
}

QString overview()
{
    constexpr int column = 20;
    auto text = QStringLiteral("mikeytool: MIKEY on the command line\n\nUsage: mikeytool VERB ...\n\n");
    for (const auto &verb : verbs)
        text += QStringLiteral("  %1%2%3\n")
                    .arg(QString::fromLatin1(verb.name).leftJustified(column), QLatin1String(verb.summary),
                         QLatin1String(verb.run ? "" : " (not supported yet)"));
    return text + QStringLiteral("\n`mikeytool VERB --help` tells more. Exit status: 0 done, 1 the message or the peer "
                                 "was refused,\n2 wrong usage or unreadable file.\n");
}

bool asksForHelp(const QStringList &words)
{
    return words.contains(QLatin1String("--help")) || words.contains(QLatin1String("-h"));
}

/// The verb that the words begin with; null if there is none.
const Verb *verbOf(const QStringList &words)
{
    const auto it = std::find_if(std::begin(verbs), std::end(verbs), [&words](const Verb &verb) {
        const auto name = names(verb.name);
        return words.first(std::min(words.size(), name.size())) == name;
    });
    return it == std::end(verbs) ? nullptr : it;
}

/// Why there is no such verb.
QString unknownVerb(const QString &word)
{
    QStringList longer;
    for (const auto &verb : verbs) {
        if (names(verb.name).first() == word)
            longer += QLatin1String(verb.name);
    }
    if (longer.isEmpty())
        return QStringLiteral("there is no verb \"%1\"; `mikeytool --help` lists them").arg(word);
    return QStringLiteral("\"%1\" alone is no verb; there are: %2").arg(word, longer.join(QStringLiteral(", ")));
}

int run(const QStringList &words)
{
    if (!words.isEmpty() && words.first() == QLatin1String("help"))
        return run(words.mid(1) + QStringList(QStringLiteral("--help")));
    const auto *verb = verbOf(words);
    if (words.isEmpty() || (!verb && asksForHelp(words))) {
        print(overview());
        return Done;
    }
    if (words.first() == QLatin1String("--version")) {
        print(QByteArray("mikeytool " LATCHKEY_VERSION "\n"));
        return Done;
    }
    if (!verb)
        return fail(Usage, unknownVerb(words.first()));
    if (asksForHelp(words)) {
        print(helpFor(*verb));
        return Done;
    }
    if (!verb->run)
        return fail(Usage, QStringLiteral("%1 is not supported yet").arg(QLatin1String(verb->name)));
    Arguments arguments(names(verb->required) + names(verb->optional), names(verb->required), verb->takesFile);
    if (const auto trouble = arguments.parse(words.mid(names(verb->name).size())))
        return fail(Usage, QStringLiteral("%1\n%2").arg(*trouble, usageOf(*verb).trimmed()));
    return verb->run(arguments);
}

} // namespace

} // namespace tool

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const int status = tool::run(QCoreApplication::arguments().mid(1));
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
        return tool::fail(tool::Usage, QStringLiteral("standard output cannot be written"));
    return status;
}
