// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "crypto/openssl.h"
#include "methods/identity.h"
#include "methods/psk.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

const Bytes key128 = octets("00112233445566778899aabbccddeeff");

/// A certificate for the identity that only its maker vouches for.
OwnCertificate selfMade(std::string_view identity, KeyOf owner)
{
    const auto &key = rsaKey(owner);
    return {{selfSigned(certificateRequest(identity), key)}, key};
}

/// Bob as a fresh profile makes him: he trusts the authority, and whom he meets for the first time.
Side trustingBob()
{
    auto bob = certifiedSide(bobId);
    bob.endpoint.x509.peers.clear();
    bob.endpoint.x509.trustOnFirstUse = true;
    return bob;
}

/// Someone who calls himself Alice, with a key and a certificate of his own.
Side impostor()
{
    auto side = certifiedSide(aliceId);
    side.endpoint.x509.own = {selfMade(aliceId, KeyOf::Carol)};
    return side;
}

Step update(Side &at, ByteView message, const Csb *bundle, NtpTime now = noon().plusSeconds(10))
{
    Arrival arrival;
    arrival.bundles = {bundle};
    return at.respond(message, now, arrival);
}

/// An RSA public key whose modulus is even, as no honest key has it.
PublicKey brokenKey()
{
    const auto &good = rsaKey(KeyOf::Carol);
    BIGNUM *n = nullptr;
    BIGNUM *e = nullptr;
    EVP_PKEY_get_bn_param(good.native(), OSSL_PKEY_PARAM_RSA_N, &n);
    EVP_PKEY_get_bn_param(good.native(), OSSL_PKEY_PARAM_RSA_E, &e);
    BN_clear_bit(n, 0);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
    EVP_PKEY *key = nullptr;
    EVP_PKEY_fromdata_init(context);
    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return PublicKey({key, EVP_PKEY_free});
}

} // namespace

/// What was proven stays proven, and what was not does not become so later.
class LastingTrustTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // A key that cannot be used does no harm, whoever sends it
    void hostileRsaKey()
    {
        SystemRandom random;
        QVERIFY(rsaEncrypt(brokenKey(), key128, random).empty());
        const auto certificate = issue(certificateRequest(aliceId), brokenKey(), selfMade(aliceId, KeyOf::Carol));
        QVERIFY(checkAlone(certificate, noon()));
        auto a = impostor(), b = trustingBob();
        const auto initiator = initiate("rsa-r", a);
        const auto message = resigned(initiator->message(), a.endpoint.x509.own.front(), [&](Draft &draft) {
            draft.the<Cert>().type = CertType::X509Sign;
            draft.payloads.insert(draft.payloads.end() - 1, Cert{CertType::X509Encrypt, certificate.der()});
        });
        const auto step = b.respond(message);
        QCOMPARE(number(step.error), std::optional(8));
    }

    // RFC 3830 4.5: whoever gets between cannot take a bundle over with a certificate of his own making
    void bundleIsNotTakenOver_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::newRow("dh") << QByteArray("dh");
        QTest::newRow("pk") << QByteArray("pk");
    }
    void bundleIsNotTakenOver()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = trustingBob();
        b.endpoint.x509.peers[std::string(aliceId)] = {}; // proven by the authority
        auto offer = offerToBob();
        offer.cache = EnvelopeCache::None;
        const auto both = exchange(method.toStdString(), a, b, offer);
        QVERIFY(both);
        QCOMPARE(both->responder.provenBy, ProvenBy::Authority);
        auto thief = impostor();
        const auto stolen = mikey::update(thief.context(), *both->initiator.csb, {}, noon().plusSeconds(9));
        QVERIFY(stolen);
        const auto step = update(b, (*stolen)->message(), both->responder.csb.get());
        QVERIFY(!step.agreement);
        QCOMPARE(number(step.error), std::optional(8));
        QVERIFY(updated(a, *both->initiator.csb, b, *both->responder.csb)); // Alice herself still can
    }

    // Who was met for the first time may go on, as who he was then
    void firstUseUpdatesItsOwnBundle()
    {
        auto a = impostor();
        auto b = trustingBob();
        const auto both = exchange("dh", a, b);
        QVERIFY(both);
        QVERIFY(!both->responder.authenticated);
        const auto again = updated(a, *both->initiator.csb, b, *both->responder.csb);
        QVERIFY(again);
        QVERIFY(!again->responder.authenticated);
    }

    // RFC 3830 6.3: an envelope key proves no more than its envelope did
    void unprovenEnvelopeIsNoSharedKey()
    {
        auto a = impostor();
        auto b = trustingBob();
        b.endpoint.psk.clear();
        a.endpoint.psk.clear();
        auto offer = offerToBob();
        offer.cache = EnvelopeCache::Always;
        const auto both = exchange("pk", a, b, offer);
        QVERIFY(both);
        QVERIFY(b.state.envelopes.empty());
        b.endpoint.x509.trustOnFirstUse = false;
        a.endpoint.psk.emplace(std::string(bobId), both->initiator.csb->envelopeKey.clone());
        const auto initiator = initiate("psk", a, offerToBob(), noon().plusSeconds(5));
        QCOMPARE(number(b.respond(initiator->message(), noon().plusSeconds(5)).error), std::optional(7));
        // And an update under it is no better proven than the bundle
        b.endpoint.x509.trustOnFirstUse = true;
        const auto renewed = updated(a, *both->initiator.csb, b, *both->responder.csb);
        QVERIFY(renewed);
        QVERIFY(!renewed->responder.authenticated);
    }

    void provenEnvelopeServesAsLongAsItsCertificate()
    {
        auto a = certifiedSide(aliceId), b = certifiedSide(bobId);
        a.endpoint.psk.clear();
        b.endpoint.psk.clear();
        auto offer = offerToBob();
        offer.cache = EnvelopeCache::Always;
        QVERIFY(exchange("pk", a, b, offer));
        const auto both = exchange("psk", a, b, offerToBob(), noon().plusSeconds(5));
        QVERIFY(both);
        QVERIFY(both->responder.provenBy != ProvenBy::SharedKey);
        QVERIFY(both->responder.peerCertificate);
        const auto now = noon().plusSeconds(20);
        b.endpoint.x509.crls = {revoke({certificateOf(aliceId).chain.front()}, authority(), noon().plusSeconds(-60),
                                       noon().plusSeconds(3600))};
        const auto later = initiate("psk", a, offerToBob(), now);
        QVERIFY(later);
        QCOMPARE(number(b.respond(later->message(), now).error), std::optional(7));
    }

    // A certificate known beforehand, or pinned, may be revoked too
    void revokedThoughKnown_data()
    {
        QTest::addColumn<QByteArray>("method");
        for (const auto *method : {"pk", "dh", "rsa-r"})
            QTest::newRow(method) << QByteArray(method);
    }
    void revokedThoughKnown()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId), b = certifiedSide(bobId);
        const auto &certificate = certificateOf(aliceId).chain.front();
        b.endpoint.x509.fingerprints[std::string(aliceId)] = certificate.fingerprint();
        QVERIFY(exchange(method.toStdString(), a, b));
        b.endpoint.x509.crls = {revoke({certificate}, authority(), noon().plusSeconds(-60), noon().plusSeconds(3600))};
        const auto initiator = initiate(method.toStdString(), a, offerToBob(), noon().plusSeconds(5));
        const auto step = b.respond(initiator->message(), noon().plusSeconds(5));
        QCOMPARE(number(step.error), std::optional(8));
        QVERIFY(step.error->reason.find("revoked") != std::string::npos);
    }

    // RFC 7714: the same key must not serve two ciphers, so an update without keys keeps the policies
    void keyInUseKeepsItsPolicy()
    {
        auto a = certifiedSide(aliceId), b = certifiedSide(bobId);
        const auto both = exchange("dh", a, b);
        Renewal same;
        same.keys = Renewal::Keys::Same;
        const auto empty = mikey::update(a.context(), *both->initiator.csb, same, noon().plusSeconds(5));
        const SuitePayload gcm(*srtpSuite("AEAD_AES_128_GCM"), 0);
        const auto message = resigned((*empty)->message(), certificateOf(aliceId), [&](Draft &draft) {
            draft.payloads.insert(draft.payloads.begin() + 1, gcm.payload());
        });
        const auto step = update(b, message, both->responder.csb.get());
        QCOMPARE(number(step.error), std::optional(10));
    }

    // RFC 3830 5.1.2: old messages do not buy signatures
    void staleMessagesGetNoSignature()
    {
        for (const auto *method : {"dh", "rsa-r"}) {
            auto a = certifiedSide(aliceId), b = certifiedSide(bobId);
            const auto initiator = initiate(method, a);
            const auto step = b.respond(initiator->message(), noon().plusSeconds(4000));
            QCOMPARE(number(step.error), std::optional(1));
            QVERIFY(step.send);
            QVERIFY(!decode(*step.send)->find<Sign>());
        }
    }

    // RFC 4738 3.5: without an offer of policies the default has to be one that we take
    void rsaRDefaultIsNotTakenUnasked()
    {
        auto a = certifiedSide(aliceId), b = certifiedSide(bobId);
        b.endpoint.suites = {srtpSuite("AES_CM_256_HMAC_SHA1_80")};
        const auto initiator = initiate("rsa-r", a);
        const auto message =
            resigned(initiator->message(), certificateOf(aliceId), [](Draft &draft) { draft.drop<SecurityPolicy>(); });
        QCOMPARE(number(b.respond(message).error), std::optional(10));
    }

    // Each stream derives from all of a TGK: there is an end to its length
    void longTgk()
    {
        PskInit init;
        const Bytes longest(256, 0x11), tooLong(257, 0x11);
        init.keys = {keyData(KeyDataType::Tgk, longest)};
        QVERIFY(bob().respond(init.octetsOf()).agreement);
        init.keys = {keyData(KeyDataType::Tgk, tooLong)};
        QCOMPARE(number(bob().respond(init.octetsOf()).error), std::optional(12));
    }

    // CSB IDs are chosen by initiators, so two peers may choose the same
    void bundlesOfTwoPeersUnderOneId()
    {
        auto a = certifiedSide(aliceId), b = certifiedSide(bobId), c = certifiedSide(carolId);
        const auto alices = exchange("dh", a, b);
        const auto carols = exchange("dh", c, b);
        auto bobsWithCarol = carols->responder.csb->clone();
        auto carolsOwn = carols->initiator.csb->clone();
        bobsWithCarol.csbId = carolsOwn.csbId = alices->responder.csb->csbId;
        Arrival arrival;
        arrival.bundles = {&bobsWithCarol, alices->responder.csb.get()};
        const auto now = noon().plusSeconds(10);
        const auto update = mikey::update(a.context(), *alices->initiator.csb, {}, now);
        QVERIFY(b.respond((*update)->message(), now, arrival).agreement);
    }

    // Both sides encrypt under the same keys of a bundle, so no two of their timestamps may be the same
    void timestampsOfBothSidesDiffer()
    {
        EndpointState a, b;
        const auto newest = noon().plusSeconds(100);
        for (int i = 0; i < 3; ++i) {
            const auto ours = a.uniqueTimeAfter(newest, noon(), true);
            const auto theirs = b.uniqueTimeAfter(newest, noon(), false);
            QVERIFY(ours.isAfter(newest));
            QVERIFY(theirs.isAfter(newest));
            QVERIFY(ours != theirs);
        }
        EndpointState even;
        const auto before = NtpTime(newest.units() | 1);
        QVERIFY(even.uniqueTimeAfter(before, noon(), false).isAfter(before));
        QVERIFY(even.uniqueTimeAfter(before, noon(), true).isAfter(before));
    }
};

QTEST_GUILESS_MAIN(LastingTrustTest)
#include "lasting_trust_test.moc"
