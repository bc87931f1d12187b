// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include "wire/text.h"

#include <QDateTime>
#include <QRegularExpression>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace tool {

namespace {

constexpr Option options[] = {
    {"endpoint", "E", "endpoint file: who we are, our keys and certificates"},
    {"to", "URI", "identity of the peer"},
    {"method", "M", "psk pk dh dh-hmac rsa-r ticket ibake sakke; `mikeytool methods` tells which are there"},
    {"state", "S", "file that remembers from one run to the next"},
    {"at", "T", "time of the event: RFC 3339 (2026-11-23T12:00:00Z) or 16 hex digits of NTP time; default: now"},
    {"policy", "P,...", "SRTP suites in order of preference, such as AES_CM_128_HMAC_SHA1_80,AEAD_AES_128_GCM"},
    {"streams", "N", "media lines, two crypto sessions each; default: 1"},
    {"v-flag", "on|off", "ask for a verification message; default: on"},
    {"cache", "C", "pk: the peer may keep the envelope key: none, always or csb (for this bundle); default: csb"},
    {"group", "G",
     "dh, dh-hmac: Oakley group 5, 2 or 1, the latter only if the endpoint accepts weak groups; default: 5"},
    {"curve", "C", "ibake: p-256, p-384 or p-521; default: p-256"},
    {"join", "", "rsa-r: ask for the keys of a group"},
    {"listen-only", "", "rsa-r: we send no stream"},
    {"group-keys", "FILE", "rsa-r: answer with the keys of the group in FILE, which are made if it is not there"},
    {"peer", "URI", "who signalling says is calling, for a message without ID payload"},
    {"out", "F", "write the message, as raw octets, to F"},
    {"trace", "DIR", "write every message of the exchange to a numbered file in DIR"},
    {"json", "", "print JSON"},
    {"reveal-keys", "", "print keys, not their fingerprints"},
    {"dir", "D", "directory to make or to add to"},
    {"keys", "K", "what changes: tgk (new TGK, so new TEKs), tek (new TEKs of the same TGK) or same; default: tgk"},
    {"add-streams", "N", "media lines to add; default: 0"},
    {"csb", "HEX", "CSB ID of the bundle, where S is the state file of a responder"},
    {"exchange", "S2", "file for the exchange, where S is the state file of a responder; `finish` takes it"},
    {"runs", "N", "exchanges of each method; default: 20"},
    {"seed", "TEXT", "what all randomness of the vectors comes from; default: latchkey"},
    {"kms", "K",
     "key management service: for `kms` its kms.json, beside which K.state remembers; for `credentials enrol` its\n"
     "https address, default: as the endpoint file has it"},
    {"kms-id", "URI", "its name, such as kms.example.org; default: as the endpoint file has it, else the host of URL"},
    {"token-file", "F", "file with the token that the service knows us by; it is kept in the endpoint file"},
    {"psk-file", "F",
     "file with the key that is shared with the service, in hex, for IBAKE and tickets; it is kept too"},
    {"fingerprint", "HEX", "SHA-256 of the service's certificate: only that one is taken"},
    {"identity", "URI", "an identity to make credentials for; may be repeated"},
};

QStringList namesIn(const QStringList &names, const QCommandLineParser &parser, bool set)
{
    QStringList found;
    for (const auto &name : names) {
        if (parser.isSet(name) == set)
            found += QStringLiteral("--") + name;
    }
    return found;
}

mikey::NtpTime clockTime()
{
    using namespace std::chrono;
    return mikey::NtpTime::fromUnixMicroseconds(
        duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

/// RFC 3339 5.7: a leap second ends a month in UTC.
bool endsMonth(const QDateTime &next)
{
    const auto utc = next.toUTC();
    return utc.date().day() == 1 && utc.time() == QTime(0, 0);
}

/// A leap second, which NTP times do not have, is the second after it.
QDateTime momentOf(const QString &date, const QString &time, const QString &zone)
{
    const bool leap = time.endsWith(QLatin1String(":60"));
    const auto shown = leap ? time.chopped(2) + QStringLiteral("59") : time;
    const auto moment = QDateTime::fromString(QStringLiteral("%1T%2%3").arg(date, shown, zone), Qt::ISODate);
    if (!leap)
        return moment;
    const auto next = moment.addSecs(1);
    return endsMonth(next) ? next : QDateTime();
}

} // namespace

const Option &option(const QString &name)
{
    return *std::find_if(std::begin(options), std::end(options),
                         [&name](const Option &o) { return name == QLatin1String(o.name); });
}

Arguments::Arguments(const QStringList &taken, const QStringList &required, bool takesFile)
    : m_options(taken), m_required(required), m_takesFile(takesFile)
{
    for (const auto &name : m_options)
        m_parser.addOption(QCommandLineOption(name, {}, QLatin1String(option(name).value)));
}

std::optional<QString> Arguments::parse(const QStringList &words)
{
    if (!m_parser.parse(QStringList(QString()) + words)) // the parser passes over the first, the program's name
        return m_parser.errorText();
    const auto missing = namesIn(m_required, m_parser, false);
    if (!missing.isEmpty())
        return QStringLiteral("%1 is missing").arg(missing.join(QStringLiteral(", ")));
    const auto positional = m_parser.positionalArguments();
    if (positional.size() > (m_takesFile ? 1 : 0))
        return QStringLiteral("\"%1\" is too much").arg(positional.last());
    for (const auto &name : m_options) {
        if (name != QLatin1String("identity") && m_parser.values(name).size() > 1)
            return QStringLiteral("--%1 is given more than once").arg(name);
    }
    const auto at = isSet("at") ? parseTime(value("at")) : clockTime();
    if (!at)
        return QStringLiteral("--at %1 is no time: RFC 3339 such as 2026-11-23T12:00:00Z, or 16 hex digits of NTP time")
            .arg(value("at"));
    m_at = *at;
    return std::nullopt;
}

bool Arguments::isSet(const char *name) const
{
    return m_options.contains(QLatin1String(name)) && m_parser.isSet(QLatin1String(name));
}

QString Arguments::file() const
{
    return namesFile() ? m_parser.positionalArguments().first() : QStringLiteral("-");
}

account::Loaded<unsigned> readNumber(const Arguments &arguments, const char *name, const Range &range)
{
    bool isNumber = true;
    const auto number = arguments.isSet(name) ? arguments.value(name).toUInt(&isNumber) : range.usual;
    if (isNumber && number >= range.least && number <= range.most)
        return number;
    return QStringLiteral("--%1 is a number from %2 to %3").arg(QLatin1String(name)).arg(range.least).arg(range.most);
}

account::Loaded<bool> readSwitch(const Arguments &arguments, const char *name, bool usual)
{
    const auto value = arguments.value(name);
    if (!arguments.isSet(name))
        return usual;
    if (value != QLatin1String("on") && value != QLatin1String("off"))
        return QStringLiteral("--%1 is on or off").arg(QLatin1String(name));
    return value == QLatin1String("on");
}

std::optional<mikey::NtpTime> parseTime(const QString &text)
{
    static const QRegularExpression ntp(QStringLiteral("\\A[0-9A-Fa-f]{16}\\z"));
    static const QRegularExpression rfc3339(QStringLiteral(
        "\\A(\\d{4}-\\d\\d-\\d\\d)[Tt ](\\d\\d:\\d\\d:\\d\\d)(?:\\.(\\d+))?([Zz]|[+-]\\d\\d:\\d\\d)\\z"));
    if (ntp.match(text).hasMatch())
        return mikey::NtpTime::fromOctets(*mikey::fromHex(text.toStdString()));
    const auto parts = rfc3339.match(text);
    const auto moment = momentOf(parts.captured(1), parts.captured(2), parts.captured(4));
    constexpr qint64 eraBegins = -61505152; ///< NTP times with the top bit set begin in January 1968
    constexpr qint64 eraSeconds = qint64{1} << 32;
    if (!parts.hasMatch() || !moment.isValid() || moment.toSecsSinceEpoch() < 0 ||
        moment.toSecsSinceEpoch() >= eraBegins + eraSeconds)
        return std::nullopt;
    constexpr int microsecondDigits = 6;
    const auto fraction = parts.captured(3).leftJustified(microsecondDigits, QLatin1Char('0'), true).toLongLong();
    return mikey::NtpTime::fromUnixMicroseconds(moment.toSecsSinceEpoch() * 1000000 + fraction);
}

int fail(ExitStatus status, const QString &sentence)
{
    warn(sentence);
    return status;
}

void warn(const QString &sentence)
{
    const auto line = QStringLiteral("mikeytool: %1\n").arg(sentence).toUtf8();
    static_cast<void>(std::fwrite(line.constData(), 1, static_cast<std::size_t>(line.size()), stderr));
}

void print(const QByteArray &text)
{
    // main() asks at the end whether everything could be written.
    static_cast<void>(std::fwrite(text.constData(), 1, static_cast<std::size_t>(text.size()), stdout));
}

void print(const QString &text)
{
    print(text.toUtf8());
}

} // namespace tool
