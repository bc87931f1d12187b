// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include "methods/method.h"

#include <QCommandLineParser>

#include <algorithm>
#include <cstring>

namespace {

struct Problem
{
    QString sentence;
};

QStringList availableMethods()
{
    QStringList names;
    for (const auto &method : mikey::methods()) {
        if (method.available())
            names.append(QString::fromUtf8(method.name.data(), static_cast<qsizetype>(method.name.size())));
    }
    return names;
}

/// [udp:|tcp:]ADDR:PORT; an IPv6 address stands in brackets.
std::variant<Options::Listen, Problem> parseListen(const QString &text)
{
    Options::Listen listen;
    QString rest = text;
    if (rest.startsWith(QLatin1String("tls:")))
        return Problem{QStringLiteral("TLS is not supported yet")};
    if (rest.startsWith(QLatin1String("tcp:")))
        listen.transport = sip::Transport::Tcp;
    if (rest.startsWith(QLatin1String("tcp:")) || rest.startsWith(QLatin1String("udp:")))
        rest = rest.mid(4);
    const auto colon = rest.lastIndexOf(QLatin1Char(':'));
    QString host = rest.left(colon);
    if (host.startsWith(QLatin1Char('[')) && host.endsWith(QLatin1Char(']')))
        host = host.mid(1, host.size() - 2);
    bool ok = colon > 0;
    const auto port = ok ? rest.mid(colon + 1).toUShort(&ok) : 0;
    listen.address = QHostAddress(host);
    listen.port = static_cast<quint16>(port);
    if (!ok || listen.address.isNull())
        return Problem{QStringLiteral("“%1” is not [udp:|tcp:]ADDRESS:PORT").arg(text)};
    return listen;
}

std::optional<Problem> parseDemo(Options &options, const QStringList &positional)
{
    const auto method = positional.value(0, QStringLiteral("psk"));
    const auto available = availableMethods();
    if (method == QLatin1String("all"))
        options.demoMethods = available;
    else if (mikey::method(method.toStdString())) // one that is still to come says so when it is called with
        options.demoMethods = {method};
    else
        return Problem{QStringLiteral("there is no method “%1”; there are: %2, all")
                           .arg(method, available.join(QStringLiteral(", ")))};
    return std::nullopt;
}

} // namespace

bool asksForHeadless(int argc, char **argv)
{
    return std::any_of(argv + 1, argv + argc, [](const char *arg) { return std::strcmp(arg, "--headless") == 0; });
}

std::variant<Options, QString> parseOptions(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Secure calls with MIKEY key management."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOptions({
        {QStringLiteral("profile"), QStringLiteral("Settings, credentials and history are in DIR."),
         QStringLiteral("DIR")},
        {QStringLiteral("endpoint"), QStringLiteral("Credentials come from this endpoint file of mikeytool."),
         QStringLiteral("FILE")},
        {QStringLiteral("listen"),
         QStringLiteral("Where SIP listens; repeatable; port 0 picks one (udp:0.0.0.0:5060)."),
         QStringLiteral("[udp:|tcp:]ADDR:PORT")},
        {QStringLiteral("audio"), QStringLiteral("device, device:NAME, file:IN.wav,OUT.wav, tone or none (device)."),
         QStringLiteral("AUDIO")},
        {QStringLiteral("answer"), QStringLiteral("auto or manual: how incoming calls are answered (manual)."),
         QStringLiteral("HOW")},
        {QStringLiteral("headless"), QStringLiteral("No window: commands in and events out as JSON lines.")},
        {QStringLiteral("demo"), QStringLiteral("Alice calls Bob in this one process, with METHOD or with all.")},
        {QStringLiteral("seconds"), QStringLiteral("How long they talk in a demo (3)."), QStringLiteral("N")},
        {QStringLiteral("rekey"),
         QStringLiteral("After how many seconds the keys of a call are renewed; 0: never (900)."), QStringLiteral("N")},
        {QStringLiteral("passphrase-fd"), QStringLiteral("Not supported yet: the passphrase of encrypted credentials."),
         QStringLiteral("N")},
        {QStringLiteral("theme"), QStringLiteral("system, light or dark (system)."), QStringLiteral("THEME")},
    });
    parser.addPositionalArgument(QStringLiteral("argument"),
                                 QStringLiteral("The method of a demo, or a SIP address to call."),
                                 QStringLiteral("[METHOD | ADDRESS]"));
    if (!parser.parse(arguments))
        return parser.errorText();
    if (parser.isSet(QStringLiteral("help")) || parser.isSet(QStringLiteral("version")))
        parser.process(arguments); // prints and ends the program
    if (parser.isSet(QStringLiteral("passphrase-fd")))
        return QStringLiteral("encrypted credentials are not supported yet");

    Options options;
    options.profile = parser.value(QStringLiteral("profile"));
    options.endpoint = parser.value(QStringLiteral("endpoint"));
    options.headless = parser.isSet(QStringLiteral("headless"));
    options.demo = parser.isSet(QStringLiteral("demo"));
    if (parser.isSet(QStringLiteral("listen")))
        options.listen.clear();
    for (const auto &text : parser.values(QStringLiteral("listen"))) {
        const auto listen = parseListen(text);
        if (const auto *problem = std::get_if<Problem>(&listen))
            return problem->sentence;
        options.listen.push_back(std::get<Options::Listen>(listen));
    }
    if (parser.isSet(QStringLiteral("audio")))
        options.audio = parser.value(QStringLiteral("audio"));
    if (const auto how = parser.value(QStringLiteral("answer")); how == QLatin1String("auto"))
        options.answering = call::Phone::Answering::Auto;
    else if (how == QLatin1String("mailbox"))
        return QStringLiteral("the mailbox is not supported yet");
    else if (!how.isEmpty() && how != QLatin1String("manual"))
        return QStringLiteral("--answer is auto or manual, not “%1”").arg(how);
    if (parser.isSet(QStringLiteral("theme")))
        options.theme = parser.value(QStringLiteral("theme"));
    if (!QStringList{QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")}.contains(options.theme))
        return QStringLiteral("--theme is system, light or dark, not “%1”").arg(options.theme);
    if (parser.isSet(QStringLiteral("seconds"))) {
        bool ok = false;
        options.demoSeconds = parser.value(QStringLiteral("seconds")).toInt(&ok);
        if (!ok || options.demoSeconds < 1 || options.demoSeconds > 600)
            return QStringLiteral("--seconds is a number from 1 to 600");
    }
    if (parser.isSet(QStringLiteral("rekey"))) {
        bool ok = false;
        options.renewalSeconds = parser.value(QStringLiteral("rekey")).toInt(&ok);
        if (!ok || options.renewalSeconds < 0)
            return QStringLiteral("--rekey is a number of seconds");
    }
    const auto positional = parser.positionalArguments();
    if (positional.size() > 1)
        return QStringLiteral("“%1” is one argument too many").arg(positional[1]);
    if (options.demo) {
        if (const auto problem = parseDemo(options, positional))
            return problem->sentence;
    } else {
        options.dial = positional.value(0);
    }
    return options;
}
