// SPDX-License-Identifier: Apache-2.0
#include "certified.h"
#include "kms/ibake.h"
#include "methods/ibake.h"
#include "methods/ibake_message.h"
#include "methods/ibake_request.h"
#include "support.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

constexpr std::string_view serviceId = "kms.example.org";

/// A service and its users. The smaller group is quicker, and made for tests.
struct Service
{
    SystemRandom random;
    kms::IbakeDomain domain;
    std::shared_ptr<const ibe::Parameters> parameters;
    std::map<std::string, Secret> keys;
    kms::Memory state;

    Service()
    {
        domain.kms = serviceId;
        domain.group = ibe::group("BF-2048");
        domain.master = ibe::makeMaster(*domain.group, random);
        parameters = std::make_shared<const ibe::Parameters>(*ibe::publicParameters(domain.group, domain.master));
        domain.account = [this](const std::string &identity) -> std::optional<Secret> {
            return keys.contains(identity) ? std::optional(keys.at(identity).clone()) : std::nullopt;
        };
    }

    void enrol(Side &side, NtpTime now = noon())
    {
        auto &keys_ = side.endpoint.ibake;
        keys[side.endpoint.identity] = random.secret(16);
        keys_.kms = serviceId;
        keys_.psk = keys[side.endpoint.identity].clone();
        keys_.parameters = parameters;
        const IbakeKeyRequest request(side.context(), now);
        const auto answer = kms::answerKeyRequest(domain, state, request.request().message, now, random);
        const auto issued = request.open(answer.message.value_or(Bytes()));
        if (!issued)
            qFatal("%s", issued.error().reason.c_str());
        for (const auto &issue : *issued) {
            if (!keys_.add(issue.identity, issue.date, issue.block.view()))
                qFatal("a key of the service is none");
        }
    }
};

Service &service()
{
    static Service made;
    return made;
}

struct Two
{
    Side alice, bob;

    Two()
    {
        alice.endpoint.identity = aliceId;
        bob.endpoint.identity = bobId;
        service().enrol(alice);
        service().enrol(bob);
    }
    std::unique_ptr<Initiator> offer(NtpTime now = noon())
    {
        Offer offer;
        offer.peer = bobId;
        auto made = ibake::initiate(alice.context(), offer, now);
        if (!made)
            qFatal("%s", made.error().reason.c_str());
        return std::move(*made);
    }
    static Step respond(Side &side, ByteView message, NtpTime now = noon())
    {
        const auto responder = ibake::responder(side.context());
        const auto decoded = decode(message);
        if (!decoded) {
            Step step;
            step.error = Error::discarded(decoded.error().reason);
            return step;
        }
        return responder->receive(*decoded, {}, now);
    }
};

Bytes flipped(ByteView octets, std::size_t at)
{
    Bytes changed(octets.begin(), octets.end());
    changed[at] ^= 1;
    return changed;
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

    // K6267-022 to -026, -031 to -036, -039 to -042, -044, -046 to -050, D-05, D-06: the four messages
    void exchange()
    {
        Two two;
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        auto message = *decode(first);
        QCOMPARE(payloadNames(message), "T RAND IDR IDR IBAKE");
        QVERIFY(message.header.v && initiator->answerDue());
        const auto answer1 = Two::respond(two.bob, first);
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
        const auto answer2 = Two::respond(two.bob, *step2.send);
        QVERIFY2(answer2.send && answer2.agreement, answer2.error ? answer2.error->reason.c_str() : "");
        QVERIFY(answer2.agreement->confirmedByMedia); // S-3
        const auto r2 = *decode(*answer2.send);
        QCOMPARE(payloadNames(r2), "T IDR IDR V");
        QVERIFY(!r2.header.v);
        const auto done = initiator->receive(*answer2.send, noon());
        QVERIFY2(done.agreement, done.error ? done.error->reason.c_str() : "");
        QVERIFY(sameKeys(*done.agreement, *answer2.agreement));
        QVERIFY(!done.agreement->deposit);
        QCOMPARE(done.agreement->tgks[0].size(), std::size_t{16}); // D-01
        QVERIFY(two.bob.state.pendingIbake.empty());
    }

    // D-01: 256 bits with PRF-HMAC-SHA-256, where the user has set such a suite on both sides (D-05)
    void strong()
    {
        Two two;
        two.alice.endpoint.suites = two.bob.endpoint.suites = {srtpSuite("AEAD_AES_256_GCM")};
        const auto initiator = two.offer();
        const auto step2 = initiator->receive(*Two::respond(two.bob, initiator->message()).send, noon());
        const auto answer2 = Two::respond(two.bob, *step2.send);
        const auto done = initiator->receive(*answer2.send, noon());
        QVERIFY(done.agreement && sameKeys(*done.agreement, *answer2.agreement));
        QCOMPARE(done.agreement->tgks[0].size(), std::size_t{32});
        QCOMPARE(done.agreement->sessions[0].suite, srtpSuite("AEAD_AES_256_GCM"));
    }

    // K6267-029, -037, -038, -043, -045, -048, -067, D-08: a mailbox answers for Bob, who gets his key later
    void deposit()
    {
        Two two;
        Side mailbox;
        mailbox.endpoint.identity = "sip:mailbox@example.org";
        service().enrol(mailbox);
        const auto initiator = two.offer();
        const auto answer1 = Two::respond(mailbox, initiator->message());
        QVERIFY2(answer1.send, answer1.error ? answer1.error->reason.c_str() : "");
        const auto step2 = initiator->receive(*answer1.send, noon());
        QVERIFY2(step2.send, step2.error ? step2.error->reason.c_str() : "");
        const auto i2 = *decode(*step2.send);
        QCOMPARE(payloadNames(i2), "T RAND IDR IDR IBAKE ESK");
        const auto answer2 = Two::respond(mailbox, *step2.send);
        QVERIFY2(answer2.agreement, answer2.error ? answer2.error->reason.c_str() : "");
        QCOMPARE(payloadNames(*decode(*answer2.send)), "T IDR IDR IBAKE V");
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

    // K6267-067: two that answer; Alice finishes with the one she has gone on with last
    void forked()
    {
        Two two;
        Side other;
        other.endpoint.identity = "sip:carol@example.org"; // to whom the call was turned as well
        service().enrol(other);
        const auto initiator = two.offer();
        const auto fromBob = Two::respond(two.bob, initiator->message());
        const Bytes first = initiator->message();
        const auto fromCarol = Two::respond(other, first);
        const auto toBob = initiator->receive(*fromBob.send, noon());
        const auto bobs = Two::respond(two.bob, *toBob.send);
        const auto withBob = initiator->receive(*bobs.send, noon());
        QVERIFY(withBob.agreement);
        const auto toCarol = initiator->receive(*fromCarol.send, noon());
        QVERIFY2(toCarol.send, toCarol.error ? toCarol.error->reason.c_str() : "");
        const auto carols = Two::respond(other, *toCarol.send);
        const auto withCarol = initiator->receive(*carols.send, noon());
        QVERIFY(withCarol.agreement);
        QCOMPARE(withCarol.agreement->responder, std::string("sip:carol@example.org"));
        QVERIFY(hexOf(withCarol.agreement->tgks[0].view()) != hexOf(withBob.agreement->tgks[0].view()));
    }

    // Both sides go on in another process
    void resumed()
    {
        Two two;
        const auto initiator = two.offer();
        const auto answer1 = Two::respond(two.bob, initiator->message());
        auto again = ibake::resume(two.alice.context(), initiator->save().view());
        QVERIFY(again);
        const auto step2 = (*again)->receive(*answer1.send, noon());
        QVERIFY(step2.send);
        const auto answer2 = Two::respond(two.bob, *step2.send);
        auto third = ibake::resume(two.alice.context(), (*again)->save().view());
        QVERIFY(third);
        QCOMPARE((*third)->message(), *step2.send);
        const auto done = (*third)->receive(*answer2.send, noon());
        QVERIFY(done.agreement && sameKeys(*done.agreement, *answer2.agreement));
    }

    // K6267-030, -036, -044, -050, -071: every octet of each message
    void flippedOctets()
    {
        Two two;
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        const auto step = [](std::size_t size) { return std::max<std::size_t>(1, size / 60); }; // each costs a pairing
        for (std::size_t at = 0; at < first.size(); at += step(first.size())) {
            // A changed I_MESSAGE_1 may be answered, as one that cannot be read: then Alice does not go on with it.
            const auto answer = Two::respond(two.bob, flipped(first, at));
            QVERIFY(!answer.agreement);
            if (answer.send) {
                const auto taken = initiator->receive(*answer.send, noon());
                QVERIFY(!taken.agreement);
            }
        }
        Two fresh;
        const auto clean = fresh.offer();
        const auto answer1 = Two::respond(fresh.bob, clean->message());
        for (std::size_t at = 0; at < answer1.send->size(); at += step(answer1.send->size())) {
            // What was filled into the map is not protected there; Bob compares it with what he sent (D-06).
            const auto taken = clean->receive(flipped(*answer1.send, at), noon());
            QVERIFY2(!taken.agreement, qPrintable(QString::number(at)));
            QVERIFY2(!taken.send || Two::respond(fresh.bob, *taken.send).error, qPrintable(QString::number(at)));
        }
        const auto step2 = clean->receive(*answer1.send, noon());
        for (std::size_t at = 0; at < step2.send->size(); at += step(step2.send->size())) {
            if (at == 3) // V is ignored
                continue;
            const auto answer = Two::respond(fresh.bob, flipped(*step2.send, at));
            QVERIFY2(!answer.send && !answer.agreement, qPrintable(QString::number(at)));
        }
        const auto answer2 = Two::respond(fresh.bob, *step2.send);
        QVERIFY(answer2.send);
        for (std::size_t at = 0; at < answer2.send->size(); ++at)
            QVERIFY2(!clean->receive(flipped(*answer2.send, at), noon()).agreement, qPrintable(QString::number(at)));
        QVERIFY(clean->receive(*answer2.send, noon()).agreement);
    }

    // RFC 3830 5.4, K6267-027: an I_MESSAGE_2 once; times
    void replayed()
    {
        Two two;
        const auto initiator = two.offer();
        const auto answer1 = Two::respond(two.bob, initiator->message());
        const auto step2 = initiator->receive(*answer1.send, noon());
        QVERIFY(Two::respond(two.bob, *step2.send).agreement);
        QVERIFY(Two::respond(two.bob, *step2.send).error);
        QVERIFY(Two::respond(two.bob, initiator->message(), noon().plusSeconds(1000)).error);
        Two fresh;
        QVERIFY(Two::respond(fresh.bob, *step2.send).error); // without the first
    }

    // S-2: a message without RAND updates nothing; SP has no place (D-05)
    void updates()
    {
        Two two;
        const auto initiator = two.offer();
        const auto message = *decode(initiator->message());
        std::vector<Payload> payloads;
        for (const auto &placed : message.payloads) {
            if (!std::holds_alternative<Rand>(placed.payload))
                payloads.push_back(placed.payload);
        }
        const auto step = Two::respond(two.bob, *encode(message.header, payloads));
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
        Two two;
        Side eve;
        eve.endpoint.identity = bobId; // she says
        eve.endpoint.ibake.parameters = service().parameters;
        eve.endpoint.ibake.kms = serviceId;
        Side carol;
        carol.endpoint.identity = "sip:eve@example.org";
        service().enrol(carol);
        const auto initiator = two.offer();
        const auto answer1 = Two::respond(eve, initiator->message()); // cannot read it, and says she is Bob
        QVERIFY(answer1.send);
        const auto step2 = initiator->receive(*answer1.send, noon());
        // Alice goes on, but encrypts to Bob: Eve can do nothing with that.
        if (step2.send)
            QVERIFY(!Two::respond(eve, *step2.send).agreement);
    }

    // K6267-001 to -021, -061, D-04: keys by REQUEST_KEY_PSK
    void keyRequest()
    {
        Side bob;
        bob.endpoint.identity = bobId;
        service().enrol(bob);
        const IbakeKeyRequest request(bob.context(), noon());
        const auto asked = request.request().message;
        const auto question = *decode(asked);
        QCOMPARE(payloadNames(question), "T RAND IDR IDR V");
        QVERIFY(question.header.v && question.header.csCount == 0 && question.header.mapType == CsIdMapType::Empty);
        for (std::size_t at = 0; at < request.request().message.size(); ++at) {
            kms::Memory state;
            const auto answer = kms::answerKeyRequest(service().domain, state, flipped(request.request().message, at),
                                                      noon(), service().random);
            QVERIFY2(answer.error && answer.about.empty(), qPrintable(QString::number(at)));
        }
        kms::Memory state;
        const auto answer =
            kms::answerKeyRequest(service().domain, state, request.request().message, noon(), service().random);
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
        const auto again =
            kms::answerKeyRequest(service().domain, state, request.request().message, noon(), service().random);
        QCOMPARE(*again.message, *answer.message);
        state.answered.clear();
        const auto replay =
            kms::answerKeyRequest(service().domain, state, request.request().message, noon(), service().random);
        QVERIFY(replay.error && !replay.message);
        // near the end of the month the next one's key comes with it
        QCOMPARE(kms::ibakeDatesAt(noon().plusSeconds(5 * 24 * 3600)).size(), std::size_t{2});
    }

    // K6267-013: nobody gets another's keys
    void foreignKeys()
    {
        Side bob;
        bob.endpoint.identity = bobId;
        service().enrol(bob);
        bob.endpoint.identity = aliceId; // with Bob's key
        const IbakeKeyRequest request(bob.context(), noon());
        kms::Memory state;
        const auto answer =
            kms::answerKeyRequest(service().domain, state, request.request().message, noon(), service().random);
        QVERIFY(answer.error && answer.about.empty());
        QVERIFY(!request.open(answer.message.value_or(Bytes())));
    }
};

QTEST_GUILESS_MAIN(IbakeTest)
#include "ibake_test.moc"
