// SPDX-License-Identifier: Apache-2.0
// mikeytool: the methods besides the pre-shared key in both roles, their options, and what is refused.
#include "mikeytool_runner.h"

#include <QtTest/QTest>

namespace {

QByteArray answerOf(const Run &run)
{
    return run.json()[u"response"].toString().toLatin1();
}

int errorOf(const Run &run)
{
    return run.json()[u"error"][u"number"].toInt(-1);
}

} // namespace

class MikeytoolMethodsTest : public QObject, private Mikeytool
{
    Q_OBJECT

private:
    /// The endpoint file `from` with some members changed, as `to`.
    void derive(const QString &from, const QString &to, const QString &part, const QJsonObject &changes) const
    {
        auto file = QJsonDocument::fromJson(contentsOf(path(from))).object();
        auto members = file[part].toObject();
        for (auto it = changes.begin(); it != changes.end(); ++it) {
            if (it->isNull())
                members.remove(it.key());
            else
                members[it.key()] = *it;
        }
        file[part] = members;
        write(to, QJsonDocument(file).toJson());
    }

    Run offerOf(const QString &options, const QString &state = u"s"_s, const QString &endpoint = u"alice.json"_s) const
    {
        return run(QStringList{u"offer"_s, u"--endpoint"_s, endpoint, u"--to"_s, u"sip:bob@example.org"_s, u"--at"_s,
                               noon, u"--state"_s, state, u"--method"_s} +
                   options.split(u' '));
    }

    QJsonValue field(const QByteArray &message, const QString &payload, const QString &name) const
    {
        const auto payloads = run("decode --json", message).json()[u"payloads"].toArray();
        for (const auto &value : payloads) {
            if (value[u"payload"] != payload)
                continue;
            const auto fields = value[u"fields"].toArray();
            for (const auto &member : fields) {
                if (member[u"name"] == name)
                    return member[u"value"];
            }
        }
        return QJsonValue::Undefined;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QCOMPARE(run("credentials new --dir . --at 2026-11-23T12:00:00Z").status, 0);
        derive(u"alice.json"_s, u"weak-alice.json"_s, u"accept"_s, {{u"weak_groups"_s, true}});
        derive(u"bob.json"_s, u"weak-bob.json"_s, u"accept"_s, {{u"weak_groups"_s, true}});
        derive(u"bob.json"_s, u"bare-bob.json"_s, u"x509"_s,
               {{u"certificate"_s, {}}, {u"private_key"_s, {}}, {u"peers"_s, {}}});
        derive(u"bob.json"_s, u"distrusting-bob.json"_s, u"x509"_s, {{u"trust"_s, {}}, {u"peers"_s, {}}});
        derive(u"bob.json"_s, u"other-bob.json"_s, u"psk"_s,
               {{u"sip:alice@example.org"_s, u"00112233445566778899aabbccddeeff"_s}});
        QVERIFY(run("credentials new --dir elsewhere --identity sip:bob@example.org").status == 0);
    }

    void bothRoles_data()
    {
        QTest::addColumn<QString>("options");
        for (const auto *options : {"pk", "pk --cache none", "pk --cache always", "dh", "dh --group 5", "dh-hmac",
                                    "rsa-r", "rsa-r --listen-only", "rsa-r --policy AEAD_AES_256_GCM"})
            QTest::newRow(options) << QString::fromLatin1(options);
    }
    void bothRoles()
    {
        QFETCH(QString, options);
        const auto made = offerOf(options + u" --streams 2"_s);
        QVERIFY2(made.status == 0, qPrintable(made.err));
        const auto bob = respond(made.out, words("--reveal-keys"));
        QVERIFY2(bob.status == 0, qPrintable(bob.err));
        const auto alice = finish(u"s"_s, answerOf(bob), words("--reveal-keys"));
        QVERIFY2(alice.status == 0, qPrintable(alice.err));
        for (const auto *member : {"method", "csb_id", "initiator", "responder", "timestamp", "tgks"})
            QVERIFY2(alice.json()[QLatin1String(member)] == bob.json()[QLatin1String(member)], member);
        QCOMPARE(alice.json()[u"crypto_sessions"], bob.json()[u"crypto_sessions"]);
        QCOMPARE(alice.json()[u"method"].toString(), options.section(u' ', 0, 0));
        QCOMPARE(alice.json()[u"crypto_sessions"].toArray().size(), options.contains(u"listen") ? 2 : 4);
        QCOMPARE(finish(u"s"_s, answerOf(bob)).status, 1); // taken only once
    }

    void refusals_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("endpoint");
        QTest::addColumn<int>("error");
        for (const auto *method : {"pk", "dh", "rsa-r"}) {
            QTest::addRow("%s, no certificate", method) << QString::fromLatin1(method) << u"bare-bob.json"_s << 11;
            QTest::addRow("%s, unknown authority", method)
                << QString::fromLatin1(method) << u"distrusting-bob.json"_s << 8;
        }
        QTest::newRow("dh-hmac, another key") << u"dh-hmac"_s << u"other-bob.json"_s << 0;
        QTest::newRow("dh-hmac, no key") << u"dh-hmac"_s << u"elsewhere/bob.json"_s << 7;
    }
    void refusals()
    {
        QFETCH(QString, method);
        QFETCH(QString, endpoint);
        QFETCH(int, error);
        const auto refused = respond(offerOf(method).out, {}, endpoint);
        QCOMPARE(refused.status, 1);
        QCOMPARE(errorOf(refused), error);
        QVERIFY(!refused.err.isEmpty());
        const auto alice = finish(u"s"_s, answerOf(refused));
        QCOMPARE(alice.status, 1);
        QCOMPARE(errorOf(alice), error);
    }

    void damaged_data()
    {
        QTest::addColumn<QString>("method");
        for (const auto *method : {"pk", "dh", "dh-hmac", "rsa-r"})
            QTest::newRow(method) << QString::fromLatin1(method);
    }
    void damaged()
    {
        QFETCH(QString, method);
        auto made = QByteArray::fromBase64(offerOf(method).out);
        auto forged = made;
        forged.back() = static_cast<char>(forged.back() ^ 1);
        QCOMPARE(errorOf(respond(forged)), 0);
        const auto bob = respond(made, words("--reveal-keys"));
        auto answer = QByteArray::fromBase64(answerOf(bob));
        answer.back() = static_cast<char>(answer.back() ^ 1);
        const auto refused = finish(u"s"_s, answer);
        QCOMPARE(refused.status, 1);
        QCOMPARE(errorOf(refused), 0);
        QCOMPARE(finish(u"s"_s, answerOf(bob)).status, 0); // the true one is still taken
    }

    void caches()
    {
        const QStringList names{u"none"_s, u"always"_s, u"csb"_s};
        for (int i = 0; i < names.size(); ++i)
            QCOMPARE(field(offerOf(u"pk --cache "_s + names[i]).out, u"PKE"_s, u"C"_s), i);
        QCOMPARE(field(offerOf(u"pk"_s).out, u"PKE"_s, u"C"_s), 2);
    }

    void groupsOfDiffieHellman()
    {
        for (const auto &method : {u"dh"_s, u"dh-hmac"_s}) {
            const auto refused = offerOf(method + u" --group 2"_s);
            QCOMPARE(refused.status, 1);
            QVERIFY(refused.err.contains(u"accept.weak_groups"));
            const auto made = offerOf(method + u" --group 2"_s, u"s"_s, u"weak-alice.json"_s);
            QCOMPARE(field(made.out, u"DH"_s, u"DH-Group"_s), 2);
            QCOMPARE(errorOf(respond(made.out)), 6);
            const auto bob = respond(made.out, {}, u"weak-bob.json"_s);
            QCOMPARE(bob.status, 0);
            QCOMPARE(finish(u"s"_s, answerOf(bob)).status, 0);
            QCOMPARE(field(offerOf(method + u" --group 1"_s, u"s"_s, u"weak-alice.json"_s).out, u"DH"_s, u"DH-Group"_s),
                     1);
        }
    }

    void options_data()
    {
        QTest::addColumn<QString>("options");
        for (const auto *options : {"pk --cache some", "psk --cache csb", "dh --group 14", "pk --group 5", "psk --join",
                                    "dh --listen-only", "rsa-r --join --policy AES_CM_128_HMAC_SHA1_80"})
            QTest::newRow(options) << QString::fromLatin1(options);
    }
    void options()
    {
        QFETCH(QString, options);
        const auto made = offerOf(options, u"unused"_s);
        QCOMPARE(made.status, 2);
        QVERIFY(made.err.startsWith(u"mikeytool: --"));
        QVERIFY(!QFileInfo::exists(path(u"unused"_s)));
    }

    void groupOfMembers()
    {
        const auto join = [this](const QString &member, const QStringList &more) {
            const auto made = offerOf(u"rsa-r --join"_s, member, member + u".json"_s);
            const auto bob = respond(made.out, QStringList{u"--group-keys"_s, u"group"_s} + more);
            return finish(member, answerOf(bob), words("--reveal-keys"));
        };
        const auto alice = join(u"alice"_s, words("--policy AEAD_AES_128_GCM"));
        QVERIFY2(alice.status == 0, qPrintable(alice.err));
        QCOMPARE(QFileInfo(path(u"group"_s)).permissions() & (QFile::ReadGroup | QFile::ReadOther),
                 QFile::Permissions());
        const auto carol = join(u"carol"_s, {});
        QCOMPARE(carol.status, 0);
        QVERIFY(carol.json()[u"csb_id"] != alice.json()[u"csb_id"]);
        QCOMPARE(carol.json()[u"crypto_sessions"], alice.json()[u"crypto_sessions"]);
        QCOMPARE(carol.json()[u"tgks"], alice.json()[u"tgks"]);
        const auto sessions = alice.json()[u"crypto_sessions"].toArray();
        QCOMPARE(sessions.size(), 2);
        QCOMPARE(sessions[0][u"suite"], u"AEAD_AES_128_GCM"_s);
        const auto rekeyed = run("rekey --endpoint alice.json --state alice");
        QCOMPARE(rekeyed.status, 1);
        QVERIFY(rekeyed.err.contains(u"envelope key of the bundle is not cached"));
    }

    void groupsRefuse()
    {
        const auto group = words("--group-keys refusing");
        const auto join = offerOf(u"rsa-r --join"_s);
        QCOMPARE(respond(join.out, group).status, 0);
        QCOMPARE(respond(join.out, group + words("--policy AEAD_AES_256_GCM")).status, 2);
        QCOMPARE(respond(join.out, words("--policy AEAD_AES_256_GCM")).status, 2);
        QCOMPARE(respond(join.out, words("--group-keys alice.json")).status, 2);
        QCOMPARE(errorOf(respond(offerOf(u"rsa-r"_s).out, group)), 10); // the policy is not the member's to offer
        // Keys of two instead of a group's, and the other way round.
        const auto alone = respond(offerOf(u"rsa-r --join"_s).out);
        QCOMPARE(finish(u"s"_s, answerOf(alone)).status, 1);
    }
};

QTEST_GUILESS_MAIN(MikeytoolMethodsTest)
#include "mikeytool_methods_test.moc"
