// SPDX-License-Identifier: Apache-2.0
// mikeytool: rekey, by who began the bundle and by who answered.
#include "mikeytool_runner.h"

#include <QtTest/QTest>

namespace {

QStringList sorted(const QJsonArray &sessions, const char *member)
{
    QStringList values;
    for (const auto &session : sessions)
        values += session[QLatin1String(member)].toString();
    values.sort();
    return values;
}

QStringList teks(const Run &run)
{
    return sorted(run.json()[u"crypto_sessions"].toArray(), "tek");
}

QByteArray answerOf(const Run &run)
{
    return run.json()[u"response"].toString().toLatin1();
}

} // namespace

class MikeytoolRekeyTest : public QObject, private Mikeytool
{
    Q_OBJECT

private:
    QString m_state, m_kept; ///< Alice's exchange, and what Bob remembers
    int m_number = 0;

    /// Alice begins a bundle with Bob.
    Run begin(const QString &method)
    {
        m_state = u"s%1"_s.arg(++m_number);
        m_kept = u"b%1"_s.arg(m_number);
        const auto made = run(words("offer --endpoint alice.json --to sip:bob@example.org --method") +
                              method.split(u' ') + QStringList{u"--state"_s, m_state, u"--at"_s, noon});
        const auto bob = respond(made.out, {u"--state"_s, m_kept, u"--reveal-keys"_s});
        return finish(m_state, answerOf(bob), words("--reveal-keys"));
    }

    Run rekeyOfAlice(const QString &more = {}) const
    {
        return run(words("rekey --endpoint alice.json --at 2026-11-23T12:01:00Z --state") + QStringList{m_state} +
                   more.split(u' ', Qt::SkipEmptyParts));
    }

    Run rekeyOfBob(const QString &csbId, const QString &more = {}) const
    {
        return run(words("rekey --endpoint bob.json --at 2026-11-23T12:02:00Z --exchange of-bob --state") +
                   QStringList{m_kept, u"--csb"_s, csbId} + more.split(u' ', Qt::SkipEmptyParts));
    }

    Run respondAt(const char *time, const QByteArray &message, const QString &endpoint, const QString &state) const
    {
        return run(words("respond --json --reveal-keys --endpoint") +
                       QStringList{endpoint, u"--state"_s, state, u"--at"_s, QLatin1String(time)},
                   message);
    }
    Run bobResponds(const QByteArray &message) const
    {
        return respondAt("2026-11-23T12:01:00Z", message, u"bob.json"_s, m_kept);
    }

private Q_SLOTS:
    void initTestCase() { QCOMPARE(run("credentials new --dir . --at 2026-11-23T12:00:00Z").status, 0); }

    void everyMethod_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("keys");
        QTest::addColumn<QString>("message"); ///< that updates
        for (const auto *keys : {"tgk", "tek", "same"}) {
            const auto row = [keys](const char *method, const char *message) {
                QTest::addRow("%s, %s", method, keys)
                    << QString::fromLatin1(method) << QString::fromLatin1(keys) << QString::fromLatin1(message);
            };
            row("psk", "PSK I_MESSAGE");
            row("pk --cache csb", "PSK I_MESSAGE");
            row("pk --cache always", "PSK I_MESSAGE");
            row("pk --cache none", "PK I_MESSAGE");
            row("dh", "DH I_MESSAGE");
            row("dh-hmac", "DHHMAC I_MESSAGE");
            row("rsa-r", "PSK I_MESSAGE");
        }
    }
    void everyMethod()
    {
        QFETCH(QString, method);
        QFETCH(QString, keys);
        QFETCH(QString, message);
        const auto first = begin(method);
        QCOMPARE(first.status, 0);
        const auto csbId = first.json()[u"csb_id"].toString();
        const bool newKeys = keys != u"same"_s;

        const auto update = rekeyOfAlice(u"--keys "_s + keys);
        QVERIFY2(update.status == 0, qPrintable(update.err));
        QCOMPARE(run("decode --json", update.out).json()[u"message"].toString(), message);
        const auto bob = bobResponds(update.out);
        QVERIFY2(bob.status == 0, qPrintable(bob.err));
        const auto alice = finish(m_state, answerOf(bob), words("--reveal-keys"));
        QVERIFY2(alice.status == 0, qPrintable(alice.err));
        QCOMPARE(teks(alice), teks(bob));
        QCOMPARE(teks(alice) != teks(first), newKeys);
        QCOMPARE(alice.json()[u"method"], first.json()[u"method"]);
        QCOMPARE(alice.json()[u"csb_id"].toString(), csbId);
        QCOMPARE(finish(m_state, answerOf(bob)).status, 1); // taken only once

        const auto back = rekeyOfBob(csbId, u"--keys "_s + keys); // and then the other way round
        QVERIFY2(back.status == 0, qPrintable(back.err));
        const auto atAlice = respondAt("2026-11-23T12:02:00Z", back.out, u"alice.json"_s, m_state);
        QVERIFY2(atAlice.status == 0, qPrintable(atAlice.err));
        const auto atBob = finish(u"of-bob"_s, answerOf(atAlice), words("--reveal-keys"));
        QVERIFY2(atBob.status == 0, qPrintable(atBob.err));
        QCOMPARE(teks(atAlice), teks(atBob));
        QCOMPARE(teks(atBob) != teks(alice), newKeys);
        QCOMPARE(atBob.json()[u"initiator"], u"sip:bob@example.org"_s);
        QCOMPARE(respondAt("2026-11-23T12:02:00Z", back.out, u"alice.json"_s, m_state).status, 1); // a replay

        const auto again = run(words("rekey --endpoint alice.json --at 2026-11-23T12:03:00Z --state") +
                               QStringList{m_state, u"--v-flag"_s, u"off"_s});
        const auto bobAgain = respondAt("2026-11-23T12:03:00Z", again.out, u"bob.json"_s, m_kept);
        QVERIFY2(bobAgain.status == 0, qPrintable(bobAgain.err)); // what finish told has reached Bob's state
        const auto done = finish(m_state, answerOf(bobAgain), words("--reveal-keys"));
        QCOMPARE(done.status, 0);
        QCOMPARE(teks(done), teks(bobAgain));
    }

    void addedStreams()
    {
        const auto first = begin(u"psk"_s);
        const auto update = rekeyOfAlice(u"--keys same --add-streams 2"_s);
        const auto bob = bobResponds(update.out);
        const auto alice = finish(m_state, answerOf(bob), words("--reveal-keys"));
        QCOMPARE(first.json()[u"crypto_sessions"].toArray().size(), 2);
        QCOMPARE(alice.json()[u"crypto_sessions"].toArray().size(), 6);
        QCOMPARE(teks(alice), teks(bob));
        QCOMPARE(alice.json()[u"crypto_sessions"][0][u"tek"], first.json()[u"crypto_sessions"][0][u"tek"]);
        const auto tooMany = rekeyOfAlice(u"--add-streams 125"_s);
        QCOMPARE(tooMany.status, 1);
        QVERIFY(tooMany.err.contains(u"127 media lines"));
    }

    void theFilesArePrivateAndTraced()
    {
        begin(u"pk"_s);
        const auto update = rekeyOfAlice(u"--out update.bin --trace traced"_s);
        QCOMPARE(update.status, 0);
        QCOMPARE(update.out, QByteArray());
        QCOMPARE(contentsOf(path(u"update.bin"_s)), contentsOf(path(u"traced/01-psk-i_message.mikey"_s)));
        for (const auto &name : {m_state, m_kept})
            QCOMPARE(QFileInfo(path(name)).permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
    }

    /// Nothing is lost: the bundle stands, and may be updated again.
    void anUpdateThatIsNotAnswered()
    {
        const auto first = begin(u"psk"_s);
        QCOMPARE(rekeyOfAlice().status, 0);
        const auto second =
            run(words("rekey --endpoint alice.json --at 2026-11-23T12:01:30Z --state") + QStringList{m_state});
        const auto bob = respondAt("2026-11-23T12:01:30Z", second.out, u"bob.json"_s, m_kept);
        QCOMPARE(bob.status, 0);
        const auto alice = finish(m_state, answerOf(bob), words("--reveal-keys"));
        QCOMPARE(teks(alice), teks(bob));
        QVERIFY(teks(alice) != teks(first));
    }

    void withoutAnswer()
    {
        begin(u"psk"_s);
        const auto update = rekeyOfAlice(u"--v-flag off"_s);
        const auto bob = bobResponds(update.out);
        QVERIFY(bob.json()[u"response"].isNull());
        QCOMPARE(teks(finish(m_state, {}, words("--reveal-keys"))), teks(bob));
    }

    void refusals()
    {
        const auto sayings = [](const Run &made) { return QString::number(made.status) + u' ' + made.err; };
        offer(u"pending"_s);
        const auto rekey = words("rekey --endpoint alice.json --at 2026-11-23T12:01:00Z --state");
        QVERIFY(sayings(run(rekey + words("pending"))).startsWith(u"1 mikeytool: pending: the exchange is not"));
        QVERIFY(sayings(run(rekey + words("none"))).startsWith(u"2 mikeytool: none"));
        QVERIFY(sayings(run(rekey + words("alice.json"))).startsWith(u"2 mikeytool: alice.json"));
        const auto csbId = begin(u"psk"_s).json()[u"csb_id"].toString();
        QVERIFY(sayings(run(rekey + QStringList{m_kept})).startsWith(u"2"));
        QVERIFY(sayings(rekeyOfAlice(u"--keys all"_s)).startsWith(u"2 mikeytool: --keys"));
        QVERIFY(sayings(rekeyOfAlice(u"--add-streams -1"_s)).startsWith(u"2 mikeytool: --add-streams"));
        QVERIFY(sayings(rekeyOfAlice(u"--v-flag yes"_s)).startsWith(u"2 mikeytool: --v-flag"));
        QVERIFY(sayings(rekeyOfAlice(u"--csb "_s + csbId)).startsWith(u"2 mikeytool: --csb"));
        QVERIFY(sayings(rekeyOfBob(u"xyz"_s)).startsWith(u"2 mikeytool: --csb"));
        QVERIFY(sayings(rekeyOfBob(u"00000001"_s)).startsWith(u"1 "));
        const auto stranger = run(words("rekey --endpoint carol.json --state") + QStringList{m_state});
        QVERIFY(sayings(stranger).startsWith(u"1 mikeytool: the bundle is one of sip:alice@example.org"));
        QVERIFY(sayings(rekeyOfAlice()).startsWith(u"0"));
        // An exchange file serves updates of its bundle, nothing else.
        const auto other = offer(u"other"_s);
        QCOMPARE(respondAt("2026-11-23T12:01:00Z", other, u"bob.json"_s, m_state).status, 1);
    }

    /// A forged answer changes nothing; the true one may still come.
    void forgedAnswer()
    {
        begin(u"rsa-r"_s);
        const auto bob = bobResponds(rekeyOfAlice().out);
        auto forged = QByteArray::fromBase64(answerOf(bob));
        forged.back() = static_cast<char>(forged.back() ^ 1);
        QCOMPARE(finish(m_state, forged).status, 1);
        QCOMPARE(teks(finish(m_state, answerOf(bob), words("--reveal-keys"))), teks(bob));
    }

    void sharedKeysAreNotKept()
    {
        begin(u"psk"_s);
        const auto key = QJsonDocument::fromJson(contentsOf(path(u"alice.json"_s))).object()[u"psk"].toObject();
        const auto hex = key[u"sip:bob@example.org"].toString().toLatin1();
        QCOMPARE(hex.size(), 32);
        QVERIFY(!contentsOf(path(m_state)).contains(hex));
    }
};

QTEST_GUILESS_MAIN(MikeytoolRekeyTest)
#include "mikeytool_rekey_test.moc"
