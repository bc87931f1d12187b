// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "methods/identity.h"
#include "wire/text.h"

#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

void methodRows()
{
    QTest::addColumn<QByteArray>("method");
    for (const QByteArray method : {"psk", "pk", "dh", "dh-hmac", "rsa-r"})
        QTest::newRow(method.data()) << method;
}

/// An unauthenticated error message to the request, as anyone on the way can make it.
Bytes forgedError(ByteView request, ErrorNumber number)
{
    const auto message = decode(request);
    Header header;
    header.dataType = DataType::Error;
    header.csbId = message->header.csbId;
    const std::vector<Payload> payloads{*message->find<Timestamp>(), ErrorPayload{number, 0}};
    return *encode(header, payloads);
}

/// Bob takes nothing that Alice offers.
Side pickyBob()
{
    auto bob = certifiedSide(bobId);
    bob.endpoint.suites = {srtpSuite("AEAD_AES_256_GCM"), srtpSuite("AEAD_AES_128_GCM")};
    return bob;
}

Offer plainOffer()
{
    auto offer = offerToBob();
    offer.suites = {&defaultSrtpSuite()};
    return offer;
}

} // namespace

/// Error messages of all methods, made and read (RFC 3830 5.1.2).
class ErrorsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-050, -051, -052, K4650-018, K4738-020: proven errors, and what would do
    void unsupportedPolicies_data() { methodRows(); }
    void unsupportedPolicies()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = pickyBob();
        const auto initiator = initiate(method.toStdString(), a, plainOffer());
        const auto refused = b.respond(initiator->message());
        QCOMPARE(number(refused.error), std::optional(10));
        const auto message = decode(*refused.send);
        const std::map<QByteArray, QByteArray> forms{{"psk", "T ERR SP SP V"},
                                                     {"pk", "T ERR SP SP V"},
                                                     {"dh", "T ERR SP SP CERT SIGN"},
                                                     {"dh-hmac", "T ERR SP SP KEMAC"},
                                                     {"rsa-r", "T ERR SP SP CERT SIGN"}};
        QCOMPARE(payloadNames(*message), forms.at(method));
        QCOMPARE(message->header.dataType, DataType::Error);
        QCOMPARE(message->header.csbId, decode(initiator->message())->header.csbId);
        QCOMPARE(hexOf(message->find<Timestamp>()->value),
                 hexOf(decode(initiator->message())->find<Timestamp>()->value));

        const auto step = initiator->receive(*refused.send, noon());
        QCOMPARE(number(step.error), std::optional(10));
        QVERIFY(!step.error->unauthenticated && !step.agreement && !step.send);
        QCOMPARE(step.error->supported, b.endpoint.suites);
    }

    // K3830-053: what is not proven is told as that, whatever of it was changed
    void everyOctetOfAnError_data() { methodRows(); }
    void everyOctetOfAnError()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = pickyBob();
        const auto initiator = initiate(method.toStdString(), a, plainOffer());
        const auto genuine = *b.respond(initiator->message()).send;
        int believed = 0;
        for (std::size_t i = 0; i < genuine.size(); ++i) {
            auto forged = genuine;
            forged[i] ^= 0x01;
            const auto step = initiator->receive(forged, noon());
            QVERIFY(step.error && !step.agreement && !step.send);
            // What the initiator found wrong by itself has a number of its own, and no list of suites.
            if (decode(forged) && step.error->reason.starts_with("the other side refused"))
                believed += step.error->unauthenticated ? 0 : 1;
        }
        QCOMPARE(believed, 0);
        b.endpoint.suites.clear(); // and a hint does not end the exchange
        b.state = {};
        QVERIFY(initiator->receive(*b.respond(initiator->message()).send, noon()).agreement);
    }

    void forgedErrors_data() { methodRows(); }
    void forgedErrors()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate(method.toStdString(), a);
        for (int i = 0; i <= 255; ++i) {
            const auto step =
                initiator->receive(forgedError(initiator->message(), static_cast<ErrorNumber>(i)), noon());
            QCOMPARE(number(step.error), std::optional(i));
            QVERIFY(step.error->unauthenticated && !step.error->name.empty());
        }
        // An error of another exchange is none of this one.
        const auto other = initiate(method.toStdString(), a, plainOffer());
        const auto elsewhere = initiator->receive(forgedError(other->message(), ErrorNumber::AuthFailure), noon());
        QCOMPARE(number(elsewhere.error), std::optional(-1));
        // Signed by someone else, or with a key that is not shared
        if (method == "dh" || method == "rsa-r") {
            const auto carols =
                resigned(*pickyBob().respond(other->message()).send, certificateOf(carolId), [](Draft &) {});
            QVERIFY(other->receive(carols, noon()).error->unauthenticated);
        }
        QVERIFY(initiator->receive(*b.respond(initiator->message()).send, noon()).agreement);
    }

    // Who is not authenticated gets errors that nobody signed: else anyone had us sign them.
    void errorsToStrangers_data() { methodRows(); }
    void errorsToStrangers()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate(method.toStdString(), a);
        auto forged = initiator->message();
        forged.back() ^= 1; // of the proof
        const auto refused = b.respond(forged);
        QCOMPARE(number(refused.error), std::optional(0));
        const auto message = decode(*refused.send);
        QCOMPARE(payloadNames(*message), QByteArray("T ERR"));
        const auto step = initiator->receive(*refused.send, noon());
        QCOMPARE(number(step.error), std::optional(0));
        QVERIFY(step.error->unauthenticated);
        QVERIFY(QByteArray::fromStdString(step.error->reason).contains("forged"));
    }

    // Proven errors of the other kinds: somebody else was meant, the clocks differ
    void otherProvenErrors_data() { methodRows(); }
    void otherProvenErrors()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto moved = certifiedSide(bobId);
        moved.endpoint.identity = "sip:robert@example.org";
        const auto initiator = initiate(method.toStdString(), a);
        const auto refused = moved.respond(initiator->message());
        QCOMPARE(number(refused.error), std::optional(7));
        const auto told = initiator->receive(*refused.send, noon());
        QCOMPARE(number(told.error), std::optional(7));
        QCOMPARE(told.error->unauthenticated, method == "pk"); // the envelope was not opened for it

        auto late = certifiedSide(bobId);
        const auto outside = late.respond(initiator->message(), noon().plusSeconds(1000));
        QCOMPARE(number(outside.error), std::optional(1));
        const auto skewed = initiator->receive(*outside.send, noon());
        QCOMPARE(number(skewed.error), std::optional(1));
        // A MAC costs nothing; old messages must not buy signatures, and the envelope was not opened for it.
        QCOMPARE(skewed.error->unauthenticated, method != "dh-hmac" && method != "psk");
    }

    // Each number of the registry, in a message of one method or another (RFC 3830 6.12, RFC 4738 3.9.2)
    void everyNumber()
    {
        std::set<int> told;
        const auto note = [&told](const Step &step) {
            QVERIFY(step.send && step.error);
            const auto message = decode(*step.send);
            QCOMPARE(message->header.dataType, DataType::Error);
            told.insert(static_cast<int>(message->find<ErrorPayload>()->number));
        };
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto signedBy = [&](std::string_view signer, const char *method, const Rewrite &change) {
            note(b.respond(resigned(initiate(method, a)->message(), certificateOf(signer), change)));
        };
        signedBy(carolId, "dh", [](Draft &) {});                                                        // 0
        note(b.respond(initiate("dh", a)->message(), noon().plusSeconds(5000)));                        // 1
        signedBy(aliceId, "dh", [](Draft &d) { d.header.prf = static_cast<Prf>(77); });                 // 2
        signedBy(aliceId, "pk", [](Draft &d) { d.the<Kemac>() = {Encryption::AesCm128, {}, {}, {}}; }); // 3
        SealedLoosely sealed;
        signedBy(aliceId, "pk", [&](Draft &d) { // 4
            LooseEnvelope envelope;
            envelope.encryption = Encryption::Null;
            sealed = seal(d, envelope, {d.header.csbId, d.the<Rand>().rand});
        });
        static const Bytes hash(64), zero(192);
        signedBy(aliceId, "pk", [](Draft &d) { d.the<Chash>() = {std::uint8_t{4}, hash}; }); // 5
        signedBy(aliceId, "dh", [](Draft &d) { d.the<Dh>().value = zero; });                 // 6
        signedBy(aliceId, "dh", [](Draft &d) { d.the<Id>(1) = idPayload(carolId); });        // 7
        signedBy(aliceId, "dh", [](Draft &d) { d.the<Id>(0) = idPayload(carolId); });        // 8
        signedBy(aliceId, "dh", [](Draft &d) {                                               // 9
            d.the<SecurityPolicy>().protocol = static_cast<ProtocolType>(1);
        });
        auto picky = pickyBob();
        note(picky.respond(initiate("pk", a, plainOffer())->message())); // 10
        b.endpoint.methods[std::string(aliceId)] = {"psk"};
        note(b.respond(initiate("rsa-r", a)->message())); // 11
        b.endpoint.methods.clear();
        signedBy(aliceId, "dh", [](Draft &d) { d.drop<Rand>(); }); // 12
        const auto cut = initiate("rsa-r", a)->message();
        note(b.respond(ByteView(cut).first(100))); // 13
        for (int i = 0; i <= 13; ++i)
            QVERIFY2(told.contains(i), qPrintable(QString::number(i)));
    }

    // An error message is never answered, and begins nothing.
    void errorsAreNotAnswered()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto request = initiate("dh", a)->message();
        const auto step = b.respond(forgedError(request, ErrorNumber::AuthFailure));
        QCOMPARE(number(step.error), std::optional(-1));
        QVERIFY(!step.send && !step.agreement);
    }
};

QTEST_GUILESS_MAIN(ErrorsTest)
#include "errors_test.moc"
