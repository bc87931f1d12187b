// SPDX-License-Identifier: Apache-2.0
#include "certified.h"
#include "ibake_users.h"
#include "methods/certificates.h"
#include "methods/signing.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

/// An R_MESSAGE_1 in somebody's name, with a new half key.
Bytes answerAs(const std::string &name, ByteView iMessage1, Side &maker, const std::optional<EcPointValue> &told)
{
    const auto first = *decode(iMessage1);
    const auto *initiator = first.find<IdWithRole>(IdRole::Initiator);
    const auto key = EcdhKey::make(*ecCurve(p256Curve), maker.random);
    const IbakeContents contents{std::string(textOf(initiator->data)), told, name, EcPointValue::of(key)};
    const auto sealed = sealIbake(maker.context(), std::string(aliceId), Peer::Proven, noon(), contents);
    Header header = first.header;
    header.dataType = DataType::IbakeResponse1;
    for (auto &stream : header.map) {
        if (stream.ssrc == 0)
            stream.ssrc = maker.random.number32();
    }
    return *encode(header, std::vector<Payload>{*first.find<Timestamp>(), *initiator,
                                                ibakeIdentity(IdRole::Responder, name), Ibake{*sealed}});
}

} // namespace

class IbakeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6267-052, -049: the keys of the computed vector
    void derivations()
    {
        const auto all = vectors("mikey-computed-kat.json");
        const auto kat = all[QLatin1String("mikey_ibake")].toObject();
        const auto at = [&](const char *name) { return octets(kat[QLatin1String(name)].toString().toStdString()); };
        const auto rand = octets(all[QLatin1String("rand")].toString().toStdString());
        const auto &curve = *ecCurve(p256Curve);
        const auto x = EcdhKey::of(curve, Secret(at("x"))), y = EcdhKey::of(curve, Secret(at("y")));
        QCOMPARE(hexOf(x->agree(y->x(), y->y())->view()), hexOf(at("K_SESSION_sec1_uncompressed")));
        const auto secrets = ibakeSecrets(Prf::Mikey1, *x, EcPointValue::of(*y), rand);
        QCOMPARE(hexOf(secrets->mpk.view()), hexOf(at("MPK_128")));
        QCOMPARE(hexOf(secrets->tgk.view()), hexOf(at("TGK_128")));
        const auto csbId = all[QLatin1String("csb_id")].toString().toUInt(nullptr, 16);
        const auto auth = messageKey(Prf::Mikey1, secrets->mpk.view(), KeyUse::MessageAuth, {csbId, rand}, 20);
        QCOMPARE(hexOf(auth.view()), hexOf(at("R_MESSAGE_2_auth_key_160")));
        const auto tek = sessionKey(Prf::Mikey1, secrets->tgk.view(), KeyUse::Tek, 1, {csbId, rand}, 16);
        QCOMPARE(hexOf(tek.view()), hexOf(at("TEK_cs1_from_TGK")));
    }

    // K6267-022 to -026, -031 to -036, -039 to -042, -044, -046 to -050, -070, D-05, D-06: the four messages
    void exchange()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        auto message = *decode(first);
        QCOMPARE(payloadNames(message), "T RAND IDR IDR IBAKE");
        QVERIFY(message.header.v && initiator->answerDue());
        const auto answer1 = IbakeUsers::respond(two.bob, first);
        QVERIFY2(answer1.send && !answer1.agreement, answer1.error ? answer1.error->reason.c_str() : "");
        const auto r1 = *decode(*answer1.send);
        QCOMPARE(payloadNames(r1), "T IDR IDR IBAKE");
        QVERIFY(r1.header.v && r1.header.csbId == message.header.csbId);
        QVERIFY(sameOctets(r1.find<Timestamp>()->value, message.find<Timestamp>()->value));
        const auto step2 = initiator->receive(*answer1.send, noon());
        QVERIFY2(step2.send && !step2.agreement, step2.error ? step2.error->reason.c_str() : "");
        const auto i2 = *decode(*step2.send);
        QCOMPARE(payloadNames(i2), "T RAND IDR IDR IBAKE");
        QVERIFY(!sameOctets(i2.find<Timestamp>()->value, message.find<Timestamp>()->value));
        QVERIFY(sameOctets(i2.find<Rand>()->rand, message.find<Rand>()->rand));
        const auto answer2 = IbakeUsers::respond(two.bob, *step2.send);
        QVERIFY2(answer2.send && answer2.agreement, answer2.error ? answer2.error->reason.c_str() : "");
        QVERIFY(answer2.agreement->confirmedByMedia); // S-3
        const auto r2 = *decode(*answer2.send);
        QCOMPARE(payloadNames(r2), "T IDR IDR V");
        QVERIFY(!r2.header.v);
        for (const auto *one : std::initializer_list<const Message *>{&message, &r1, &i2, &r2})
            QVERIFY(one->find<IdWithRole>(IdRole::Initiator) && one->find<IdWithRole>(IdRole::Responder));
        const auto done = initiator->receive(*answer2.send, noon());
        QVERIFY2(done.agreement, done.error ? done.error->reason.c_str() : "");
        QVERIFY(sameKeys(*done.agreement, *answer2.agreement));
        QVERIFY(!done.agreement->deposit);
        QCOMPARE(done.agreement->tgks[0].size(), std::size_t{16}); // D-01
        QVERIFY(!two.bob.state.pendingIbake.front().waits());
    }

    // D-01: 256 bits with PRF-HMAC-SHA-256, where the user has set such a suite on both sides (D-05)
    void strong()
    {
        IbakeUsers two;
        two.alice.endpoint.suites = two.bob.endpoint.suites = {srtpSuite("AEAD_AES_256_GCM")};
        const auto initiator = two.offer();
        const auto step2 = initiator->receive(*IbakeUsers::respond(two.bob, initiator->message()).send, noon());
        const auto answer2 = IbakeUsers::respond(two.bob, *step2.send);
        const auto done = initiator->receive(*answer2.send, noon());
        QVERIFY(done.agreement && sameKeys(*done.agreement, *answer2.agreement));
        QCOMPARE(done.agreement->tgks[0].size(), std::size_t{32});
        QCOMPARE(done.agreement->sessions[0].suite, srtpSuite("AEAD_AES_256_GCM"));
    }

    // K6267-029, -037, -038, -043, -045, -048, -067, D-08: a mailbox answers for Bob, who gets his key later
    void deposit()
    {
        IbakeUsers two;
        Side mailbox = enrolled("sip:mailbox@example.org");
        const auto initiator = two.offer();
        const auto answer1 = IbakeUsers::respond(mailbox, initiator->message());
        QVERIFY2(answer1.send, answer1.error ? answer1.error->reason.c_str() : "");
        const auto step2 = initiator->receive(*answer1.send, noon());
        QVERIFY2(step2.send, step2.error ? step2.error->reason.c_str() : "");
        const auto i2 = *decode(*step2.send);
        QCOMPARE(payloadNames(i2), "T RAND IDR IDR IBAKE ESK");
        const auto answer2 = IbakeUsers::respond(mailbox, *step2.send);
        QVERIFY2(answer2.agreement, answer2.error ? answer2.error->reason.c_str() : "");
        QCOMPARE(payloadNames(*decode(*answer2.send)), "T IDR IDR IBAKE V");
        QCOMPARE(answer2.agreement->toBeKept, *step2.send); // 4.2.2.6: the mailbox keeps it
        const auto done = initiator->receive(*answer2.send, noon());
        QVERIFY2(done.agreement && done.agreement->deposit, done.error ? done.error->reason.c_str() : "");
        QVERIFY(sameKeys(*done.agreement, *answer2.agreement));
        QCOMPARE(done.agreement->responder, std::string("sip:mailbox@example.org"));
        const auto later = ibake::openDeposit(two.bob.context(), *step2.send);
        QVERIFY2(later, later ? "" : later.error().reason.c_str());
        QVERIFY(sameKeys(*later, *done.agreement->deposit));
        QVERIFY(!later->authenticated && !later->weaknesses.empty()); // S-1
        QVERIFY(!ibake::openDeposit(mailbox.context(), *step2.send)); // which cannot read it
        QVERIFY(hexOf(later->tgks[0].view()) != hexOf(answer2.agreement->tgks[0].view()));
    }

    // K6267-067: two answer, their messages cross, and Alice goes on in another process in between
    void forked()
    {
        IbakeUsers two;
        Side carol = enrolled("sip:carol@example.org"); // to whom the call was turned as well
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        const auto fromBob = IbakeUsers::respond(two.bob, first), fromCarol = IbakeUsers::respond(carol, first);
        const auto toBob = initiator->receive(*fromBob.send, noon());
        const auto toCarol = initiator->receive(*fromCarol.send, noon());
        QVERIFY2(toCarol.send, toCarol.error ? toCarol.error->reason.c_str() : "");
        QCOMPARE(*initiator->receive(*fromBob.send, noon()).send, *toBob.send); // S-8
        const auto later = ibake::resume(two.alice.context(), initiator->save().view());
        QVERIFY(later);
        const auto carols = IbakeUsers::respond(carol, *toCarol.send), bobs = IbakeUsers::respond(two.bob, *toBob.send);
        const auto withBob = (*later)->receive(*bobs.send, noon());
        QVERIFY(withBob.agreement && sameKeys(*withBob.agreement, *bobs.agreement));
        QVERIFY(!withBob.agreement->deposit);
        const auto withCarol = (*later)->receive(*carols.send, noon());
        QVERIFY(withCarol.agreement && sameKeys(*withCarol.agreement, *carols.agreement));
        QCOMPARE(withCarol.agreement->responder, std::string("sip:carol@example.org"));
        QVERIFY(withCarol.agreement->deposit);
        QVERIFY(hexOf(withCarol.agreement->tgks[0].view()) != hexOf(withBob.agreement->tgks[0].view()));
    }

    // What Alice tells one who could not read her first message serves nobody to pass as the one who could: Eve answers
    // in her own name, learns a half key of Alice, and answers the same message as Bob.
    void answererPassesAsTheCalled()
    {
        IbakeUsers two;
        Side eve = enrolled("sip:eve@example.org");
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        const auto toEve = initiator->receive(*IbakeUsers::respond(eve, first).send, noon());
        QVERIFY(toEve.send);
        const auto told = openIbake(eve.endpoint, noon(), decode(*toEve.send)->find<Ibake>()->encrData);
        QVERIFY(told && told->initiatorPoint);
        const auto asBob = initiator->receive(answerAs(std::string(bobId), first, eve, told->initiatorPoint), noon());
        QVERIFY(asBob.error && !asBob.send);
        QCOMPARE(asBob.error->number, std::optional(ErrorNumber::AuthFailure));
        // and Bob is still reached
        const auto toBob = initiator->receive(*IbakeUsers::respond(two.bob, first).send, noon());
        const auto withBob = initiator->receive(*IbakeUsers::respond(two.bob, *toBob.send).send, noon());
        QVERIFY(withBob.agreement);
        QCOMPARE(withBob.agreement->responder, std::string(bobId));
    }

    // The one who was called could read the first message, but passes as nobody else with that: Bob answers as Carol.
    void calledPassesAsAnother()
    {
        IbakeUsers two;
        Side carol = enrolled("sip:carol@example.org");
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        const auto read = openIbake(two.bob.endpoint, noon(), decode(first)->find<Ibake>()->encrData);
        QVERIFY(read && read->initiatorPoint);
        // with Alice's half key in it: only Bob can have that
        QVERIFY(
            initiator->receive(answerAs("sip:carol@example.org", first, two.bob, read->initiatorPoint), noon()).error);
        // without: Alice encrypts another one to Carol, so that of the first message makes no keys
        const auto toCarol = initiator->receive(answerAs("sip:carol@example.org", first, two.bob, {}), noon());
        QVERIFY(toCarol.send);
        QVERIFY(IbakeUsers::respond(two.bob, *toCarol.send).error);
        const auto contents = openIbake(carol.endpoint, noon(), decode(*toCarol.send)->find<Ibake>()->encrData);
        QVERIFY(contents && contents->initiatorPoint && !contents->initiatorPoint->isSame(*read->initiatorPoint));
    }

    // S-8: the same I_MESSAGE_1 gets the same answer, before and after its I_MESSAGE_2, and does not disturb it
    void repeatedFirst()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        const auto answer1 = IbakeUsers::respond(two.bob, first);
        QCOMPARE(*IbakeUsers::respond(two.bob, first).send, *answer1.send);
        const auto step2 = initiator->receive(*answer1.send, noon());
        QVERIFY(IbakeUsers::respond(two.bob, *step2.send).agreement);
        QCOMPARE(*IbakeUsers::respond(two.bob, first).send, *answer1.send);
        QVERIFY(IbakeUsers::respond(two.bob, *step2.send).error);
        QCOMPARE(two.bob.state.pendingIbake.size(), std::size_t{1});
    }

    // First messages that strangers send in Alice's name, also ones that copy her header, do not cost her the call
    void strangers()
    {
        IbakeUsers two;
        Side eve = enrolled("sip:eve@example.org");
        eve.endpoint.identity = aliceId; // she says
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        const auto answer1 = IbakeUsers::respond(two.bob, first);
        Bytes junk = first;
        for (std::uint8_t i = 0; i < 20; ++i) { // cannot be read
            junk.back() = static_cast<std::uint8_t>(first.back() + 1 + i);
            (void)IbakeUsers::respond(two.bob, junk);
        }
        Offer offer;
        offer.peer = bobId;
        for (int i = 0; i < 20; ++i) // can be read, as the parameters that they are encrypted with are public
            (void)IbakeUsers::respond(two.bob, (*ibake::initiate(eve.context(), offer, noon()))->message());
        QVERIFY(two.bob.state.pendingIbake.size() <= 8);
        const auto step2 = initiator->receive(*answer1.send, noon());
        const auto answer2 = IbakeUsers::respond(two.bob, *step2.send);
        QVERIFY2(answer2.agreement, answer2.error ? answer2.error->reason.c_str() : "");
        QVERIFY(initiator->receive(*answer2.send, noon()).agreement);
        // What is done with gives way, and after a while what nobody has gone on with.
        QVERIFY(IbakeUsers::respond(two.bob, (*ibake::initiate(eve.context(), offer, noon()))->message()).send);
        const auto full = (*ibake::initiate(eve.context(), offer, noon()))->message();
        QVERIFY(!IbakeUsers::respond(two.bob, full).send);
        QVERIFY(respond(two.bob.context(), full, {}, noon().plusSeconds(33)).send);
    }

    // An offer of our own that somebody sends back to us
    void reflected()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const auto back = IbakeUsers::respond(two.alice, initiator->message());
        QVERIFY(back.error && !back.send);
    }

    // A V payload of the other algorithm is one too: RFC 6267 binds it to no PRF
    void otherMac()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const auto answer1 = IbakeUsers::respond(two.bob, initiator->message());
        const auto step2 = initiator->receive(*answer1.send, noon());
        const auto &pending = two.bob.state.pendingIbake.front();
        const auto key = *EcdhKey::of(*ecCurve(pending.curve), pending.scalar);
        const auto secrets =
            *ibakeSecrets(Prf::Mikey1, key, {pending.curve, pending.theirX, pending.theirY}, pending.rand);
        const auto answer2 = *IbakeUsers::respond(two.bob, *step2.send).send;
        const auto message = *decode(answer2);
        std::vector<Payload> payloads;
        for (const auto &placed : message.payloads)
            payloads.push_back(placed.payload);
        payloads.back() = Verification{MacAlgorithm::HmacSha256_256, {}};
        auto other = *encode(message.header, payloads);
        append(other, ibakeMac(Prf::Mikey1, MacAlgorithm::HmacSha256_256, secrets.mpk.view(),
                               labelOf(*decode(*step2.send)), other, aliceId, bobId));
        QVERIFY(initiator->receive(other, noon()).agreement);
    }

    // Whom strangers name is not kept in the place of those whom we speak to
    void recipients()
    {
        IbakeUsers two;
        for (int i = 0; i < 40; ++i) {
            const auto id = "sip:nobody" + std::to_string(i) + "@example.org";
            encryptTo(two.bob.context(), id, Peer::Claimed, noon(), octets("00"));
        }
        QCOMPARE(two.bob.state.ibakeRecipients.size(), std::size_t{32});
        encryptTo(two.bob.context(), std::string(aliceId), Peer::Proven, noon(), octets("00"));
        QCOMPARE(two.bob.state.ibakeRecipients.size(), std::size_t{32});
        QCOMPARE(two.bob.state.ibakeRecipients.back().id, ibakeId(aliceId, "2026-11-01"));
    }

    // An I_MESSAGE_2 that comes too late finds nothing
    void tooLate()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const auto answer1 = IbakeUsers::respond(two.bob, initiator->message());
        const auto late = noon().plusSeconds(601);
        const auto step2 = initiator->receive(*answer1.send, late);
        QVERIFY(step2.send);
        QVERIFY(IbakeUsers::respond(two.bob, *step2.send, late).error);
        QVERIFY(two.bob.state.pendingIbake.empty());
    }

    // K6267-065 to -067: the curves; who cannot read the first message takes his own
    void curves_data()
    {
        QTest::addColumn<int>("number");
        QTest::newRow("P-256") << 8;
        QTest::newRow("P-384") << 11;
        QTest::newRow("P-521") << 14;
    }
    void curves()
    {
        QFETCH(int, number);
        IbakeUsers two;
        Side carol = enrolled("sip:carol@example.org");
        const auto initiator = two.offer(noon(), static_cast<std::uint8_t>(number));
        const Bytes first = initiator->message();
        for (auto *side : {&carol, &two.bob}) {
            const auto step2 = initiator->receive(*IbakeUsers::respond(*side, first).send, noon());
            QVERIFY2(step2.send, step2.error ? step2.error->reason.c_str() : "");
            const auto answer2 = IbakeUsers::respond(*side, *step2.send);
            const auto done = initiator->receive(*answer2.send, noon());
            QVERIFY2(done.agreement, done.error ? done.error->reason.c_str() : "");
            QVERIFY(sameKeys(*done.agreement, *answer2.agreement));
        }
        Offer weak;
        weak.peer = bobId;
        weak.curve = 1; // P-192
        QVERIFY(!ibake::initiate(two.alice.context(), weak, noon()));
    }

    // D-02: users of two services, each with the other's parameters
    void domains()
    {
        IbakeUsers two;
        IbakeService other;
        other.domain.kms = "kms.example.net";
        Side dora;
        dora.endpoint.identity = "sip:dora@example.net";
        other.enrol(dora);

        dora.endpoint.ibake.partners = {{std::string(serviceId), {}, ibakeService().parameters}};
        two.alice.endpoint.ibake.partners = {{"kms.example.net", {}, other.parameters}};
        Offer offer;
        offer.peer = dora.endpoint.identity;
        const auto made = ibake::initiate(two.alice.context(), offer, noon());
        const auto &initiator = *made;
        const auto step2 = initiator->receive(*IbakeUsers::respond(dora, initiator->message()).send, noon());
        QVERIFY2(step2.send, step2.error ? step2.error->reason.c_str() : "");
        const auto answer2 = IbakeUsers::respond(dora, *step2.send);
        const auto done = initiator->receive(*answer2.send, noon());
        QVERIFY(done.agreement && sameKeys(*done.agreement, *answer2.agreement));
        // A partner does not speak for users of our own service.
        two.alice.endpoint.ibake.partners.front().hosts = {"example.org"};
        QCOMPARE(two.alice.endpoint.ibake.parametersOf(bobId, aliceId), ibakeService().parameters);
        // Also where the name of our service does not show whom it serves, or the partner's says that it is ours.
        two.alice.endpoint.ibake.kms = "kms.operator.example";
        QCOMPARE(two.alice.endpoint.ibake.parametersOf(bobId, aliceId), ibakeService().parameters);
        two.alice.endpoint.ibake.partners.front() = {"kms.example.org", {}, other.parameters};
        QCOMPARE(two.alice.endpoint.ibake.parametersOf(bobId, aliceId), ibakeService().parameters);
    }

    // The key period ends between the two round trips
    void monthEnds()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const auto answer1 = IbakeUsers::respond(two.bob, initiator->message());
        const auto nextMonth = noon().plusSeconds(20 * 24 * 3600);
        const auto step2 = initiator->receive(*answer1.send, nextMonth);
        QVERIFY(step2.error && !step2.send);
        QVERIFY(step2.error->reason.find(serviceId) != std::string::npos);
    }

    // An IBAKE payload holds IDRi, then IDRr, once each, and a point only behind its identity
    void contents_data()
    {
        QTest::addColumn<QString>("order"); // i, r: identities; I, R: with a point behind
        QTest::addColumn<bool>("taken");
        QTest::newRow("as RFC 6267 4.2.2.1 has it") << "Ir" << true;
        QTest::newRow("both points") << "IR" << true;
        QTest::newRow("of R_MESSAGE_2") << "I" << true;
        QTest::newRow("IDRr first") << "rI" << false;
        QTest::newRow("IDRi twice") << "iI" << false;
        QTest::newRow("IDRr twice") << "IrR" << false;
        QTest::newRow("two points") << "I+r" << false;
        QTest::newRow("a point first") << "+ir" << false;
        QTest::newRow("nothing of the initiator") << "R" << false;
    }
    void contents()
    {
        QFETCH(QString, order);
        QFETCH(bool, taken);
        IbakeUsers two;
        const auto key = EcdhKey::make(*ecCurve(p256Curve), two.alice.random);
        EcPoint point;
        point.curve = p256Curve;
        point.x = key.x();
        point.y = key.y();
        std::vector<Payload> payloads;
        for (const auto c : order) {
            if (c.toLower() == QLatin1Char('i'))
                payloads.emplace_back(ibakeIdentity(IdRole::Initiator, aliceId));
            if (c.toLower() == QLatin1Char('r'))
                payloads.emplace_back(ibakeIdentity(IdRole::Responder, bobId));
            if (!c.isLower())
                payloads.emplace_back(point);
        }
        const auto plain = encodeSubPayloads(payloads);
        const auto block = encryptTo(two.alice.context(), std::string(bobId), Peer::Proven, noon(), plain->view());
        QCOMPARE(openIbake(two.bob.endpoint, noon(), block).has_value(), taken);
    }

    // Both sides go on in another process
    void resumed()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const auto answer1 = IbakeUsers::respond(two.bob, initiator->message());
        auto again = ibake::resume(two.alice.context(), initiator->save().view());
        QVERIFY(again);
        const auto step2 = (*again)->receive(*answer1.send, noon());
        QVERIFY(step2.send);
        const auto answer2 = IbakeUsers::respond(two.bob, *step2.send);
        auto third = ibake::resume(two.alice.context(), (*again)->save().view());
        QVERIFY(third);
        QCOMPARE((*third)->message(), *step2.send);
        const auto done = (*third)->receive(*answer2.send, noon());
        QVERIFY(done.agreement && sameKeys(*done.agreement, *answer2.agreement));
    }

    // K6267-030, -036, -044, -050, -071: every octet of each message
    void flippedOctets()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        const auto step = [](std::size_t size) { return std::max<std::size_t>(1, size / 60); }; // each costs a pairing
        for (std::size_t at = 0; at < first.size(); at += step(first.size())) {
            // A changed I_MESSAGE_1 may be answered, as one that cannot be read: then Alice does not go on with it.
            const auto answer = IbakeUsers::respond(two.bob, flipped(first, at));
            QVERIFY(!answer.agreement);
            if (answer.send) {
                const auto taken = initiator->receive(*answer.send, noon());
                QVERIFY(!taken.agreement);
            }
        }
        IbakeUsers fresh;
        const auto clean = fresh.offer();
        const auto answer1 = IbakeUsers::respond(fresh.bob, clean->message());
        for (std::size_t at = 0; at < answer1.send->size(); at += step(answer1.send->size())) {
            // What was filled into the map is not protected there; Bob compares it with what he sent (D-06).
            const auto taken = clean->receive(flipped(*answer1.send, at), noon());
            QVERIFY2(!taken.agreement, qPrintable(QString::number(at)));
            QVERIFY2(!taken.send || IbakeUsers::respond(fresh.bob, *taken.send).error, qPrintable(QString::number(at)));
        }
        const auto step2 = clean->receive(*answer1.send, noon());
        for (std::size_t at = 0; at < step2.send->size(); at += step(step2.send->size())) {
            if (at == 3) // V is ignored
                continue;
            const auto answer = IbakeUsers::respond(fresh.bob, flipped(*step2.send, at));
            QVERIFY2(!answer.send && !answer.agreement, qPrintable(QString::number(at)));
        }
        const auto answer2 = IbakeUsers::respond(fresh.bob, *step2.send);
        QVERIFY(answer2.send);
        for (std::size_t at = 0; at < answer2.send->size(); ++at)
            QVERIFY2(!clean->receive(flipped(*answer2.send, at), noon()).agreement, qPrintable(QString::number(at)));
        QVERIFY(clean->receive(*answer2.send, noon()).agreement);
    }

    // RFC 3830 5.4, K6267-027: an I_MESSAGE_2 once; times
    void replayed()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const auto answer1 = IbakeUsers::respond(two.bob, initiator->message());
        const auto step2 = initiator->receive(*answer1.send, noon());
        QVERIFY(IbakeUsers::respond(two.bob, *step2.send).agreement);
        QVERIFY(IbakeUsers::respond(two.bob, *step2.send).error);
        QVERIFY(IbakeUsers::respond(two.bob, initiator->message(), noon().plusSeconds(1000)).error);
        IbakeUsers fresh;
        QVERIFY(IbakeUsers::respond(fresh.bob, *step2.send).error); // without the first
    }

    // S-2: a message without RAND updates nothing; SP has no place (D-05)
    void updates()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const auto message = *decode(initiator->message());
        std::vector<Payload> payloads;
        for (const auto &placed : message.payloads) {
            if (!std::holds_alternative<Rand>(placed.payload))
                payloads.push_back(placed.payload);
        }
        const auto step = IbakeUsers::respond(two.bob, *encode(message.header, payloads));
        QVERIFY(step.error && !step.send);
        const SuitePayload policy(defaultSrtpSuite(), 0);
        payloads.clear();
        for (const auto &placed : message.payloads)
            payloads.push_back(placed.payload);
        payloads.insert(payloads.end() - 1, policy.payload());
        QVERIFY(!decode(*encode(message.header, payloads)));
    }

    // Somebody in the middle, who has keys of his own, but not Bob's
    void impostor()
    {
        IbakeUsers two;
        Side eve;
        eve.endpoint.identity = bobId; // she says
        eve.endpoint.ibake.parameters = ibakeService().parameters;
        eve.endpoint.ibake.kms = serviceId;
        Side carol;
        carol.endpoint.identity = "sip:eve@example.org";
        ibakeService().enrol(carol);
        const auto initiator = two.offer();
        const auto answer1 = IbakeUsers::respond(eve, initiator->message()); // cannot read it, and says she is Bob
        QVERIFY(answer1.send);
        const auto step2 = initiator->receive(*answer1.send, noon());
        // Alice goes on, but encrypts to Bob: Eve can do nothing with that.
        if (step2.send)
            QVERIFY(!IbakeUsers::respond(eve, *step2.send).agreement);
    }

    // K6267-001 to -021, -061, D-04: keys by REQUEST_KEY_PSK
    void keyRequest()
    {
        Side bob;
        bob.endpoint.identity = bobId;
        ibakeService().enrol(bob);
        const auto request = std::move(*IbakeKeyRequest::make(bob.context(), noon()));
        const auto asked = request.request().message;
        const auto question = *decode(asked);
        QCOMPARE(payloadNames(question), "T RAND IDR IDR V");
        QVERIFY(question.header.v && question.header.csCount == 0 && question.header.mapType == CsIdMapType::Empty);
        for (std::size_t at = 0; at < request.request().message.size(); ++at) {
            kms::Memory state;
            const auto answer = kms::answerKeyRequest(
                ibakeService().domain, state, flipped(request.request().message, at), noon(), ibakeService().random);
            QVERIFY2(answer.error && answer.about.empty(), qPrintable(QString::number(at)));
        }
        kms::Memory state;
        const auto answer = kms::answerKeyRequest(ibakeService().domain, state, request.request().message, noon(),
                                                  ibakeService().random);
        QVERIFY(answer.message && !answer.error);
        const auto message = *decode(*answer.message);
        QCOMPARE(payloadNames(message), "T IDR IDR KEMAC V");
        QVERIFY(sameOctets(message.find<Timestamp>()->value, question.find<Timestamp>()->value));
        QCOMPARE(message.find<Kemac>()->macAlgorithm, MacAlgorithm::Null);
        const auto issued = request.open(*answer.message);
        QVERIFY(issued);
        QCOMPARE(issued->size(), std::size_t{1});
        QCOMPARE(issued->front().date, std::string("2026-11-01"));
        for (std::size_t at = 0; at < answer.message->size(); ++at)
            QVERIFY2(!request.open(flipped(*answer.message, at)), qPrintable(QString::number(at)));
        // S-8: the same answer again, or none
        const auto again = kms::answerKeyRequest(ibakeService().domain, state, request.request().message, noon(),
                                                 ibakeService().random);
        QCOMPARE(*again.message, *answer.message);
        state.answered.clear();
        const auto replay = kms::answerKeyRequest(ibakeService().domain, state, request.request().message, noon(),
                                                  ibakeService().random);
        QVERIFY(replay.error && !replay.message);
        // near the end of the month the next one's key comes with it
        QCOMPARE(kms::ibakeDatesAt(noon().plusSeconds(5 * 24 * 3600)).size(), std::size_t{2});
    }

    // K6267-001, -010 to -012: keys by REQUEST_KEY_PKE, for who has a certificate and no key in common with the service
    void keyRequestWithCertificate()
    {
        IbakeService own;
        own.domain.x509.own.push_back(certificateOf(carolId)); // a service with Carol's key
        own.domain.x509.trust.push_back(authority().chain.front());
        own.keys[std::string(bobId)] = Secret();
        const auto user = [&](std::string_view identity) {
            Side side = certifiedSide(identity);
            side.endpoint.ibake.kms = serviceId;
            side.endpoint.ibake.kmsCertificate = certificateOf(carolId).chain.front();
            return side;
        };
        Side bob = user(bobId);
        const auto request = std::move(*IbakeKeyRequest::make(bob.context(), noon()));
        const auto asked = request.request().message;
        QCOMPARE(payloadNames(*decode(asked)), "T RAND IDR CERT IDR CHASH PKE SIGN");
        for (std::size_t at = 0; at < asked.size(); at += 7) {
            kms::Memory state;
            const auto forged = kms::answerKeyRequest(own.domain, state, flipped(asked, at), noon(), own.random);
            QVERIFY2(forged.error && forged.about.empty(), qPrintable(QString::number(at)));
        }
        kms::Memory state;
        const auto answer = kms::answerKeyRequest(own.domain, state, asked, noon(), own.random);
        QVERIFY2(answer.message && !answer.error, answer.error ? answer.error->reason.c_str() : "");
        const auto issued = request.open(*answer.message);
        QVERIFY2(issued, issued ? "" : issued.error().reason.c_str());
        bob.endpoint.ibake.parameters = own.parameters;
        QVERIFY(bob.endpoint.ibake.add(std::string(bobId), issued->front().date, issued->front().block.view()));
        // Somebody else's certificate does not serve, nor does a key where none is shared
        Side alice = user(aliceId);
        alice.endpoint.identity = bobId; // she says
        const auto refused = [&](Side &side) {
            const auto made = std::move(*IbakeKeyRequest::make(side.context(), noon()));
            return kms::answerKeyRequest(own.domain, state, made.request().message, noon(), own.random).error;
        };
        QVERIFY(refused(alice));
        alice.endpoint.ibake.psk = Secret(octets("00"));
        QVERIFY(refused(alice));
    }

    // Nothing in an envelope tells who made it. Carol copies all that the key stream of Bob's answer comes from into a
    // question of her own: her answer, whose plain text she knows, would tell her Bob's key.
    void envelopeOfAnother()
    {
        IbakeService own;
        own.domain.x509.own.push_back(certificateOf(aliceId)); // a service with Alice's key
        own.domain.x509.trust.push_back(authority().chain.front());
        own.keys[std::string(bobId)] = Secret();
        own.keys[std::string(carolId)] = Secret();
        const auto user = [&](std::string_view identity) {
            Side side = certifiedSide(identity);
            side.endpoint.ibake.kms = serviceId;
            side.endpoint.ibake.kmsCertificate = certificateOf(aliceId).chain.front();
            return side;
        };
        Side bob = user(bobId), carol = user(carolId);
        const auto bobs = std::move(*IbakeKeyRequest::make(bob.context(), noon()));
        const auto carols = std::move(*IbakeKeyRequest::make(carol.context(), noon()));
        const auto theirs = bobs.request().message, hers = carols.request().message;
        const auto copied = *decode(theirs), question = *decode(hers);
        std::vector<Payload> payloads;
        for (const auto &placed : question.payloads) {
            const auto *id = std::get_if<IdWithRole>(&placed.payload);
            const bool isHers = (id && id->role == IdRole::Initiator) || std::get_if<Cert>(&placed.payload);
            const auto index = static_cast<std::size_t>(&placed - question.payloads.data());
            if (!std::get_if<Sign>(&placed.payload))
                payloads.push_back(isHers ? placed.payload : copied.payloads[index].payload);
        }
        Header header = question.header;
        header.csbId = copied.header.csbId;
        const std::vector<const IdWithRole *> ids{question.find<IdWithRole>(IdRole::Initiator)};
        const auto forged = encodeSigned(header, payloads, *ownCertificate(carol.endpoint.x509, true, false),
                                         carol.endpoint.x509.signatureType,
                                         {true, ibakeRequestScope(ids, question.find<IdWithRole>(IdRole::Kms)->data)});
        QVERIFY(forged);
        kms::Memory memory;
        QVERIFY(kms::answerKeyRequest(own.domain, memory, theirs, noon(), own.random).message);
        const auto refused = kms::answerKeyRequest(own.domain, memory, *forged, noon(), own.random);
        QVERIFY(refused.error && refused.about.empty());
        QCOMPARE(refused.error->reason, std::string("the envelope key of the question came with another one before"));
        QVERIFY(kms::answerKeyRequest(own.domain, memory, hers, noon(), own.random).message); // her own is well
    }

    // K6267-013: nobody gets another's keys
    void foreignKeys()
    {
        Side bob;
        bob.endpoint.identity = bobId;
        ibakeService().enrol(bob);
        bob.endpoint.identity = aliceId; // with Bob's key
        const auto request = std::move(*IbakeKeyRequest::make(bob.context(), noon()));
        kms::Memory state;
        const auto answer = kms::answerKeyRequest(ibakeService().domain, state, request.request().message, noon(),
                                                  ibakeService().random);
        QVERIFY(answer.error && answer.about.empty());
        QVERIFY(!request.open(answer.message.value_or(Bytes())));
    }
};

QTEST_GUILESS_MAIN(IbakeTest)
#include "ibake_test.moc"
