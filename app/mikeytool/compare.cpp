// SPDX-License-Identifier: Apache-2.0
#include "account/credentials.h"
#include "methods/method.h"
#include "verb.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <ctime>

namespace tool {

namespace {

constexpr unsigned usualRuns = 20;
constexpr unsigned mostRuns = 10000;

using Microseconds = double;

Microseconds cpuTime()
{
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// The CPU time since the last call goes to whom it was spent for.
class StopWatch
{
public:
    Microseconds lap()
    {
        const auto since = m_since;
        m_since = cpuTime();
        return m_since - since;
    }

private:
    Microseconds m_since = cpuTime();
};

/// What one exchange took.
struct Measured
{
    int messages = 0;
    int roundTrips = 0;
    std::size_t bytesOfInitiator = 0;
    std::size_t bytesOfResponder = 0;
    Microseconds cpuOfInitiator = 0;
    Microseconds cpuOfResponder = 0;
    Microseconds cpuOfKms = 0;
    bool asksKms = false;
};

/// Two who hold what all methods need, made to be thrown away.
class Pair
{
public:
    explicit Pair(mikey::NtpTime now) : m_now(now)
    {
        auto authority = account::makeDemoAuthority(now);
        m_ends = account::makeDemoEndpoints({"sip:alice@example.org", "sip:bob@example.org"}, m_random, authority, now);
        m_kms.emplace(std::move(authority.mikey));
    }

    /// One exchange of the method, with a verification message where the method lets us choose.
    mikey::Outcome<Measured> exchange(const mikey::Method &method)
    {
        m_now = m_now.plusSeconds(1);
        mikey::Offer offer;
        offer.peer = m_ends[1].identity;
        Measured measured;
        StopWatch watch;
        auto initiator = method.initiate({m_ends[0], m_states[0], m_random}, offer, m_now);
        if (!initiator)
            return initiator.error();
        measured.cpuOfInitiator = watch.lap();
        if (const auto asked = consult(**initiator, {}, measured, &Measured::cpuOfInitiator, watch); asked.error)
            return *asked.error;
        const auto &request = (*initiator)->message();
        measured.cpuOfInitiator += watch.lap();
        auto answered = mikey::respond({m_ends[1], m_states[1], m_random}, request, {}, m_now);
        measured.cpuOfResponder = watch.lap();
        if (const auto responder = answered.asking)
            answered = consult(*responder, std::move(answered), measured, &Measured::cpuOfResponder, watch);
        if (answered.error)
            return *answered.error;
        measured.bytesOfInitiator = request.size();
        while (answered.send) {
            measured.bytesOfResponder += answered.send->size();
            const auto next = (*initiator)->receive(*answered.send, m_now);
            measured.cpuOfInitiator += watch.lap();
            measured.messages += 1;
            ++measured.roundTrips;
            if (next.error)
                return *next.error;
            if (!next.send)
                break;
            measured.messages += 1;
            measured.bytesOfInitiator += next.send->size();
            answered = mikey::respond({m_ends[1], m_states[1], m_random}, *next.send, {}, m_now);
            measured.cpuOfResponder += watch.lap();
            if (answered.error)
                return *answered.error;
        }
        measured.messages += 1;
        return measured;
    }

private:
    /// Asks the service until the user can go on. Its messages count among those of the exchange, its octets do not.
    mikey::Step consult(mikey::KmsUser &user, mikey::Step step, Measured &measured, Microseconds Measured::*usersTime,
                        StopWatch &watch)
    {
        while (const auto request = user.kmsRequest()) {
            const auto answer = m_kms->answer(request->message, m_now);
            measured.cpuOfKms += watch.lap();
            measured.asksKms = true;
            measured.messages += 2;
            ++measured.roundTrips;
            step = user.kmsAnswered(answer.message.value_or(mikey::Bytes()), m_now);
            measured.*usersTime += watch.lap();
        }
        return step;
    }

    mikey::NtpTime m_now;
    mikey::SystemRandom m_random;
    std::optional<account::PlayedKms> m_kms;
    std::vector<mikey::Endpoint> m_ends;
    mikey::EndpointState m_states[2];
};

Microseconds median(const std::vector<Measured> &runs, Microseconds Measured::*field)
{
    std::vector<Microseconds> times;
    for (const auto &run : runs)
        times.push_back(run.*field);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

/// Sizes of one exchange, since they are all alike, and the medians of times.
mikey::Outcome<Measured> measure(Pair &pair, const mikey::Method &method, unsigned runs)
{
    std::vector<Measured> all;
    for (unsigned run = 0; run < runs; ++run) {
        auto measured = pair.exchange(method);
        if (!measured)
            return measured;
        all.push_back(*measured);
    }
    auto typical = all.front();
    typical.cpuOfInitiator = median(all, &Measured::cpuOfInitiator);
    typical.cpuOfResponder = median(all, &Measured::cpuOfResponder);
    typical.cpuOfKms = median(all, &Measured::cpuOfKms);
    return typical;
}

/// `measured` is null for a method that is not there yet.
QJsonObject rowOf(const mikey::Method &method, const Measured *measured)
{
    const auto value = [measured](auto get) { return measured ? QJsonValue(get(*measured)) : QJsonValue(); };
    const auto rounded = [](Microseconds time) { return static_cast<qint64>(time + 0.5); };
    return {
        {QStringLiteral("method"), QString::fromUtf8(method.name.data(), static_cast<qsizetype>(method.name.size()))},
        {QStringLiteral("available"), method.available()},
        {QStringLiteral("messages"), value([](const auto &m) { return m.messages; })},
        {QStringLiteral("bytes_initiator"),
         value([](const auto &m) { return static_cast<qint64>(m.bytesOfInitiator); })},
        {QStringLiteral("bytes_responder"),
         value([](const auto &m) { return static_cast<qint64>(m.bytesOfResponder); })},
        {QStringLiteral("cpu_initiator_us"), value([&](const auto &m) { return rounded(m.cpuOfInitiator); })},
        {QStringLiteral("cpu_responder_us"), value([&](const auto &m) { return rounded(m.cpuOfResponder); })},
        {QStringLiteral("cpu_kms_us"),
         measured && measured->asksKms ? QJsonValue(rounded(measured->cpuOfKms)) : QJsonValue()},
        {QStringLiteral("round_trips"), value([](const auto &m) { return m.roundTrips; })},
        {QStringLiteral("forward_secrecy"), method.forwardSecrecy}};
}

/// A column of the table for people.
struct Column
{
    const char *title;
    const char *member;
    int width;
};

constexpr Column columns[] = {
    {"messages", "messages", 10},
    {"octets out", "bytes_initiator", 12},
    {"octets in", "bytes_responder", 11},
    {"initiator us", "cpu_initiator_us", 14},
    {"responder us", "cpu_responder_us", 14},
    {"KMS us", "cpu_kms_us", 8},
    {"round trips", "round_trips", 13},
};
constexpr int nameColumn = 9;

QString shown(const QJsonValue &value)
{
    return value.isNull() ? QStringLiteral("-") : QString::number(value.toInteger());
}

QString tableLine(const QJsonObject &row)
{
    auto line = row[QLatin1String("method")].toString().leftJustified(nameColumn);
    if (!row[QLatin1String("available")].toBool())
        return line + QStringLiteral(" not supported yet\n");
    for (const auto &column : columns)
        line += shown(row[QLatin1String(column.member)]).rightJustified(column.width);
    return line + QLatin1String(row[QLatin1String("forward_secrecy")].toBool() ? "  yes\n" : "  no\n");
}

QString table(const QJsonArray &rows)
{
    auto text = QStringLiteral("method").leftJustified(nameColumn);
    for (const auto &column : columns)
        text += QString::fromLatin1(column.title).rightJustified(column.width);
    text += QStringLiteral("  forward secrecy\n");
    for (const auto &row : rows)
        text += tableLine(row.toObject());
    return text;
}

} // namespace

int compare(const Arguments &arguments)
{
    const auto runs = readNumber(arguments, "runs", {1, mostRuns, usualRuns});
    if (!runs)
        return fail(Usage, runs.error());
    Pair pair(arguments.at());
    QJsonArray rows;
    for (const auto &method : mikey::methods()) {
        if (!method.available()) {
            rows += rowOf(method, nullptr);
            continue;
        }
        const auto measured = measure(pair, method, *runs);
        if (!measured)
            return fail(Refused, QString::fromStdString(measured.error().reason));
        rows += rowOf(method, &*measured);
    }
    print(arguments.isSet("json") ? QString::fromUtf8(QJsonDocument(rows).toJson()) : table(rows));
    return Done;
}

} // namespace tool
