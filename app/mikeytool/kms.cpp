// SPDX-License-Identifier: Apache-2.0
#include "account/local_kms.h"
#include "account/result_json.h"
#include "message_io.h"
#include "verb.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace tool {

namespace {

QString told(const std::string &text)
{
    return QString::fromStdString(text);
}

QByteArray base64(mikey::ByteView octets)
{
    return QByteArray(reinterpret_cast<const char *>(octets.data()), static_cast<qsizetype>(octets.size())).toBase64();
}

QJsonObject jsonOf(const mikey::kms::MikeyAnswer &answer)
{
    QJsonArray about;
    for (const auto &one : answer.about)
        about += told(one);
    return {{QStringLiteral("accepted"), !answer.error},
            {QStringLiteral("question"), told(answer.what)},
            {QStringLiteral("user"), told(answer.user)},
            {QStringLiteral("about"), about},
            {QStringLiteral("response"),
             answer.message ? QJsonValue(QString::fromLatin1(base64(*answer.message))) : QJsonValue()},
            {QStringLiteral("error"), answer.error ? QJsonValue(account::errorJson(*answer.error)) : QJsonValue()}};
}

QByteArray textOf(const Arguments &arguments, const mikey::kms::MikeyAnswer &answer)
{
    return arguments.isSet("out") || !answer.message ? QByteArray() : base64(*answer.message) + '\n';
}

} // namespace

int kms(const Arguments &arguments)
{
    if (const auto trouble = checkOutputs(arguments))
        return fail(Usage, *trouble);
    const auto input = readInput(arguments);
    if (!input)
        return fail(Usage, input.error());
    const auto message = messageIn(*input);
    if (!message)
        return fail(Refused, told(message.error().reason));
    const auto answer = account::LocalKms(arguments.value("kms")).answer(message->octets, arguments.at());
    if (!answer)
        return fail(Usage, answer.error());
    if (const auto trouble = writeOut(arguments, answer->message))
        return fail(Usage, *trouble);
    print(arguments.isSet("json") ? QJsonDocument(jsonOf(*answer)).toJson() : textOf(arguments, *answer));
    return answer->error ? fail(Refused, told(answer->error->reason)) : Done;
}

} // namespace tool
