// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "methods/identity.h"

#include <QFile>
#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

Bytes fixture(const char *name)
{
    QFile in(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/x509/") + QLatin1String(name));
    if (!in.open(QIODevice::ReadOnly))
        throw std::runtime_error(name);
    const auto content = in.readAll();
    return {content.begin(), content.end()};
}

/// Alice's certificate of tests/vectors/x509, which the openssl command made, with its intermediate authority.
OwnCertificate fixtureOf(const char *name)
{
    auto chain = Certificate::fromPem(fixture(name));
    chain.push_back(Certificate::fromPem(fixture("intermediate.pem")).front());
    return {std::move(chain), *PrivateKey::fromPem(fixture("user.key"))};
}

/// What can be wrong with a certificate of Alice or Bob.
OwnCertificate faulty(const QByteArray &fault, std::string_view identity, KeyOf owner)
{
    auto request = certificateRequest(identity);
    if (fault == "expired")
        request.notAfter = noon().plusSeconds(-1);
    else if (fault == "not yet valid")
        request.notBefore = noon().plusSeconds(1);
    else if (fault == "of Carol")
        request.identities = {std::string(carolId)};
    else if (fault == "of a name only")
        request.identities.clear();
    else if (fault == "not for signatures")
        request.maySign = false;
    else if (fault == "vouched for by itself")
        return {{selfSigned(request, rsaKey(owner))}, rsaKey(owner)};
    else if (fault == "issued by a user") {
        const auto &carol = certificateOf(carolId);
        return {{issue(request, rsaKey(owner).publicKey(), carol), carol.chain.front(), authority().chain.front()},
                rsaKey(owner)};
    } else if (fault == "of a stranger's authority") {
        auto posing = certificateRequest("");
        posing.commonName = "Authority"; // by the same name
        posing.identities.clear();
        posing.authority = true;
        const OwnCertificate other{{selfSigned(posing, rsaKey(KeyOf::BobsOther))}, rsaKey(KeyOf::BobsOther)};
        return {{issue(request, rsaKey(owner).publicKey(), other), other.chain.front()}, rsaKey(owner)};
    } else if (fault == "of another key")
        return {certified(request, KeyOf::Carol).chain, rsaKey(owner)};
    return certified(request, owner);
}

constexpr const char *faults[] = {"none",
                                  "expired",
                                  "not yet valid",
                                  "of Carol",
                                  "of a name only",
                                  "vouched for by itself",
                                  "issued by a user",
                                  "of a stranger's authority",
                                  "revoked",
                                  "revocation list outdated"};

/// The authority's list that belongs to the fault.
std::vector<Crl> listFor(const QByteArray &fault, const OwnCertificate &own)
{
    if (fault == "revoked")
        return {revoke({own.chain.front()}, authority(), noon().plusSeconds(-60), noon().plusSeconds(3600))};
    if (fault == "revocation list outdated")
        return {revoke({}, authority(), noon().plusSeconds(-3600), noon().plusSeconds(-60))};
    return {};
}

} // namespace

/// Which certificates prove nothing, in each method that has such (RFC 3830 4.3.1, RFC 4738 3.8).
class CertificateRefusalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-092, -118, K4738-017: the caller's certificate
    void callers_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("fault");
        for (const QByteArray method : {"pk", "dh", "rsa-r"}) {
            for (const auto *fault : faults)
                QTest::addRow("%s: %s", method.data(), fault) << method << QByteArray(fault);
            for (const auto *fault : {"not for signatures", "of another key"})
                QTest::addRow("%s: %s", method.data(), fault) << method << QByteArray(fault);
        }
    }
    void callers()
    {
        QFETCH(const QByteArray, method);
        QFETCH(const QByteArray, fault);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto own = faulty(fault, aliceId, KeyOf::Alice);
        b.endpoint.x509.peers.clear();
        b.endpoint.x509.crls = listFor(fault, own);
        const auto message = resigned(initiate(method.toStdString(), a)->message(), own, [&](Draft &draft) {
            draft.the<Cert>().data = own.chain.front().der();
            for (std::size_t i = own.chain.size(); i-- > 1;)
                draft.payloads.insert(draft.payloads.begin() + 4, Cert{CertType::X509, own.chain[i].der()});
        });
        const auto step = b.respond(message);
        if (fault == "none") {
            QVERIFY(step.agreement && step.agreement->authenticated);
            QCOMPARE(step.agreement->provenBy, ProvenBy::Authority);
            return;
        }
        QCOMPARE(number(step.error), std::optional(fault == "of another key" ? 0 : 8));
        QVERIFY(!step.agreement && step.send);
        QVERIFY(!decode(*step.send)->find<Sign>() && !decode(*step.send)->find<Verification>());
        QCOMPARE(b.state.replays.size(), 0u);
    }

    // K4738-038: the certificate of the one who answers
    void called_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("fault");
        for (const QByteArray method : {"dh", "rsa-r"}) {
            for (const auto *fault : faults)
                QTest::addRow("%s: %s", method.data(), fault) << method << QByteArray(fault);
            QTest::addRow("%s: of another key", method.data()) << method << QByteArray("of another key");
        }
    }
    void called()
    {
        QFETCH(const QByteArray, method);
        QFETCH(const QByteArray, fault);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        a.endpoint.x509.peers.clear();
        b.endpoint.x509.own = {faulty(fault, bobId, KeyOf::Bob)};
        a.endpoint.x509.crls = listFor(fault, b.endpoint.x509.own.front());
        const auto initiator = initiate(method.toStdString(), a);
        const auto answered = b.respond(initiator->message());
        QVERIFY(answered.agreement);
        const auto step = initiator->receive(*answered.send, noon());
        QCOMPARE(step.agreement.has_value(), fault == "none");
        if (fault != "none")
            QCOMPARE(number(step.error), std::optional(fault == "of another key" ? 0 : 8));
    }

    // What the initiator of the public key method would encrypt for
    void recipients()
    {
        for (const auto *fault : {"expired", "not yet valid", "of Carol", "of a name only", "not for encryption"}) {
            auto a = certifiedSide(aliceId);
            auto request = certificateRequest(bobId);
            request.mayEncrypt = false;
            a.endpoint.x509.peers[std::string(bobId)] = qstrcmp(fault, "not for encryption") == 0
                                                            ? certified(request, KeyOf::Bob).chain
                                                            : faulty(fault, bobId, KeyOf::Bob).chain;
            const auto made = method("pk")->initiate(a.context(), offerToBob(), noon());
            QVERIFY2(!made && !made.error().number && !made.error().reason.empty(), fault);
        }
    }

    // K3830-118: revocation by the openssl command's own certificates, and without a list there is nothing to check
    void revokedFixture_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("list");
        QTest::addColumn<int>("error");
        QTest::newRow("good") << QByteArray("alice.pem") << QByteArray("revoked.crl.pem") << 99;
        QTest::newRow("revoked") << QByteArray("revoked.pem") << QByteArray("revoked.crl.pem") << 8;
        QTest::newRow("not on the list") << QByteArray("revoked.pem") << QByteArray("empty.crl.pem") << 99;
        QTest::newRow("no list") << QByteArray("revoked.pem") << QByteArray() << 99;
        QTest::newRow("outdated list") << QByteArray("alice.pem") << QByteArray("outdated.crl.pem") << 8;
        QTest::newRow("SHA-1") << QByteArray("sha1.pem") << QByteArray() << 8;
        QTest::newRow("expired") << QByteArray("expired.pem") << QByteArray() << 8;
        QTest::newRow("early") << QByteArray("early.pem") << QByteArray() << 8;
        QTest::newRow("name only") << QByteArray("cnonly.pem") << QByteArray() << 8;
        QTest::newRow("wildcard") << QByteArray("wildcard.pem") << QByteArray() << 8;
        QTest::newRow("NUL in the name") << QByteArray("nul.pem") << QByteArray() << 8;
        QTest::newRow("for encryption") << QByteArray("encrypting.pem") << QByteArray() << 8;
        QTest::newRow("for signatures") << QByteArray("signing.pem") << QByteArray() << 99;
        QTest::newRow("unknown critical extension") << QByteArray("critical.pem") << QByteArray() << 8;
    }
    void revokedFixture()
    {
        QFETCH(const QByteArray, name);
        QFETCH(const QByteArray, list);
        QFETCH(const int, error);
        auto a = certifiedSide(aliceId);
        a.endpoint.x509.own = {fixtureOf(name.data())};
        auto b = certifiedSide(bobId);
        b.endpoint.x509.peers.clear();
        b.endpoint.x509.trust = Certificate::fromPem(fixture("root.pem"));
        if (!list.isEmpty())
            b.endpoint.x509.crls = Crl::fromPem(fixture(list.data()));
        auto forged = certifiedSide(aliceId); // signs whatever the certificate says
        const auto own = a.endpoint.x509.own.front();
        const auto message = resigned(initiate("dh", forged)->message(), own, [&](Draft &draft) {
            draft.the<Cert>().data = own.chain[0].der();
            draft.payloads.insert(draft.payloads.begin() + 4, Cert{CertType::X509, own.chain[1].der()});
        });
        QCOMPARE(number(b.respond(message).error).value_or(99), error);
    }

    // A certificate that nobody vouches for is taken once, and another one not any more.
    void firstUse_data()
    {
        QTest::addColumn<QByteArray>("method");
        for (const QByteArray method : {"pk", "dh", "rsa-r"})
            QTest::newRow(method.data()) << method;
    }
    void firstUse()
    {
        QFETCH(const QByteArray, method);
        const auto name = method.toStdString();
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        a.endpoint.x509.own = {faulty("vouched for by itself", aliceId, KeyOf::Alice)};
        b.endpoint.x509.peers.clear();
        QCOMPARE(number(b.respond(initiate(name, a)->message()).error), std::optional(8));
        b.endpoint.x509.trustOnFirstUse = true;
        auto offer = offerToBob();
        offer.cache = EnvelopeCache::None; // so that the update needs certificates, too
        auto first = exchange(name, a, b, offer);
        QVERIFY(first);
        QCOMPARE(first->responder.provenBy, ProvenBy::FirstUse);
        QVERIFY(!first->responder.authenticated);
        // The other side updates, and knows no more than before.
        const auto renewed = updated(b, *first->responder.csb, a, *first->initiator.csb);
        QVERIFY(renewed);
        if (renewed->initiator.peerCertificate)
            QVERIFY(!renewed->initiator.authenticated);

        const auto seen = a.endpoint.x509.own.front().chain.front().fingerprint();
        b.endpoint.x509.fingerprints[std::string(aliceId)] = seen;
        const auto again = exchange(name, a, b, offerToBob(), noon().plusSeconds(60));
        QVERIFY(again);
        QCOMPARE(again->responder.provenBy, ProvenBy::Fingerprint);
        QVERIFY(again->responder.authenticated);

        // Another key, even one that the authority vouches for
        for (const auto &own : {faulty("vouched for by itself", aliceId, KeyOf::Carol),
                                certified(certificateRequest(aliceId), KeyOf::Carol)}) {
            a.endpoint.x509.own = {own};
            const auto step =
                b.respond(initiate(name, a, offerToBob(), noon().plusSeconds(120))->message(), noon().plusSeconds(120));
            QCOMPARE(number(step.error), std::optional(8));
            QVERIFY(QByteArray::fromStdString(step.error->reason).contains("has changed"));
            QVERIFY(!step.agreement);
        }
        // Expired ones are not taken at first use either.
        b.endpoint.x509.fingerprints.clear();
        a.endpoint.x509.own = {faulty("expired", aliceId, KeyOf::Alice)};
        QCOMPARE(number(b.respond(initiate(name, a)->message()).error), std::optional(8));
    }

    void firstUseOfTheOneCalled()
    {
        for (const auto *name : {"dh", "rsa-r"}) {
            auto a = certifiedSide(aliceId);
            auto b = certifiedSide(bobId);
            a.endpoint.x509.peers.clear();
            a.endpoint.x509.trustOnFirstUse = true;
            b.endpoint.x509.own = {faulty("vouched for by itself", bobId, KeyOf::Bob)};
            const auto first = exchange(name, a, b);
            QVERIFY(first && first->initiator.provenBy == ProvenBy::FirstUse && !first->initiator.authenticated);
            a.endpoint.x509.fingerprints[std::string(bobId)] = certificateOf(carolId).chain.front().fingerprint();
            const auto initiator = initiate(name, a);
            const auto step = initiator->receive(*b.respond(initiator->message()).send, noon());
            QCOMPARE(number(step.error), std::optional(8));
            QVERIFY(QByteArray::fromStdString(step.error->reason).contains("has changed"));
        }
    }

    // Chains are bounded, and octets that are no certificate refuse the message.
    void damagedChains()
    {
        for (const auto *name : {"pk", "dh", "rsa-r"}) {
            auto a = certifiedSide(aliceId);
            auto b = certifiedSide(bobId);
            const auto with = [&](const Rewrite &change) {
                return number(b.respond(resigned(initiate(name, a)->message(), certificateOf(aliceId), change)).error);
            };
            static const Bytes noise(300, 0x30);
            QCOMPARE(with([](Draft &d) { d.the<Cert>().data = noise; }), std::optional(8));
            QCOMPARE(with([](Draft &d) { d.the<Cert>().data = {}; }), std::optional(8));
            QCOMPARE(with([](Draft &d) { d.payloads.insert(d.payloads.begin() + 4, 9, d.the<Cert>()); }),
                     std::optional(8));
            QCOMPARE(with([](Draft &d) { d.the<Cert>().type = static_cast<std::uint8_t>(4); }), std::optional(8));
        }
    }
};

QTEST_GUILESS_MAIN(CertificateRefusalTest)
#include "certificate_refusal_test.moc"
