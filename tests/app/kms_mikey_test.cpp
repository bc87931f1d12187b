// SPDX-License-Identifier: Apache-2.0
// TICKET and IBAKE with latchkey-kms itself, over HTTPS.
#include "account/kms_access.h"
#include "call/kms_link.h"
#include "kms_process.h"
#include "methods/base_ticket.h"
#include "methods/ibake_request.h"
#include "methods/method.h"
#include "wire/text.h"

namespace {

constexpr auto alice = "sip:alice@example.org", bob = "sip:bob@example.org";

struct User
{
    mikey::Endpoint endpoint;
    mikey::EndpointState state;
    mikey::SystemRandom random;

    mikey::Context context() { return {endpoint, state, random}; }
};

void enrol(User &user, const char *identity, const KmsProcess &kms)
{
    const auto out = QJsonDocument::fromJson(kms.admin({u"user"_s, u"add"_s, QLatin1String(identity)})).object();
    const auto psk = mikey::fromHex(out[u"psk"_s].toString().toStdString());
    user.endpoint.identity = identity;
    for (auto *key : {&user.endpoint.ticket.psk, &user.endpoint.ibake.psk})
        *key = mikey::Secret(psk.value_or(mikey::Bytes()));
    user.endpoint.ticket.kms = user.endpoint.ibake.kms = "kms.example.org";
}

mikey::Bytes asked(const KmsProcess &kms, const mikey::KmsRequest &request)
{
    const auto told = account::askKmsAndWait({{}, kms.place}, request, {});
    return told ? *told : mikey::Bytes();
}

} // namespace

class KmsMikeyTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ticket()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        User a, b;
        enrol(a, alice, kms);
        enrol(b, bob, kms);
        mikey::Offer offer;
        offer.peer = bob;
        const auto initiator = mikey::method("ticket")->initiate(a.context(), offer, clockTime());
        QVERIFY(initiator);
        const auto request = *(*initiator)->kmsRequest();
        const auto granted = asked(kms, request);
        QVERIFY(!granted.empty());
        QCOMPARE(asked(kms, request), granted); // S-8
        kms.kill();                             // nothing that was told is lost
        QVERIFY(kms.start());
        QCOMPARE(asked(kms, request), granted);
        const auto step = (*initiator)->kmsAnswered(granted, clockTime());
        QVERIFY2(!step.error, step.error ? step.error->reason.c_str() : "");
        auto answered = mikey::respond(b.context(), (*initiator)->message(), {}, clockTime());
        QVERIFY(answered.asking);
        const auto responder = answered.asking;
        answered = responder->kmsAnswered(asked(kms, *responder->kmsRequest()), clockTime());
        QVERIFY2(answered.agreement, answered.error ? answered.error->reason.c_str() : "");
        QVERIFY((*initiator)->receive(*answered.send, clockTime()).agreement);
        const auto audit = kms.admin({u"export-audit"_s});
        QVERIFY(audit.contains("request sip:bob@example.org") && audit.contains("resolve"));
    }

    void keysOfIbake()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        User user;
        enrol(user, alice, kms);
        const auto request = std::move(*mikey::IbakeKeyRequest::make(user.context(), clockTime()));
        const auto issued = request.open(asked(kms, request.request()));
        QVERIFY2(issued, issued ? "" : issued.error().reason.c_str());
        QCOMPARE(issued->front().identity, std::string(alice));
    }

    // Tickets under the key of before are resolved until they end; new ones are under the new key.
    void rotatesTicketKeys()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        User a, b;
        enrol(a, alice, kms);
        enrol(b, bob, kms);
        mikey::Offer offer;
        offer.peer = bob;
        const auto granted = [&](std::unique_ptr<mikey::Initiator> &initiator) {
            initiator = std::move(*mikey::method("ticket")->initiate(a.context(), offer, clockTime()));
            return !initiator->kmsAnswered(asked(kms, *initiator->kmsRequest()), clockTime()).error;
        };
        const auto tpkOf = [](const mikey::Initiator &initiator) {
            const auto message = *mikey::decode(initiator.message());
            return mikey::tpkIdOf(*message.find<mikey::Ticket>());
        };
        const auto resolves = [&](const mikey::Initiator &initiator) {
            const auto step = mikey::respond(b.context(), initiator.message(), {}, clockTime());
            return step.asking &&
                   step.asking->kmsAnswered(asked(kms, *step.asking->kmsRequest()), clockTime()).agreement.has_value();
        };
        std::unique_ptr<mikey::Initiator> before, after;
        QVERIFY(granted(before));
        QCOMPARE(tpkOf(*before), std::string("1"));
        QVERIFY(kms.admin({u"rotate"_s, u"tickets"_s}).contains("2"));
        kms.kill();
        QVERIFY(kms.start());
        QVERIFY(granted(after));
        QCOMPARE(tpkOf(*after), std::string("2"));
        QVERIFY(resolves(*before));
        QVERIFY(resolves(*after));
    }

    // Who belongs to a group, told by the sub-commands while the service runs, resolves its tickets.
    void groups()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        User a, b;
        enrol(a, alice, kms);
        enrol(b, bob, kms);
        const auto team = u"sip:team@example.org"_s;
        mikey::Offer offer;
        offer.peer = team.toStdString();
        offer.groupKey = true;
        const auto initiator = std::move(*mikey::method("ticket")->initiate(a.context(), offer, clockTime()));
        QVERIFY(!initiator->kmsAnswered(asked(kms, *initiator->kmsRequest()), clockTime()).error);
        const auto answered = [&] {
            const auto step = mikey::respond(b.context(), initiator->message(), {}, clockTime());
            return step.asking ? step.asking->kmsAnswered(asked(kms, *step.asking->kmsRequest()), clockTime())
                               : mikey::Step{};
        };
        QVERIFY(!answered().agreement);
        kms.admin({u"group"_s, u"add"_s, team, QLatin1String(bob)});
        const auto member = answered();
        QVERIFY2(member.agreement, member.error ? member.error->reason.c_str() : "not asked");
        kms.admin({u"group"_s, u"remove"_s, team, QLatin1String(bob)});
        QVERIFY(!answered().agreement);
        QVERIFY(kms.admin({u"export-audit"_s}).contains("group remove"));
    }

    // K6043-148: whom a user may call
    void mayCall()
    {
        KmsProcess kms({{u"may_call"_s, QJsonObject{{QLatin1String(alice), QJsonArray{QLatin1String(bob)}}}}});
        QVERIFY(kms.start());
        User a, b;
        enrol(a, alice, kms);
        enrol(b, bob, kms);
        const auto granted = [&](User &user, const char *peer) {
            mikey::Offer offer;
            offer.peer = peer;
            const auto initiator = std::move(*mikey::method("ticket")->initiate(user.context(), offer, clockTime()));
            return !initiator->kmsAnswered(asked(kms, *initiator->kmsRequest()), clockTime()).error;
        };
        QVERIFY(granted(a, bob));
        QVERIFY(!granted(a, "sip:carol@example.org"));
        QVERIFY(granted(b, "sip:carol@example.org")); // who is not named may call all
    }

    // While a call waits for the service the user may be given another one: the answer comes all the same.
    void answersWhoHasLetGo()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        User user;
        enrol(user, alice, kms);
        const auto request = std::move(*mikey::IbakeKeyRequest::make(user.context(), clockTime()));
        QObject context;
        std::optional<call::KmsAnswer> answer;
        auto ask = call::askKmsOf(account::KmsSource{{}, kms.place}, &context);
        ask(request.request(), [&answer](const call::KmsAnswer &told) { answer = told; });
        ask = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT(answer.has_value(), 10000);
        QVERIFY(answer->message && request.open(*answer->message));
    }

    void parametersOfIbake()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        const auto told = ask(kms.place, {u"ibake/parameters"_s, {}, {}, {}});
        QCOMPARE(told.status, 200);
        const mikey::ByteView der(reinterpret_cast<const std::uint8_t *>(told.body.constData()),
                                  static_cast<std::size_t>(told.body.size()));
        QVERIFY(mikey::ibe::Parameters::fromDer(der));
        QCOMPARE(ask(kms.place, {u"ibake/parameters"_s, {}, {}, {}}).body, told.body);
        QCOMPARE(ask(kms.place, {u"ibake/parameters"_s, "text/plain", "x", {}}).status, 405);
        QCOMPARE(ask(kms.place, {u"mikey/ticket"_s, {}, {}, {}}).status, 405);
    }

    void refused()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        User a, b;
        enrol(a, alice, kms);
        enrol(b, bob, kms);
        a.endpoint.identity = bob; // with Alice's key
        mikey::Offer offer;
        offer.peer = "sip:carol@example.org";
        const auto initiator = mikey::method("ticket")->initiate(a.context(), offer, clockTime());
        const auto step = (*initiator)->kmsAnswered(asked(kms, *(*initiator)->kmsRequest()), clockTime());
        QVERIFY(step.error && step.error->fromPeer);
        const auto isRefused = [&] {
            const auto again = mikey::method("ticket")->initiate(b.context(), offer, clockTime());
            return (*again)->kmsAnswered(asked(kms, *(*again)->kmsRequest()), clockTime()).error.has_value();
        };
        QVERIFY(!isRefused());
        kms.admin({u"revoke"_s, QLatin1String(bob)});
        QVERIFY(isRefused());
        for (const auto &garbage : {QByteArray("hello"), QByteArray(), QByteArray(5000, '\1')}) {
            const auto reply = ask(kms.place, {u"mikey/ticket"_s, "application/mikey", garbage, {}});
            QVERIFY(reply.status == 400 || reply.status == 200);
        }
        QVERIFY(kms.log().contains("damaged"));
    }
};

QTEST_GUILESS_MAIN(KmsMikeyTest)
#include "kms_mikey_test.moc"
