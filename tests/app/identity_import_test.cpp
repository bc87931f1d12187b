// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_input.h"
#include "account/credentials.h"
#include "account/identity_import.h"
#include "account/known_certificates.h"
#include "crypto/issue.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest/QTest>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <memory>

using namespace Qt::StringLiterals;

namespace {

constexpr auto ownerOnly = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser;
constexpr std::int64_t day = 24 * 60 * 60;
constexpr auto passphrase = "open sesame";
const mikey::NtpTime noon(0xeeaea94000000000);
const std::string alice("sip:alice@example.org"), bob("sip:bob@example.org");

mikey::Secret secret(std::string_view text)
{
    return mikey::Secret(mikey::octetsOf(text));
}

QByteArray writtenTo(BIO *memory)
{
    char *octets = nullptr;
    const auto size = BIO_get_mem_data(memory, &octets);
    QByteArray copy(octets, size);
    BIO_free(memory);
    return copy;
}

QByteArray encrypted(const mikey::PrivateKey &key)
{
    auto *memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(memory, key.native(), EVP_aes_256_cbc(), passphrase,
                                  static_cast<int>(qstrlen(passphrase)), nullptr, nullptr);
    return writtenTo(memory);
}

QByteArray pkcs12(const mikey::OwnCertificate &own)
{
    auto *file =
        PKCS12_create(passphrase, "alice", own.key.native(), own.chain.front().native(), nullptr, 0, 0, 0, 0, 0);
    auto *memory = BIO_new(BIO_s_mem());
    i2d_PKCS12_bio(memory, file);
    PKCS12_free(file);
    return writtenTo(memory);
}

QByteArray pem(const mikey::Certificate &certificate)
{
    return QByteArray::fromStdString(certificate.toPem());
}

QByteArray pem(const mikey::PrivateKey &key)
{
    const auto text = key.toPem();
    return {reinterpret_cast<const char *>(text.view().data()), static_cast<qsizetype>(text.size())};
}

} // namespace

class IdentityImportTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    std::optional<account::DemoAuthority> m_authority;
    std::vector<mikey::Endpoint> m_endpoints; ///< their keys serve all tests: making one takes its time
    account::Profile m_profile;

    const mikey::OwnCertificate &aliceHas() const { return m_endpoints[0].x509.own.front(); }
    const mikey::OwnCertificate &bobHas() const { return m_endpoints[1].x509.own.front(); }

    QString write(const QByteArray &contents, const QString &name = u"import"_s) const
    {
        const auto path = m_dir.filePath(name);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
            qFatal("cannot write %s", qPrintable(name));
        return path;
    }

    QByteArray endpointFile() const
    {
        QFile file(m_profile.endpointPath);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    QString inProfile(const char *member) const
    {
        const auto x509 = QJsonDocument::fromJson(endpointFile()).object()[u"x509"].toObject();
        return QDir(m_profile.directory).filePath(x509[QLatin1String(member)].toString());
    }

    bool isAlices(const account::Loaded<account::LoadedEndpoint> &loaded) const
    {
        if (!loaded)
            qWarning("%s", qPrintable(loaded.error()));
        return loaded && loaded->endpoint.x509.own.size() == 1 &&
               loaded->endpoint.x509.own[0].chain.front() == aliceHas().chain.front();
    }

private Q_SLOTS:
    void initTestCase()
    {
        mikey::SystemRandom random;
        m_authority = account::makeDemoAuthority(noon);
        m_endpoints = account::makeDemoEndpoints({alice, bob}, random, *m_authority, noon);
    }

    void init()
    {
        const auto directory = m_dir.filePath(QLatin1String(QTest::currentTestFunction()));
        QVERIFY(QDir().mkpath(directory));
        QFile file(QDir(directory).filePath(u"endpoint.json"_s));
        QVERIFY(file.open(QIODevice::WriteOnly) &&
                file.write(R"({"identity":"sip:alice@example.org","psk":{"sip:bob@example.org":"00ff"},"mine":[1]})"));
        file.close();
        const auto profile = account::openProfile(directory, {}, noon);
        QVERIFY(profile);
        m_profile = {directory, alice, profile->endpointPath, profile->statePath, profile->knownPath, {}};
    }

    void oneFile()
    {
        const auto path = write(pem(aliceHas().key) + pem(m_authority->own.chain[0]) + pem(aliceHas().chain[0]));
        const auto loaded = account::importIdentity(m_profile, {path}, {}, noon);
        QVERIFY(isAlices(loaded));
        QVERIFY(loaded->endpoint.x509.own[0].chain ==
                (mikey::CertificateChain{aliceHas().chain[0], m_authority->own.chain[0]}));
        QVERIFY(loaded->endpoint.psk.contains(bob));
        QVERIFY(endpointFile().contains("\"mine\""));
        QCOMPARE(QFileInfo(m_profile.endpointPath).permissions(), ownerOnly);
        QCOMPARE(QFileInfo(inProfile("private_key")).permissions(), ownerOnly);
        QCOMPARE(QFileInfo(inProfile("private_key")).absolutePath(), QFileInfo(m_profile.directory).absoluteFilePath());
        QCOMPARE(QFileInfo(inProfile("certificate")).suffix(), u"pem"_s);
    }

    void twoFilesAndAPassphrase()
    {
        const auto certificate = write(pem(aliceHas().chain[0])), key = write(encrypted(aliceHas().key), u"key"_s);
        for (const auto *wrong : {"", "open barley"}) {
            const auto refused = account::importIdentity(m_profile, {certificate, key}, secret(wrong), noon);
            QVERIFY(!refused);
            QVERIFY2(refused.error().contains(u"passphrase") && !refused.error().contains(u"barley"),
                     qPrintable(refused.error()));
        }
        QVERIFY(isAlices(account::importIdentity(m_profile, {certificate, key}, secret(passphrase), noon)));
        QVERIFY(isAlices(account::importIdentity(m_profile, {key, certificate}, secret(passphrase), noon)));
        QVERIFY(account::wantsPassphrase({certificate, key}));
        QVERIFY(!account::wantsPassphrase({certificate, write(pem(aliceHas().key), u"bare"_s), u"nothing"_s}));
    }

    void pkcs12File()
    {
        const auto path = write(pkcs12(aliceHas()));
        QVERIFY(!account::importPkcs12(m_profile, path, secret("open barley"), noon));
        QVERIFY(isAlices(account::importPkcs12(m_profile, path, secret(passphrase), noon)));
        QVERIFY(!account::importPkcs12(m_profile, write("no PKCS#12"), secret(passphrase), noon));
    }

    void anotherIdentityTakesItsPlace()
    {
        const auto bobs = write(pem(bobHas().chain[0]) + pem(bobHas().key));
        const auto loaded = account::importIdentity(m_profile, {bobs}, {}, noon);
        QVERIFY(loaded);
        QCOMPARE(loaded->warnings.filter(u"not for sip:alice@example.org"_s).size(), 1);
        const auto before = inProfile("private_key");
        const auto alices = write(pem(aliceHas().chain[0]) + pem(aliceHas().key));
        QVERIFY(isAlices(account::importIdentity(m_profile, {alices}, {}, noon)));
        QVERIFY(inProfile("private_key") != before && QFileInfo::exists(before));
    }

    void refusedIdentities()
    {
        const auto before = endpointFile();
        const auto refused = [this](const QByteArray &contents) {
            return !account::importIdentity(m_profile, {write(contents)}, {}, noon);
        };
        QVERIFY(refused("neither"));
        QVERIFY(refused(pem(aliceHas().chain[0])));
        QVERIFY(refused(pem(aliceHas().key)));
        QVERIFY(refused(pem(aliceHas().chain[0]) + pem(bobHas().key)));
        QVERIFY(!account::importIdentity(m_profile, {m_dir.filePath(u"nothing"_s)}, {}, noon));
        const mikey::PrivateKey curve(std::shared_ptr<EVP_PKEY>(EVP_EC_gen("P-256"), EVP_PKEY_free));
        mikey::CertificateRequest request;
        request.identities = {alice};
        request.notBefore = noon;
        request.notAfter = noon.plusSeconds(day);
        QVERIFY(refused(pem(mikey::selfSigned(request, curve)) + pem(curve)));
        QCOMPARE(endpointFile(), before);
    }

    void selfSigned()
    {
        const auto loaded = account::makeSelfSignedIdentity(m_profile, noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        const auto &certificate = loaded->endpoint.x509.own.at(0).chain.front();
        QVERIFY(certificate.isSelfSigned() && mikey::isFor(certificate, alice));
        QCOMPARE(certificate.key().bits(), 3072);
        QVERIFY(!mikey::checkAlone(certificate, noon.plusSeconds(5 * 365 * day)));
        QVERIFY(certificate.maySign() && certificate.mayEncrypt());
        QCOMPARE(loaded->warnings, QStringList(u"%1: \"mine\" means nothing here"_s.arg(m_profile.endpointPath)));
    }

    void authority()
    {
        const auto path = write(pem(m_authority->own.chain[0]));
        QVERIFY(account::importAuthorities(m_profile, {path}, noon));
        const auto again = account::importAuthorities(m_profile, {path}, noon);
        QVERIFY2(again, again ? "" : qPrintable(again.error()));
        QVERIFY(again->endpoint.x509.trust == m_authority->own.chain);
        const auto refused = account::importAuthorities(m_profile, {write(pem(bobHas().chain[0]))}, noon);
        QVERIFY(!refused);
        QVERIFY(refused.error().contains(u"no certificate of an authority"));
    }

    void peer()
    {
        const auto path = write(pem(bobHas().chain[0]));
        account::KnownCertificates met(m_profile.knownPath);
        QVERIFY(!met.add(bob, aliceHas().chain[0].fingerprint(), noon));
        for (const auto *named : {"", "sip:bob@example.org", "<sip:bob@EXAMPLE.org>"}) {
            const auto loaded = account::importPeer(m_profile, QLatin1String(named), path, noon);
            QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
            QCOMPARE(loaded->endpoint.x509.peers.size(), std::size_t{1});
            QVERIFY(loaded->endpoint.x509.peers.at(bob) == bobHas().chain);
            QVERIFY(loaded->endpoint.x509.fingerprints.empty());
        }
        QVERIFY(met.load()->empty());
        for (const auto *named : {"sip:carol@example.org", "no identity"})
            QVERIFY(!account::importPeer(m_profile, QLatin1String(named), path, noon));
    }

    void peerMetBefore()
    {
        account::KnownCertificates met(m_profile.knownPath);
        QVERIFY(!met.add(bob, bobHas().chain[0].fingerprint(), noon));
        QVERIFY(account::importPeer(m_profile, {}, write(pem(bobHas().chain[0])), noon));
        QVERIFY(met.load()->contains(bob));
    }

    void revocationList()
    {
        QVERIFY(account::importAuthorities(m_profile, {write(pem(m_authority->own.chain[0]))}, noon));
        const auto empty = write(QByteArray::fromStdString(m_authority->crl.toPem()));
        QVERIFY(account::importCrls(m_profile, {empty}, noon));
        const auto newer = mikey::revoke({bobHas().chain[0]}, m_authority->own, noon, noon.plusSeconds(day)).toPem();
        const auto loaded = account::importCrls(m_profile, {write(QByteArray::fromStdString(newer))}, noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        const auto &x509 = loaded->endpoint.x509;
        const auto later = noon.plusSeconds(60);
        QCOMPARE(x509.crls.size(), std::size_t{2});
        QVERIFY(!mikey::checkChain(aliceHas().chain, x509.trust, x509.crls, later));
        QVERIFY(mikey::checkChain(bobHas().chain, x509.trust, x509.crls, later)); // the newer one counts
        QVERIFY(!account::importCrls(m_profile, {write(pem(bobHas().chain[0]))}, noon));
    }

    void endpointFileThatIsDamaged()
    {
        const auto path = write(pem(m_authority->own.chain[0]));
        QFile file(m_profile.endpointPath);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{"));
        file.close();
        QVERIFY(!account::importAuthorities(m_profile, {path}, noon));
        QCOMPARE(endpointFile(), QByteArray("{"));
    }
};

QTEST_GUILESS_MAIN(IdentityImportTest)
#include "identity_import_test.moc"
