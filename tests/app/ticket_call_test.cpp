// SPDX-License-Identifier: Apache-2.0
// What a ticket has to do with the call that is made with it, between two phones of this process.
#include "two_phones.h"

#include "methods/csb.h"
#include "methods/ticket_guard.h"
#include "methods/ticket_policy.h"

class TicketCallTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6043-128: new keys as often as the ticket wants them, though the settings want none
    void rekeysInTime()
    {
        auto endpoints = twoEndpoints(2);
        TestPhone alice(std::move(endpoints[0])), bob(std::move(endpoints[1]));
        QVERIFY(alice.phone.dial(bob.address(), QStringLiteral("ticket"), QLatin1String(bobsIdentity)).call);
        QTRY_VERIFY(alice.established() && bob.established());
        const auto alices = alice.call().security.renewalDue, bobs = bob.call().security.renewalDue;
        const auto latest = QDateTime::currentDateTimeUtc().addSecs(2);
        QVERIFY(alices.isValid() && bobs.isValid() && alices < latest && bobs < latest);
        QTRY_VERIFY(alice.renewed >= 2 && bob.renewed >= 2);
        QVERIFY(alice.undisturbed() && bob.undisturbed());
    }

    // The wish of the settings stands where it is the shorter one
    void settingsMayBeStricter()
    {
        auto endpoints = twoEndpoints(3600);
        TestPhone alice(std::move(endpoints[0]), 1), bob(std::move(endpoints[1]), 1);
        QVERIFY(alice.phone.dial(bob.address(), QStringLiteral("ticket"), QLatin1String(bobsIdentity)).call);
        QTRY_VERIFY(alice.established() && bob.established());
        const auto now = QDateTime::currentDateTimeUtc();
        QVERIFY(alice.call().security.renewalDue < now.addSecs(2));
        QVERIFY(bob.call().security.renewalDue > now.addSecs(3000)); // as the ticket wants it, should Alice not do it
    }

    // S-4: a ticket that was resolved before came from one who does not have its session keys
    void mediaThatDoNotAuthenticate()
    {
        auto endpoints = twoEndpoints();
        endpoints[0].ticket.reuse = true;
        auto again = endpointLike(endpoints[0]);
        auto alice = std::make_unique<TestPhone>(std::move(endpoints[0]));
        TestPhone bob(std::move(endpoints[1]));
        QVERIFY(alice->phone.dial(bob.address(), QStringLiteral("ticket"), QLatin1String(bobsIdentity)).call);
        QTRY_VERIFY(alice->established() && bob.established());
        QVERIFY(alice->phone.hangup(alice->call().id));
        QTRY_VERIFY(bob.ended());
        QCOMPARE(bob.phone.endpointState().resolved.size(), std::size_t{1});
        auto state = withOtherSessionKeys(alice->phone.endpointState());
        alice = std::make_unique<TestPhone>(std::move(again), TestPhone::config(0), std::move(state));
        QVERIFY(alice->phone.dial(bob.address(), QStringLiteral("ticket"), QLatin1String(bobsIdentity)).call);
        QTRY_COMPARE(bob.phone.snapshot().calls.size(), std::size_t{2});
        QTRY_VERIFY(bob.established());
        QTRY_COMPARE(bob.call().security.warnings.size(), 1);
        QVERIFY(bob.phone.endpointState().resolved.empty());
        QCOMPARE(bob.call().media.received, quint64{0});
    }

private:
    /// Another one with the same account.
    static mikey::Endpoint endpointLike(const mikey::Endpoint &endpoint)
    {
        mikey::Endpoint other;
        other.identity = endpoint.identity;
        other.ticket.kms = endpoint.ticket.kms;
        other.ticket.psk = endpoint.ticket.psk.clone();
        other.ticket.reuse = true;
        return other;
    }

    static mikey::EndpointState withOtherSessionKeys(const mikey::EndpointState &state)
    {
        mikey::EndpointState other;
        for (const auto &held : state.tickets) {
            const auto ticket = mikey::OwnedTicket::load(held.ticket);
            const auto &algorithms = *mikey::ticketAlgorithms(ticket->terms.prf);
            auto keys = mikey::decodeKeys(held.keys.view(), ticket->terms.i ? 2 : 1, algorithms);
            mikey::Bytes changed(keys->keys.front().key.size(), 0x55);
            keys->keys.front().key = mikey::Secret(mikey::ByteView(changed));
            other.tickets.push_back({held.peer, held.ticket, keys->save(), held.until});
        }
        return other;
    }
};

QTEST_GUILESS_MAIN(TicketCallTest)
#include "ticket_call_test.moc"
