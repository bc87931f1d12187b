// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/user_agent_core.h"

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

/// User agent cores joined by a network that loses, repeats, delays and reorders, all by a seed, with time of its own.
namespace simulated {

struct Conditions
{
    double loss = 0;
    double repetition = 0;
    sip::Duration longestDelay = std::chrono::milliseconds(1);
};

/// A core and what it told.
struct Phone
{
    std::string host;
    sip::UserAgentCore core;
    std::vector<sip::SessionId> incoming, answered, acknowledged, reinviteAnswered, released;
    std::vector<std::pair<sip::SessionId, int>> ringing;
    std::vector<std::pair<sip::SessionId, sip::Body>> offers;
    sip::OfferId lastOffer = 0;
    std::map<sip::SessionId, sip::Ending> ended;
    std::vector<sip::Ending> reinviteFailed;
    std::vector<std::string> trace; ///< "> INVITE", "< 200 OK", with "again" for a retransmission
    std::vector<std::string> notices;
    std::vector<sip::output::EarlyAnswered> earlyAnswers;
    std::vector<sip::output::PrackAnswered> prackAnswers;
    std::vector<sip::output::Answered> answers;
    std::vector<sip::Ending> prackFailed;
    std::vector<sip::SessionId> confirmed;
    bool autoAnswer = false;
    std::optional<sip::Body> autoPrack; ///< what to offer when somebody answers early

    Phone(std::string name, std::string address, const std::function<std::uint64_t()> &random, std::size_t maxSessions,
          std::size_t maxRemnants)
        : host(std::move(address)), core({.identity = *sip::Uri::parse("sip:" + name + "@example.org"),
                                          .maxSessions = maxSessions,
                                          .maxRemnants = maxRemnants,
                                          .random = random})
    {
        core.addListening(sip::Transport::Udp, host, 5060);
        core.addListening(sip::Transport::Tcp, host, 5060);
    }
};

class Network
{
public:
    explicit Network(unsigned seed = 1, Conditions conditions = {}) : m_conditions(conditions), m_random(seed) {}

    sip::Time now{std::chrono::hours(1)};
    std::vector<std::string> wire;     ///< everything sent, also what was lost
    std::set<std::string> unreachable; ///< hosts where nobody listens
    bool tcpWorks = true;
    bool silent = false; ///< all is lost

    Phone &add(const std::string &name, const std::string &host, std::size_t maxSessions = 64,
               std::size_t maxRemnants = 1024)
    {
        m_phones.push_back(std::make_unique<Phone>(
            name, host, [this] { return m_random(); }, maxSessions, maxRemnants));
        return *m_phones.back();
    }

    static sip::Flow flow(const Phone &from, const std::string &host, sip::Transport transport = sip::Transport::Udp)
    {
        return {.transport = transport, .localHost = from.host, .remoteHost = host, .remotePort = 5060};
    }

    sip::SessionId call(Phone &from, const Phone &to, sip::Transport transport = sip::Transport::Udp)
    {
        const auto suffix = transport == sip::Transport::Tcp ? ";transport=tcp" : "";
        const auto id = from.core.invite(*sip::Uri::parse("sip:callee@" + to.host + suffix),
                                         flow(from, to.host, transport), {"application/sdp", "offer"}, now);
        collect(from);
        return id;
    }

    /// A datagram from a host that is no phone of this network.
    void inject(Phone &to, const std::string &octets, const std::string &from = "192.0.2.99")
    {
        to.core.receive(sip::parseDatagram(octets), {.localHost = to.host, .remoteHost = from, .remotePort = 5060},
                        now);
        collect(to);
    }

    /// Lets time pass until nothing is left to happen before `end`.
    void runUntil(sip::Time end)
    {
        for (auto &phone : m_phones)
            collect(*phone);
        while (true) {
            const auto next = nextEvent();
            if (!next || *next > end)
                break;
            now = std::max(now, *next);
            deliverDue();
            for (auto &phone : m_phones)
                if (sip::isDue(phone->core.deadline(), now)) {
                    phone->core.expire(now);
                    collect(*phone);
                }
        }
        now = end;
    }
    void run(sip::Duration duration) { runUntil(now + duration); }

private:
    struct Packet
    {
        sip::Flow flow; ///< as the receiver sees it
        std::string octets;
    };

    sip::Deadline nextEvent() const
    {
        sip::Deadline next;
        if (!m_packets.empty())
            next = m_packets.begin()->first;
        for (const auto &phone : m_phones)
            next = sip::earlier(next, phone->core.deadline());
        return next;
    }

    void deliverDue()
    {
        while (!m_packets.empty() && m_packets.begin()->first <= now) {
            const auto packet = m_packets.extract(m_packets.begin()).mapped();
            if (auto *phone = find(packet.flow.localHost)) {
                phone->core.receive(sip::parseDatagram(packet.octets), packet.flow, now);
                collect(*phone);
            }
        }
    }

    Phone *find(const std::string &host)
    {
        for (auto &phone : m_phones)
            if (phone->host == host)
                return phone.get();
        return nullptr;
    }

    bool chance(double probability) { return std::uniform_real_distribution<>(0, 1)(m_random) < probability; }

    void send(Phone &from, const sip::Flow &flow, const std::string &octets)
    {
        wire.push_back(octets);
        const bool tcp = flow.transport == sip::Transport::Tcp;
        if (unreachable.contains(flow.remoteHost) || (tcp && !tcpWorks)) {
            from.core.transportFailed(flow, "Nobody is listening.", now);
            collect(from);
            return;
        }
        if (silent)
            return;
        const sip::Flow arriving{.transport = flow.transport,
                                 .localHost = flow.remoteHost,
                                 .remoteHost = from.host,
                                 .remotePort = 5060,
                                 .connection = tcp ? 1u : 0u};
        for (int copies = !tcp && chance(m_conditions.repetition) ? 2 : 1; copies > 0; --copies) {
            if (!tcp && chance(m_conditions.loss))
                continue;
            auto delay = std::uniform_int_distribution<sip::Duration::rep>(0, m_conditions.longestDelay.count());
            m_packets.emplace(now + sip::Duration(tcp ? 1000 : delay(m_random)), Packet{arriving, octets});
        }
    }

    void collect(Phone &phone)
    {
        for (auto outputs = phone.core.takeOutputs(); !outputs.empty(); outputs = phone.core.takeOutputs())
            for (const auto &output : outputs)
                std::visit([&](const auto &event) { take(phone, event); }, output);
    }

    void take(Phone &phone, const sip::output::Send &event) { send(phone, event.flow, event.octets); }
    void take(Phone &phone, const sip::output::Incoming &event)
    {
        phone.incoming.push_back(event.session);
        if (phone.autoAnswer) {
            phone.core.ring(event.session, now);
            phone.core.accept(event.session, {"application/sdp", "answer"}, now);
        }
    }
    void take(Phone &phone, const sip::output::Ringing &event)
    {
        phone.ringing.emplace_back(event.session, event.status);
    }
    void take(Phone &phone, const sip::output::EarlyAnswered &event)
    {
        phone.earlyAnswers.push_back(event);
        if (phone.autoPrack)
            phone.core.prack(event.session, event.dialog, *phone.autoPrack, now);
    }
    void take(Phone &phone, const sip::output::PrackAnswered &event) { phone.prackAnswers.push_back(event); }
    void take(Phone &phone, const sip::output::PrackFailed &event) { phone.prackFailed.push_back(event.why); }
    void take(Phone &phone, const sip::output::ProgressConfirmed &event) { phone.confirmed.push_back(event.session); }
    void take(Phone &phone, const sip::output::Answered &event)
    {
        phone.answered.push_back(event.session);
        phone.answers.push_back(event);
    }
    void take(Phone &phone, const sip::output::Acknowledged &event) { phone.acknowledged.push_back(event.session); }
    void take(Phone &phone, const sip::output::ReinviteReceived &event)
    {
        phone.offers.emplace_back(event.session, event.offer);
        phone.lastOffer = event.id;
        if (phone.autoAnswer)
            phone.core.answerReinvite(event.session, event.id, {"application/sdp", "answer"}, now);
    }
    void take(Phone &phone, const sip::output::ReinviteAnswered &event)
    {
        phone.reinviteAnswered.push_back(event.session);
    }
    void take(Phone &phone, const sip::output::ReinviteFailed &event) { phone.reinviteFailed.push_back(event.why); }
    void take(Phone &phone, const sip::output::Ended &event) { phone.ended.emplace(event.session, event.ending); }
    void take(Phone &phone, const sip::output::Released &event) { phone.released.push_back(event.session); }
    void take(Phone &phone, const sip::output::Traced &event)
    {
        phone.trace.push_back((event.entry.sent ? "> " : "< ") + event.entry.summary +
                              (event.entry.retransmission ? " again" : ""));
    }
    void take(Phone &phone, const sip::output::Notice &event) { phone.notices.push_back(event.sentence); }

    Conditions m_conditions;
    std::mt19937_64 m_random;
    std::vector<std::unique_ptr<Phone>> m_phones;
    std::multimap<sip::Time, Packet> m_packets;
};

} // namespace simulated
