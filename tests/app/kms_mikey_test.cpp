// SPDX-License-Identifier: Apache-2.0
// TICKET and IBAKE with latchkey-kms itself, over HTTPS.
#include "account/kms_access.h"
#include "kms_process.h"
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
