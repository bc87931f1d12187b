// SPDX-License-Identifier: Apache-2.0
// Which method a call uses, whom it proves, and its renewal, between two processes over loopback.
#include "headless_process.h"

#include "account/credentials.h"
#include "account/endpoint_file.h"
#include "call/clock.h"
#include "crypto/issue.h"
#include "wire/text.h"

namespace {

constexpr auto aliceName = "sip:alice@example.org";
constexpr auto bobName = "sip:bob@example.org";
constexpr std::int64_t day = 24 * 60 * 60;

QJsonObject command(const char *name)
{
    return {{QStringLiteral("do"), QLatin1String(name)}};
}

QJsonObject callTo(quint16 port, const QString &method)
{
    auto call = callBob(port);
    if (method.isEmpty())
        call.remove(QStringLiteral("method"));
    else
        call[QStringLiteral("method")] = method;
    return call;
}

/// Two endpoints that may be changed before their processes start.
struct Pair
{
    Pair()
    {
        static auto authority = account::makeDemoAuthority(call::ntpNow());
        mikey::SystemRandom random;
        auto made = account::makeDemoEndpoints({aliceName, bobName}, random, authority, call::ntpNow());
        alice = std::move(made[0]);
        bob = std::move(made[1]);
        writeJson(kmsFile(), {{QStringLiteral("ticket"), account::ticketServiceJson(authority.mikey.ticket)},
                              {QStringLiteral("ibake"), account::ibakeServiceJson(authority.mikey.ibake)}});
    }

    /// A process of that endpoint as it is now; its profile is the same each time.
    std::unique_ptr<HeadlessProcess> start(const QString &name, const mikey::Endpoint &endpoint,
                                           const QStringList &more = {}) const
    {
        const auto path = m_dir.filePath(name + QStringLiteral(".json"));
        auto json = account::endpointJson(endpoint);
        if (auto ticket = json.value(QLatin1String("ticket")).toObject(); !ticket.isEmpty()) {
            ticket[QStringLiteral("kms")] = kmsFile();
            json[QStringLiteral("ticket")] = ticket;
        }
        writeJson(path, json);
        const QStringList arguments{QStringLiteral("--profile"),  m_dir.filePath(name + QStringLiteral("-profile")),
                                    QStringLiteral("--endpoint"), path,
                                    QStringLiteral("--audio"),    QStringLiteral("tone"),
                                    QStringLiteral("--listen"),   QStringLiteral("udp:127.0.0.1:0")};
        return std::make_unique<HeadlessProcess>(arguments + more);
    }
    std::unique_ptr<HeadlessProcess> startAlice() const { return start(QStringLiteral("alice"), alice); }
    std::unique_ptr<HeadlessProcess> startBob() const
    {
        return start(QStringLiteral("bob"), bob, {QStringLiteral("--answer"), QStringLiteral("auto")});
    }

    void withoutIbake()
    {
        alice.ibake = {};
        bob.ibake = {};
    }

    mikey::Endpoint alice, bob;

private:
    QString kmsFile() const { return m_dir.filePath(QStringLiteral("kms.json")); }
    static void writeJson(const QString &path, const QJsonObject &json)
    {
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || !file.setPermissions(QFile::ReadOwner | QFile::WriteOwner))
            qFatal("cannot write a file of an endpoint");
        file.write(QJsonDocument(json).toJson());
    }

    QTemporaryDir m_dir;
};

mikey::OwnCertificate selfSigned(const char *identity, std::int64_t beginsIn, std::int64_t endsIn)
{
    mikey::CertificateRequest request;
    request.commonName = identity;
    request.identities = {identity};
    request.notBefore = call::ntpNow().plusSeconds(beginsIn);
    request.notAfter = call::ntpNow().plusSeconds(endsIn);
    const auto key = mikey::PrivateKey::generate(2048);
    return {{mikey::selfSigned(request, key)}, key};
}

QString fingerprintOf(const mikey::OwnCertificate &own)
{
    return QString::fromStdString(mikey::hex(own.chain.front().fingerprint()));
}

/// Only by their certificates, which nobody vouches for.
void useSelfSigned(mikey::Endpoint &endpoint, mikey::OwnCertificate own)
{
    endpoint.psk.clear();
    endpoint.ibake = {};
    endpoint.x509 = {};
    endpoint.x509.own = {std::move(own)};
    endpoint.x509.trustOnFirstUse = true;
}

/// The newest keys, by crypto session: "fingerprint, salt, MKI".
QMap<int, QString> newestKeys(const QJsonObject &event)
{
    QMap<int, QString> keys;
    for (const auto &value : event.value(QLatin1String("keys")).toArray()) {
        const auto key = value.toObject();
        keys[key.value(QLatin1String("cs_id")).toInt()] =
            QStringLiteral("%1 %2 %3")
                .arg(key.value(QLatin1String("tek_fingerprint")).toString(),
                     key.value(QLatin1String("salt_fingerprint")).toString(),
                     key.value(QLatin1String("mki")).toString());
    }
    return keys;
}

QString warningsOf(const QJsonObject &event)
{
    QStringList warnings;
    for (const auto &value : event.value(QLatin1String("warnings")).toArray())
        warnings += value.toString();
    return warnings.join(QLatin1Char('\n'));
}

QString methodOf(const QJsonObject &event)
{
    return event.value(QLatin1String("method")).toString();
}

int errorOf(const QJsonObject &ended)
{
    return ended.value(QLatin1String("mikey_error")).toObject().value(QLatin1String("number")).toInt(-1);
}

QStringList offersOf(HeadlessProcess &process)
{
    QStringList offers;
    for (const auto &event : process.all(QStringLiteral("mikey"))) {
        if (event.value(QLatin1String("direction")) == QStringLiteral("sent"))
            offers += event.value(QLatin1String("message")).toString();
    }
    return offers;
}

} // namespace

class CallMethodsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachMethod_data();
    void eachMethod();
    void automatic_data();
    void automatic();
    void wrongKeyNeverFallsBack();
    void onlyPskAllowed_data();
    void onlyPskAllowed();
    void otherSuites();
    void nothingPossible();
    void anotherAnswers();
    void trustOnFirstUse();
    void calleeRefusesCertificate_data();
    void calleeRefusesCertificate();
    void callerRefusesCertificate();
    void renewedInTime();
};

void CallMethodsTest::eachMethod_data()
{
    QTest::addColumn<QString>("by");
    QTest::newRow("psk") << QStringLiteral("a shared key");
    QTest::newRow("pk") << QStringLiteral("a certificate");
    QTest::newRow("dh") << QStringLiteral("a certificate");
    QTest::newRow("dh-hmac") << QStringLiteral("a shared key");
    QTest::newRow("rsa-r") << QStringLiteral("a certificate");
}

/// Established, proven, and renewed by either side while the media goes on.
void CallMethodsTest::eachMethod()
{
    QFETCH(QString, by);
    const auto method = QLatin1String(QTest::currentDataTag());
    const Pair pair;
    const auto bob = pair.startBob(), alice = pair.startAlice();
    alice->send(callTo(bob->port(), method));
    const auto atAlice = alice->next(QStringLiteral("established")), atBob = bob->next(QStringLiteral("established"));
    for (const auto &event : {atAlice, atBob}) {
        const auto verified = event.value(QLatin1String("peer_verified")).toObject();
        QCOMPARE(methodOf(event), method);
        QVERIFY(verified.value(QLatin1String("ok")).toBool());
        QVERIFY(verified.value(QLatin1String("by")).toString().startsWith(by));
        QCOMPARE(warningsOf(event), QString());
    }
    auto before = newestKeys(atAlice);
    QCOMPARE(before.size(), 2);
    QCOMPARE(newestKeys(atBob), before);
    for (auto *side : {alice.get(), bob.get(), alice.get()}) {
        side->send(command("rekey"));
        const auto after = newestKeys(alice->next(QStringLiteral("rekeyed")));
        QCOMPARE(after.size(), 2);
        QCOMPARE(newestKeys(bob->next(QStringLiteral("rekeyed"))), after);
        for (const int session : {1, 2}) {
            QVERIFY(after[session].section(u' ', 0, 0) != before[session].section(u' ', 0, 0));
            QVERIFY(after[session].section(u' ', 2, 2) > before[session].section(u' ', 2, 2)); // MKI
        }
        before = after;
    }
    for (auto *side : {alice.get(), bob.get()}) {
        const auto now = side->next(QStringLiteral("media"));
        const auto later = side->next(QStringLiteral("media"), [&](const QJsonObject &media) {
            return media.value(QLatin1String("received")).toInt() > now.value(QLatin1String("received")).toInt() + 20;
        });
        QVERIFY(!later.isEmpty());
        QCOMPARE(later.value(QLatin1String("lost")).toInt(), 0);
        QCOMPARE(later.value(QLatin1String("auth_failures")).toInt(), 0);
    }
}

void CallMethodsTest::automatic_data()
{
    QTest::addColumn<bool>("callerHasCertificate");
    QTest::addColumn<bool>("calleeHasCertificate");
    QTest::addColumn<QString>("method");
    QTest::addColumn<bool>("warned");
    QTest::newRow("everything") << true << true << QStringLiteral("ibake") << false;
    QTest::newRow("certificates") << true << true << QStringLiteral("dh") << false;
    QTest::newRow("shared keys only") << false << false << QStringLiteral("dh-hmac") << false;
    QTest::newRow("callee without certificate") << true << false << QStringLiteral("dh-hmac") << true;
}

void CallMethodsTest::automatic()
{
    QFETCH(bool, callerHasCertificate);
    QFETCH(bool, calleeHasCertificate);
    QFETCH(QString, method);
    QFETCH(bool, warned);
    Pair pair;
    if (method != QLatin1String("ibake"))
        pair.withoutIbake();
    if (!callerHasCertificate)
        pair.alice.x509 = {};
    if (!calleeHasCertificate)
        pair.bob.x509 = {};
    const auto bob = pair.startBob(), alice = pair.startAlice();
    alice->send(callTo(bob->port(), {}));
    const auto established = alice->next(QStringLiteral("established"));
    QCOMPARE(methodOf(established), method);
    QCOMPARE(methodOf(bob->next(QStringLiteral("established"))), method);
    QCOMPARE(warningsOf(established).contains(QStringLiteral("did not take")), warned);
    QCOMPARE(offersOf(*alice).size(), warned || method == QLatin1String("ibake") ? 2 : 1);
}

/// Who can make an authentication fail must not choose the method.
void CallMethodsTest::wrongKeyNeverFallsBack()
{
    Pair pair, other;
    pair.withoutIbake();
    pair.alice.x509 = {};
    pair.bob.psk = std::move(other.bob.psk);
    const auto bob = pair.startBob(), alice = pair.startAlice();
    alice->send(callTo(bob->port(), {}));
    for (auto *side : {alice.get(), bob.get()}) {
        const auto ended = side->next(QStringLiteral("ended"));
        QCOMPARE(ended.value(QLatin1String("by")).toString(), QStringLiteral("error"));
        QCOMPARE(errorOf(ended), 0);
    }
    QCOMPARE(offersOf(*alice).size(), 1);
}

void CallMethodsTest::onlyPskAllowed_data()
{
    QTest::addColumn<bool>("byCaller");
    QTest::addColumn<QString>("method");
    QTest::addColumn<bool>("works");
    QTest::newRow("caller, automatic") << true << QString() << true;
    QTest::newRow("caller, psk") << true << QStringLiteral("psk") << true;
    QTest::newRow("callee, psk") << false << QStringLiteral("psk") << true;
    QTest::newRow("callee, dh") << false << QStringLiteral("dh") << false;
}

void CallMethodsTest::onlyPskAllowed()
{
    QFETCH(bool, byCaller);
    QFETCH(QString, method);
    QFETCH(bool, works);
    Pair pair;
    (byCaller ? pair.alice : pair.bob).methods[byCaller ? bobName : aliceName] = {"psk"};
    const auto bob = pair.startBob(), alice = pair.startAlice();
    const auto port = bob->port();
    if (byCaller) {
        alice->send(callTo(port, QStringLiteral("dh")));
        QVERIFY(alice->next(QStringLiteral("error"))
                    .value(QLatin1String("reason"))
                    .toString()
                    .contains(QStringLiteral("Not allowed")));
    }
    alice->send(callTo(port, method));
    if (works) {
        QCOMPARE(methodOf(alice->next(QStringLiteral("established"))), QStringLiteral("psk"));
    } else {
        QCOMPARE(errorOf(alice->next(QStringLiteral("ended"))), 11); // Invalid DT
        QVERIFY(bob->all(QStringLiteral("established")).isEmpty());
    }
}

/// RFC 3830 6.12: Invalid SPpar tells what is taken; one of it that was not offered first is offered then.
void CallMethodsTest::otherSuites()
{
    Pair pair;
    pair.bob.suites = {mikey::srtpSuite("AEAD_AES_128_GCM")};
    const auto bob = pair.startBob(), alice = pair.startAlice();
    alice->send(callTo(bob->port(), QStringLiteral("dh")));
    const auto established = alice->next(QStringLiteral("established"));
    QCOMPARE(established.value(QLatin1String("suite")).toString(), QStringLiteral("AEAD_AES_128_GCM"));
    QVERIFY2(warningsOf(established).contains(QStringLiteral("AES-128-GCM is offered instead")),
             qPrintable(warningsOf(established)));
    QCOMPARE(offersOf(*alice).size(), 2);
}

void CallMethodsTest::nothingPossible()
{
    Pair pair;
    pair.alice.psk.clear();
    pair.alice.x509 = {};
    pair.alice.sakke = {};
    pair.alice.ticket = {};
    pair.alice.ibake = {};
    const auto alice = pair.startAlice();
    alice->send(callTo(5060, {}));
    const auto reason = alice->next(QStringLiteral("error")).value(QLatin1String("reason")).toString();
    for (const auto *part : {"No key can be agreed with sip:bob@example.org", "Pre-shared key: ", "Public key",
                             "Diffie-Hellman", "certificate", "no key shared", "no keys of a key management service",
                             "no account at a key management service"})
        QVERIFY2(reason.contains(QLatin1String(part)), qPrintable(QLatin1String(part) + QStringLiteral(": ") + reason));
}

/// Bob cannot read what was meant for Carol, and answers in his own name, as RFC 6267 4.2.2.3 wants it: proven, but not
/// who was called.
void CallMethodsTest::anotherAnswers()
{
    Pair pair;
    const auto bob = pair.startBob(), alice = pair.startAlice();
    auto call = callTo(bob->port(), QStringLiteral("ibake"));
    call[QStringLiteral("identity")] = QStringLiteral("sip:carol@example.org");
    alice->send(call);
    const auto ended = alice->next(QStringLiteral("ended"));
    const auto reason = ended.value(QLatin1String("reason")).toString();
    QVERIFY2(reason.contains(QStringLiteral("is sip:bob@example.org, and not sip:carol@example.org")),
             qPrintable(reason));
}

/// A certificate nobody vouches for is taken the first time, and no other one after that, also by another process.
void CallMethodsTest::trustOnFirstUse()
{
    Pair pair;
    useSelfSigned(pair.alice, selfSigned(aliceName, -day, day));
    useSelfSigned(pair.bob, selfSigned(bobName, -day, day));
    for (int i = 0; i < 2; ++i) {
        const auto bob = pair.startBob(), alice = pair.startAlice();
        alice->send(callTo(bob->port(), {}));
        for (auto *side : {alice.get(), bob.get()}) {
            const auto established = side->next(QStringLiteral("established"));
            QCOMPARE(methodOf(established), QStringLiteral("dh"));
            QCOMPARE(warningsOf(established).contains(QStringLiteral("never seen here before")), i == 0);
            const auto verified = established.value(QLatin1String("peer_verified")).toObject();
            QCOMPARE(verified.value(QLatin1String("ok")).toBool(), i == 1);
            QCOMPARE(verified.value(QLatin1String("by")).toString(),
                     i == 1 ? QStringLiteral("a certificate with the known fingerprint") : QString());
            QCOMPARE(verified.value(QLatin1String("fingerprint")).toString(),
                     fingerprintOf((side == alice.get() ? pair.bob : pair.alice).x509.own.front()));
        }
        QCOMPARE(alice->finish(), 0);
        QCOMPARE(bob->finish(), 0);
    }
    pair.bob.x509.own = {selfSigned(bobName, -day, day)};
    const auto bob = pair.startBob(), alice = pair.startAlice();
    alice->send(callTo(bob->port(), {}));
    const auto ended = alice->next(QStringLiteral("ended"));
    QCOMPARE(errorOf(ended), 8);
    QVERIFY2(ended.value(QLatin1String("reason")).toString().contains(QStringLiteral("has changed")),
             qPrintable(ended.value(QLatin1String("reason")).toString()));
    alice->send(command("state"));
    const auto calls = alice->next(QStringLiteral("state")).value(QLatin1String("calls")).toArray();
    QCOMPARE(calls.last().toObject().value(QLatin1String("certificate_fingerprint")).toString(),
             fingerprintOf(pair.bob.x509.own.front()));
    QVERIFY(alice->all(QStringLiteral("established")).isEmpty());
}

void CallMethodsTest::calleeRefusesCertificate_data()
{
    QTest::addColumn<bool>("expired");
    QTest::newRow("expired") << true;
    QTest::newRow("not trusted") << false;
}

void CallMethodsTest::calleeRefusesCertificate()
{
    QFETCH(bool, expired);
    Pair pair;
    pair.alice.x509.own = {selfSigned(aliceName, -2 * day, expired ? -day : day)};
    pair.bob.x509.trustOnFirstUse = expired;
    pair.bob.x509.peers.clear();
    const auto bob = pair.startBob(), alice = pair.startAlice();
    alice->send(callTo(bob->port(), QStringLiteral("dh")));
    for (auto *side : {alice.get(), bob.get()}) {
        const auto ended = side->next(QStringLiteral("ended"));
        QCOMPARE(ended.value(QLatin1String("by")).toString(), QStringLiteral("error"));
        QCOMPARE(errorOf(ended), 8); // Invalid Cert
        QVERIFY(side->all(QStringLiteral("established")).isEmpty());
    }
}

void CallMethodsTest::callerRefusesCertificate()
{
    Pair pair;
    pair.bob.x509.own = {selfSigned(bobName, -2 * day, -day)};
    const auto bob = pair.startBob(), alice = pair.startAlice();
    alice->send(callTo(bob->port(), QStringLiteral("dh")));
    QCOMPARE(errorOf(alice->next(QStringLiteral("ended"))), 8);
    QVERIFY(alice->all(QStringLiteral("established")).isEmpty());
    QVERIFY(!bob->next(QStringLiteral("ended")).isEmpty());
}

void CallMethodsTest::renewedInTime()
{
    const Pair pair;
    const auto bob = pair.startBob();
    const auto alice =
        pair.start(QStringLiteral("alice"), pair.alice, {QStringLiteral("--rekey"), QStringLiteral("1")});
    alice->send(callTo(bob->port(), QStringLiteral("pk")));
    for (int i = 0; i < 2; ++i) {
        const auto keys = newestKeys(alice->next(QStringLiteral("rekeyed")));
        QCOMPARE(keys.size(), 2);
        QCOMPARE(newestKeys(bob->next(QStringLiteral("rekeyed"))), keys);
    }
    QVERIFY(alice->all(QStringLiteral("ended")).isEmpty());
}

QTEST_GUILESS_MAIN(CallMethodsTest)
#include "call_methods_test.moc"
