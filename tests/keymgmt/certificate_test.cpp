// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "crypto/digest.h"
#include "crypto/issue.h"
#include "methods/trust.h"
#include "wire/text.h"

#include <openssl/err.h>

#include <QFile>
#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray file(const QString &name)
{
    QFile in(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/x509/") + name);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

ByteView view(const QByteArray &array)
{
    return octetsOf({array.constData(), static_cast<std::size_t>(array.size())});
}

Certificate certificate(const char *name)
{
    return Certificate::fromPem(view(file(QLatin1String(name) + QLatin1String(".pem")))).at(0);
}

Crl crl(const char *name)
{
    return Crl::fromPem(view(file(QLatin1String(name) + QLatin1String(".crl.pem")))).at(0);
}

CertificateChain chain(std::initializer_list<const char *> names)
{
    CertificateChain made;
    for (const auto *name : names)
        made.push_back(certificate(name));
    return made;
}

QString text(const std::optional<std::string> &sentence)
{
    return QString::fromStdString(sentence.value_or("good"));
}

NtpTime at(std::int64_t unixSeconds)
{
    return NtpTime::fromUnixMicroseconds(unixSeconds * 1000000);
}

QString checked(const CertificateChain &chain, const std::vector<Crl> &crls = {}, NtpTime now = noon())
{
    return text(checkChain(chain, {certificate("root")}, crls, now));
}

QString identitiesOf(const char *name)
{
    QStringList all;
    for (const auto &identity : certificate(name).identities())
        all << QString::fromStdString(identity);
    return all.join(QLatin1Char(' '));
}

const QString nobody = QStringLiteral("no authority that is trusted here has issued the certificate");

mikey::X509 trustingRoot()
{
    mikey::X509 x509;
    x509.trust = {certificate("root")};
    return x509;
}

/// Who proves it, or why not.
QString trusted(const mikey::X509 &x509, const CertificateChain &received,
                const char *identity = "sip:alice@example.org", CertificateUse use = CertificateUse::Sign,
                NtpTime now = noon())
{
    static const char *const names[] = {"shared key", "authority", "known", "fingerprint", "first use"};
    const auto result = trustedCertificate(x509, identity, received, use, now);
    if (result)
        return QLatin1String(names[static_cast<int>(result->by)]);
    return result.error().number == ErrorNumber::InvalidCert ? QString::fromStdString(result.error().reason)
                                                             : QStringLiteral("another error");
}

CertificateRequest request(const char *name, std::vector<std::string> identities = {})
{
    CertificateRequest request;
    request.commonName = name;
    request.identities = std::move(identities);
    request.notBefore = noon().plusSeconds(-3600);
    request.notAfter = noon().plusSeconds(86400);
    return request;
}

} // namespace

/// The certificates are those of tests/vectors/x509, made by the openssl command.
class CertificateTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_key = PrivateKey::fromPem(view(file(QStringLiteral("user.key")))); }
    void cleanup() { QCOMPARE(ERR_peek_error(), 0ul); }

    void contents()
    {
        const auto alice = certificate("alice");
        QCOMPARE(alice.subject(), std::string("CN=Alice"));
        QCOMPARE(alice.issuer(), std::string("CN=Intermediate"));
        QCOMPARE(alice.notBefore().unixMilliseconds(), 1767225600000);
        QCOMPARE(alice.notAfter().unixMilliseconds(), 2398377600000); // after NTP's wrap in 2036
        QVERIFY(!alice.isSelfSigned() && certificate("root").isSelfSigned());
        QVERIFY(alice.maySign() && alice.mayEncrypt());
        QVERIFY(alice.key().isRsa());
        QCOMPARE(alice.key().bits(), 2048);
        QVERIFY(alice.fingerprint() == sha256(alice.der()));
        QVERIFY(belongTogether(alice, *m_key));
        QVERIFY(!belongTogether(certificate("root"), *m_key));
        QVERIFY(Certificate::fromPem(octetsOf(alice.toPem())).at(0) == alice);
        QCOMPARE(certificate("utf8").subject(), std::string("CN=J\\xc3\\xb6rg"));
        QVERIFY(!certificate("ec").key().isRsa());
    }

    // K3830-092: certificates for one use only
    void usage()
    {
        QVERIFY(certificate("signing").maySign() && !certificate("signing").mayEncrypt());
        QVERIFY(!certificate("encrypting").maySign() && certificate("encrypting").mayEncrypt());
        QVERIFY(certificate("free").maySign() && certificate("free").mayEncrypt());
        const auto x509 = trustingRoot();
        QCOMPARE(trusted(x509, chain({"signing", "intermediate"})), QStringLiteral("authority"));
        QCOMPARE(trusted(x509, chain({"encrypting", "intermediate"})),
                 QStringLiteral("the certificate may not be used for signatures"));
        const auto forEncryption = [&x509](const char *name) {
            return trusted(x509, chain({name, "intermediate"}), "sip:alice@example.org", CertificateUse::Encrypt);
        };
        QCOMPARE(forEncryption("encrypting"), QStringLiteral("authority"));
        QCOMPARE(forEncryption("signing"), QStringLiteral("the certificate may not be used for encryption"));
    }

    void damagedDer()
    {
        const auto alice = certificate("alice");
        auto der = octets(alice.der());
        QVERIFY(Certificate::fromDer(der) == alice);
        for (std::size_t size = 0; size < der.size(); size += 7)
            QVERIFY(!Certificate::fromDer(ByteView(der).first(size)));
        der.push_back(0);
        QVERIFY(!Certificate::fromDer(der));
        QVERIFY(!Certificate::fromDer(Bytes(100, 0x30)));
        QVERIFY(!Certificate::fromDer(Bytes(70000, 0x30)));
        QVERIFY(!Crl::fromDer(alice.der()));
    }

    /// Whatever octet is damaged, nothing crashes, and the chain does not hold.
    void everyOctetDamaged()
    {
        auto signedOnes = chain({"alice", "intermediate"});
        const auto der = octets(signedOnes.front().der());
        for (std::size_t i = 0; i < der.size(); i += 3) {
            auto damaged = der;
            damaged[i] ^= 0x21;
            const auto parsed = Certificate::fromDer(damaged);
            if (!parsed)
                continue;
            static_cast<void>(parsed->identities());
            static_cast<void>(parsed->subject());
            QVERIFY2(checkChain({*parsed, signedOnes[1]}, {certificate("root")}, {}, noon()),
                     qPrintable(QString::number(i)));
        }
    }

    void pem()
    {
        const auto both = file(QStringLiteral("alice.pem")) + file(QStringLiteral("user.key")) +
                          file(QStringLiteral("intermediate.pem"));
        QCOMPARE(Certificate::fromPem(view(both)).size(), 2u);
        auto damaged = both;
        damaged[damaged.lastIndexOf("-----END") - 30] = '!';
        QVERIFY(Certificate::fromPem(view(damaged)).empty());
        QVERIFY(Certificate::fromPem({}).empty());
        QVERIFY(
            Certificate::fromPem(octetsOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")).empty());
        QVERIFY(Crl::fromPem(view(both)).empty());
        const auto list = crl("revoked");
        QCOMPARE(Crl::fromPem(octetsOf(list.toPem() + crl("empty").toPem())).size(), 2u);
        QCOMPARE(list.issuer(), certificate("intermediate").subject());
        QVERIFY(list.revokedCount() > 0);
        QCOMPARE(crl("empty").revokedCount(), 0u);
        QVERIFY(list.thisUpdate() && list.nextUpdate() && list.nextUpdate()->isAfter(*list.thisUpdate()));
    }

    // RFC 5922 7.1: names of subjectAltName only
    void identities()
    {
        QCOMPARE(identitiesOf("alice"), QStringLiteral("sip:alice@example.org alice@example.org tel:+15551234"));
        QCOMPARE(identitiesOf("cnonly"), QString());
        QCOMPARE(identitiesOf("nul"), QString());
        QCOMPARE(identitiesOf("posing"), QString()); // a mail address that looks like an URI, and the reverse
        QCOMPARE(identitiesOf("wildcard"), QStringLiteral("sip:*@example.org sip:*"));
    }

    // RFC 5922 7.2
    void matching()
    {
        const auto alice = certificate("alice");
        QVERIFY(isFor(alice, "sip:alice@example.org"));
        QVERIFY(isFor(alice, "sip:alice@Example.ORG;transport=udp"));
        QVERIFY(isFor(alice, "tel:+15551234"));
        QVERIFY(isFor(alice, "alice@example.org"));
        QVERIFY(!isFor(alice, "sips:alice@example.org"));
        QVERIFY(!isFor(alice, "sip:Alice@example.org")); // the user part minds case (RFC 3261 19.1.4)
        QVERIFY(!isFor(alice, "sip:alice@example.org.evil.example"));
        QVERIFY(!isFor(alice, "sip:alice@xample.org"));
        QVERIFY(!isFor(alice, "sip:bob@example.org"));
        QVERIFY(!isFor(alice, ""));
        const auto variants = certificate("variants");
        QVERIFY(isFor(variants, "sip:Bob@example.org"));
        QVERIFY(isFor(variants, "sips:carol@example.org"));
        QVERIFY(!isFor(variants, "sip:carol@example.org"));
        QVERIFY(isFor(variants, "Dave@example.org"));
        for (const auto *name : {"cnonly", "nul", "posing", "wildcard", "brackets"})
            QVERIFY2(!isFor(certificate(name), "sip:alice@example.org"), name);
        QVERIFY(!isFor(certificate("posing"), "bob@example.org"));
    }

    // K3830-093, K6043-016, -017: end entity first, each signed by the next
    void chains()
    {
        QCOMPARE(checked(chain({"alice", "intermediate"})), QStringLiteral("good"));
        QCOMPARE(checked(chain({"alice", "intermediate", "root"})), QStringLiteral("good"));
        QCOMPARE(checked(chain({"free", "intermediate"})), QStringLiteral("good"));
        QCOMPARE(checked(chain({"alice"})), nobody);
        QCOMPARE(checked({}), QStringLiteral("there is no certificate"));
        const auto unordered = QStringLiteral("the certificates of the chain do not follow each other");
        QCOMPARE(checked(chain({"alice", "root", "intermediate"})), unordered);
        QCOMPARE(checked(chain({"alice", "intermediate", "revoked"})), unordered);
        QCOMPARE(checked(CertificateChain(9, certificate("root"))),
                 QStringLiteral("the chain has 9 certificates; 8 are taken"));
        QCOMPARE(text(checkChain(chain({"alice", "intermediate", "root"}), {}, {}, noon())), nobody);
    }

    void intermediateAsAnchor()
    {
        QCOMPARE(text(checkChain(chain({"alice"}), {certificate("intermediate")}, {}, noon())), QStringLiteral("good"));
        QCOMPARE(text(checkChain(chain({"alice"}), {certificate("alice")}, {}, noon())), QStringLiteral("good"));
        QCOMPARE(text(checkChain(chain({"signing"}), {certificate("alice")}, {}, noon())), nobody);
        QCOMPARE(text(checkChain(chain({"under-nobasic"}), {certificate("nobasic")}, {}, noon())),
                 QStringLiteral("the certificate of the authority CN=No constraints may not issue certificates"));
    }

    void refusedChains_data()
    {
        QTest::addColumn<QStringList>("names");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char *names, const char *reason) {
            QTest::newRow(names) << QString::fromLatin1(names).split(QLatin1Char(' ')) << QString::fromLatin1(reason);
        };
        row("expired intermediate", "the certificate has expired on 2026-01-02");
        row("early intermediate", "the certificate is not valid before 2027-01-01");
        row("weak intermediate", "the key of the certificate has 1024 bits; 2048 to 4096 are taken");
        row("large intermediate", "the key of the certificate has 4104 bits; 2048 to 4096 are taken");
        row("ec intermediate", "the key of the certificate is not an RSA key");
        row("sha1 intermediate", "the certificate is signed with a hash that is too weak");
        row("critical intermediate", "the certificate has a critical extension that is not understood");
        row("under-nobasic nobasic", "the certificate of the authority CN=No constraints may not issue certificates");
        row("under-usage usage", "the certificate of the authority CN=No signing may not issue certificates");
        row("under-deep deep intermediate",
            "the certificate of the authority CN=Intermediate stands above more authorities than it may");
        row("under-old old", "the certificate of the authority CN=Old has expired on 2026-03-01");
    }
    void refusedChains()
    {
        QFETCH(const QStringList, names);
        QFETCH(const QString, reason);
        CertificateChain made;
        for (const auto &name : names)
            made.push_back(certificate(qPrintable(name)));
        QCOMPARE(checked(made), reason);
    }

    void validityMovesWithTheTime()
    {
        const auto alice = chain({"alice", "intermediate"});
        QCOMPARE(checked(alice, {}, at(1767225600)), QStringLiteral("good")); // its first and last second
        QCOMPARE(checked(alice, {}, at(2398377599)), QStringLiteral("good"));
        QCOMPARE(checked(alice, {}, at(1767225599)), QStringLiteral("the certificate is not valid before 2026-01-01"));
        QCOMPARE(checked(alice, {}, at(2398377601)), QStringLiteral("the certificate has expired on 2046-01-01"));
        QCOMPARE(checked(alice, {}, at(2085978497)), QStringLiteral("good"));          // a second after NTP's wrap
        QCOMPARE(checked(chain({"forever", "intermediate"})), QStringLiteral("good")); // 1950 to 9999
        QVERIFY(!checkAlone(certificate("forever"), noon()));
    }

    // RFC 5922 7.1: extended key usage is honoured
    void extendedKeyUsage()
    {
        for (const auto *good :
             {"for-emailProtection", "for-1-3-6-1-5-5-7-3-20", "for-anyExtendedKeyUsage", "for-serverAuth-clientAuth"})
            QVERIFY2(!checkAlone(certificate(good), noon()), good);
        for (const auto *bad : {"for-serverAuth", "for-codeSigning"}) {
            const auto fault = checkAlone(certificate(bad), noon());
            QVERIFY2(fault, bad);
            QVERIFY(fault->find("extended key usage") != std::string::npos);
        }
    }

    // K3830-118: a list is applied where there is one
    void revocation()
    {
        const auto revoked = chain({"revoked", "intermediate"});
        const auto alice = chain({"alice", "intermediate"});
        QCOMPARE(checked(revoked), QStringLiteral("good")); // nobody told
        QCOMPARE(checked(revoked, {crl("revoked")}), QStringLiteral("the certificate is revoked"));
        QCOMPARE(checked(revoked, {crl("empty")}), QStringLiteral("good"));
        QCOMPARE(checked(alice, {crl("revoked")}), QStringLiteral("good"));
        QCOMPARE(checked(alice, {crl("outdated")}),
                 QStringLiteral("the revocation list of the authority CN=Intermediate is out of date"));
        QCOMPARE(checked(alice, {crl("early")}),
                 QStringLiteral("the revocation list of the authority CN=Intermediate is not valid yet"));
        QCOMPARE(checked(alice, {crl("outdated"), crl("empty")}), QStringLiteral("good"));
    }

    void revokedAuthority()
    {
        const OwnCertificate root{{selfSigned(authorityRequest("Root"), *m_key)}, *m_key};
        const auto middleKey = PrivateKey::generate(2048);
        const OwnCertificate middle{{issue(authorityRequest("Middle"), middleKey.publicKey(), root)}, middleKey};
        const auto bob = issue(request("Bob", {"sip:bob@example.org"}), m_key->publicKey(), middle);
        const CertificateChain received{bob, middle.chain[0]};
        const auto list = revoke({middle.chain[0]}, root, noon().plusSeconds(-60), noon().plusSeconds(60));
        QVERIFY(!checkChain(received, root.chain, {}, noon()));
        QCOMPARE(text(checkChain(received, root.chain, {list}, noon())),
                 QStringLiteral("the certificate of the authority CN=Middle is revoked"));
        // Trusted by decision, the authority is not asked about; its own list still counts.
        QVERIFY(!checkChain(received, middle.chain, {list}, noon()));
        const auto own = revoke({bob}, middle, noon().plusSeconds(-60), noon().plusSeconds(60));
        QCOMPARE(text(checkChain(received, middle.chain, {own, list}, noon())),
                 QStringLiteral("the certificate is revoked"));
        // A list in the authority's name, but of another key
        const OwnCertificate forger{{middle.chain[0]}, *m_key};
        const auto forged = revoke({}, forger, noon().plusSeconds(-60), noon().plusSeconds(60));
        QVERIFY(checkChain(received, root.chain, {forged}, noon()));
        const OwnCertificate namesake{{selfSigned(authorityRequest("Middle"), *m_key)}, *m_key};
        const auto unusable = revoke({}, namesake, noon().plusSeconds(-60), noon().plusSeconds(60));
        QCOMPARE(text(checkChain(received, root.chain, {unusable}, noon())),
                 QStringLiteral("the revocation list of the authority CN=Middle cannot be used"));
    }

    void issued()
    {
        auto wanted = request("Jörg", {"sip:joerg@example.org", "joerg@example.org", "tel:+4930"});
        wanted.mayEncrypt = false;
        const auto own = selfSigned(wanted, *m_key);
        QVERIFY(own.isSelfSigned());
        QCOMPARE(own.identities(), wanted.identities);
        QVERIFY(own.maySign() && !own.mayEncrypt());
        QCOMPARE(own.notBefore().unixMilliseconds(), wanted.notBefore.unixMilliseconds());
        QCOMPARE(own.notAfter().unixMilliseconds(), wanted.notAfter.unixMilliseconds());
        QVERIFY(belongTogether(own, *m_key));
        QVERIFY(!checkAlone(own, noon()));
        QVERIFY(!(selfSigned(wanted, *m_key) == own)); // serials are random
        QVERIFY(!checkChain({own}, {own}, {}, noon()));
        // It is no authority.
        const auto below = issue(request("Eve", {"sip:eve@example.org"}), m_key->publicKey(), {{own}, *m_key});
        QVERIFY(checkChain({below, own}, {own}, {}, noon()));
    }

    void namesOfAnyLength()
    {
        std::string name;
        for (int i = 0; i < 100; ++i)
            name += "ö";
        QCOMPARE(selfSigned(request(name.c_str()), *m_key).subject().substr(0, 11), std::string("CN=\\xc3\\xb6"));
        const auto unnamed = selfSigned(request("", {"sip:bob@example.org"}), *m_key);
        QCOMPARE(unnamed.subject(), std::string("CN=sip:bob@example.org"));
    }

    void noInjectionIntoNames()
    {
        const auto own = selfSigned(request("Eve", {"sip:eve@example.org,URI:sip:bob@example.org"}), *m_key);
        QCOMPARE(own.identities().size(), 1u);
        QVERIFY(!isFor(own, "sip:bob@example.org"));
    }

    void pkcs12()
    {
        for (const auto *name : {"modern.p12", "tripledes.p12"}) {
            const auto own = fromPkcs12(view(file(QLatin1String(name))), "latchkey");
            QVERIFY2(own, name);
            QCOMPARE(own->chain.size(), 3u);
            QVERIFY(own->chain[0] == certificate("alice") && own->chain[2] == certificate("root"));
            QVERIFY(belongTogether(own->chain[0], own->key));
            QCOMPARE(checked(own->chain), QStringLiteral("good"));
            QVERIFY(!fromPkcs12(view(file(QLatin1String(name))), "wrong"));
            QVERIFY(!fromPkcs12(view(file(QLatin1String(name))), ""));
        }
        QVERIFY(!fromPkcs12(view(file(QStringLiteral("ec.p12"))), "latchkey"));
        QVERIFY(!fromPkcs12(view(file(QStringLiteral("nokey.p12"))), "latchkey"));
        QVERIFY(
            !fromPkcs12(view(file(QStringLiteral("rc2.p12"))), "latchkey")); // OpenSSL's legacy provider is not used
        QVERIFY(!fromPkcs12({}, ""));
        const auto modern = file(QStringLiteral("modern.p12"));
        QVERIFY(!fromPkcs12(view(modern).first(500), "latchkey"));
        QVERIFY(!fromPkcs12(Bytes((std::size_t{1} << 20) + 1, 0x30), ""));
    }

    void trustByAuthority()
    {
        const auto x509 = trustingRoot();
        QCOMPARE(trusted(x509, chain({"alice", "intermediate"})), QStringLiteral("authority"));
        QCOMPARE(trusted(x509, chain({"alice", "intermediate"}), ""), QStringLiteral("authority"));
        QCOMPARE(trusted(x509, chain({"alice"})), nobody);
        QCOMPARE(trusted(x509, chain({"expired", "intermediate"})),
                 QStringLiteral("the certificate has expired on 2026-01-02"));
        QCOMPARE(trusted(x509, chain({"alice", "intermediate"}), "sip:bob@example.org"),
                 QStringLiteral("the certificate is for sip:alice@example.org, not for sip:bob@example.org"));
        QCOMPARE(trusted(x509, chain({"cnonly", "intermediate"})),
                 QStringLiteral("the certificate names nobody in its subjectAltName"));
        QCOMPARE(trusted(x509, chain({"cnonly", "intermediate"}), ""),
                 QStringLiteral("the certificate names nobody in its subjectAltName"));
        QCOMPARE(trusted(x509, {}), QStringLiteral("no certificate of sip:alice@example.org is known"));
    }

    void trustByFingerprint()
    {
        mikey::X509 x509;
        const auto alice = certificate("alice");
        x509.fingerprints["sip:alice@example.org"] = alice.fingerprint();
        QCOMPARE(trusted(x509, {alice}), QStringLiteral("fingerprint"));
        QCOMPARE(trusted(x509, {alice}, ""), QStringLiteral("fingerprint"));
        // Neither authority nor first use helps another one.
        x509.trust = {certificate("root")};
        x509.trustOnFirstUse = true;
        x509.peers["sip:alice@example.org"] = {certificate("signing")};
        const auto got = certificate("signing");
        const auto reason = "the certificate of sip:alice@example.org has changed: expected fingerprint " +
                            hex(ByteView(alice.fingerprint()).first(8)) + "…, got " +
                            hex(ByteView(got.fingerprint()).first(8)) + "…";
        QCOMPARE(trusted(x509, chain({"signing", "intermediate"})), QString::fromStdString(reason));
        QCOMPARE(trusted(x509, chain({"signing", "intermediate"}), ""), QString::fromStdString(reason));
        QCOMPARE(trusted(x509, {}), QString::fromStdString(reason));
        // Others are not concerned.
        QCOMPARE(trusted(x509, chain({"variants", "intermediate"}), "sip:Bob@example.org"),
                 QStringLiteral("authority"));
    }

    void pinnedOnesAreStillChecked()
    {
        mikey::X509 x509;
        const auto pin = [&x509](const char *name) {
            x509.fingerprints["sip:alice@example.org"] = certificate(name).fingerprint();
            return trusted(x509, chain({name}));
        };
        QCOMPARE(pin("expired"), QStringLiteral("the certificate has expired on 2026-01-02"));
        QCOMPARE(pin("weak"), QStringLiteral("the key of the certificate has 1024 bits; 2048 to 4096 are taken"));
        QCOMPARE(pin("encrypting"), QStringLiteral("the certificate may not be used for signatures"));
        QCOMPARE(pin("cnonly"), QStringLiteral("the certificate names nobody in its subjectAltName"));
        QCOMPARE(pin("sha1"), QStringLiteral("fingerprint")); // whose signature does not count
    }

    void trustByKnownCertificate()
    {
        mikey::X509 x509;
        x509.peers["sip:alice@example.org"] = chain({"alice", "intermediate"});
        QCOMPARE(trusted(x509, {}), QStringLiteral("known"));
        QCOMPARE(trusted(x509, chain({"alice"})), QStringLiteral("known"));
        QCOMPARE(trusted(x509, {}, "sip:bob@example.org"),
                 QStringLiteral("no certificate of sip:bob@example.org is known"));
        QCOMPARE(trusted(x509, {}, ""), QStringLiteral("no certificate came, and it is not known whose it would be"));
        x509.trustOnFirstUse = true;
        QVERIFY(trusted(x509, chain({"signing"})).contains(QLatin1String("has changed"))); // known is not first use
        x509.trust = {certificate("root")};
        QCOMPARE(trusted(x509, chain({"signing", "intermediate"})), QStringLiteral("authority")); // renewed
        x509.peers["sip:alice@example.org"].clear();
        QCOMPARE(trusted(x509, {}), QStringLiteral("no certificate of sip:alice@example.org is known"));
    }

    void trustOnFirstUse()
    {
        mikey::X509 x509;
        const auto own = selfSigned(request("Bob", {"sip:bob@example.org"}), *m_key);
        const auto *bob = "sip:bob@example.org";
        QCOMPARE(trusted(x509, {own}, bob), nobody);
        x509.trustOnFirstUse = true;
        QCOMPARE(trusted(x509, {own}, bob), QStringLiteral("first use"));
        QCOMPARE(trusted(x509, {own}, bob, CertificateUse::Sign, noon().plusSeconds(90000)),
                 QStringLiteral("the certificate has expired on 2026-11-24"));
        // What an authority of ours has revoked is no stranger's.
        x509.trust = {certificate("root")};
        x509.crls = {crl("revoked")};
        QCOMPARE(trusted(x509, chain({"revoked", "intermediate"})), QStringLiteral("the certificate is revoked"));
        QCOMPARE(trusted(x509, {own}, bob), QStringLiteral("first use"));
    }

private:
    static CertificateRequest authorityRequest(const char *name)
    {
        auto made = request(name);
        made.authority = true;
        return made;
    }

    std::optional<PrivateKey> m_key;
};

QTEST_GUILESS_MAIN(CertificateTest)
#include "certificate_test.moc"
