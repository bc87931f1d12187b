// SPDX-License-Identifier: Apache-2.0
// What the window shows and changes of who we are, down to the endpoint file and up to the phone.
#include "profile_identity_store.h"

#include "two_phones.h"

#include "crypto/issue.h"
#include "wire/text.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>

namespace {

QByteArray pem(const mikey::Certificate &certificate)
{
    return QByteArray::fromStdString(certificate.toPem());
}

} // namespace

class ProfileIdentityStoreTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void identityOfOurOwn();
    void authoritiesAndLists();
    void peers();
    void acceptance();
    void oneAfterTheOther();
    void refusedChange();
    void metInACall();

private:
    void open();
    QString write(const QByteArray &contents);
    ui::IdentityStore::Done note()
    {
        return [this](const QString &trouble) { m_answers += trouble; };
    }

    std::vector<mikey::Endpoint> m_endpoints;
    std::optional<account::DemoAuthority> m_authority;
    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<TestPhone> m_alice;
    std::unique_ptr<ProfileIdentityStore> m_store;
    QStringList m_answers;
};

void ProfileIdentityStoreTest::initTestCase()
{
    m_endpoints = twoEndpoints();
    m_authority = account::makeDemoAuthority(call::ntpNow());
}

void ProfileIdentityStoreTest::init()
{
    m_dir = std::make_unique<QTemporaryDir>();
    m_answers.clear();
    QFile file(m_dir->filePath(QStringLiteral("endpoint.json")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(R"({"identity":"sip:alice@example.org"})"));
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
    file.close();
    open();
}

void ProfileIdentityStoreTest::cleanup()
{
    m_store.reset();
    m_alice.reset();
}

/// As the program does when it starts.
void ProfileIdentityStoreTest::open()
{
    cleanup();
    auto profile = account::openProfile(m_dir->path(), {}, call::ntpNow());
    QVERIFY(profile);
    m_alice = std::make_unique<TestPhone>(std::move(profile->loaded.endpoint));
    m_store = std::make_unique<ProfileIdentityStore>(std::move(*profile), m_alice->phone);
    QCOMPARE(m_store->state().identity, QLatin1String(alicesIdentity));
}

QString ProfileIdentityStoreTest::write(const QByteArray &contents)
{
    static int number = 0;
    const auto path = m_dir->filePath(QString::number(++number));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
        qFatal("cannot write %s", qPrintable(path));
    return path;
}

void ProfileIdentityStoreTest::identityOfOurOwn()
{
    QVERIFY(!m_store->state().own);
    const QSignalSpy changed(m_store.get(), &ui::IdentityStore::changed);
    m_store->makeSelfSigned(note());
    QVERIFY(m_answers.isEmpty()); // it is made on another thread
    QTRY_COMPARE_WITH_TIMEOUT(m_answers, QStringList{QString()}, 30000);
    QCOMPARE(changed.size(), 1);
    QVERIFY(m_store->state().own && m_store->state().own->selfSigned);
    QVERIFY(m_store->state().own->troubles.isEmpty());
    QVERIFY(m_alice->phone.snapshot().certificate.contains(QLatin1String(alicesIdentity)));
    const auto made = m_store->state().own->fingerprint;

    const auto &own = m_endpoints[0].x509.own.front();
    const auto key = own.key.toPem();
    const auto keyText = mikey::textOf(key.view());
    const auto keyFile = write(QByteArray(keyText.data(), static_cast<qsizetype>(keyText.size())));
    m_store->importPem({keyFile, write(pem(own.chain.front()))}, {}, note());
    QTRY_COMPARE(m_answers.size(), 2);
    QCOMPARE(m_answers.last(), QString());
    QVERIFY(m_store->state().own->fingerprint != made && !m_store->state().own->selfSigned);
    QVERIFY(m_alice->phone.endpoint().x509.own.front().chain.front() == own.chain.front());
    open(); // and it is there after a restart
    QVERIFY(m_store->state().own && !m_store->state().own->selfSigned);
}

void ProfileIdentityStoreTest::authoritiesAndLists()
{
    m_store->addAuthorities({write(pem(m_authority->own.chain.front()))}, note());
    m_store->addRevocationLists({write(QByteArray::fromStdString(m_authority->crl.toPem()))}, note());
    QTRY_COMPARE(m_answers, QStringList({QString(), QString()}));
    QCOMPARE(m_store->state().authorities.size(), std::size_t{1});
    QCOMPARE(m_store->state().revocationLists.size(), std::size_t{1});
    const auto list = m_store->state().revocationLists.front();
    QCOMPARE(list.issuer, m_store->state().authorities.front().subject);
    QVERIFY(list.troubles.isEmpty() && list.from < list.nextUpdate && list.revoked == 0);
    QCOMPARE(m_alice->phone.endpoint().x509.trust.size(), std::size_t{1});

    m_store->removeAuthority(m_store->state().authorities.front().fingerprint, note());
    m_store->removeRevocationList(list.id, note());
    QTRY_COMPARE(m_answers.size(), 4);
    QVERIFY(m_store->state().authorities.empty() && m_store->state().revocationLists.empty());
    QVERIFY(m_alice->phone.endpoint().x509.trust.empty());
}

void ProfileIdentityStoreTest::peers()
{
    const auto &bobs = m_endpoints[1].x509.own.front().chain.front();
    m_store->addPeerCertificate({}, write(pem(bobs)), note());
    QTRY_COMPARE(m_answers, QStringList{QString()});
    QCOMPARE(m_store->state().peers.size(), std::size_t{1});
    QCOMPARE(m_store->state().peers.front().identity, QLatin1String(bobsIdentity));
    QCOMPARE(m_store->state().peers.front().by, ui::KnownPeer::By::Certificate);

    const QString other(64, QLatin1Char('a'));
    m_store->setPeerFingerprint(QLatin1String(bobsIdentity), other, note());
    QTRY_COMPARE(m_answers.size(), 2);
    QCOMPARE(m_store->state().peers.size(), std::size_t{1});
    QCOMPARE(m_store->state().peers.front().by, ui::KnownPeer::By::Fingerprint);
    QCOMPARE(m_store->state().peers.front().fingerprint, other);
    QVERIFY(m_alice->phone.endpoint().x509.fingerprints.contains(bobsIdentity));

    m_store->forgetPeer(QLatin1String(bobsIdentity), note());
    QTRY_COMPARE(m_answers.size(), 3);
    QVERIFY(m_store->state().peers.empty() && m_alice->phone.endpoint().x509.fingerprints.empty());
}

void ProfileIdentityStoreTest::acceptance()
{
    const ui::Acceptance all{true, true, true, true};
    m_store->setAcceptance(all, note());
    QTRY_COMPARE(m_answers, QStringList{QString()});
    QVERIFY(m_store->state().acceptance == all);
    const auto &endpoint = m_alice->phone.endpoint();
    QVERIFY(endpoint.x509.trustOnFirstUse && endpoint.x509.fetchUrls && endpoint.accept.weakGroups);
    open();
    QVERIFY(m_store->state().acceptance == all);
}

/// Nothing of an earlier change is lost in a later one.
void ProfileIdentityStoreTest::oneAfterTheOther()
{
    constexpr int count = 10;
    for (int i = 0; i < count; ++i)
        m_store->setPeerFingerprint(QStringLiteral("sip:%1@example.org").arg(i), QString(64, QLatin1Char('a')), note());
    QTRY_COMPARE(m_answers.size(), count);
    QCOMPARE(m_answers, QStringList(QList<QString>(count)));
    QCOMPARE(m_store->state().peers.size(), std::size_t{count});
    QCOMPARE(m_alice->phone.endpoint().x509.fingerprints.size(), std::size_t{count});
}

void ProfileIdentityStoreTest::refusedChange()
{
    const QSignalSpy changed(m_store.get(), &ui::IdentityStore::changed);
    m_store->importPem({write("nothing")}, {}, note());
    m_store->addAuthorities({m_dir->filePath(QStringLiteral("missing"))}, note());
    QTRY_COMPARE(m_answers.size(), 2);
    for (const auto &answer : std::as_const(m_answers))
        QVERIFY2(answer.endsWith(QLatin1Char('.')), qPrintable(answer));
    QVERIFY(changed.isEmpty());
}

/// Trust on first use: the certificate is known after the call, also in the next run.
void ProfileIdentityStoreTest::metInACall()
{
    m_store->makeSelfSigned(note());
    m_store->setAcceptance({true, false, {}, {}}, note());
    QTRY_COMPARE_WITH_TIMEOUT(m_answers.size(), 2, 30000);
    auto endpoints = twoEndpoints();
    endpoints[1].psk.clear();
    endpoints[1].x509.trustOnFirstUse = true;
    endpoints[1].x509.peers.clear();
    const auto bobs = QString::fromStdString(mikey::hex(endpoints[1].x509.own.front().chain.front().fingerprint()));
    TestPhone bob(std::move(endpoints[1]));
    const auto dialled = m_alice->phone.dial(bob.address(), {}, QLatin1String(bobsIdentity));
    QVERIFY2(dialled.call, qPrintable(dialled.trouble));
    QTRY_VERIFY(m_alice->established() && bob.established());
    QTRY_COMPARE(m_store->state().peers.size(), std::size_t{1});
    open();
    const auto &peers = m_store->state().peers;
    QCOMPARE(peers.size(), std::size_t{1});
    QCOMPARE(peers.front().by, ui::KnownPeer::By::FirstUse);
    QCOMPARE(peers.front().fingerprint, bobs);
    QVERIFY(peers.front().since.isValid());
}

QTEST_GUILESS_MAIN(ProfileIdentityStoreTest)
#include "profile_identity_store_test.moc"
