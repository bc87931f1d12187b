// SPDX-License-Identifier: Apache-2.0
// mikeytool: offer, respond, finish.
#include "mikeytool_runner.h"

#include <QDir>
#include <QSet>
#include <QtTest/QTest>

namespace {

constexpr auto kat = "psk_exchange"; ///< of the computed vectors
constexpr auto katTime = "c8e350ea12345678";

QJsonObject firstSession(const QJsonObject &result)
{
    return result[u"crypto_sessions"].toArray()[0].toObject();
}

} // namespace

class MikeytoolExchangeTest : public QObject, private Mikeytool
{
    Q_OBJECT

private:
    /// The endpoint file `from`, which accepts more, as `to`.
    void writeAccepting(const QString &from, const QString &what, const QString &to) const
    {
        auto file = QJsonDocument::fromJson(contentsOf(path(from))).object();
        file[u"accept"] = QJsonObject{{what, true}};
        write(to, QJsonDocument(file).toJson());
    }

private Q_SLOTS:
    void initTestCase()
    {
        writeEndpoints();
        const QByteArray alice("sip:alice@example.org"), bob("sip:bob@example.org");
        writeEndpoint("wrong.json", bob, alice, "ff112233445566778899aabbccddeeff");
        writeEndpoint("stranger.json", bob, "sip:carol@example.org", "00112233445566778899aabbccddeeff");
        writeEndpoint("kat.json", "sip:bob@example.com", "sip:alice@example.com", "404142434445464748494a4b4c4d4e4f");
    }

    void respondsToTheKnownMessage()
    {
        const auto made = run({u"respond"_s, u"--endpoint"_s, u"kat.json"_s, u"--at"_s, QLatin1String(katTime),
                               u"--json"_s, u"--reveal-keys"_s},
                              vectorMessage(kat, "I_MESSAGE"));
        QCOMPARE(made.status, 0);
        QCOMPARE(made.err, QString());
        const auto json = made.json();
        const auto known = vectors()[u"tgk_derivation"].toArray();
        QCOMPARE(json[u"accepted"], true);
        QCOMPARE(json[u"complete"], true);
        QCOMPARE(json[u"method"], u"psk"_s);
        QCOMPARE(json[u"csb_id"], u"cd177e50"_s);
        QCOMPARE(json[u"initiator"], u"sip:alice@example.com"_s);
        QCOMPARE(json[u"responder"], u"sip:bob@example.com"_s);
        QCOMPARE(json[u"timestamp"].toString(), QLatin1String(katTime));
        QCOMPARE(json[u"v_flag"], true);
        QCOMPARE(json[u"prf"], u"MIKEY-1"_s);
        QVERIFY(json[u"error"].isNull());
        QCOMPARE(json[u"tgk"], known[0][u"tgk"]);
        QCOMPARE(json[u"tgks"].toArray(), QJsonArray{known[0][u"tgk"]});
        QCOMPARE(json[u"crypto_sessions"].toArray().size(), 2);
        for (int i = 0; i < 2; ++i) {
            const auto session = json[u"crypto_sessions"].toArray()[i].toObject();
            QCOMPARE(session[u"cs_id"], i + 1);
            QCOMPARE(session[u"tek"], known[i][u"tek_128"]);
            QCOMPARE(session[u"salt"], u"a0a1a2a3a4a5a6a7a8a9aaabacad"_s);
            QCOMPARE(session[u"mki"], u"00000001"_s);
            QCOMPARE(session[u"suite"], u"AES_CM_128_HMAC_SHA1_80"_s);
            QVERIFY(session[u"valid_from"].isNull() && session[u"valid_to"].isNull());
        }
        QCOMPARE(firstSession(json)[u"ssrc"], u"11111111"_s);
        const auto answer = QByteArray::fromBase64(json[u"response"].toString().toLatin1());
        QCOMPARE(run("decode --json", answer).json()[u"message"], u"PSK R_MESSAGE"_s);
    }

    void exchange()
    {
        const auto message = offer(u"s"_s, words("--streams 2 --policy AEAD_AES_256_GCM,AES_CM_128_HMAC_SHA1_80"));
        QVERIFY(message.endsWith('\n'));
        QCOMPARE(QFileInfo(path(u"s"_s)).permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
        const auto bob = respond(message, words("--reveal-keys"));
        QCOMPARE(bob.status, 0);
        const auto alice = finish(u"s"_s, bob.json()[u"response"].toString().toLatin1(), words("--reveal-keys"));
        QCOMPARE(alice.status, 0);
        QVERIFY(alice.json()[u"response"].isNull());
        for (const auto *member : {"accepted", "complete", "method", "csb_id", "initiator", "responder", "timestamp",
                                   "v_flag", "prf", "tgk", "tgks", "crypto_sessions", "error"})
            QVERIFY2(alice.json()[QLatin1String(member)] == bob.json()[QLatin1String(member)], member);
        const auto sessions = alice.json()[u"crypto_sessions"].toArray();
        QCOMPARE(sessions.size(), 4);
        QSet<QString> teks;
        for (const auto &session : sessions) {
            QCOMPARE(session[u"suite"], u"AEAD_AES_256_GCM"_s);
            QCOMPARE(session[u"tek"].toString().size(), 64);
            QCOMPARE(session[u"salt"].toString().size(), 24);
            QVERIFY(session[u"ssrc"] != u"00000000"_s);
            teks += session[u"tek"].toString();
        }
        QCOMPARE(teks.size(), 4);
        const auto &saved = contentsOf(path(u"s"_s));
        QVERIFY(!saved.contains("00112233445566778899aabbccddeeff"));

        const auto again = finish(u"s"_s, bob.json()[u"response"].toString().toLatin1());
        QCOMPARE(again.status, 1);
        QCOMPARE(again.json()[u"accepted"], false);
        QVERIFY(again.err.contains(u"complete"));
        for (const auto *member : {"method", "csb_id"})
            QVERIFY2(again.json()[QLatin1String(member)] == bob.json()[QLatin1String(member)], member);
    }

    void keysAreHiddenUnlessAskedFor()
    {
        const auto message = offer(u"hidden"_s);
        const auto revealed = respond(message, words("--reveal-keys")).json(), hidden = respond(message).json();
        QCOMPARE(hidden[u"tgk"].toString().size(), 16);
        QCOMPARE(hidden[u"tgks"].toArray()[0], hidden[u"tgk"]);
        QVERIFY(!revealed[u"tgk"].toString().startsWith(hidden[u"tgk"].toString()));
        QCOMPARE(firstSession(hidden)[u"tek"].toString().size(), 16);
        QCOMPARE(firstSession(hidden)[u"salt"].toString().size(), 16);
        QCOMPARE(firstSession(revealed)[u"tek"].toString().size(), 32);
        QCOMPARE(firstSession(revealed)[u"salt"].toString().size(), 28);
        const auto text = run("respond --endpoint bob.json --at 2026-11-23T12:00:00Z", message);
        QCOMPARE(text.status, 0);
        QVERIFY(text.out.contains(firstSession(hidden)[u"tek"].toString().toLatin1()));
        QVERIFY(text.out.contains("sip:alice@example.org"));
        QVERIFY(!text.out.contains(firstSession(revealed)[u"tek"].toString().toLatin1()));
    }

    void filesOfOctets()
    {
        QCOMPARE(offer(u"files"_s, words("--out i.bin --trace trace")), QByteArray());
        const auto message = contentsOf(path(u"i.bin"_s));
        QVERIFY(message.startsWith('\1'));
        const auto bob =
            run("respond --endpoint bob.json --at 2026-11-23T12:00:00Z --json --out r.bin --trace trace i.bin");
        QCOMPARE(bob.status, 0);
        const auto answer = contentsOf(path(u"r.bin"_s));
        QVERIFY(answer.startsWith("\1\1"));
        const auto alice = run("finish --state files --trace trace r.bin");
        QCOMPARE(alice.status, 0);
        QVERIFY(alice.out.startsWith("accepted"));
        QCOMPARE(QDir(path(u"trace"_s)).entryList(QDir::Files),
                 (words("01-psk-i_message.mikey 02-psk-r_message.mikey")));
        QCOMPARE(contentsOf(path(u"trace/01-psk-i_message.mikey"_s)), message);
        QCOMPARE(contentsOf(path(u"trace/02-psk-r_message.mikey"_s)), answer);
    }

    // A message is taken only once, so what cannot be written has to show before.
    void outputsAreTriedFirst()
    {
        const auto message = offer(u"tried"_s);
        QVERIFY(QDir(path({})).mkdir(u"a-directory"_s));
        write(u"a-file"_s, "kept");
        for (const auto *output : {"--out no/such/place", "--out a-directory", "--trace a-file"}) {
            const auto made = respond(message, words("--state tried-by-bob") + words(output));
            QCOMPARE(made.status, 2);
            QCOMPARE(made.out, QByteArray());
            QVERIFY(!made.err.isEmpty());
            QCOMPARE(finish(u"tried"_s, message, words(output)).status, 2);
            QCOMPARE(run(words("offer --endpoint alice.json --to sip:bob@example.org --method psk --state no-state") +
                         words(output))
                         .status,
                     2);
        }
        QCOMPARE(contentsOf(path(u"a-file"_s)), QByteArray("kept"));
        QVERIFY(!QFileInfo::exists(path(u"no-state"_s)));
        const auto bob = respond(message, words("--state tried-by-bob"));
        QCOMPARE(bob.status, 0);
        QCOMPARE(finish(u"tried"_s, bob.json()[u"response"].toString().toLatin1()).status, 0);
    }

    void resultIsToldThoughTheAnswerCannotBeWritten()
    {
        const auto bob = respond(offer(u"full"_s), words("--out /dev/full"));
        QCOMPARE(bob.status, 2);
        QCOMPARE(bob.json()[u"accepted"], true);
        QVERIFY(!bob.json()[u"response"].toString().isEmpty());
        QVERIFY(bob.err.contains(u"/dev/full"));
        const auto text =
            run("respond --endpoint bob.json --at 2026-11-23T12:00:00Z --out /dev/full", offer(u"full"_s));
        QCOMPARE(text.status, 2);
        const auto told = text.out.mid(text.out.lastIndexOf(' ') + 1).trimmed();
        QVERIFY(QByteArray::fromBase64(told).startsWith("\1\1")); // a PSK R_MESSAGE
    }

    // Where nothing is to be sent, the answer of an earlier run must not be taken for it.
    void staleAnswersAreRemoved()
    {
        const auto stale = [this] { return write(u"stale.bin"_s, "an earlier answer"); };
        const auto out = words("--out stale.bin");
        auto file = stale();
        const auto message = offer(u"stale"_s, words("--v-flag off"));
        QCOMPARE(respond(message, out).status, 0);
        QVERIFY(!QFileInfo::exists(file));
        file = stale();
        QCOMPARE(respond("v=0\r\n", out).status, 1);
        QVERIFY(!QFileInfo::exists(file));
        file = stale();
        QCOMPARE(finish(u"stale"_s, {}, out).status, 0);
        QVERIFY(!QFileInfo::exists(file));
        file = stale();
        QCOMPARE(finish(u"stale"_s, {}, out).status, 1);
        QVERIFY(!QFileInfo::exists(file));
    }

    void withoutVerification()
    {
        const auto bob = respond(offer(u"v"_s, words("--v-flag off")));
        QCOMPARE(bob.status, 0);
        QVERIFY(bob.json()[u"response"].isNull());
        QCOMPARE(bob.json()[u"v_flag"], false);
        QCOMPARE(bob.json()[u"complete"], true);
        const auto alice = finish(u"v"_s, {});
        QCOMPARE(alice.status, 0);
        QCOMPARE(alice.json()[u"complete"], true);
        QCOMPARE(alice.json()[u"tgk"], bob.json()[u"tgk"]);
        QCOMPARE(alice.json()[u"crypto_sessions"], bob.json()[u"crypto_sessions"]);
        QCOMPARE(finish(u"v"_s, {}).status, 1);
    }

    void answerThatIsMissing()
    {
        const auto message = offer(u"due"_s);
        const auto alice = finish(u"due"_s, {});
        QCOMPARE(alice.status, 1);
        QVERIFY(alice.err.contains(u"answer is due"));
        QCOMPARE(alice.json()[u"accepted"], false);
        QCOMPARE(alice.json()[u"complete"], false);
        QCOMPARE(alice.json()[u"method"], u"psk"_s);
        QVERIFY(alice.json()[u"error"][u"reason"].toString().contains(u"answer is due"));
        QCOMPARE(finish(u"due"_s, respond(message).json()[u"response"].toString().toLatin1()).status, 0);
    }

    void replaysAreRefused()
    {
        const auto message = offer(u"replayed"_s);
        const auto state = words("--state remembered");
        QCOMPARE(respond(message, state).status, 0);
        QCOMPARE(QFileInfo(path(u"remembered"_s)).permissions() & (QFile::ReadGroup | QFile::ReadOther),
                 QFile::Permissions());
        const auto replay = respond(message, state);
        QCOMPARE(replay.status, 1);
        QCOMPARE(replay.json()[u"accepted"], false);
        QVERIFY(replay.json()[u"error"][u"number"].isNull());
        QVERIFY(replay.json()[u"response"].isNull());
        QVERIFY(!replay.err.isEmpty());
        QCOMPARE(respond(offer(u"replayed"_s), state).status, 0);
        write(u"remembers-nothing"_s, {}); // as mktemp makes it
        QCOMPARE(respond(message, words("--state remembers-nothing")).status, 0);
        QCOMPARE(respond(message, words("--state remembers-nothing")).status, 1);
        QCOMPARE(respond(message).status, 0); // nothing remembers it
        const auto notAState = respond(message, words("--state bob.json"));
        QCOMPARE(notAState.status, 2);
        QVERIFY(contentsOf(path(u"bob.json"_s)).contains("identity"));
    }

    void replaysAreRefusedWhenTheClockWasSetBack()
    {
        const auto message = offer(u"back"_s);
        const auto later = words("--at 2026-11-23T12:10:00Z");
        const auto first = words("respond --endpoint bob.json --state clock --at") + QStringList{noon};
        const auto second = words("respond --endpoint bob.json --state clock") + later;
        QCOMPARE(run(first, message).status, 0);
        const auto next =
            run(words("offer --endpoint alice.json --to sip:bob@example.org --method psk --state x") + later);
        QCOMPARE(run(second, next.out).status, 0);
        QCOMPARE(run(first, message).status, 1);
    }

    void twoRunsAtOnceAcceptOnlyOne()
    {
        const auto message = write(u"race"_s, offer(u"racing"_s));
        QProcess runs[4];
        for (auto &process : runs) {
            process.setWorkingDirectory(path({}));
            process.start(QStringLiteral(MIKEYTOOL),
                          words("respond --endpoint bob.json --state shared --at") + QStringList{noon, message});
        }
        int accepted = 0;
        for (auto &process : runs) {
            QVERIFY(process.waitForFinished(60000));
            accepted += process.exitCode() == 0;
        }
        QCOMPARE(accepted, 1);
    }

    void refusals_data()
    {
        QTest::addColumn<QString>("endpoint");
        QTest::addColumn<QString>("at");
        QTest::addColumn<int>("number");
        QTest::newRow("wrong key") << u"wrong.json"_s << noon << 0;
        QTest::newRow("old") << u"bob.json"_s << u"2026-11-23T12:05:01Z"_s << 1;
        QTest::newRow("from the future") << u"bob.json"_s << u"2026-11-23T12:54:59+01:00"_s << 1;
        QTest::newRow("stranger") << u"stranger.json"_s << noon << 7;
    }
    void refusals()
    {
        QFETCH(QString, endpoint);
        QFETCH(QString, at);
        QFETCH(int, number);
        const auto state = u"refused-%1"_s.arg(number);
        const auto message = offer(state);
        const auto bob =
            run({u"respond"_s, u"--endpoint"_s, endpoint, u"--at"_s, at, u"--json"_s, u"--out"_s, u"e.bin"_s}, message);
        QCOMPARE(bob.status, 1);
        const auto error = bob.json()[u"error"].toObject();
        QCOMPARE(bob.json()[u"accepted"], false);
        QCOMPARE(bob.json()[u"method"], u"psk"_s);
        QCOMPARE(error[u"number"], number);
        QVERIFY(bob.err.contains(error[u"reason"].toString()));
        QVERIFY(bob.json()[u"tgk"].isNull());
        QCOMPARE(bob.json()[u"crypto_sessions"].toArray().size(), 0);
        const auto response = QByteArray::fromBase64(bob.json()[u"response"].toString().toLatin1());
        QCOMPARE(response, contentsOf(path(u"e.bin"_s)));
        QCOMPARE(run("decode --json", response).json()[u"data_type"], 6);

        const auto alice = finish(state, response);
        QCOMPARE(alice.status, 1);
        QCOMPARE(alice.json()[u"accepted"], false);
        QCOMPARE(alice.json()[u"error"][u"number"], number);
        QCOMPARE(alice.json()[u"error"][u"name"], error[u"name"]);
    }

    void aForgedAnswerDoesNotEndTheExchange()
    {
        const auto answer =
            QByteArray::fromBase64(respond(offer(u"forged"_s)).json()[u"response"].toString().toLatin1());
        auto forged = answer;
        forged.back() = static_cast<char>(forged.back() ^ 1);
        const auto refused = finish(u"forged"_s, forged);
        QCOMPARE(refused.status, 1);
        QCOMPARE(refused.json()[u"error"][u"number"], 0);
        QCOMPARE(finish(u"forged"_s, answer).status, 0);
    }

    void unreadableAnswers()
    {
        const auto message = offer(u"unread"_s);
        for (const QByteArray &input : {QByteArray("garbage"), QByteArray("v=0\r\n"), QByteArray("010"), message}) {
            const auto alice = finish(u"unread"_s, input);
            QCOMPARE(alice.status, 1);
            QCOMPARE(alice.json()[u"accepted"], false);
            const auto bob = respond(input == message ? vectorMessage(kat, "R_MESSAGE") : input);
            QCOMPARE(bob.status, 1);
            QCOMPARE(bob.json()[u"accepted"], false);
            QVERIFY(!bob.json()[u"error"][u"reason"].toString().isEmpty());
        }
        QVERIFY(respond({}).err.contains(u"too short for a MIKEY header"));
    }

    void sdpThatWasStrippedOfProtocols()
    {
        const auto message = offer(u"sdp"_s).trimmed();
        const auto sdp = [&message](const QByteArray &more) {
            return "v=0\r\ns=-\r\nt=0 0\r\na=key-mgmt:mikey " + message + "\r\n" + more + "m=audio 9 RTP/SAVP 0\r\n";
        };
        QCOMPARE(respond(sdp({})).status, 0);
        const auto bob = respond(sdp("a=key-mgmt:keyp1 AAAA\r\n"));
        QCOMPARE(bob.status, 1);
        QCOMPARE(bob.json()[u"error"][u"number"], 0);
    }

    void nullEncryptionNeedsLeave()
    {
        const auto policy = words("--policy NULL_HMAC_SHA1_80");
        const auto arguments = words("offer --endpoint alice.json --to sip:bob@example.org --method psk --state null");
        const auto refused = run(arguments + policy);
        QCOMPARE(refused.status, 1);
        QVERIFY(refused.err.contains(u"NULL_HMAC_SHA1_80"));
        QVERIFY(!QFileInfo::exists(path(u"null"_s)));

        writeAccepting(u"bob.json"_s, u"null_encryption"_s, u"weak-bob.json"_s);
        writeAccepting(u"alice.json"_s, u"null_encryption"_s, u"weak-alice.json"_s);
        auto weakly = arguments;
        weakly[2] = u"weak-alice.json"_s;
        const auto offered = run(weakly + policy + words("--at 2026-11-23T12:00:00Z"));
        QCOMPARE(offered.status, 0);
        QCOMPARE(respond(offered.out).json()[u"error"][u"number"], 10);
        const auto bob = respond(offered.out, {}, u"weak-bob.json"_s);
        QCOMPARE(bob.status, 0);
        QCOMPARE(firstSession(bob.json())[u"suite"], u"NULL_HMAC_SHA1_80"_s);
        QVERIFY(!bob.json()[u"weaknesses"].toArray().isEmpty());
        const auto alice = finish(u"null"_s, bob.json()[u"response"].toString().toLatin1());
        QCOMPARE(alice.status, 0);
        QCOMPARE(firstSession(alice.json()), firstSession(bob.json()));
    }

    void offersThatCannotBeMade()
    {
        const auto to = [this](const QString &peer, const QString &method) {
            return run({u"offer"_s, u"--endpoint"_s, u"alice.json"_s, u"--to"_s, peer, u"--method"_s, method,
                        u"--state"_s, u"not"_s});
        };
        const auto noKey = to(u"sip:nobody@example.org"_s, u"psk"_s);
        QCOMPARE(noKey.status, 1);
        QVERIFY(noKey.err.contains(u"sip:nobody@example.org"));
        for (const auto *method : {"ibake", "ticket", "sakke"}) {
            const auto without = to(u"sip:bob@example.org"_s, QLatin1String(method));
            QCOMPARE(without.status, 1);
            QVERIFY(without.err.contains(u"key management service"));
        }
        QVERIFY(!QFileInfo::exists(path(u"not"_s)));
    }

    void offerOverwritesNothingElse()
    {
        const auto made = run("offer --endpoint alice.json --to sip:bob@example.org --method psk --state alice.json");
        QCOMPARE(made.status, 2);
        QVERIFY(contentsOf(path(u"alice.json"_s)).contains("identity"));
        write(u"empty"_s, {});
        QVERIFY(!offer(u"empty"_s).isEmpty());
        QVERIFY(!offer(u"empty"_s).isEmpty());
    }

    void peerOfSignallingStandsIn()
    {
        // The known message without its two IDs, as older programs leave them out. Its MAC is wrong then, so the key of
        // whoever is taken for the caller does not fit.
        auto message = vectorMessage(kat, "I_MESSAGE");
        message.remove(56, 48);
        message[38] = 10; // SP follows RAND
        const auto answer = [&](const QString &endpoint, const QStringList &more) {
            return run(words("respond --json --at c8e350ea12345678 --endpoint") + QStringList{endpoint} + more,
                       message);
        };
        const auto peer = words("--peer sip:Alice@Example.com");
        QCOMPARE(answer(u"kat.json"_s, peer).json()[u"error"][u"number"], 7);
        writeAccepting(u"kat.json"_s, u"missing_identities"_s, u"lenient.json"_s);
        QCOMPARE(answer(u"lenient.json"_s, {}).json()[u"error"][u"number"], 7);
        QCOMPARE(answer(u"lenient.json"_s, peer).json()[u"error"][u"number"], 7);
        const auto known = answer(u"lenient.json"_s, words("--peer <sip:alice@Example.com;user=phone>"));
        QCOMPARE(known.status, 1);
        QCOMPARE(known.json()[u"error"][u"number"], 0);
    }

    void timesInBothForms()
    {
        const auto arguments =
            words("offer --endpoint alice.json --to sip:bob@example.org --method psk --state time --at");
        const auto timestamp = [&](const QString &at) {
            const auto made = run("decode --json", run(arguments + QStringList{at}).out);
            return made.json()[u"payloads"][1][u"fields"].toArray().last()[u"value"].toString();
        };
        QCOMPARE(timestamp(u"c8e350ea12345678"_s), u"c8e350ea12345678"_s);
        QCOMPARE(timestamp(u"2026-11-23T12:00:00.5Z"_s), u"eeaea94080000000"_s);
        QCOMPARE(timestamp(u"2026-11-23T14:00:00+02:00"_s), u"eeaea94000000000"_s);
        QCOMPARE(timestamp(u"2036-02-07T06:28:16Z"_s), u"0000000000000000"_s);
        QCOMPARE(timestamp(u"2016-12-31T23:59:60.5Z"_s), timestamp(u"2017-01-01T00:00:00.5Z"_s));
        QCOMPARE(timestamp(u"2017-01-01T01:59:60+02:00"_s), timestamp(u"2017-01-01T00:00:00Z"_s));
    }
};

QTEST_GUILESS_MAIN(MikeytoolExchangeTest)
#include "mikeytool_exchange_test.moc"
