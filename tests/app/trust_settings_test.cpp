// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_input.h"
#include "account/credentials.h"
#include "account/identity_import.h"
#include "account/known_certificates.h"
#include "account/trust_settings.h"
#include "crypto/issue.h"
#include "wire/text.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;

namespace {

constexpr auto ownerOnly = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser;
const mikey::NtpTime noon(0xeeaea94000000000);
const std::string alice("sip:alice@example.org"), bob("sip:bob@example.org");
const auto bobsName = u"sip:bob@example.org"_s;

QByteArray pem(const mikey::Certificate &certificate)
{
    return QByteArray::fromStdString(certificate.toPem());
}

QString hexOf(const mikey::Certificate &certificate)
{
    return QString::fromStdString(mikey::hex(certificate.fingerprint()));
}

} // namespace

class TrustSettingsTest : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    std::vector<account::DemoAuthority> m_authorities;
    mikey::CertificateChain m_bobs; ///< two certificates for Bob
    account::Profile m_profile;

    QString write(const QString &name, const QByteArray &contents) const
    {
        const auto path = m_dir->filePath(name);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
            qFatal("cannot write %s", qPrintable(path));
        return path;
    }
    QByteArray endpointFile() const
    {
        QFile file(m_profile.endpointPath);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private Q_SLOTS:
    void initTestCase()
    {
        mikey::SystemRandom random;
        for (int i = 0; i < 2; ++i) {
            m_authorities.push_back(account::makeDemoAuthority(noon));
            auto endpoints = account::makeDemoEndpoints({bob}, random, m_authorities[0], noon);
            m_bobs.push_back(endpoints[0].x509.own.front().chain.front());
        }
    }

    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        const auto path = write(u"endpoint.json"_s, R"({"identity":"sip:alice@example.org","mine":[1]})");
        QVERIFY(QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner));
        auto profile = account::openProfile(m_dir->path(), {}, noon);
        QVERIFY(profile);
        m_profile = std::move(*profile);
    }

    void authorities()
    {
        const auto &first = m_authorities[0].own.chain[0], &second = m_authorities[1].own.chain[0];
        // Both in one file, and the first one in another besides.
        QVERIFY(account::importAuthorities(m_profile, {write(u"both"_s, pem(first) + pem(second))}, noon));
        QVERIFY(account::importAuthorities(m_profile, {write(u"one"_s, pem(first))}, noon));
        auto loaded = account::removeAuthority(m_profile, first.fingerprint(), noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QVERIFY(loaded->endpoint.x509.trust == mikey::CertificateChain{second});
        loaded = account::removeAuthority(m_profile, second.fingerprint(), noon);
        QVERIFY(loaded && loaded->endpoint.x509.trust.empty());
        QVERIFY(endpointFile().contains("\"mine\""));
        QCOMPARE(QFileInfo(m_profile.endpointPath).permissions(), ownerOnly);
    }

    void severalAuthoritiesAtOnce()
    {
        const auto one = write(u"one"_s, pem(m_authorities[0].own.chain[0]));
        const auto two = write(u"two"_s, pem(m_authorities[1].own.chain[0]));
        const auto before = endpointFile();
        QVERIFY(!account::importAuthorities(m_profile, {one, write(u"bob"_s, pem(m_bobs[0]))}, noon));
        QVERIFY(!account::importAuthorities(m_profile, {}, noon));
        QCOMPARE(endpointFile(), before); // all or none
        const auto loaded = account::importAuthorities(m_profile, {one, two}, noon);
        QVERIFY(loaded);
        QCOMPARE(loaded->endpoint.x509.trust.size(), std::size_t{2});
    }

    void revocationLists()
    {
        QStringList paths;
        for (const auto &authority : m_authorities)
            paths += write(u"crl%1"_s.arg(paths.size()), QByteArray::fromStdString(authority.crl.toPem()));
        auto loaded = account::importCrls(m_profile, paths, noon);
        QVERIFY(loaded);
        QCOMPARE(loaded->endpoint.x509.crls.size(), std::size_t{2});
        const auto ids =
            QStringList{account::crlId(loaded->endpoint.x509.crls[0]), account::crlId(loaded->endpoint.x509.crls[1])};
        QVERIFY(ids[0] != ids[1]);
        loaded = account::removeCrl(m_profile, ids[0], noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QCOMPARE(loaded->endpoint.x509.crls.size(), std::size_t{1});
        QCOMPARE(account::crlId(loaded->endpoint.x509.crls[0]), ids[1]);
    }

    void fingerprintOfAPeer()
    {
        account::KnownCertificates met(m_profile.knownPath);
        QVERIFY(!met.add(bob, m_bobs[0].fingerprint(), noon));
        QVERIFY(account::importPeer(m_profile, {}, write(u"bob"_s, pem(m_bobs[0])), noon));
        auto loaded = account::setPeerFingerprint(m_profile, u"<sip:bob@EXAMPLE.org>"_s, hexOf(m_bobs[0]), noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QCOMPARE(loaded->endpoint.x509.peers.size(), std::size_t{1}); // it is that one
        QVERIFY(met.load()->empty());
        loaded = account::setPeerFingerprint(m_profile, bobsName, hexOf(m_bobs[1]), noon);
        QVERIFY(loaded && loaded->endpoint.x509.peers.empty());
        QVERIFY(loaded->endpoint.x509.fingerprints.at(bob) == m_bobs[1].fingerprint());
        const auto before = endpointFile();
        for (const auto &wrong : {u"00ff"_s, u"bob"_s, QString()})
            QVERIFY(!account::setPeerFingerprint(m_profile, bobsName, wrong, noon));
        QVERIFY(!account::setPeerFingerprint(m_profile, u"no identity"_s, hexOf(m_bobs[1]), noon));
        QCOMPARE(endpointFile(), before);
    }

    void forgottenPeer()
    {
        account::KnownCertificates met(m_profile.knownPath);
        QVERIFY(account::importPeer(m_profile, {}, write(u"bob"_s, pem(m_bobs[0])), noon));
        QVERIFY(account::setPeerFingerprint(m_profile, bobsName, hexOf(m_bobs[0]), noon));
        QVERIFY(!met.add(bob, m_bobs[0].fingerprint(), noon));
        const auto loaded = account::forgetPeer(m_profile, bobsName, noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QVERIFY(loaded->endpoint.x509.peers.empty() && loaded->endpoint.x509.fingerprints.empty());
        QVERIFY(met.load()->empty());
        QVERIFY(!account::forgetPeer(m_profile, u"no identity"_s, noon));
    }

    void settings()
    {
        auto loaded = account::setTrustSettings(m_profile, {true, true, true, true}, noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        const auto &all = loaded->endpoint;
        QVERIFY(all.x509.trustOnFirstUse && all.x509.fetchUrls && all.accept.weakGroups);
        QVERIFY(all.accept.nullEncryption && all.accept.nullAuthentication);
        const auto none = account::setTrustSettings(m_profile, {}, noon);
        QVERIFY(none);
        QVERIFY(!none->endpoint.x509.trustOnFirstUse && !none->endpoint.x509.fetchUrls);
        QVERIFY(!none->endpoint.accept.weakGroups && !none->endpoint.accept.nullEncryption);
        QVERIFY(!none->endpoint.accept.nullAuthentication);
    }
};

QTEST_GUILESS_MAIN(TrustSettingsTest)
#include "trust_settings_test.moc"
