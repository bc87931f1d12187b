// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_input.h"
#include "account/credential_files.h"
#include "account/endpoint_file.h"
#include "account/known_certificates.h"
#include "account/own_certificates.h"
#include "account/profile.h"
#include "crypto/issue.h"
#include "wire/text.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;

namespace {

constexpr auto ownerOnly = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser;
constexpr std::int64_t day = 24 * 60 * 60;
const mikey::NtpTime noon(0xeeaea94000000000);
const std::vector<std::string> identities{"sip:alice@example.org", "sip:bob@example.org"};

QByteArray contentsOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

mikey::CertificateFingerprint fingerprintFrom(int number)
{
    mikey::CertificateFingerprint made;
    made.fill(static_cast<std::uint8_t>(number));
    return made;
}

} // namespace

class CertificatesAccountTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    std::optional<account::DemoAuthority> m_authority;
    std::vector<mikey::Endpoint> m_endpoints; ///< their keys serve all tests: making one takes its time
    QString m_set;                            ///< directory of their files

    QString path(const QString &name) const { return QDir(m_set).filePath(name); }
    const mikey::OwnCertificate &aliceHas() const { return m_endpoints[0].x509.own.front(); }

    /// One of the endpoints alone.
    std::vector<mikey::Endpoint> only(std::size_t number) const
    {
        std::vector<mikey::Endpoint> one(1);
        one[0].identity = identities[number];
        one[0].x509.own = m_endpoints[number].x509.own;
        return one;
    }

    void write(const QString &name, const QByteArray &contents) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
            qFatal("cannot write %s", qPrintable(name));
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    }

    /// Alice's file with other members in the part "x509".
    QJsonObject aliceWith(const QJsonObject &members) const
    {
        auto file = QJsonDocument::fromJson(contentsOf(path(u"alice.json"_s))).object();
        auto x509 = file[u"x509"].toObject();
        for (auto it = members.begin(); it != members.end(); ++it)
            x509[it.key()] = it.value();
        file[u"x509"] = x509;
        return file;
    }

    /// Of an endpoint with a certificate that says that.
    QStringList troublesOf(const mikey::CertificateRequest &request) const
    {
        mikey::Endpoint endpoint;
        endpoint.identity = identities[0];
        endpoint.x509.own = {{{mikey::selfSigned(request, aliceHas().key)}, aliceHas().key}};
        return account::ownCertificateTroubles(endpoint, noon);
    }

private Q_SLOTS:
    void initTestCase()
    {
        mikey::SystemRandom random;
        m_authority = account::makeDemoAuthority(noon);
        m_endpoints = account::makeDemoEndpoints(identities, random, *m_authority, noon);
        m_set = m_dir.filePath(u"set"_s);
        const auto paths = account::writeCredentials(m_set, m_endpoints, *m_authority);
        QVERIFY2(paths, paths ? "" : qPrintable(paths.error()));
        QCOMPARE(*paths, (QStringList{path(u"alice.json"_s), path(u"bob.json"_s)}));
    }

    void demoCertificates()
    {
        const auto &chain = aliceHas().chain;
        QCOMPARE(chain.size(), std::size_t{1});
        QVERIFY(mikey::isFor(chain[0], identities[0]));
        QVERIFY(!mikey::isFor(chain[0], identities[1]));
        QVERIFY(chain[0].notBefore() == noon.plusSeconds(-day));
        QVERIFY(chain[0].notAfter() == noon.plusSeconds(398 * day));
        const auto &x509 = m_endpoints[1].x509;
        QVERIFY(x509.peers.at(identities[0]) == chain);
        for (const auto days : {0, 397})
            QVERIFY(!mikey::checkChain(chain, x509.trust, x509.crls, noon.plusSeconds(days * day)));
        QVERIFY(mikey::checkChain(chain, x509.trust, x509.crls, noon.plusSeconds(399 * day)));
        const auto &authority = m_authority->own.chain[0];
        QVERIFY(authority.notAfter() == noon.plusSeconds(3653 * day));
        QVERIFY(authority.mayIssue() && !chain[0].mayIssue());
    }

    void filesOfASet()
    {
        const auto files = QDir(m_set).entryList(QDir::Files);
        QCOMPARE(
            files,
            u"alice.json alice.key alice.pem bob.json bob.key bob.pem ca.crl ca.key ca.pem kms.json kms.pem"_s.split(
                u' '));
        for (const auto &file : files)
            QCOMPARE(QFileInfo(path(file)).permissions(), ownerOnly);
        const auto x509 = aliceWith({})[u"x509"].toObject();
        QCOMPARE(x509, QJsonObject({{u"certificate"_s, u"alice.pem"_s},
                                    {u"private_key"_s, u"alice.key"_s},
                                    {u"trust"_s, QJsonArray{u"ca.pem"_s}},
                                    {u"crl"_s, QJsonArray{u"ca.crl"_s}},
                                    {u"peers"_s, QJsonObject{{u"sip:bob@example.org"_s, u"bob.pem"_s}}}}));
    }

    void filesAreReadBack()
    {
        const auto loaded = account::loadEndpointFile(path(u"alice.json"_s), noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QCOMPARE(loaded->warnings, QStringList());
        const auto &x509 = loaded->endpoint.x509;
        QCOMPARE(x509.own.size(), std::size_t{1});
        QVERIFY(x509.own[0].chain == aliceHas().chain);
        QVERIFY(mikey::belongTogether(aliceHas().chain[0], x509.own[0].key));
        QVERIFY(x509.trust == m_authority->own.chain);
        QCOMPARE(x509.crls.size(), std::size_t{1});
        QVERIFY(x509.peers == m_endpoints[0].x509.peers);
        QVERIFY(!x509.trustOnFirstUse && !x509.fetchUrls);
        QVERIFY(x509.send == mikey::SendCertificates::Chain && x509.signatureType == mikey::SignatureType::RsaPkcs1);
    }

    void setsGrow()
    {
        const auto directory = m_dir.filePath(u"growing"_s);
        QVERIFY(account::writeCredentials(directory, only(0), *m_authority));
        const auto again = account::writeCredentials(directory, m_endpoints, *m_authority);
        QVERIFY(!again);
        QVERIFY2(again.error().contains(u"alice.json"), qPrintable(again.error()));
        QVERIFY(!QFileInfo::exists(QDir(directory).filePath(u"bob.json"_s)));
        const auto found = account::demoAuthorityOf(directory, noon);
        QVERIFY2(found, found ? "" : qPrintable(found.error()));
        QVERIFY(found->own.chain == m_authority->own.chain);
        QVERIFY(account::writeCredentials(directory, only(1), *found));
        QVERIFY(QFile::remove(QDir(directory).filePath(u"ca.key"_s)));
        QVERIFY(!account::demoAuthorityOf(directory, noon));
    }

    void filesHaveNamesOfTheirOwn()
    {
        std::vector<mikey::Endpoint> endpoints;
        for (const auto *identity :
             {"sip:al@x", "sip:Al@y", "tel:+4712", "sip:../../up@x", "sip:@x", "sip:ca@x", "sip:al-2@x"}) {
            mikey::Endpoint endpoint;
            endpoint.identity = identity;
            endpoint.x509.own = {aliceHas()};
            endpoints.push_back(std::move(endpoint));
        }
        const auto directory = m_dir.filePath(u"new/names"_s);
        const auto paths = account::writeCredentials(directory, endpoints, *m_authority);
        QVERIFY2(paths, paths ? "" : qPrintable(paths.error()));
        QStringList names;
        for (const auto &file : *paths) {
            names += QFileInfo(file).completeBaseName();
            QCOMPARE(QFileInfo(file).absolutePath(), directory);
            QVERIFY(account::loadEndpointFile(file, noon));
        }
        QCOMPARE(names, (QStringList{u"al"_s, u"Al-2"_s, u"+4712"_s, u"_.._.._up"_s, u"_"_s, u"ca-2"_s, u"al-2-2"_s}));
        QCOMPARE(QFileInfo(directory).permissions() & (QFile::ReadGroup | QFile::ReadOther | QFile::ExeOther),
                 QFile::Permissions());
    }

    void endpointJsonStandsAlone()
    {
        mikey::Endpoint endpoint;
        endpoint.identity = identities[0];
        endpoint.x509 = m_endpoints[0].x509;
        auto &x509 = endpoint.x509;
        x509.own = {{{aliceHas().chain[0], m_authority->own.chain[0]}, aliceHas().key}, m_endpoints[1].x509.own[0]};
        x509.fingerprints = {{"sip:carol@example.org", fingerprintFrom(7)}};
        x509.trustOnFirstUse = x509.fetchUrls = true;
        x509.send = mikey::SendCertificates::Url;
        x509.url = "https://example.org/alice.cer";
        x509.signatureType = mikey::SignatureType::RsaPss;
        const auto json = account::endpointJson(endpoint);
        const auto loaded = account::endpointOf(json, u"/no/such/directory"_s, noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        const auto &again = loaded->endpoint.x509;
        QCOMPARE(again.own.size(), std::size_t{2});
        for (std::size_t i = 0; i < 2; ++i) {
            QVERIFY(again.own[i].chain == x509.own[i].chain);
            QVERIFY(mikey::belongTogether(x509.own[i].chain[0], again.own[i].key));
        }
        QVERIFY(again.trust == x509.trust && again.peers == x509.peers && again.fingerprints == x509.fingerprints);
        QCOMPARE(again.crls.size(), std::size_t{1});
        QVERIFY(again.trustOnFirstUse && again.fetchUrls);
        QVERIFY(again.send == x509.send && again.url == x509.url && again.signatureType == x509.signatureType);
        QCOMPARE(account::endpointJson(loaded->endpoint), json);
    }

    void derIsReadToo()
    {
        const auto der = aliceHas().chain[0].der();
        write(u"alice.cer"_s, {reinterpret_cast<const char *>(der.data()), static_cast<qsizetype>(der.size())});
        const auto loaded = account::endpointOf(aliceWith({{u"certificate"_s, u"alice.cer"_s}}), m_set, noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QVERIFY(loaded->endpoint.x509.own[0].chain == aliceHas().chain);
    }

    void badParts_data()
    {
        QTest::addColumn<QJsonObject>("members");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *name, const QString &member, const QJsonValue &value, const QString &says) {
            QTest::newRow(name) << QJsonObject{{member, value}} << says;
        };
        const auto carol = [](const QJsonValue &value) { return QJsonObject{{u"sip:carol@x"_s, value}}; };
        row("missing", u"certificate"_s, u"nobody.pem"_s, u"nobody.pem"_s);
        row("number", u"certificate"_s, 5, u"\"certificate\""_s);
        row("directory", u"certificate"_s, u"."_s, u"\"certificate\""_s);
        row("a key", u"certificate"_s, u"alice.key"_s, u"alice.key is no certificate"_s);
        row("damaged text", u"certificate"_s, u"-----BEGIN CERTIFICATE-----\nAAAA"_s, u"the text is no certificate"_s);
        row("no key", u"private_key"_s, u"alice.pem"_s, u"holds no private key"_s);
        row("encrypted key", u"private_key"_s, u"encrypted.key"_s, u"is encrypted"_s);
        row("key of another", u"private_key"_s, u"bob.key"_s, u"do not belong together"_s);
        row("chain too long", u"certificate"_s, u"long.pem"_s, u"more than 8"_s);
        row("more an object", u"more"_s, QJsonObject(), u"\"more\""_s);
        row("more without key", u"more"_s, QJsonArray{QJsonObject{{u"certificate"_s, u"bob.pem"_s}}},
            u"\"private_key\""_s);
        row("trust a name", u"trust"_s, u"ca.pem"_s, u"\"trust\" of \"x509\" is not a list"_s);
        row("trust a revocation list", u"trust"_s, QJsonArray{u"ca.crl"_s}, u"ca.crl is no certificate"_s);
        row("crl a certificate", u"crl"_s, QJsonArray{u"ca.pem"_s}, u"ca.pem is no revocation list"_s);
        row("crl missing", u"crl"_s, QJsonArray{u"none.crl"_s}, u"none.crl"_s);
        row("peers a list", u"peers"_s, QJsonArray(), u"\"peers\""_s);
        row("peer is nobody", u"peers"_s, QJsonObject{{u" "_s, u"bob.pem"_s}}, u"no identity"_s);
        row("peer twice", u"peers"_s, QJsonObject{{u"sip:b@x"_s, u"bob.pem"_s}, {u"sip:b@X"_s, u"bob.pem"_s}},
            u"twice"_s);
        row("short fingerprint", u"fingerprints"_s, carol(u"00ff"_s), u"SHA-256"_s);
        row("fingerprint a number", u"fingerprints"_s, carol(7), u"SHA-256"_s);
        row("trust a word", u"trust_on_first_use"_s, u"yes"_s, u"neither true nor false"_s);
        row("send a number", u"send"_s, 1, u"chain, url, none"_s);
        row("send by url, without", u"send"_s, u"url"_s, u"\"url\""_s);
        row("url of a file", u"url"_s, u"file:///etc/passwd"_s, u"\"url\""_s);
        row("signature", u"signature"_s, u"md5"_s, u"pkcs1, pss"_s);
        row("too much", u"trust"_s, QJsonArray{u"huge.pem"_s}, u"larger"_s);
    }
    void badParts()
    {
        QFETCH(QJsonObject, members);
        QFETCH(QString, says);
        write(u"huge.pem"_s, QByteArray((2 << 20) + 1, ' '));
        write(u"long.pem"_s, contentsOf(path(u"alice.pem"_s)).repeated(9));
        write(u"encrypted.key"_s, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
        const auto loaded = account::endpointOf(aliceWith(members), m_set, noon);
        QVERIFY(!loaded);
        QVERIFY2(loaded.error().contains(says), qPrintable(loaded.error()));
    }

    void badAccept()
    {
        auto file = aliceWith({});
        file[u"accept"] = QJsonObject{{u"fetch_certificates"_s, 1}};
        QVERIFY(!account::endpointOf(file, m_set, noon));
        file[u"x509"] = QJsonArray();
        QVERIFY(!account::endpointOf(file, m_set, noon));
    }

    void warnings()
    {
        const auto file = aliceWith(
            {{u"more"_s, QJsonArray{QJsonObject{{u"certificate"_s, u"bob.pem"_s}, {u"private_key"_s, u"bob.key"_s}}}},
             {u"certificat"_s, u"x"_s}});
        QFile::setPermissions(path(u"bob.key"_s), QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup);
        const auto loaded = account::endpointOf(file, m_set, noon.plusSeconds(400 * day));
        QFile::setPermissions(path(u"bob.key"_s), QFile::ReadOwner | QFile::WriteOwner);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QCOMPARE(loaded->warnings.size(), 5);
        QVERIFY(loaded->warnings[0].contains(u"\"certificat\""));
        QVERIFY(loaded->warnings[1].contains(u"bob.key"));
        QVERIFY(loaded->warnings[2].contains(u"expired"));
        QVERIFY(loaded->warnings[3].contains(u"not for sip:alice@example.org"));
        QVERIFY(loaded->warnings[4].contains(u"expired"));
    }

    void troublesOfOwnCertificates()
    {
        mikey::CertificateRequest request;
        request.identities = {"sip:alice@EXAMPLE.org"};
        request.notBefore = noon;
        request.notAfter = noon.plusSeconds(day);
        QCOMPARE(troublesOf(request), QStringList());
        request.notBefore = noon.plusSeconds(1);
        QCOMPARE(troublesOf(request).size(), 1);
        request.notBefore = noon;
        request.identities = {"sip:alice@example.com"};
        QCOMPARE(troublesOf(request).size(), 1);
        request.identities.clear();
        QCOMPARE(troublesOf(request).size(), 1);
    }

    void knownCertificates()
    {
        const auto file = m_dir.filePath(u"known.json"_s);
        account::KnownCertificates known(file);
        QVERIFY(known.load() && known.load()->empty());
        QVERIFY(!known.add("sip:carol@x", fingerprintFrom(1), noon));
        QVERIFY(!known.add("sip:d\xc3\xa4ve@x", fingerprintFrom(2), noon.next()));
        QVERIFY(!known.add("sip:carol@x", fingerprintFrom(1), noon.plusSeconds(day)));
        const auto changed = known.add("sip:carol@x", fingerprintFrom(3), noon);
        QVERIFY(changed && changed->contains(u"another certificate"));
        QCOMPARE(QFileInfo(file).permissions(), ownerOnly);
        const auto entries = account::KnownCertificates(file).load();
        QVERIFY(entries);
        QCOMPARE(entries->size(), std::size_t{2});
        QVERIFY(entries->at("sip:carol@x").fingerprint == fingerprintFrom(1));
        QVERIFY(entries->at("sip:carol@x").since == noon);
        QVERIFY(entries->contains("sip:d\xc3\xa4ve@x"));
        QVERIFY(!known.forget("sip:carol@x"));
        QVERIFY(!known.forget("sip:nobody@x"));
        QVERIFY(!known.add("sip:carol@x", fingerprintFrom(3), noon));
        QCOMPARE(known.load()->size(), std::size_t{2});
    }

    void whatCannotBeKnown()
    {
        account::KnownCertificates known(m_dir.filePath(u"unknown.json"_s));
        QVERIFY(known.add("sip:\xff@x", fingerprintFrom(1), noon));
        QVERIFY(known.add("", fingerprintFrom(1), noon));
        QVERIFY(known.add("sip:" + std::string(2000, 'a') + "@x", fingerprintFrom(1), noon));
        QVERIFY(known.load()->empty());
    }

    void damagedKnownCertificates()
    {
        const auto file = path(u"damaged.json"_s);
        for (const auto *contents :
             {"", "{}", R"({"kind":"latchkey known certificates"})",
              R"({"kind":"latchkey known certificates","certificates":{"sip:a@b":{"fingerprint":"00"}}})"}) {
            write(u"damaged.json"_s, contents);
            account::KnownCertificates known(file);
            QVERIFY2(!known.load(), contents);
            QVERIFY(known.add("sip:carol@x", fingerprintFrom(1), noon));
            QCOMPARE(contentsOf(file), QByteArray(contents));
        }
    }

    void fullOfKnownCertificates()
    {
        account::KnownCertificates::Entries entries;
        for (std::size_t i = 0; i < account::KnownCertificates::mostEntries; ++i)
            entries["sip:" + std::to_string(i) + "@x"] = {fingerprintFrom(1), noon};
        mikey::X509 x509;
        x509.trustOnFirstUse = true;
        x509.fingerprints["sip:0@x"] = fingerprintFrom(2);
        account::addKnown(entries, x509);
        QVERIFY(!x509.trustOnFirstUse);
        QCOMPARE(x509.fingerprints.size(), entries.size());
        QVERIFY(x509.fingerprints["sip:0@x"] == fingerprintFrom(2));
        entries.erase("sip:1@x");
        x509.trustOnFirstUse = true;
        account::addKnown(entries, x509);
        QVERIFY(x509.trustOnFirstUse);
    }

    void profileKnowsWhomItMet()
    {
        const auto directory = m_dir.filePath(u"profile"_s);
        const auto fresh = account::openProfile(directory, {}, noon);
        QVERIFY(fresh && fresh->loaded.endpoint.x509.fingerprints.empty());
        QVERIFY(!account::KnownCertificates(fresh->knownPath).add("sip:carol@x", fingerprintFrom(1), noon));
        const auto again = account::openProfile(directory, {}, noon);
        QVERIFY(again && again->loaded.endpoint.x509.fingerprints.at("sip:carol@x") == fingerprintFrom(1));
        QVERIFY(again->loaded.endpoint.x509.trustOnFirstUse);
        QFile::resize(again->knownPath, 10);
        const auto damaged = account::openProfile(directory, {}, noon);
        QVERIFY(damaged && !damaged->loaded.endpoint.x509.trustOnFirstUse);
        QCOMPARE(damaged->loaded.warnings.size(), 1);
    }
};

QTEST_GUILESS_MAIN(CertificatesAccountTest)
#include "certificates_account_test.moc"
