// SPDX-License-Identifier: Apache-2.0
#include "exchange_file.h"

#include "account/endpoint_file.h"
#include "account/ibake_part.h"
#include "wire/text.h"

#include <QFileInfo>
#include <QJsonDocument>

namespace tool {

namespace {

constexpr qint64 mostOctets = qint64{4} << 20;
constexpr auto kind = "latchkey exchange";

bool isExchange(const QJsonObject &file)
{
    return file[QLatin1String("kind")] == QLatin1String(kind);
}

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

/// The bundle that the file holds, if one; false if it is damaged.
bool readBundle(const QJsonValue &value, std::optional<mikey::Csb> &bundle)
{
    if (value.isNull() || value.isUndefined())
        return true;
    auto saved = mikey::fromHex(value.toString().toStdString());
    if (!saved)
        return false;
    bundle = mikey::Csb::load(*saved);
    mikey::wipe(*saved);
    return bundle.has_value();
}

} // namespace

bool isExchangeFile(const QString &path)
{
    auto contents = account::readFile(path, mostOctets);
    if (!contents)
        return false;
    const bool is = isExchange(QJsonDocument::fromJson(*contents).object());
    account::wipe(*contents);
    return is;
}

account::Loaded<SavedExchange> ExchangeFile::load()
{
    if (auto trouble = m_lock.take())
        return std::move(*trouble);
    const auto contents = account::readFile(m_path, mostOctets);
    if (!contents)
        return contents.error();
    const auto file = QJsonDocument::fromJson(*contents).object();
    // What may be said of our certificates `offer` has said.
    auto loaded = account::endpointOf(file[QLatin1String("endpoint")].toObject(), QFileInfo(m_path).path(), {});
    auto message = mikey::fromHex(file[QLatin1String("message")].toString().toStdString());
    auto saved = mikey::fromHex(file[QLatin1String("initiator")].toString().toStdString());
    std::optional<mikey::Csb> bundle;
    if (!isExchange(file) || !loaded || !message || !saved || !readBundle(file[QLatin1String("bundle")], bundle))
        return QStringLiteral("%1: this is not what `offer` saves, or it is damaged").arg(m_path);
    SavedExchange exchange{file[QLatin1String("method")].toString(),
                           std::move(loaded->endpoint),
                           std::move(*message),
                           mikey::Secret(*saved),
                           file[QLatin1String("complete")].toBool(),
                           std::move(bundle),
                           file[QLatin1String("state_file")].toString()};
    mikey::wipe(*saved);
    return exchange;
}

std::optional<QString> ExchangeFile::save(const SavedExchange &exchange) const
{
    mikey::Endpoint endpoint;
    endpoint.identity = exchange.endpoint.identity;
    endpoint.accept = exchange.endpoint.accept;
    endpoint.suites = exchange.endpoint.suites;
    if (!exchange.complete)
        endpoint.x509 = exchange.endpoint.x509;
    auto self = account::endpointJson(endpoint);
    if (!exchange.complete && exchange.endpoint.ibake.parameters) { // answers are encrypted to us
        auto keys = account::ibakeJson(exchange.endpoint.ibake);
        keys.remove(QStringLiteral("psk"));
        self[QStringLiteral("ibake")] = keys;
    }
    const QJsonObject file{
        {QStringLiteral("kind"), QLatin1String(kind)},
        {QStringLiteral("method"), exchange.method},
        {QStringLiteral("endpoint"), self},
        {QStringLiteral("message"), hexOf(exchange.message)},
        {QStringLiteral("initiator"), hexOf(exchange.initiator.view())},
        {QStringLiteral("complete"), exchange.complete},
        {QStringLiteral("bundle"), exchange.bundle ? QJsonValue(hexOf(exchange.bundle->save().view())) : QJsonValue()},
        {QStringLiteral("state_file"), exchange.stateFile}};
    auto contents = QJsonDocument(file).toJson();
    auto trouble = account::writePrivateFile(m_path, contents);
    account::wipe(contents);
    return trouble;
}

std::optional<QString> ExchangeFile::begin()
{
    if (auto trouble = m_lock.take())
        return trouble;
    if (!QFileInfo::exists(m_path))
        return std::nullopt;
    const auto contents = account::readFile(m_path, mostOctets);
    if (!contents)
        return contents.error();
    if (contents->isEmpty() || isExchange(QJsonDocument::fromJson(*contents).object()))
        return std::nullopt;
    return QStringLiteral("%1: this is something else than the state of an exchange and is not overwritten")
        .arg(m_path);
}

} // namespace tool
