// SPDX-License-Identifier: Apache-2.0
// TICKET and IBAKE with latchkey-kms itself, over HTTPS.
#include "account/credentials.h"
#include "account/kms_access.h"
#include "account/x509_part.h"
#include "call/kms_link.h"
#include "kms_process.h"
#include "methods/base_ticket.h"
#include "methods/certificates.h"
#include "methods/ibake_request.h"
#include "methods/method.h"
#include "methods/signing.h"
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

/// Bob's own question for a ticket, with the envelope key of that one and all that its key stream comes from.
mikey::Bytes withEnvelopeOf(mikey::ByteView question, User &b)
{
    mikey::Offer offer;
    offer.peer = alice;
    const auto initiator = std::move(*mikey::method("ticket")->initiate(b.context(), offer, clockTime()));
    const auto asked = initiator->kmsRequest()->message;
    const auto his = *mikey::decode(asked), hers = *mikey::decode(question);
    std::vector<mikey::Payload> payloads;
    for (std::size_t i = 0; i + 1 < his.payloads.size(); ++i) { // SIGN is made anew
        const auto &payload = his.payloads[i].payload;
        const bool copied = std::holds_alternative<mikey::Timestamp>(payload) ||
                            std::holds_alternative<mikey::RandWithRole>(payload) ||
                            std::holds_alternative<mikey::Pke>(payload);
        payloads.push_back(copied ? hers.payloads[i].payload : payload);
    }
    auto header = his.header;
    header.csbId = hers.header.csbId;
    const auto &x509 = b.endpoint.x509;
    const auto forged =
        mikey::encodeSigned(header, payloads, *mikey::ownCertificate(x509, true, false), x509.signatureType,
                            {true,
                             {his.find<mikey::IdWithRole>(mikey::IdRole::Initiator)->data,
                              his.find<mikey::IdWithRole>(mikey::IdRole::Kms)->data}});
    return forged.value_or(mikey::Bytes());
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

    // RFC 6043 4.2: with certificates in place of a shared key. The service remembers envelope keys also over a restart
    // and in another process.
    void certificates()
    {
        auto authority = account::makeDemoAuthority(clockTime());
        mikey::SystemRandom random;
        const auto endpoints =
            account::makeDemoEndpoints({alice, bob, "sip:kms@example.org"}, random, authority, clockTime());
        KmsProcess kms({{u"x509"_s, account::x509Json(endpoints[2].x509)}});
        QVERIFY(kms.start());
        User a, b;
        for (auto *user : {&a, &b}) {
            const auto &whole = endpoints[user == &a ? 0 : 1];
            kms.addUser(QString::fromStdString(whole.identity));
            user->endpoint.identity = whole.identity;
            user->endpoint.x509 = whole.x509;
            user->endpoint.ticket.kms = "kms.example.org";
            user->endpoint.ticket.kmsCertificate = endpoints[2].x509.own.front().chain.front();
        }
        mikey::Offer offer;
        offer.peer = bob;
        const auto initiator = std::move(*mikey::method("ticket")->initiate(a.context(), offer, clockTime()));
        const auto request = *initiator->kmsRequest();
        QVERIFY(!mikey::decode(request.message)->find<mikey::Verification>());
        const auto granted = asked(kms, request);
        const auto step = initiator->kmsAnswered(granted, clockTime());
        QVERIFY2(!step.error, step.error ? step.error->reason.c_str() : "");
        kms.kill();
        QVERIFY(kms.start());
        QCOMPARE(asked(kms, request), granted);
        auto answered = mikey::respond(b.context(), initiator->message(), {}, clockTime());
        QVERIFY(answered.asking);
        const auto responder = answered.asking;
        answered = responder->kmsAnswered(asked(kms, *responder->kmsRequest()), clockTime());
        QVERIFY2(answered.agreement, answered.error ? answered.error->reason.c_str() : "");
        const auto refused = mikey::decode(asked(kms, {"kms.example.org", withEnvelopeOf(request.message, b)}));
        QVERIFY(refused);
        QCOMPARE(refused->header.dataType, mikey::DataType::Error);
        QTRY_VERIFY(kms.log().contains("the envelope key of the question came with another one before"));
    }

    // RFC 6043 10, K6043-139, -140: Alice and Bob have accounts at two services, which know each other
    void twoServices()
    {
        KmsProcess ours, theirs;
        const auto configure = [](KmsProcess &one, const QString &name, const QJsonObject &partner) {
            QFile key(one.path(u"shared.key"_s));
            if (!key.open(QIODevice::WriteOnly) || key.write(QByteArray(64, '7')) != 64)
                qFatal("cannot write");
            one.configure({{u"kms_uri"_s, name}, {u"ticket_partners"_s, QJsonArray{partner}}});
        };
        configure(ours, u"kms.example.org"_s, // which does not ask here
                  {{u"kms"_s, u"kms.example.net"_s},
                   {u"url"_s, u"https://127.0.0.1:1/"_s},
                   {u"fingerprint"_s, QString(64, u'0')},
                   {u"psk_file"_s, u"shared.key"_s}});
        QVERIFY(ours.start());
        configure(theirs, u"kms.example.net"_s,
                  {{u"kms"_s, u"kms.example.org"_s},
                   {u"url"_s, ours.place.url.toString()},
                   {u"fingerprint"_s, QString::fromLatin1(ours.place.fingerprint.toHex())},
                   {u"psk_file"_s, u"shared.key"_s}});
        QVERIFY(theirs.start());
        User a, b;
        enrol(a, alice, ours);
        enrol(b, "sip:bob@example.net", theirs);
        b.endpoint.ticket.kms = "kms.example.net";
        mikey::Offer offer;
        offer.peer = b.endpoint.identity;
        const auto initiator = std::move(*mikey::method("ticket")->initiate(a.context(), offer, clockTime()));
        const auto step = initiator->kmsAnswered(asked(ours, *initiator->kmsRequest()), clockTime());
        QVERIFY2(!step.error, step.error ? step.error->reason.c_str() : "");
        auto answered = mikey::respond(b.context(), initiator->message(), {}, clockTime());
        QVERIFY(answered.asking);
        const auto responder = answered.asking;
        answered = responder->kmsAnswered(asked(theirs, *responder->kmsRequest()), clockTime());
        QVERIFY2(answered.agreement, answered.error ? answered.error->reason.c_str() : "");
        const auto taken = initiator->receive(*answered.send, clockTime());
        QVERIFY2(taken.agreement, taken.error ? taken.error->reason.c_str() : "");
        QCOMPARE(taken.agreement->responder, std::string("sip:bob@example.net"));
        QVERIFY(mikey::sameOctets(taken.agreement->tgks[0].view(), answered.agreement->tgks[0].view()));
        QVERIFY(ours.admin({u"export-audit"_s}).contains("resolve for kms.example.net"));
    }

    // Who asks under a name of many octets, or one that is none, leaves no trace of it
    void namesOfStrangers()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        for (const auto &name :
             {std::string(20000, 'x'), std::string("sip:alice\0@example.org", 22), std::string("a\nb")}) {
            User user;
            user.endpoint.identity = name;
            user.endpoint.ticket.kms = "kms.example.org";
            user.endpoint.ticket.psk = user.random.secret(32);
            mikey::Offer offer;
            offer.peer = bob;
            const auto initiator = mikey::method("ticket")->initiate(user.context(), offer, clockTime());
            QVERIFY2(initiator, initiator ? "" : initiator.error().reason.c_str());
            const auto told = mikey::decode(asked(kms, *(*initiator)->kmsRequest()));
            QVERIFY(told && told->header.dataType == mikey::DataType::Error);
        }
        const auto audit = kms.admin({u"export-audit"_s});
        QCOMPARE(audit.count("the name of the one who asks is none"), 3);
        QVERIFY(audit.size() < 2000 && kms.log().size() < 2000);
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
