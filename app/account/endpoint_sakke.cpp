// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_sakke.h"

#include "account/endpoint_file.h"
#include "methods/sakke.h"

#include <QJsonDocument>

namespace account {

namespace {

const auto partName = QStringLiteral("sakke");
const auto serviceUri = QStringLiteral("kms_uri");

} // namespace

std::optional<QString> EndpointSakke::read()
{
    if (auto trouble = m_lock.take())
        return trouble;
    auto file = readEndpointFile(m_path);
    if (!file)
        return file.error();
    m_file = std::move(*file);
    m_part = m_file[partName].toObject();
    return std::nullopt;
}

void EndpointSakke::set(const char *member, const QString &text)
{
    if (text.isEmpty())
        m_part.remove(QLatin1String(member));
    else
        m_part[QLatin1String(member)] = text;
}

QString EndpointSakke::uri() const
{
    const auto told = m_part[QLatin1String("uri")].toString();
    return QString::fromStdString(identityOf(told.isEmpty() ? m_file[QLatin1String("identity")].toString() : told));
}

Loaded<mikey::SakkeKeys> EndpointSakke::keys(mikey::NtpTime now) const
{
    auto keys = sakkeOf(m_part, uri().toStdString(), now);
    if (!keys)
        return about(keys.error());
    return keys;
}

std::optional<QString> EndpointSakke::write(const mikey::SakkeKeys &keys)
{
    auto renewed = sakkeJson(keys);
    for (const auto &member : m_part.keys()) {
        if (member.startsWith(QLatin1String("kms")) && member != serviceUri)
            renewed[member] = m_part[member];
    }
    m_part = renewed;
    m_file[partName] = renewed;
    auto contents = QJsonDocument(m_file).toJson();
    auto trouble = writePrivateFile(m_path, contents);
    wipe(contents);
    return trouble;
}

void dropOld(mikey::SakkeKeys &keys, mikey::NtpTime now)
{
    const auto current = keys.domains.front().periodAt(now);
    const auto inOverlap = keys.domains.front().periodAt(now.plusSeconds(-mikey::sakke::overlapSeconds));
    std::erase_if(keys.periods, [&](const auto &key) { return key.period + 1 < current && key.period < inOverlap; });
    if (auto &own = keys.domains.front(); own.fromPeriod < current)
        own.earlier.reset();
}

} // namespace account
