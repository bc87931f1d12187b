// SPDX-License-Identifier: Apache-2.0
#include "headless.h"

#include "call/event_json.h"

#include <QCoreApplication>
#include <QJsonDocument>

#include <algorithm>
#include <array>

#include <unistd.h>

namespace {

constexpr qsizetype longestLine = 65536;

enum class Kind { Text, Number, Flag };

struct Field
{
    QLatin1String name;
    Kind kind;
    bool required;
};

struct Command
{
    QLatin1String name;
    bool supported;
    std::vector<Field> fields;
};

const Field callField{QLatin1String("call"), Kind::Number, false};

const std::vector<Command> &commands()
{
    static const std::vector<Command> table{
        {QLatin1String("call"),
         true,
         {{QLatin1String("to"), Kind::Text, true},
          {QLatin1String("identity"), Kind::Text, false},
          {QLatin1String("method"), Kind::Text, false}}},
        {QLatin1String("answer"), true, {callField}},
        {QLatin1String("reject"), true, {callField, {QLatin1String("status"), Kind::Number, false}}},
        {QLatin1String("hangup"), true, {callField}},
        {QLatin1String("mute"), true, {callField, {QLatin1String("on"), Kind::Flag, true}}},
        {QLatin1String("rekey"), true, {callField}},
        {QLatin1String("state"), true, {}},
        {QLatin1String("quit"), true, {}},
        {QLatin1String("hold"), false, {}},
        {QLatin1String("resume"), false, {}},
        {QLatin1String("dtmf"), false, {}},
        {QLatin1String("transfer"), false, {}},
        {QLatin1String("register"), false, {}},
        {QLatin1String("unregister"), false, {}},
    };
    return table;
}

bool hasKind(const QJsonValue &value, Kind kind)
{
    switch (kind) {
    case Kind::Text:
        return value.isString();
    case Kind::Number:
        return value.isDouble() && value.toDouble() == value.toInt(-1);
    case Kind::Flag:
        return value.isBool();
    }
    return false;
}

QString nameOf(Kind kind)
{
    switch (kind) {
    case Kind::Text:
        return QStringLiteral("a string");
    case Kind::Number:
        return QStringLiteral("a whole number");
    case Kind::Flag:
        return QStringLiteral("true or false");
    }
    return {};
}

/// What is wrong with the fields of a command; empty: nothing.
QString faultIn(const Command &command, const QJsonObject &given)
{
    for (const auto &field : command.fields) {
        const auto value = given.value(field.name);
        if (value.isUndefined() && field.required)
            return QStringLiteral("“%1” needs the field “%2”").arg(command.name, field.name);
        if (!value.isUndefined() && !hasKind(value, field.kind))
            return QStringLiteral("the field “%1” of “%2” has to be %3")
                .arg(field.name, command.name, nameOf(field.kind));
    }
    return {};
}

} // namespace

Headless::Headless(call::Phone &phone, JsonOutput &output)
    : m_phone(phone), m_events(phone, output), m_input(STDIN_FILENO, QSocketNotifier::Read)
{
    m_events.listening();
    connect(&m_input, &QSocketNotifier::activated, this, &Headless::readInput);
}

void Headless::readInput()
{
    std::array<char, 4096> chunk{};
    const auto count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        if (!m_buffer.trimmed().isEmpty())
            takeLine(m_buffer);
        quit();
        return;
    }
    m_buffer.append(chunk.data(), count);
    for (auto end = m_buffer.indexOf('\n'); end >= 0 && !m_quitting; end = m_buffer.indexOf('\n')) {
        const auto line = m_buffer.left(end);
        m_buffer.remove(0, end + 1);
        if (!line.trimmed().isEmpty())
            takeLine(line);
    }
    if (m_buffer.size() > longestLine) {
        m_buffer.clear();
        m_events.error(QStringLiteral("a command is longer than %1 octets").arg(longestLine));
    }
}

void Headless::takeLine(const QByteArray &line)
{
    QJsonParseError fault{};
    const auto document = QJsonDocument::fromJson(line, &fault);
    if (!document.isObject()) {
        m_events.error(QStringLiteral("a command is one JSON object a line; this is not: %1").arg(fault.errorString()));
        return;
    }
    const auto given = document.object();
    const auto name = given.value(QLatin1String("do")).toString();
    const auto &table = commands();
    const auto command = std::find_if(table.begin(), table.end(), [&](const Command &c) { return c.name == name; });
    if (command == table.end())
        m_events.error(QStringLiteral("there is no command “%1”").arg(name.left(50)));
    else if (!command->supported)
        m_events.error(QStringLiteral("“%1” is not supported yet").arg(name));
    else if (const auto wrong = faultIn(*command, given); !wrong.isEmpty())
        m_events.error(wrong);
    else
        run(name, given);
}

void Headless::run(const QString &name, const QJsonObject &command)
{
    if (name == QLatin1String("call"))
        dial(command);
    else if (name == QLatin1String("state"))
        m_events.write(QStringLiteral("state"), call::toJson(m_phone.snapshot()));
    else if (name == QLatin1String("quit"))
        quit();
    else
        onCall(name, command);
}

void Headless::dial(const QJsonObject &command)
{
    const auto result =
        m_phone.dial(command.value(QLatin1String("to")).toString(), command.value(QLatin1String("method")).toString(),
                     command.value(QLatin1String("identity")).toString());
    if (!result.call)
        m_events.error(result.trouble);
}

void Headless::onCall(const QString &name, const QJsonObject &command)
{
    const auto &calls = m_phone.snapshot().calls;
    auto id = command.value(QLatin1String("call")).toInt();
    if (!command.contains(QLatin1String("call"))) {
        const auto live =
            std::find_if(calls.begin(), calls.end(), [](const auto &call) { return call.phase != call::Phase::Ended; });
        if (live == calls.end()) {
            m_events.error(QStringLiteral("there is no call to %1").arg(name));
            return;
        }
        id = live->id;
    }
    const auto status = command.value(QLatin1String("status")).toInt();
    if (name == QLatin1String("reject") && command.contains(QLatin1String("status")) &&
        (status < 400 || status > 699)) {
        m_events.error(QStringLiteral("the field “status” of “reject” has to be from 400 to 699"));
        return;
    }
    const bool done = name == QLatin1String("answer")   ? m_phone.answer(id)
                      : name == QLatin1String("reject") ? m_phone.reject(id, status)
                      : name == QLatin1String("rekey")  ? m_phone.renewKeys(id)
                      : name == QLatin1String("hangup")
                          ? m_phone.hangup(id)
                          : m_phone.setMuted(id, command.value(QLatin1String("on")).toBool());
    if (!done)
        m_events.error(QStringLiteral("call %1 is not in a state to %2").arg(id).arg(name));
}

void Headless::quit()
{
    if (std::exchange(m_quitting, true))
        return;
    m_input.setEnabled(false);
    m_phone.hangupAll();
    QCoreApplication::quit();
}
