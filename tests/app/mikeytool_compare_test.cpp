// SPDX-License-Identifier: Apache-2.0
// mikeytool: compare.
#include "mikeytool_runner.h"

#include <QSet>
#include <QtTest/QTest>

class MikeytoolCompareTest : public QObject, private Mikeytool
{
    Q_OBJECT

private Q_SLOTS:
    void json()
    {
        const auto made = run("compare --json --runs 3");
        QCOMPARE(made.status, 0);
        const auto rows = made.array();
        QCOMPARE(rows.size(), run("methods --json").array().size());
        QSet<QString> available, secret;
        for (const auto &value : rows) {
            const auto row = value.toObject();
            QCOMPARE(row[u"cpu_kms_us"].isDouble(), row[u"method"] == u"ticket"_s);
            for (const auto *member : {"messages", "bytes_initiator", "bytes_responder", "cpu_initiator_us",
                                       "cpu_responder_us", "round_trips"})
                QCOMPARE(row[QLatin1String(member)].isDouble(), row[u"available"].toBool());
            if (row[u"forward_secrecy"].toBool())
                secret += row[u"method"].toString();
            if (!row[u"available"].toBool())
                continue;
            available += row[u"method"].toString();
            const bool oneWay = row[u"method"] == u"sakke"_s, asksTwice = row[u"method"] == u"ticket"_s;
            const bool twice = row[u"method"] == u"ibake"_s;
            QCOMPARE(row[u"messages"], oneWay ? 1 : asksTwice ? 6 : twice ? 4 : 2);
            QCOMPARE(row[u"round_trips"], oneWay ? 0 : asksTwice ? 3 : twice ? 2 : 1);
            QVERIFY(row[u"bytes_initiator"].toInt() > 100);
            QVERIFY(row[u"method"] == u"sakke"_s ? row[u"bytes_responder"] == 0 : row[u"bytes_responder"].toInt() > 50);
            QVERIFY(row[u"cpu_initiator_us"].toInt() > 0 && row[u"cpu_responder_us"].toInt() > 0);
        }
        QVERIFY(available.contains(QSet<QString>{u"psk"_s, u"pk"_s, u"dh"_s, u"dh-hmac"_s, u"rsa-r"_s}));
        QCOMPARE(secret, (QSet<QString>{u"dh"_s, u"dh-hmac"_s, u"ibake"_s}));
    }

    void table()
    {
        const auto made = run("compare --runs 1");
        QCOMPARE(made.status, 0);
        const auto lines = made.out.trimmed().split('\n');
        QCOMPARE(lines.size(), 9);
        for (const auto *method : {"psk", "pk", "dh", "dh-hmac", "rsa-r"}) {
            const auto line = std::find_if(lines.begin(), lines.end(), [method](const QByteArray &text) {
                return text.startsWith(QByteArray(method) + ' ');
            });
            QVERIFY2(line != lines.end(), method);
            const auto column = lines.front().indexOf("  forward secrecy"); // columns are one below the other
            QVERIFY(line->mid(column) == "  yes" || line->mid(column) == "  no");
        }
    }

    void usage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("no runs") << words("compare --runs 0");
        QTest::newRow("words") << words("compare --runs many");
        QTest::newRow("too many") << words("compare --runs 1000000");
        QTest::newRow("a file") << words("compare x");
    }
    void usage()
    {
        QFETCH(QStringList, arguments);
        QCOMPARE(run(arguments).status, 2);
    }
};

QTEST_GUILESS_MAIN(MikeytoolCompareTest)
#include "mikeytool_compare_test.moc"
