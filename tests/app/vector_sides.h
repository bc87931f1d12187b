// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/endpoint_file.h"
#include "account/result_json.h"
#include "methods/csb.h"
#include "methods/method.h"
#include "wire/text.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonObject>

/// What replaying published MIKEY vectors takes.
namespace published {

using namespace Qt::StringLiterals;

inline const QDir directory(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/mikey"));

inline mikey::Bytes octetsOf(const QJsonValue &hex)
{
    return *mikey::fromHex(hex.toString().toStdString());
}

inline std::uint32_t number32(const QJsonValue &hex)
{
    return hex.toString().toUInt(nullptr, 16);
}

/// Gives the draws of a message again.
class Draws final : public mikey::Random
{
public:
    void load(const QJsonValue &draws)
    {
        m_octets.clear();
        for (const auto &draw : draws.toArray())
            mikey::append(m_octets, octetsOf(draw));
    }
    void fill(std::span<std::uint8_t> out) override
    {
        for (auto &octet : out) {
            octet = m_octets.empty() ? 0 : m_octets.front();
            if (!m_octets.empty())
                m_octets.erase(m_octets.begin());
        }
    }

private:
    mikey::Bytes m_octets;
};

inline mikey::Renewal renewalOf(const QJsonObject &options)
{
    mikey::Renewal renewal;
    const QStringList keys{u"tgk"_s, u"tek"_s, u"same"_s};
    renewal.keys = static_cast<mikey::Renewal::Keys>(keys.indexOf(options[u"keys"].toString()));
    renewal.sdpProtocols = {"mikey"};
    return renewal;
}

inline QJsonArray sessionsOf(const mikey::Agreement &agreement)
{
    QJsonArray sessions;
    for (const auto &session : agreement.sessions)
        sessions += account::sessionJson(session, account::Keys::Revealed);
    return sessions;
}

inline QJsonArray withoutLabels(const QJsonArray &sessions)
{
    QJsonArray bare;
    for (const auto &value : sessions) {
        auto session = value.toObject();
        session.remove(u"tek_label"_s);
        session.remove(u"salt_label"_s);
        bare += session;
    }
    return bare;
}

struct Side
{
    mikey::Endpoint endpoint;
    mikey::EndpointState state;
    Draws random;
    std::shared_ptr<mikey::Csb> bundle;

    explicit Side(const QJsonValue &file)
        : endpoint(std::move(account::endpointOf(file.toObject(), directory.path(), {})->endpoint))
    {
    }
    mikey::Context context() { return {endpoint, state, random}; }
};

} // namespace published
