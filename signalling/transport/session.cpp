// SPDX-License-Identifier: Apache-2.0
#include "transport/session.h"

#include "sip/user_agent_core.h"
#include "transport/address.h"
#include "transport/user_agent.h"

namespace sip {

Session::Session(UserAgent &userAgent, SessionId id, SessionInfo info)
    : QObject(&userAgent), m_userAgent(userAgent), m_id(id), m_info(std::move(info))
{
}

QHostAddress Session::remoteAddress() const
{
    return toAddress(m_info.remoteHost).value_or(QHostAddress());
}

QHostAddress Session::localAddress() const
{
    return toAddress(m_info.localHost).value_or(QHostAddress());
}

void Session::ring()
{
    m_userAgent.command([this](UserAgentCore &core, Time now) { core.ring(m_id, now); });
}

void Session::progress(int status, const Body &answer)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.progress(m_id, status, answer, now); });
}

void Session::prack(const std::string &dialog, const Body &offer)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.prack(m_id, dialog, offer, now); });
}

void Session::endEarly(const std::string &dialog, const Refusal &why)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.endEarly(m_id, dialog, why, now); });
}

void Session::update(const Body &offer)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.update(m_id, offer, now); });
}

void Session::accept(const Body &answer)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.accept(m_id, answer, now); });
}

void Session::reject(const Refusal &refusal)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.reject(m_id, refusal, now); });
}

void Session::hangUp(const Refusal &why)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.hangUp(m_id, why, now); });
}

void Session::reinvite(const Body &offer)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.reinvite(m_id, offer, now); });
}

void Session::withdrawReinvite()
{
    m_userAgent.command([&](UserAgentCore &core, Time) { core.withdrawReinvite(m_id); });
}

bool Session::awaitsAnswer(OfferId offer) const
{
    return m_userAgent.awaitsAnswer(m_id, offer);
}

void Session::answerReinvite(OfferId offer, const Body &answer)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.answerReinvite(m_id, offer, answer, now); });
}

void Session::rejectReinvite(OfferId offer, const Refusal &refusal)
{
    m_userAgent.command([&](UserAgentCore &core, Time now) { core.rejectReinvite(m_id, offer, refusal, now); });
}

} // namespace sip
