// SPDX-License-Identifier: Apache-2.0
#include "ticketed.h"

#include "methods/certificates.h"
#include "methods/signing.h"
#include "methods/ticket.h"
#include "methods/ticket_transfer.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

QJsonObject kat()
{
    return vectors("mikey-computed-kat.json")[QLatin1String("mikey_ticket")].toObject();
}

Bytes katOctets(const char *name)
{
    return octets(kat()[QLatin1String(name)].toString().toStdString());
}

std::uint32_t katCsbId()
{
    return vectors("mikey-computed-kat.json")[QLatin1String("csb_id")].toString().toUInt(nullptr, 16);
}

ForkModifier katModifier()
{
    return {katOctets("IDRr_data"), katOctets("RANDRkms")};
}

/// Fails the test unless the guard's keys are those of the vector.
void compareKeys(const char *vector, ByteView key, std::uint32_t csbId, const Bytes &label)
{
    const auto expected = kat()[QLatin1String(vector)].toObject();
    const auto derived = [&](KeyUse use, std::size_t size) {
        return QString::fromLatin1(hexOf(messageKey(Prf::Mikey1, key, use, {csbId, label}, size).view()));
    };
    QCOMPARE(derived(KeyUse::MessageEncr, 16), expected[QLatin1String("encr_key")].toString());
    QCOMPARE(derived(KeyUse::MessageAuth, 20), expected[QLatin1String("auth_key")].toString());
    QCOMPARE(derived(KeyUse::MessageSalt, 14), expected[QLatin1String("salt_key")].toString());
}

/// What the service answers Bob, but naming that one in IDRr; empty: nobody.
Bytes resolvedFor(TicketWorld &world, const KmsRequest &request, const std::string &named)
{
    const auto answer = world.kms.ask(request);
    const auto question = *decode(request.message);
    const auto &ticket = *question.find<Ticket>();
    auto opened = openBaseTicket(ticketPayload(question), ticket, world.kms.domain.tpks.back().key.view());
    auto &contents = *opened;
    const auto header = decode(answer)->header;
    const auto psk = world.bob.endpoint.ticket.psk.view();
    const auto rands = ticketResolve.rands(question.find<RandWithRole>(RandRole::Responder)->rand);
    const TicketGuard guard(*ticketAlgorithms(header.prf), psk, header.csbId,
                            ticketLabel(TicketTag::ResponseMessage, rands));
    std::vector<Secret> mpks;
    mpks.push_back(std::move(contents.initiatorMpk));
    ForkModifier modifier{Bytes(named.begin(), named.end()), Bytes(32, 7)};
    if (ticket.terms.i) {
        mpks.push_back(forkedKey(header.prf, contents.responderMpk.view(), KeyUse::ForkedMpk, modifier));
        contents.keys = forkedKeys(header.prf, contents.keys, modifier);
    }
    const auto sent = noon().next().octets();
    const Timestamp timestamp{TimestampType::NtpUtc, sent};
    const GuardedKeys keys(guard, encodeKeys(mpks, contents.keys).view(), timestamp);
    std::vector<Payload> payloads{timestamp, keys.payload()};
    if (!named.empty())
        payloads.emplace_back(IdWithRole{IdRole::Responder, IdType::Uri, octetsOf(named)});
    if (ticket.terms.i)
        payloads.emplace_back(RandWithRole{RandRole::Kms, modifier.rand});
    return *encodeGuarded(header, std::move(payloads), guard, {request.message});
}

} // namespace

class TicketTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6043-070, -075, -077, -079, -080, -081, -082, -084, -135, -156, -157, -164, -168: derivations
    void derivations()
    {
        const auto ticketRand = katOctets("ticket_RAND"), mpk = katOctets("MPK_base"), tgk = katOctets("TGK");
        const auto i = katOctets("RANDRi"), r = katOctets("RANDRr");
        const auto mpkLabel = ticketLabel(TicketTag::Mpk, ticketRand);
        const auto mpki = messageKey(Prf::Mikey1, mpk, KeyUse::InitiatorMpk, {noCsbId, mpkLabel}, 16);
        const auto mpkr = messageKey(Prf::Mikey1, mpk, KeyUse::ResponderMpk, {noCsbId, mpkLabel}, 16);
        QCOMPARE(hexOf(mpki.view()), hexOf(katOctets("MPKi")));
        QCOMPARE(hexOf(mpkr.view()), hexOf(katOctets("MPKr")));
        const auto forked = forkedKey(Prf::Mikey1, mpkr.view(), KeyUse::ForkedMpk, katModifier());
        QCOMPARE(hexOf(forked.view()), hexOf(katOctets("MPKr_forked")));
        const auto tgk2 = forkedKey(Prf::Mikey1, tgk, KeyUse::ForkedTgk, katModifier());
        QCOMPARE(hexOf(tgk2.view()), hexOf(katOctets("TGK_forked")));
        compareKeys("TRANSFER_INIT_keys(MPKi, 0x01, RANDRi only)", mpki.view(), katCsbId(),
                    ticketLabel(TicketTag::InitialMessage, TicketRands{i, {}}));
        compareKeys("TRANSFER_RESP_keys(MPKr forked, 0x02, RANDRi,RANDRr)", forked.view(), katCsbId(),
                    ticketLabel(TicketTag::ResponseMessage, TicketRands{i, r}));
        compareKeys("TPK_keys", katOctets("TPK"), noCsbId, ticketLabel(TicketTag::Ticket, ticketRand));
        const auto vr = messageKey(Prf::Mikey1, mpkr.view(), KeyUse::MessageAuth, {noCsbId, Bytes{4}}, 20);
        QCOMPARE(hexOf(vr.view()), hexOf(katOctets("Vr_auth_key(MPKr,0x04)")));
        const auto session = [&](ByteView key, const TicketRands &rands) {
            const auto label = ticketLabel(TicketTag::Session, rands);
            return hexOf(sessionKey(Prf::Mikey1, key, KeyUse::Tek, 1, {noCsbId, label}, 16).view());
        };
        QCOMPARE(session(tgk2.view(), {i, r}), hexOf(katOctets("TEK_cs1_from_forked_TGK(H=1,G=1)")));
        QCOMPARE(session(tgk, {i, {}}), hexOf(katOctets("TEK_cs1_from_TGK(H=1,G=0)")));
    }

    // K6043-076, -117: TEKs and GTGKs stay as they are
    void onlyTgksAreForked()
    {
        std::vector<TransportedKey> keys(3);
        keys[0].type = KeyDataType::TekSalt;
        keys[1].type = KeyDataType::Gtgk;
        keys[2].type = KeyDataType::TgkSalt;
        for (auto &key : keys)
            key.key = Secret(katOctets("TGK"));
        const auto forked = forkedKeys(Prf::Mikey1, keys, katModifier());
        QCOMPARE(hexOf(forked[0].key.view()), hexOf(katOctets("TGK")));
        QCOMPARE(hexOf(forked[1].key.view()), hexOf(katOctets("TGK")));
        QCOMPARE(hexOf(forked[2].key.view()), hexOf(katOctets("TGK_forked")));
    }

    // K6043-018, -019, -028, -043, -065, -069, -073, -150: mode 1 with key forking
    void call()
    {
        TicketWorld world;
        const auto initiator = world.call();
        QCOMPARE(world.kms.asked, 1);
        const auto both = agreed(world, *initiator);
        QVERIFY(both);
        QCOMPARE(world.kms.asked, 2);
        QCOMPARE(both->alice.tgks.size(), std::size_t{1});
        QCOMPARE(QString::fromStdString(both->bob.initiator), QString::fromUtf8(aliceId.data(), aliceId.size()));
        QCOMPARE(both->alice.responder, std::string(bobId));
        QCOMPARE(both->alice.sessions.size(), std::size_t{2});
        QVERIFY(both->alice.sessions[0].mki.size() == 4 && both->alice.sessions[1].ssrc != 0);
    }

    // K6043-116, -144, -145: the 256-bit algorithms, all three, for a suite of that strength
    void strong()
    {
        TicketWorld world;
        auto offer = world.offer();
        offer.suites = {srtpSuite("AEAD_AES_256_GCM")};
        auto made = world.initiate(offer);
        QVERIFY(made);
        const auto message = *decode((*made)->message());
        QCOMPARE(message.header.prf, Prf::HmacSha256);
        QCOMPARE(message.find<Verification>()->algorithm, MacAlgorithm::HmacSha256_256);
        QCOMPARE(decode(world.kms.answer)->find<Kemac>()->encryption, Encryption::AesCm256);
        const auto both = agreed(world, **made);
        QVERIFY(both);
        QCOMPARE(both->alice.tgks.front().size(), std::size_t{32});
        QCOMPARE(both->alice.sessions[0].tek.size(), std::size_t{32});
    }

    // K6043-004, -005, -007, -009 to -013, -021 to -024, -026, -027, -030, -061, -062, -063, -067, -068, -071
    void questions()
    {
        TicketWorld world;
        const auto initiator = world.call();
        auto question = *decode(world.kms.question);
        QCOMPARE(payloadNames(question), "T RANDR IDR IDR TP V");
        QCOMPARE(question.header.dataType, DataType::RequestInitPsk);
        QVERIFY(question.header.v && question.header.csCount == 0);
        QCOMPARE(question.header.mapType, CsIdMapType::Empty);
        auto answer = *decode(world.kms.answer);
        QCOMPARE(payloadNames(answer), "T IDR TICKET KEMAC V");
        QCOMPARE(answer.header.csbId, question.header.csbId);
        QVERIFY(!answer.header.v);
        QCOMPARE(answer.find<Kemac>()->macAlgorithm, MacAlgorithm::Null);
        QVERIFY(NtpTime::fromOctets(answer.find<Timestamp>()->value)
                    ->isAfter(*NtpTime::fromOctets(question.find<Timestamp>()->value)));
        const auto rules = readRules(answer.find<Ticket>()->terms);
        QVERIFY(rules);
        QCOMPARE(rules->rules.initiator, std::string(aliceId));
        QVERIFY(!rules->wished && !rules->rules.flags.k); // K6043-124, -130
        QVERIFY(agreed(world, *initiator));
        question = *decode(world.kms.question);
        QCOMPARE(payloadNames(question), "T RANDR IDR IDR TICKET V");
        QVERIFY(question.find<RandWithRole>(RandRole::Responder));
        answer = *decode(world.kms.answer);
        QCOMPARE(payloadNames(answer), "T IDR KEMAC IDR RANDR V");
        QVERIFY(answer.find<RandWithRole>(RandRole::Kms));
    }

    // K6043-034 to -040, -044 to -056, -107, -109, -113, -133, -134
    void transfer()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const auto init = *decode(initiator->message());
        QCOMPARE(payloadNames(init), "T RANDR IDR IDR SP TICKET V");
        QVERIFY(init.header.v && init.find<Ticket>()->terms.f);
        QCOMPARE(init.header.mapType, CsIdMapType::GenericId);
        QVERIFY(hasOwnInitiatorData(init));
        const auto both = agreed(world, *initiator);
        QVERIFY(both);
        const auto resp = *decode(both->answer);
        QCOMPARE(payloadNames(resp), "T RANDR IDR RANDR V");
        QVERIFY(!resp.header.v && resp.header.csbId == init.header.csbId);
        QVERIFY(resp.header.version == init.header.version && resp.header.prf == init.header.prf);
        for (const auto &entry : resp.header.genericMap)
            QVERIFY(entry.policies.size() == 1 && entry.sessionData.size() == 4 && entry.spi.size() == 4);
        const auto told = *decode(world.kms.answer);
        QCOMPARE(hexOf(resp.find<RandWithRole>(RandRole::Kms)->rand),
                 hexOf(told.find<RandWithRole>(RandRole::Kms)->rand));
        QVERIFY(!sameOctets(resp.find<Timestamp>()->value, init.find<Timestamp>()->value));
    }

    // K6043-001, -058, -167, kms-reference 1.5: the other modes
    void modes_data()
    {
        QTest::addColumn<int>("mode");
        QTest::addColumn<int>("questions");
        QTest::newRow("2: the Responder resolves") << 2 << 1;
        QTest::newRow("3: the Initiator makes the ticket") << 3 << 1;
        QTest::newRow("4: no service") << 4 << 0;
    }
    void modes()
    {
        QFETCH(const int, mode);
        QFETCH(const int, questions);
        TicketWorld world;
        const auto tpk = octets("a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf");
        world.alice.endpoint.ticket.mode = mode;
        if (mode != 2)
            world.alice.endpoint.ticket.tpk = Secret(tpk);
        if (mode != 3)
            world.bob.endpoint.ticket.tpk = Secret(tpk);
        world.kms.tpks[std::string(mode == 2 ? bobId : aliceId)] = Secret(tpk);
        const auto initiator = world.call();
        QCOMPARE(modeOf(decode(initiator->message())->find<Ticket>()->terms), mode);
        QVERIFY(agreed(world, *initiator));
        QCOMPARE(world.kms.asked, questions);
    }

    // K6043-166, D-11, D-15: F = 0, nothing answers; and so no forking (K6043-123)
    void withoutAnswer()
    {
        TicketWorld world;
        auto offer = world.offer();
        offer.v = false;
        auto made = world.initiate(offer);
        QVERIFY(made && !(*made)->answerDue());
        const auto message = *decode((*made)->message());
        QVERIFY(!message.header.v && !message.find<Ticket>()->terms.f && !message.find<Ticket>()->terms.i);
        QVERIFY(agreed(world, **made));
    }

    // K6043-085 to -092, D-09: updates from either side, with new keys and without
    void updates_data()
    {
        QTest::addColumn<bool>("byAlice");
        QTest::addColumn<int>("keys");
        QTest::addColumn<bool>("answered");
        for (const bool byAlice : {true, false}) {
            const auto row = [byAlice](const char *name) -> QTestData & {
                return QTest::addRow("%s by %s", name, byAlice ? "the Initiator" : "the Responder");
            };
            row("new TGK") << byAlice << static_cast<int>(Renewal::Keys::NewTgk) << true;
            row("new TGK without an answer") << byAlice << static_cast<int>(Renewal::Keys::NewTgk) << false;
            row("new TEK") << byAlice << static_cast<int>(Renewal::Keys::NewTek) << true;
            row("same") << byAlice << static_cast<int>(Renewal::Keys::Same) << true;
        }
    }
    void updates()
    {
        QFETCH(const bool, byAlice);
        QFETCH(const int, keys);
        QFETCH(const bool, answered);
        TicketWorld world;
        const auto first = agreed(world, *world.call());
        QVERIFY(first);
        Side &from = byAlice ? world.alice : world.bob, &with = byAlice ? world.bob : world.alice;
        const auto &fromsCsb = *(byAlice ? first->alice : first->bob).csb;
        const auto &withsCsb = *(byAlice ? first->bob : first->alice).csb;
        Renewal renewal;
        renewal.keys = static_cast<Renewal::Keys>(keys);
        renewal.v = answered;
        const auto now = noon().plusSeconds(20);
        auto made = update(from.context(), *Csb::load(fromsCsb.save().view()), renewal, now);
        QVERIFY2(made, made ? "" : made.error().reason.c_str());
        const auto message = *decode((*made)->message());
        QVERIFY(!message.find<RandWithRole>(RandRole::Initiator) && !message.find<Ticket>()); // K6043-088
        QCOMPARE(message.header.csbId, fromsCsb.csbId);
        Arrival arrival;
        arrival.bundles = {&withsCsb};
        const auto step = with.respond((*made)->message(), now, arrival);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.send.has_value(), answered);
        QCOMPARE((*made)->answerDue(), answered);
        auto resumed = resume(from.context(), DataType::TransferInit, (*made)->save().view());
        QVERIFY(resumed);
        std::optional<Agreement> ours;
        if (answered)
            ours = (*resumed)->receive(*step.send, now).agreement;
        else if (auto own = (*resumed)->provisional())
            ours = std::move(*own);
        QVERIFY(ours);
        QVERIFY(sameKeys(*ours, *step.agreement));
        const bool newTgk = renewal.keys == Renewal::Keys::NewTgk;
        QCOMPARE(hexOf(ours->tgks[0].view()) != hexOf(first->alice.tgks[0].view()), newTgk);
        QVERIFY(ours->renewal);
        if (newTgk) // K6043-092: it is not forked
            QVERIFY(hexOf(ours->csb->keys[0].mki) != hexOf(fromsCsb.keys[0].mki));
    }

    // K6043-093, -094, -095, -172: a ticket that may serve again is asked for once, and resolved once
    void reuse()
    {
        TicketWorld world;
        world.alice.endpoint.ticket.reuse = true;
        const auto first = agreed(world, *world.call());
        QVERIFY(first);
        QCOMPARE(world.kms.asked, 2);
        const auto again = agreed(world, *world.call(noon().plusSeconds(60)), noon().plusSeconds(60));
        QVERIFY(again);
        QCOMPARE(world.kms.asked, 2);
        QVERIFY(again->alice.csbId != first->alice.csbId);
        const auto modifier = [](const Agreed &both) {
            return hexOf(decode(both.answer)->find<RandWithRole>(RandRole::Kms)->rand);
        };
        QCOMPARE(modifier(*again), modifier(*first));
        QVERIFY(hexOf(again->alice.sessions[0].tek.view()) != hexOf(first->alice.sessions[0].tek.view()));
        const auto late = noon().plusSeconds(2 * 3600); // after its end
        QVERIFY(agreed(world, *world.call(late), late));
        QCOMPARE(world.kms.asked, 4);
    }

    void noReuseUnlessWished()
    {
        TicketWorld world;
        QVERIFY(agreed(world, *world.call()));
        QVERIFY(agreed(world, *world.call(noon().plusSeconds(1)), noon().plusSeconds(1)));
        QCOMPARE(world.kms.asked, 4);
    }

    // K6043-132, -151, kms-reference 6.1: a group; each member resolves, and has the key (a GTGK is not forked)
    void group()
    {
        TicketWorld world;
        Side carol;
        carol.endpoint.identity = carolId;
        world.kms.enrol(carol);
        const std::string team = "sip:team@example.org";
        bool carolIsIn = true;
        world.kms.domain.isMember = [&](const std::string &group, const std::string &member) {
            return group == team && (member == bobId || (member == carolId && carolIsIn));
        };
        Offer offer;
        offer.peer = team;
        offer.groupKey = true;
        auto made = world.initiate(offer);
        QVERIFY2(made, made ? "" : made.error().reason.c_str());
        const auto bob = world.respond(world.bob, (*made)->message());
        QVERIFY2(bob.agreement, bob.error ? bob.error->reason.c_str() : "");
        QCOMPARE(bob.agreement->responder, std::string(bobId));
        const auto taken = (*made)->receive(*bob.send, noon());
        QVERIFY2(taken.agreement, taken.error ? taken.error->reason.c_str() : "");
        QCOMPARE(taken.agreement->responder, std::string(bobId));
        QVERIFY(sameKeys(*taken.agreement, *bob.agreement));
        const auto second = world.respond(carol, (*made)->message());
        QVERIFY(second.agreement);
        QCOMPARE(hexOf(second.agreement->tgks[0].view()), hexOf(bob.agreement->tgks[0].view()));
        carolIsIn = false; // between issue and resolution
        QVERIFY(!world.respond(carol, (*world.initiate(offer, noon().plusSeconds(9)))->message(), noon().plusSeconds(9))
                     .agreement);
    }

    // RFC 6043 4.2.3.5: the service may name the group that the ticket names, or without forking nobody
    void groupAsTheServiceNamesIt_data()
    {
        QTest::addColumn<bool>("forked");
        QTest::addColumn<QString>("named");
        QTest::addColumn<bool>("taken");
        QTest::newRow("the group") << true << "sip:team@example.org" << true;
        QTest::newRow("the group, keys not forked") << false << "sip:team@example.org" << true;
        QTest::newRow("nobody") << false << "" << true;
        QTest::newRow("a stranger") << false << "sip:mallory@example.org" << false;
    }
    void groupAsTheServiceNamesIt()
    {
        QFETCH(const bool, forked);
        QFETCH(const QString, named);
        QFETCH(const bool, taken);
        TicketWorld world;
        world.kms.domain.isMember = [](const std::string &, const std::string &) { return true; };
        Offer offer;
        offer.peer = "sip:team@example.org";
        offer.v = forked;
        auto made = world.initiate(offer);
        QVERIFY(made);
        auto step = world.bob.respond((*made)->message());
        QVERIFY(step.asking);
        const auto responder = step.asking;
        step = responder->kmsAnswered(resolvedFor(world, *responder->kmsRequest(), named.toStdString()), noon());
        QVERIFY2(step.agreement.has_value() == taken, step.error ? step.error->reason.c_str() : "");
        if (!forked)
            return;
        const auto ours = (*made)->receive(*step.send, noon());
        QVERIFY2(ours.agreement, ours.error ? ours.error->reason.c_str() : "");
        QVERIFY(sameKeys(*ours.agreement, *step.agreement));
        const auto now = noon().plusSeconds(5); // and updates go to who answered under that name
        const auto renewal = update(world.alice.context(), *ours.agreement->csb, Renewal(), now);
        QVERIFY(renewal);
        Arrival arrival;
        arrival.bundles = {step.agreement->csb.get()};
        const auto renewed = world.bob.respond((*renewal)->message(), now, arrival);
        QVERIFY2(renewed.agreement, renewed.error ? renewed.error->reason.c_str() : "");
    }

    // RFC 6043 4.2.3: who lost his key may have the service resolve what it made under it (mode 2)
    void resolvedThoughNotNeeded()
    {
        TicketWorld world;
        world.alice.endpoint.ticket.mode = 2;
        world.kms.tpks[std::string(bobId)] = world.kms.random.secret(32);
        const auto initiator = world.call();
        QCOMPARE(modeOf(decode(initiator->message())->find<Ticket>()->terms), 2);
        const auto step = world.respond(world.bob, initiator->message());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(world.kms.asked, 2);
        QVERIFY(initiator->receive(*step.send, noon()).agreement);
    }

    // K6043-147: under key forking two that answer have different keys, and Alice has those of each
    void forks()
    {
        TicketWorld world;
        Side carol;
        carol.endpoint.identity = carolId;
        world.kms.enrol(carol);
        auto offer = world.offer();
        offer.ticketResponders = {std::string(bobId), std::string(carolId)};
        auto made = world.initiate(offer);
        QVERIFY(made);
        const auto bob = world.respond(world.bob, (*made)->message());
        QVERIFY(bob.agreement);
        const auto taken = (*made)->receive(*bob.send, noon());
        QVERIFY(taken.agreement && sameKeys(*taken.agreement, *bob.agreement));
        Side again;
        again.endpoint.identity = bobId; // another device of his
        again.endpoint.ticket.kms = kmsId;
        again.endpoint.ticket.psk = world.bob.endpoint.ticket.psk.clone();
        const auto other = world.respond(again, (*made)->message());
        QVERIFY(other.agreement);
        QVERIFY(hexOf(other.agreement->tgks[0].view()) != hexOf(bob.agreement->tgks[0].view()));
        const auto second = (*made)->receive(*other.send, noon());
        QVERIFY(second.agreement && sameKeys(*second.agreement, *other.agreement));
    }

    // K6043-014 to -017, -025, -064: with certificates towards the service
    void certificates()
    {
        TicketWorld world;
        giveCertificates(world);
        const auto initiator = world.call();
        QCOMPARE(payloadNames(*decode(world.kms.question)), "T RANDR IDR CERT IDR TP CHASH PKE SIGN");
        QVERIFY(agreed(world, *initiator));
        QCOMPARE(decode(world.kms.question)->header.dataType, DataType::ResolveInitPk);
    }

    // Bob copies the envelope key of Alice's question, and all else that the key stream of her answer comes from, into
    // one of his own.
    void envelopeOfAnother()
    {
        TicketWorld world;
        giveCertificates(world);
        world.call();
        const auto hers = *decode(world.kms.question);
        Offer offer;
        offer.peer = aliceId;
        const auto bobs = std::move(*method("ticket")->initiate(world.bob.context(), offer, noon()));
        const auto asked = bobs->kmsRequest()->message;
        const auto his = *decode(asked);
        std::vector<Payload> payloads;
        for (std::size_t i = 0; i + 1 < his.payloads.size(); ++i) { // SIGN is made anew
            const auto &payload = his.payloads[i].payload;
            const bool copied = std::holds_alternative<Timestamp>(payload) ||
                                std::holds_alternative<RandWithRole>(payload) || std::holds_alternative<Pke>(payload);
            payloads.push_back(copied ? hers.payloads[i].payload : payload);
        }
        Header header = his.header;
        header.csbId = hers.header.csbId;
        const auto forged = encodeSigned(
            header, payloads, *ownCertificate(world.bob.endpoint.x509, true, false),
            world.bob.endpoint.x509.signatureType,
            {true, {his.find<IdWithRole>(IdRole::Initiator)->data, his.find<IdWithRole>(IdRole::Kms)->data}});
        QVERIFY(forged);
        world.kms.ask({std::string(kmsId), *forged});
        QVERIFY(world.kms.refused);
        QCOMPARE(world.kms.refused->reason,
                 std::string("the envelope key of the question came with another one before"));
        world.kms.ask({std::string(kmsId), asked});
        QVERIFY(!world.kms.refused); // his own is well
    }

    // kms-reference 1.7: tickets under an older key are still resolved
    void rotation()
    {
        TicketWorld world;
        const auto initiator = world.call();
        world.kms.domain.tpks.push_back({"tpk-2", world.kms.random.secret(32)});
        QVERIFY(agreed(world, *initiator));
        const auto next = world.call(noon().plusSeconds(5));
        QCOMPARE(tpkIdOf(*decode(next->message())->find<Ticket>()), std::string("tpk-2"));
    }

    // The exchange goes on in another process
    void resumed()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const auto saved = initiator->save();
        auto again = resume(world.alice.context(), DataType::TransferInit, saved.view());
        QVERIFY(again);
        QCOMPARE(hexOf((*again)->message()), hexOf(initiator->message()));
        QVERIFY(agreed(world, **again));
    }
};

QTEST_GUILESS_MAIN(TicketTest)
#include "ticket_test.moc"
