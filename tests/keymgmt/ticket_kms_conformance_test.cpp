// SPDX-License-Identifier: Apache-2.0
// Ticket Request, Ticket Resolve and the base ticket, rule by rule (RFC 6043 4.2.1, 4.2.3, 5.4, Appendix A).
#include "ticketed.h"

#include "crypto/key_transport.h"
#include "methods/ticket.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

/// A REQUEST_INIT of Alice and a RESOLVE_INIT of Bob, with what they were answered.
struct Questions
{
    TicketWorld world;
    Bytes request, granted, resolve, resolved;

    explicit Questions(bool certificates = false)
    {
        if (certificates)
            giveCertificates(world);
        const auto initiator = world.call();
        request = world.kms.question;
        granted = world.kms.answer;
        world.respond(world.bob, initiator->message());
        resolve = world.kms.question;
        resolved = world.kms.answer;
    }
    ByteView pskOf(ByteView question) const
    {
        const bool bobs = sameOctets(question, resolve);
        return (bobs ? world.bob : world.alice).endpoint.ticket.psk.view();
    }
    /// What a service without memory says.
    kms::MikeyAnswer ask(ByteView question)
    {
        kms::Memory fresh;
        return kms::answerTicketQuestion(world.kms.domain, fresh, question, noon(), world.kms.random);
    }
};

/// The key that a question and its answer are protected with.
TicketGuard questionGuard(const Message &question, ByteView key, TicketTag tag)
{
    const bool resolves = question.find<Ticket>() != nullptr;
    const auto &exchange = resolves ? ticketResolve : ticketRequest;
    const auto rand = question.find<RandWithRole>(exchange.rand)->rand;
    return {*ticketAlgorithms(question.header.prf), key, question.header.csbId, ticketLabel(tag, exchange.rands(rand))};
}

Payload inAnIdPayload(const Payload &payload)
{
    const auto *id = std::get_if<IdWithRole>(&payload);
    return id ? Payload(Id{id->type, id->data}) : payload;
}

std::unique_ptr<Initiator> asking(TicketWorld &world, const Offer &offer)
{
    return std::move(*method("ticket")->initiate(world.alice.context(), offer, noon()));
}

/// constant || FF || FFFFFFFF || 05 || length RAND || RAND (RFC 6043 A.2.1)
Bytes tpkLabel(const char *constant, ByteView rand)
{
    auto label = octets(constant);
    append(label, Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 5, static_cast<std::uint8_t>(rand.size())});
    append(label, rand);
    return label;
}

} // namespace

class TicketKmsConformanceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6043-002, -059: a question that nothing protects
    void unprotectedQuestions()
    {
        Questions q;
        for (const auto &question : {q.request, q.resolve}) {
            QVERIFY(!q.ask(question).error);
            const auto message = *decode(question);
            auto draft = draftOf(message);
            const auto bare = q.ask(*encode(draft.header, draft.payloads));
            QVERIFY(bare.error && number(bare.error) != std::optional(-1));
            draft.payloads.emplace_back(Verification{MacAlgorithm::Null, {}});
            const auto nullMac = q.ask(*encode(draft.header, draft.payloads));
            QCOMPARE(number(nullMac.error), std::optional(0));
            QCOMPARE(decode(*nullMac.message)->header.dataType, DataType::Error);
        }
    }

    // K6043-003, -060: answers are under the key of the question, with the tag of responses
    void protectedAnswers_data()
    {
        QTest::addColumn<bool>("certificates");
        QTest::newRow("shared keys") << false;
        QTest::newRow("envelope keys") << true;
    }
    void protectedAnswers()
    {
        QFETCH(const bool, certificates);
        Questions q(certificates);
        for (const auto &[asked, answered] : {std::pair(q.request, q.granted), std::pair(q.resolve, q.resolved)}) {
            const auto question = *decode(asked), answer = *decode(answered);
            const auto key = certificates ? rsaDecryptEnvelopeKey(certificateOf(carolId).key,
                                                                  question.find<Pke>()->data, q.world.kms.random)
                                          : Secret(q.pskOf(asked));
            QVERIFY(isGuarded(answer, questionGuard(question, key.view(), TicketTag::ResponseMessage), {asked}));
            QVERIFY(!isGuarded(answer, questionGuard(question, key.view(), TicketTag::InitialMessage), {asked}));
        }
    }

    // K6043-006: V is ignored; K6043-008: there are no Crypto Sessions
    void headersOfQuestions()
    {
        Questions q;
        for (const auto &question : {q.request, q.resolve}) {
            const auto withoutV = remadeQuestion(question, q.pskOf(question), [](Draft &d) { d.header.v = false; });
            const auto answered = q.ask(withoutV);
            QVERIFY2(!answered.error, answered.error ? answered.error->reason.c_str() : "");
            const auto withSession = remadeQuestion(question, q.pskOf(question), [](Draft &d) {
                d.header.mapType = CsIdMapType::SrtpId;
                d.header.map = {{0, 0x11111111, 0}};
                d.header.csCount = 1;
            });
            QCOMPARE(number(q.ask(withSession).error), std::optional(12));
        }
    }

    // K6043-121: ID payloads say nothing in these messages
    void idPayloadsInQuestions()
    {
        Questions q;
        for (const auto &question : {q.request, q.resolve}) {
            const auto changed = remadeQuestion(question, q.pskOf(question), [](Draft &d) {
                for (auto &payload : d.payloads)
                    payload = inAnIdPayload(payload);
            });
            QCOMPARE(number(q.ask(changed).error), std::optional(7));
        }
    }

    // K6043-032, -033: what is granted has to serve for what was wished
    void grants_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<bool>("serves");
        QTest::newRow("as wished") << QString() << true;
        QTest::newRow("not to be used again") << "not again" << false;
        QTest::newRow("not forked") << "not forked" << false;
        QTest::newRow("no answer") << "no answer" << false;
        QTest::newRow("for somebody else") << "else" << false;
        QTest::newRow("ended") << "ended" << false;
    }
    void grants()
    {
        QFETCH(const QString, what);
        QFETCH(const bool, serves);
        TicketWorld world;
        world.alice.endpoint.ticket.reuse = true;
        const auto made = asking(world, world.offer());
        const auto is = [&what](const char *name) { return what == QLatin1String(name); };
        const auto granted = otherGrant(world, made->kmsRequest()->message, [&is](TicketRules &rules) {
            rules.flags.k = !is("");
            rules.flags.j = !is("not again");
            rules.flags.i = !is("not forked");
            if (is("no answer"))
                rules.flags.f = rules.flags.g = rules.flags.m = false;
            if (is("else"))
                rules.responders = {std::string(carolId)};
            if (is("ended"))
                rules.end = noon().plusSeconds(-1);
        });
        const auto step = made->kmsAnswered(granted, noon());
        QCOMPARE(step.error.has_value(), !serves);
        QCOMPARE(made->message().empty(), !serves);
        QVERIFY(!made->kmsRequest() && world.alice.state.tickets.empty());
        if (!serves)
            QVERIFY(step.error->reason.find("does not serve") != std::string::npos);
    }

    // K6043-031: ticket and keys are kept once the answer is verified, and not before
    void stored()
    {
        TicketWorld world;
        world.alice.endpoint.ticket.reuse = true;
        const auto damaged = asking(world, world.offer());
        auto answer = world.kms.ask(*damaged->kmsRequest());
        answer.back() ^= 1;
        QVERIFY(damaged->kmsAnswered(answer, noon()).error);
        QVERIFY(damaged->message().empty());
        QVERIFY(!resume(world.alice.context(), DataType::TransferInit, damaged->save().view()));
        const auto verified = asking(world, world.offer());
        QVERIFY(!verified->kmsAnswered(world.kms.ask(*verified->kmsRequest()), noon()).error);
        const auto resumed = resume(world.alice.context(), DataType::TransferInit, verified->save().view());
        QVERIFY(resumed && agreed(world, **resumed));
        QCOMPARE(world.alice.state.tickets.size(), std::size_t{1});
    }

    // K6043-097, -099, -100, -102: errors of the service
    void errorsOfTheService_data()
    {
        QTest::addColumn<bool>("strong");
        QTest::newRow("MIKEY-1") << false;
        QTest::newRow("PRF-HMAC-SHA-256") << true;
    }
    void errorsOfTheService()
    {
        QFETCH(const bool, strong);
        TicketWorld world;
        auto offer = world.offer();
        if (strong)
            offer.suites = {srtpSuite("AEAD_AES_256_GCM")};
        const auto made = asking(world, offer);
        const auto asked = made->kmsRequest()->message;
        const auto question = *decode(asked);
        const auto sameHeader = [&question](ByteView octets) {
            const auto error = *decode(octets);
            return error.header.dataType == DataType::Error && !error.header.v &&
                   error.header.version == question.header.version && error.header.prf == question.header.prf &&
                   error.header.csbId == question.header.csbId;
        };
        const auto damaged = world.kms.ask({std::string(kmsId), Bytes(asked.begin(), asked.end() - 1)});
        QVERIFY(sameHeader(damaged));
        QCOMPARE(decode(damaged)->find<ErrorPayload>()->number, ErrorNumber::Unspecified);
        world.kms.domain.mayCall = [](const auto &, const auto &) { return false; };
        const auto denied = world.kms.ask({std::string(kmsId), asked});
        QVERIFY(sameHeader(denied));
        const auto psk = world.alice.endpoint.ticket.psk.view();
        QVERIFY(isGuarded(*decode(denied), questionGuard(question, psk, TicketTag::InitialMessage), {}));
        const auto step = made->kmsAnswered(denied, noon());
        QVERIFY(step.error && step.error->fromPeer && !step.error->unauthenticated);
        for (const auto &error : {denied, Bytes(denied.begin(), denied.end() - 1)}) {
            QVERIFY(world.kms.ask({std::string(kmsId), error}).empty());
            QVERIFY(world.kms.refused);
        }
    }

    // K6043-129: the wish for keys is in the clear, of zeros, and what is there instead is not taken for a key
    void wishForKeys()
    {
        TicketWorld world;
        auto offer = world.offer();
        offer.groupKey = true;
        const auto made = asking(world, offer);
        const auto asked = made->kmsRequest()->message;
        const auto question = *decode(asked);
        const auto policy = question.find<TicketPolicy>()->terms.policy;
        const auto chain = *decodeNumberedChain(policy);
        const auto *kemac = findIn<Kemac>(chain);
        QVERIFY(kemac && kemac->encryption == Encryption::Null && kemac->macAlgorithm == MacAlgorithm::Null);
        const auto keys = *decodeSubPayloads(kemac->encrData, KeyData::name.number);
        const auto zeros = findIn<KeyData>(keys)->key;
        QCOMPARE(hexOf(zeros), QByteArray(32, '0'));
        Bytes chosen(policy.begin(), policy.end());
        const auto at = chosen.begin() + (zeros.data() - policy.data());
        std::fill_n(at, zeros.size(), std::uint8_t{0x55});
        auto terms = question.find<TicketPolicy>()->terms;
        terms.policy = chosen;
        const auto wish =
            TicketQuestion::make(world.alice.context(), ticketRequest, Prf::Mikey1, TicketPolicy{terms}, noon());
        QVERIFY(wish);
        const auto reply = (*wish)->open(world.kms.ask((*wish)->request()), false);
        QVERIFY2(reply, reply ? "" : reply.error().reason.c_str());
        QCOMPARE(reply->keys.keys.front().type, KeyDataType::Gtgk);
        QVERIFY(hexOf(reply->keys.keys.front().key.view()) != QByteArray(32, '5'));
    }

    // K6043-131: an IDR for each who may resolve the ticket
    void severalResponders()
    {
        TicketWorld world;
        auto offer = world.offer();
        offer.ticketResponders = {std::string(bobId), std::string(carolId), "sip:team@example.org"};
        const auto made = asking(world, offer);
        const auto asked = made->kmsRequest()->message;
        const auto question = *decode(asked);
        const auto chain = *decodeNumberedChain(question.find<TicketPolicy>()->terms.policy);
        std::vector<std::string> named;
        for (const auto &placed : chain) {
            const auto *id = std::get_if<IdWithRole>(&placed.payload);
            if (id && id->role == IdRole::Responder)
                named.emplace_back(textOf(id->data));
        }
        QVERIFY(named == offer.ticketResponders);
    }

    // K6043-153, -154: what a base ticket is made of, its keys derived by hand
    void ticketData()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const auto message = *decode(initiator->message());
        const auto data = message.find<Ticket>()->ticketData;
        QCOMPARE(hexOf(data.first(3)), QByteArray("050000")); // THDR without data, then T
        const auto chain = *decodeTicketData(data);
        QVERIFY(std::holds_alternative<TicketHeader>(chain.front().payload));
        const auto *kemac = findIn<Kemac>(chain);
        QVERIFY(kemac && kemac->macAlgorithm == MacAlgorithm::Null && kemac->encryption == Encryption::AesCm128);
        const auto tpk = world.kms.domain.tpks.back().key.view();
        const auto rand = findIn<Rand>(chain)->rand;
        const auto encr = prf(Prf::Mikey1, tpk, tpkLabel("150533e1", rand), 16);
        const auto salt = prf(Prf::Mikey1, tpk, tpkLabel("29b88916", rand), 14);
        const auto iv = aesCmIv(salt.view(), 0xffffffff, findIn<Timestamp>(chain)->value);
        const auto plain = aesCm(encr.view(), iv, kemac->encrData);
        const auto decoded = decodeSubPayloads(plain.view(), KeyData::name.number);
        QVERIFY(decoded && decoded->size() == 2);
        const auto &keys = *decoded;
        QCOMPARE(std::get<KeyData>(keys[0].payload).type, KeyDataType::Mpk);
        const auto opened = ticketContents(world.kms, message);
        QCOMPARE(hexOf(std::get<KeyData>(keys[1].payload).key), hexOf(opened.keys.front().key.view()));
    }

    // K6043-171: whoever resolves a ticket gets its KEMAC, and sees every change of what its MAC covers
    void everyOctetOfATicket()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const auto message = *decode(initiator->message());
        const auto saved = OwnedTicket::of(*message.find<Ticket>()).save();
        const auto tpk = world.kms.domain.tpks.back().key.view();
        const auto opens = [tpk](const Bytes &ticket) {
            const auto chain = decodeSubPayloads(ticket, Ticket::name.number);
            const auto *payload = chain ? findIn<Ticket>(*chain) : nullptr;
            return payload && openBaseTicket(ticket, *payload, tpk);
        };
        QVERIFY(opens(saved));
        for (std::size_t at = 1; at + 2 < saved.size(); ++at) { // from behind Next payload to Initiator Data
            auto changed = saved;
            changed[at] ^= 1;
            QVERIFY2(!opens(changed), qPrintable(QString::number(at)));
        }
    }

    // K6043-158: data in THDR are not interpreted
    void dataOfTheTicketHeader()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const auto message = *decode(initiator->message());
        const auto chain = *decodeTicketData(message.find<Ticket>()->ticketData);
        Bytes stray(40);
        world.kms.random.fill(stray);
        std::vector<Payload> payloads;
        for (const auto &placed : chain)
            payloads.push_back(placed.payload);
        payloads.front() = TicketHeader{stray};
        auto ticket = OwnedTicket::of(*message.find<Ticket>());
        ticket.data = octets(encodeSubPayloads(payloads)->view());
        const auto tpk = world.kms.domain.tpks.back().key.view();
        const TicketGuard guard(*ticketAlgorithms(Prf::Mikey1), tpk, noCsbId,
                                ticketLabel(TicketTag::Ticket, findIn<Rand>(chain)->rand));
        const auto unproven = ticket.save();
        const auto mac = guard.mac({*coveredByTicketMac(unproven, ticket.payload(), 20)});
        std::copy(mac.begin(), mac.end(), ticket.data.end() - 20);
        const auto opened = openBaseTicket(ticket.save(), ticket.payload(), tpk);
        QVERIFY2(opened, opened ? "" : opened.error().reason.c_str());
        QCOMPARE(hexOf(opened->keys.front().key.view()),
                 hexOf(ticketContents(world.kms, message).keys.front().key.view()));
    }

    // K6043-159: CSB IDs are drawn by who begins the exchange, are none that stands, and answers have the same
    void csbIds()
    {
        TicketWorld world;
        std::set<std::uint32_t> seen;
        constexpr int calls = 20;
        for (int i = 0; i < calls; ++i) {
            const auto now = noon().plusSeconds(i);
            std::vector<std::uint32_t> drawn;
            auto offer = world.offer();
            offer.csbInUse = [&drawn](std::uint32_t id) {
                drawn.push_back(id);
                return drawn.size() < 3;
            };
            const auto made = world.initiate(offer, now);
            QVERIFY(made);
            const auto request = decode(world.kms.question)->header.csbId;
            QCOMPARE(decode(world.kms.answer)->header.csbId, request);
            const auto both = agreed(world, **made, now);
            QVERIFY(both);
            QCOMPARE(drawn.size(), std::size_t{3});
            QCOMPARE(both->alice.csbId, drawn.back());
            QCOMPARE(decode(both->answer)->header.csbId, both->alice.csbId);
            const auto resolve = decode(world.kms.question)->header.csbId;
            QCOMPARE(decode(world.kms.answer)->header.csbId, resolve);
            seen.insert({request, both->alice.csbId, resolve});
        }
        QCOMPARE(seen.size(), std::size_t{3 * calls});
    }
};

QTEST_GUILESS_MAIN(TicketKmsConformanceTest)
#include "ticket_kms_conformance_test.moc"
