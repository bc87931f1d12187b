// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include "message_io.h"
#include "wire/text.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace tool {

namespace {

QString textOf(const QJsonValue &value)
{
    if (value.isBool())
        return QLatin1String(value.toBool() ? "yes" : "no");
    return value.isDouble() ? QString::number(value.toInteger()) : value.toString();
}

QString line(const char *label, const QString &text)
{
    constexpr int column = 14;
    return text.isEmpty() ? text
                          : QStringLiteral("  %1%2\n").arg(QString::fromLatin1(label).leftJustified(column), text);
}

QString timeText(const QString &ntpHex)
{
    const auto octets = mikey::fromHex(ntpHex.toStdString());
    return octets && !octets->empty() ? QString::fromStdString(mikey::ntpTimeText(*octets)) : QString();
}

QString validity(const QJsonObject &session)
{
    const auto from = session[QLatin1String("valid_from")].toObject()[QLatin1String("value")].toString();
    const auto to = session[QLatin1String("valid_to")].toObject()[QLatin1String("value")].toString();
    return from.isEmpty() && to.isEmpty() ? QString() : QStringLiteral("  valid for packets %1 to %2").arg(from, to);
}

QString sessionText(const QJsonObject &session)
{
    const auto at = [&session](const char *member) { return textOf(session[QLatin1String(member)]); };
    const auto mki = at("mki");
    return QStringLiteral("  CS %1  SSRC %2  ROC %3  %4\n        TEK %5  salt %6%7%8\n")
        .arg(at("cs_id"), at("ssrc"), at("roc"), at("suite"), at("tek"), at("salt"),
             mki.isEmpty() ? mki : QStringLiteral("  MKI ") + mki, validity(session));
}

QString verdict(const QJsonObject &result)
{
    const auto error = result[QLatin1String("error")].toObject();
    if (!result[QLatin1String("accepted")].toBool()) {
        const auto number = error[QLatin1String("number")];
        return QStringLiteral("refused: %1%2\n")
            .arg(error[QLatin1String("name")].toString(),
                 number.isNull() ? QString() : QStringLiteral(" (error %1)").arg(number.toInt()));
    }
    return QLatin1String(result[QLatin1String("complete")].toBool() ? "accepted\n"
                                                                    : "accepted; another message is due\n");
}

QString summary(const QJsonObject &result, const QString &out)
{
    const auto at = [&result](const char *member) { return textOf(result[QLatin1String(member)]); };
    auto text = verdict(result);
    for (const auto *member : {"method", "csb_id", "initiator", "responder"})
        text += line(member, at(member));
    text += line("timestamp", timeText(at("timestamp")));
    for (const auto *member : {"v_flag", "prf"})
        text += line(member, at(member));
    for (const auto &tgk : result[QLatin1String("tgks")].toArray())
        text += line("TGK", tgk.toString());
    for (const auto &session : result[QLatin1String("crypto_sessions")].toArray())
        text += sessionText(session.toObject());
    for (const auto &weakness : result[QLatin1String("weaknesses")].toArray())
        text += line("weak", weakness.toString());
    return text + line("response", out.isEmpty() || at("response").isEmpty() ? at("response") : out);
}

/// What is wrong, or none.
std::optional<QString> writeFiles(const Arguments &arguments, const mikey::Step &step, mikey::ByteView received)
{
    auto trouble = writeOut(arguments, step.send);
    if (!trouble && !received.empty())
        trouble = trace(arguments, received);
    if (!trouble && step.send)
        trouble = trace(arguments, *step.send);
    return trouble;
}

} // namespace

int report(const Arguments &arguments, const mikey::Step &step, mikey::ByteView received, mikey::ByteView iMessage)
{
    const auto trouble = writeFiles(arguments, step, received);
    const auto result = account::resultJson(step, iMessage, arguments.keys());
    if (arguments.isSet("json"))
        print(QJsonDocument(result).toJson());
    else
        print(summary(result, trouble ? QString() : arguments.value("out")));
    const int status = step.error ? fail(Refused, QString::fromStdString(step.error->reason)) : Done;
    return trouble ? fail(Usage, *trouble) : status;
}

} // namespace tool
