// SPDX-License-Identifier: Apache-2.0
#include "sql_store.h"

#include "kms_process.h"
#include "postgres_server.h"

#include <QSqlDatabase>

#include <memory>
#include <thread>

using namespace mikey;
using kmsd::SqlStore;

namespace {

const auto alice = u"sip:alice@example.org"_s;

Bytes octets(std::initializer_list<std::uint8_t> list)
{
    return list;
}

kms::AuditRow row(const char *event, const std::string &identity = {})
{
    return {clockTime(), event, identity, "detail with 'quotes' and ü"};
}

} // namespace

class KmsStoreTest : public QObject
{
    Q_OBJECT

private:
    /// Where the test stores; null where PostgreSQL is not installed.
    std::unique_ptr<SqlStore> open(const QString &kind)
    {
        auto store = SqlStore::open(placeOf(kind));
        if (!store)
            qFatal("%s", qPrintable(store.error()));
        return std::move(*store);
    }
    QString placeOf(const QString &kind) const
    {
        return kind == u"postgresql"_s ? m_postgres->place() : m_dir.filePath(u"store.sqlite"_s);
    }

    std::unique_ptr<PostgresServer> m_postgres;
    QTemporaryDir m_dir;

    static void kinds()
    {
        QTest::addColumn<QString>("kind");
        QTest::newRow("SQLite") << u"sqlite"_s;
        QTest::newRow("PostgreSQL") << u"postgresql"_s;
    }
    bool lacks(const QString &kind) const { return kind == u"postgresql"_s && !m_postgres; }

private Q_SLOTS:
    void initTestCase()
    {
        if (PostgresServer::programs().isEmpty() || !QSqlDatabase::isDriverAvailable(u"QPSQL"_s))
            return;
        m_postgres = std::make_unique<PostgresServer>();
        QVERIFY(m_postgres->make());
        QVERIFY(m_postgres->start());
    }

    void keepsWhatItIsGiven_data() { kinds(); }
    void keepsWhatItIsGiven()
    {
        QFETCH(QString, kind);
        if (lacks(kind))
            QSKIP("PostgreSQL or Qt's driver for it is not installed");
        {
            const auto store = open(kind);
            QVERIFY(!*store->account("sip:a@x"));
            kms::Account account{"sip:a@x", octets({1, 0, 2}), octets({3, 0}), octets({0, 255}), false};
            QVERIFY(bool(store->save(account, row("user add", "sip:a@x"))));
            account.revoked = true;
            account.locator = octets({9, 9});
            QVERIFY(bool(store->save(account, row("revoke", "sip:a@x"))));
            QVERIFY(*store->add({"sakke", 2, 7, octets({5})}, row("rotate")));
            QVERIFY(*store->add({"sakke", 1, 0, octets({4})}, row("rotate")));
            QVERIFY(!*store->add({"sakke", 2, 8, octets({6})}, row("never")));
            QVERIFY(bool(store->record(row("refuse"))));
        }
        const auto store = open(kind); // closed and opened again
        const auto account = **store->account("sip:a@x");
        QVERIFY(account.revoked && account.tokenHash == octets({3, 0}) && account.psk == octets({0, 255}));
        QVERIFY(!*store->accountAt(octets({1, 0, 2})));
        QCOMPARE((*store->accountAt(octets({9, 9})))->identity, std::string("sip:a@x"));
        const auto masters = *store->masters("sakke");
        QCOMPARE(masters.size(), 2U);
        QVERIFY(masters[0].sealed == octets({4}) && masters[1].fromPeriod == 7);
        QVERIFY((*store->masters("other")).empty());
        const auto audit = *store->audit(0, 100);
        QCOMPARE(audit.size(), 5U);
        QCOMPARE(audit[4].detail, row("x").detail);
        QCOMPARE((*store->audit(audit[1].number, 2)).size(), 2U);
    }

    void members_data() { kinds(); }
    void members()
    {
        QFETCH(const QString, kind);
        if (lacks(kind))
            QSKIP("PostgreSQL is not installed");
        const auto store = open(kind);
        const std::string team = "sip:team@example.org", one = "sip:alice@example.org";
        QVERIFY(!*store->isMember(team, one));
        QVERIFY(bool(store->setMember(team, one, true, row("group add", one))));
        QVERIFY(bool(store->setMember(team, one, true, row("group add", one)))); // she is in it already
        QVERIFY(*store->isMember(team, one));
        QVERIFY(!*store->isMember(one, team));
        QVERIFY(bool(store->setMember(team, one, false, row("group remove", one))));
        QVERIFY(!*store->isMember(team, one));
    }

    // What anybody can bring about goes soon, what was done stays, and keys that were issued stay for good
    void forgets_data() { kinds(); }
    void forgets()
    {
        QFETCH(const QString, kind);
        if (lacks(kind))
            QSKIP("PostgreSQL is not installed");
        const auto store = open(kind);
        const auto now = clockTime();
        constexpr std::int64_t day = 24 * 3600;
        const auto old = [now](const char *event) {
            return kms::AuditRow{now.plusSeconds(-100 * day), event, "sip:old@example.org", {}};
        };
        const kms::IssueKey keys{"sip:old@example.org", 7, "tablet"};
        const kms::IssueKey answer{"sip:old@example.org", kms::IssueKey::ofMessages, "digest"};
        const kms::IssueKey fresh{"sip:old@example.org", kms::IssueKey::ofMessages, "another"};
        QVERIFY(bool(store->issueOnce(keys, octets({1}), old("issue"))));
        QVERIFY(bool(store->issueOnce(answer, octets({2}), old("answer"))));
        QVERIFY(bool(store->issueOnce(fresh, octets({3}), row("answer"))));
        for (int i = 0; i < 25; ++i)
            QVERIFY(bool(store->record(old(kms::AuditRow::refusal))));
        const kms::Retention before{now.plusSeconds(-3600), now.plusSeconds(-30 * day), now.plusSeconds(-400 * day)};
        std::size_t gone = 0;
        for (;;) {
            const auto some = store->forget(before, 10);
            QVERIFY(bool(some) && *some <= 30);
            if (*some == 0)
                break;
            gone += *some;
        }
        QCOMPARE(gone, std::size_t{26});
        QVERIFY(*store->issued(keys) && *store->issued(fresh) && !*store->issued(answer));
        const auto kept = [&store] {
            const auto rows = store->audit(0, 1000);
            return std::count_if(rows->begin(), rows->end(),
                                 [](const auto &one) { return one.identity == "sip:old@example.org"; });
        };
        QCOMPARE(kept(), 2); // "issue" and "answer"
        QCOMPARE(*store->forget({before.answers, before.refusals, now.plusSeconds(-30 * day)}, 10), std::size_t{2});
        QCOMPARE(kept(), 0);
    }

    // Many at once issue to the same: one is first, all answer as it, and the audit log has it once (rule S-8).
    void oneWinsARace_data() { kinds(); }
    void oneWinsARace()
    {
        QFETCH(QString, kind);
        if (lacks(kind))
            QSKIP("PostgreSQL or Qt's driver for it is not installed");
        constexpr int threads = 6, rounds = 10;
        open(kind);
        std::vector<std::vector<Bytes>> got(threads);
        std::vector<std::thread> racers;
        for (std::uint8_t me = 0; me < threads; ++me) {
            racers.emplace_back([&, me] {
                const auto store = open(kind);
                for (std::uint64_t round = 0; round < rounds; ++round) {
                    const auto winner = store->issueOnce({"sip:race@x", round, {}}, octets({me}), row("race"));
                    got[me].push_back(winner ? *winner : Bytes());
                }
            });
        }
        for (auto &racer : racers)
            racer.join();
        for (const auto &answers : got)
            QVERIFY(answers == got[0] && !answers[0].empty());
        const auto store = open(kind);
        const auto audit = *store->audit(0, 10000);
        QCOMPARE(std::count_if(audit.begin(), audit.end(), [](const auto &one) { return one.event == "race"; }),
                 rounds);
    }

    // Several processes on one PostgreSQL are one service; one that is killed takes nothing with it; a restart of the
    // database is survived.
    void severalProcessesOnOneDatabase()
    {
        if (!m_postgres)
            QSKIP("PostgreSQL or Qt's driver for it is not installed");
        QTemporaryDir shared;
        QFile key(shared.filePath(u"kms.key"_s));
        QVERIFY(key.open(QIODevice::WriteOnly) && key.write(QByteArray(64, 'a')) == 64);
        key.close();
        PostgresServer server;
        QVERIFY(server.make() && server.start());
        const QJsonObject config{{u"database"_s, server.place()}, {u"key_file"_s, key.fileName()}};
        KmsProcess first(config), second(config);
        const auto token = first.addUser(alice);
        QVERIFY(!token.isEmpty());
        QVERIFY(first.start() && second.start());
        const auto keysOf = [&](const KmsProcess &kms) {
            const auto reply = ask(kms.place, keyQuestion(kms.place, alice, token));
            auto answer = account::responseOf(reply.body);
            return answer && !answer->keySets.empty() ? answer->keySets.front().keys.pvt : Bytes();
        };
        const auto issued = keysOf(first);
        QVERIFY(!issued.empty());
        QVERIFY(keysOf(second) == issued);
        first.kill();
        QVERIFY(keysOf(second) == issued);
        server.stop();
        QCOMPARE(ask(second.place, keyQuestion(second.place, alice, token)).status, 503);
        QVERIFY(!second.log().contains(key.fileName().toUtf8()));
        QVERIFY(server.start());
        QTRY_VERIFY_WITH_TIMEOUT(keysOf(second) == issued, 10000);
        QCOMPARE(second.admin({u"export-audit"_s}).count("\"event\":\"issue\""), 1);
    }
};

QTEST_GUILESS_MAIN(KmsStoreTest)
#include "kms_store_test.moc"
