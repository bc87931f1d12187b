// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/played_kms.h"
#include "account/x509_part.h"
#include "methods/ibake.h"
#include "methods/ibake_request.h"
#include "vector_sides.h"

namespace published {

/// Plays a vector with a service again: each party makes its messages from the stated draws, and is handed the octets
/// that the file has.
class ServiceReplay
{
public:
    /// `changed`: whose last octet arrives changed, counted through all exchanges; -1: none.
    explicit ServiceReplay(const QJsonObject &vector, qsizetype changed = -1)
        : m_exchanges(vector[u"exchanges"].toArray()), m_method(vector[u"method"].toString().toStdString()),
          m_alice(vector[u"initiator"]), m_bob(vector[u"responder"]), m_changed(changed)
    {
        for (const auto &exchange : m_exchanges) {
            for (const auto &message : exchange[u"messages"].toArray())
                m_messages += message;
        }
        if (vector.contains(u"mailbox"_s))
            m_mailbox.emplace(vector[u"mailbox"]);
        if (m_method == "ticket")
            m_services.ticket = std::move(*account::ticketServiceOf(vector[u"kms"].toObject()));
        else
            loadIbake(vector[u"kms"].toObject());
        load();
    }

    /// What does not go as stated; empty: all does.
    QString run()
    {
        for (const auto &exchange : m_exchanges) {
            m_exchange = exchange.toObject();
            m_now = *mikey::NtpTime::fromOctets(octetsOf(m_exchange[u"timestamp"]));
            if (m_fault.isEmpty())
                m_alice.bundle ? update() : first();
        }
        if (m_fault.isEmpty() && m_at != m_messages.size())
            m_fault = u"messages are left over"_s;
        return m_fault;
    }

private:
    mikey::Context context(Side &side) { return {side.endpoint, side.state, m_random}; }
    /// Who sends the first message of the exchange to the other side, and who answers it.
    Side &asking() { return m_exchange[u"messages"][0][u"from"] == u"responder"_s ? m_bob : m_alice; }
    Side &answering()
    {
        if (&asking() == &m_bob)
            return m_alice;
        return m_mailbox ? *m_mailbox : m_bob;
    }
    void load() { m_random.load(m_at < m_messages.size() ? m_messages[m_at][u"random"] : QJsonValue()); }
    void fail(const QString &what)
    {
        if (m_fault.isEmpty())
            m_fault = u"message %1: %2"_s.arg(m_at).arg(what);
    }
    void fail(const mikey::Error &error) { fail(QString::fromStdString(error.reason)); }

    /// Users who prove themselves by certificates have an account and no key, which a kms.json of IBAKE cannot say.
    void loadIbake(QJsonObject kms)
    {
        auto users = kms[u"users"].toObject(), sharing = users;
        for (const auto &identity : users.keys()) {
            if (!users[identity].toObject().contains(u"psk"_s))
                sharing.remove(identity);
        }
        kms[u"users"_s] = sharing;
        auto &ibake = m_services.ibake;
        ibake = std::move(*account::ibakeServiceOf(kms));
        for (const auto &identity : users.keys())
            ibake.accounts.try_emplace(identity.toStdString());
        if (const auto x509 = kms[u"x509"].toObject(); !x509.isEmpty())
            m_services.ticket.x509 = std::move(account::x509Of(x509, {})->x509);
    }

    /// The next message of the file, which has to be what was made.
    mikey::Bytes sent(const mikey::Bytes &made)
    {
        auto stated = m_at < m_messages.size() ? octetsOf(m_messages[m_at][u"octets"]) : mikey::Bytes();
        if (made != stated)
            fail(u"differs from what is made"_s);
        if (m_at == m_changed && !stated.empty())
            stated.back() ^= 1;
        ++m_at;
        load();
        return stated;
    }

    mikey::Bytes ask(const mikey::Bytes &question)
    {
        const auto octets = sent(question);
        const auto answer = m_method == "ticket" ? answerOfTickets(octets) : answerOfIbake(octets);
        if (answer.error)
            fail(*answer.error);
        return sent(answer.message.value_or(mikey::Bytes()));
    }

    mikey::kms::MikeyAnswer answerOfTickets(const mikey::Bytes &question)
    {
        return mikey::kms::answerTicketQuestion(m_services.ticket.domain(), m_memory, question, m_now, m_random);
    }

    mikey::kms::MikeyAnswer answerOfIbake(const mikey::Bytes &question)
    {
        auto domain = m_services.ibake.domain();
        domain.x509 = m_services.ticket.x509; // one service, one certificate
        return mikey::kms::answerKeyRequest(domain, m_memory, question, m_now, m_random);
    }

    void fetchKeys(Side &side)
    {
        const auto request = mikey::IbakeKeyRequest::make(context(side), m_now);
        const auto issued = request->open(ask(request->request().message));
        if (!issued)
            return fail(issued.error());
        for (const auto &one : *issued) {
            const auto stated = m_exchange[u"private_keys"][m_issued++];
            if (octetsOf(stated[u"private_key"]) != mikey::Bytes(one.block.view().begin(), one.block.view().end()) ||
                !side.endpoint.ibake.add(side.endpoint.identity, one.date, one.block.view()))
                fail(u"another private key"_s);
        }
    }

    mikey::Step consult(mikey::KmsUser &user, mikey::Step step)
    {
        while (m_fault.isEmpty()) {
            const auto request = user.kmsRequest();
            if (!request)
                break;
            step = user.kmsAnswered(ask(request->message), m_now);
            if (step.error)
                fail(*step.error);
        }
        return step;
    }

    void check(const mikey::Step &step, Side &side)
    {
        if (step.error)
            fail(*step.error);
        if (!step.agreement)
            return;
        if (sessionsOf(*step.agreement) != withoutLabels(m_exchange[u"crypto_sessions"].toArray()))
            fail(u"other keys"_s);
        side.bundle = step.agreement->csb;
        if (step.agreement->deposit)
            checkDeferred(*step.agreement->deposit);
        if (!step.agreement->toBeKept.empty())
            m_kept = step.agreement->toBeKept;
        ++m_agreed;
    }

    void checkDeferred(const mikey::Agreement &deferred)
    {
        if (sessionsOf(deferred) != withoutLabels(m_exchange[u"deferred"][u"crypto_sessions"].toArray()))
            fail(u"other deferred keys"_s);
    }

    void first()
    {
        for (auto *side : {&m_alice, &m_bob, m_mailbox ? &*m_mailbox : nullptr}) {
            if (m_method == "ibake" && side && m_fault.isEmpty())
                fetchKeys(*side);
        }
        if (!m_fault.isEmpty())
            return;
        mikey::Offer offer;
        offer.peer = m_bob.endpoint.identity;
        offer.suites = {mikey::srtpSuite(m_exchange[u"policy"].toString().toStdString())};
        offer.groupKey = m_exchange[u"group_key"].toBool();
        offer.sdpProtocols = {"mikey"};
        auto made = mikey::method(m_method)->initiate(context(m_alice), offer, m_now);
        if (!made)
            return fail(made.error());
        consult(**made, {});
        if (m_fault.isEmpty())
            exchange(**made);
        if (m_fault.isEmpty() && m_exchange.contains(u"deferred"_s))
            openDeposit();
    }

    void update()
    {
        auto made =
            mikey::update(context(asking()), *asking().bundle, renewalOf(m_exchange[u"options"].toObject()), m_now);
        if (!made)
            return fail(made.error());
        exchange(**made);
    }

    void exchange(mikey::Initiator &initiator)
    {
        m_agreed = 0;
        std::optional<mikey::Bytes> message = initiator.message();
        while (message && m_fault.isEmpty()) {
            const auto standing = answering().bundle;
            mikey::Arrival arrival;
            if (standing)
                arrival.bundles = {standing.get()};
            auto answered = mikey::respond(context(answering()), sent(*message), arrival, m_now);
            if (const auto asking = answered.asking)
                answered = consult(*asking, std::move(answered));
            check(answered, answering());
            if (!answered.send || !m_fault.isEmpty())
                break;
            auto next = initiator.receive(sent(*answered.send), m_now);
            check(next, asking());
            message = next.send;
        }
        if (m_agreed != 2)
            fail(u"not both have keys"_s);
    }

    /// By who was called, of what the mailbox has kept (RFC 6267 4.2.2.6).
    void openDeposit()
    {
        const auto deferred = mikey::ibake::openDeposit(context(m_bob), m_kept);
        if (!deferred)
            return fail(deferred.error());
        checkDeferred(*deferred);
    }

    QJsonArray m_exchanges;
    QJsonObject m_exchange; ///< that is played
    QJsonArray m_messages;  ///< of all exchanges
    std::string m_method;
    Side m_alice, m_bob;
    std::optional<Side> m_mailbox;
    qsizetype m_changed;
    account::MikeyServices m_services;
    mikey::kms::Memory m_memory;
    mikey::NtpTime m_now;
    Draws m_random;
    mikey::Bytes m_kept;
    QString m_fault;
    qsizetype m_at = 0, m_issued = 0;
    int m_agreed = 0;
};

} // namespace published
