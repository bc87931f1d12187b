// SPDX-License-Identifier: Apache-2.0
// MIKEY-SAKKE, rule by rule (RFC 6509 2.5, 3.2, 4.2).
#include "sakke_users.h"

#include "methods/certificates.h"
#include "methods/identity.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

class SakkeConformanceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6509-051, K6508-004: parameters and ID schemes that are not known here
    void unknownParameters_data()
    {
        QTest::addColumn<int>("parameters");
        QTest::addColumn<int>("scheme");
        QTest::newRow("unknown parameters") << 9 << 2;
        QTest::newRow("unknown ID scheme") << 1 << 9;
        QTest::newRow("another ID scheme than that of our keys") << 1 << 1;
    }
    void unknownParameters()
    {
        QFETCH(const int, parameters);
        QFETCH(const int, scheme);
        SakkeUsers two;
        const auto message = two.offer()->message();
        const auto changed = resignedSakke(two.alice, message, [&](Draft &d) {
            d.the<Sakke>().parameters = static_cast<SakkeParameters>(parameters);
            d.the<Sakke>().idScheme = static_cast<SakkeIdScheme>(scheme);
        });
        const auto step = two.bob.respond(changed);
        QVERIFY(step.error && !step.agreement && step.send);
        QCOMPARE(number(step.error), std::optional(13));
        QCOMPARE(decode(*step.send)->find<ErrorPayload>()->number, ErrorNumber::UnsupportedMessage);
        QVERIFY(two.bob.respond(resignedSakke(two.alice, message, [](Draft &) {})).agreement);
    }

    // K6509-009, -019: RSA signatures, with the certificate in the message or known beforehand
    void rsaSignatures()
    {
        SakkeUsers two;
        two.bob.endpoint.x509 = certifiedSide(bobId).endpoint.x509;
        const auto &alices = certificateOf(aliceId);
        const auto initiator = two.offer();
        const auto withCertificate = [&two](const OwnCertificate &own) -> Rewrite {
            return [&two, &own](Draft &draft) {
                for (auto &payload : certPayloads(two.bob.endpoint.x509, own))
                    draft.payloads.insert(draft.payloads.begin() + 3, std::move(payload)); // behind T, RAND, IDRi
            };
        };
        const auto message = resigned(initiator->message(), alices, withCertificate(alices));
        QVERIFY(decode(message)->find<Cert>());
        const auto step = two.bob.respond(message);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QVERIFY(sameKeys(*step.agreement, *initiator->provisional()));
        QCOMPARE(step.agreement->provenBy, ProvenBy::KnownCertificate);
        QVERIFY(step.agreement->peerCertificate);
        QVERIFY(!step.send);
        const auto without = two.bob.respond(resigned(two.offer()->message(), alices, [](Draft &) {}));
        QVERIFY2(without.agreement, without.error ? without.error->reason.c_str() : "");
        // Another key than that of the certificate, another one's certificate, and one that nobody vouches for
        const auto &carols = certificateOf(carolId);
        const auto mismatch = two.bob.respond(resigned(two.offer()->message(), carols, withCertificate(alices)));
        QCOMPARE(number(mismatch.error), std::optional(0));
        const auto others = two.bob.respond(resigned(two.offer()->message(), carols, withCertificate(carols)));
        QCOMPARE(number(others.error), std::optional(8));
        auto stranger = two.bob.endpoint.x509;
        stranger.trust.clear();
        stranger.peers.clear();
        std::swap(two.bob.endpoint.x509, stranger);
        const auto untrusted = two.bob.respond(resigned(two.offer()->message(), alices, withCertificate(alices)));
        QVERIFY(untrusted.error && !untrusted.agreement);
        std::swap(two.bob.endpoint.x509, stranger);
        auto forged = resigned(two.offer()->message(), alices, withCertificate(alices));
        forged[30] ^= 1; // T
        QVERIFY(!two.bob.respond(forged).agreement);
    }

    // K6509-033: a stored message opens as long as its key period lasts, where the clock window lets it (D-18)
    void deferredDelivery()
    {
        SakkeUsers two;
        const auto initiator = two.offer();
        const auto later = noon().plusSeconds(day);
        QCOMPARE(telService().domain.periodAt(later), telService().domain.periodAt(noon()));
        const auto late = two.bob.respond(initiator->message(), later);
        QVERIFY(late.error && !late.agreement);
        two.bob.endpoint.accept.clockSkewSeconds = 3 * day; // of what the mailbox keeps
        const auto opened = two.bob.respond(initiator->message(), later);
        QVERIFY2(opened.agreement, opened.error ? opened.error->reason.c_str() : "");
        QVERIFY(sameKeys(*opened.agreement, *initiator->provisional()));
    }

    // K6509-040: RFC 3986 6.2.2.1
    void uriNormalisation_data()
    {
        QTest::addColumn<QString>("spelled");
        QTest::addColumn<QString>("canonical");
        QTest::newRow("scheme of tel") << "TEL:+447700900123"
                                       << "tel:+447700900123";
        QTest::newRow("mixed") << "Tel:+447700900123"
                               << "tel:+447700900123";
        QTest::newRow("scheme and host of sip") << "SIP:Alice@EXAMPLE.Org"
                                                << "sip:Alice@example.org";
    }
    void uriNormalisation()
    {
        QFETCH(const QString, spelled);
        QFETCH(const QString, canonical);
        const auto normal = canonicalIdentity(spelled.toStdString());
        QCOMPARE(QString::fromStdString(normal), canonical);
        const auto &domain = (canonical.startsWith(QLatin1String("tel")) ? telService() : uidService()).domain;
        const auto period = domain.periodAt(noon());
        QVERIFY(!domain.obstacleTo(normal));
        QVERIFY(domain.identifier(normal, period) == domain.identifier(canonical.toStdString(), period));
        QVERIFY(domain.identifier(normal, period) != domain.identifier(spelled.toStdString(), period));
    }
};

QTEST_GUILESS_MAIN(SakkeConformanceTest)
#include "sakke_conformance_test.moc"
