// SPDX-License-Identifier: Apache-2.0
#include "account/credentials.h"
#include "account/endpoint_file.h"
#include "methods/method.h"

#include <QJsonArray>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;

namespace {

constexpr auto alice = "sip:alice@example.org";
const auto noon = mikey::NtpTime::fromUnixMicroseconds(1795435200000000);

const std::vector<mikey::Endpoint> &endpoints()
{
    static mikey::SystemRandom random;
    static auto authority = account::makeDemoAuthority(noon);
    static const auto made = account::makeDemoEndpoints({alice, "sip:bob@example.org"}, random, authority, noon);
    return made;
}

QJsonObject aliceFile()
{
    return account::endpointJson(endpoints().front());
}

account::Loaded<account::LoadedEndpoint> load(const QJsonObject &sakke, mikey::NtpTime now = noon)
{
    auto file = aliceFile();
    file[u"sakke"_s] = sakke;
    return account::endpointOf(file, {}, now);
}

QString troubleOf(const QJsonObject &sakke)
{
    const auto loaded = load(sakke);
    return loaded ? QString() : loaded.error();
}

QJsonObject sakkeOf(const mikey::Endpoint &endpoint)
{
    return account::sakkeJson(endpoint.sakke);
}

} // namespace

class SakkePartTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void comesBackAsItWas()
    {
        const auto loaded = load(sakkeOf(endpoints().front()));
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QCOMPARE(loaded->warnings, QStringList());
        QCOMPARE(sakkeOf(loaded->endpoint), sakkeOf(endpoints().front()));
        QVERIFY(!mikey::method("sakke")->obstacle(loaded->endpoint, "sip:bob@example.org"));
    }

    // The contract's single set, whose period the user_id tells, also long after
    void oneSetWithoutPeriod()
    {
        auto part = sakkeOf(endpoints().front());
        const auto keys = part[u"keys"_s].toArray()[0].toObject();
        const auto period = keys[u"period"_s];
        part.remove(u"keys"_s);
        for (const auto &member : {u"user_id"_s, u"rsk"_s, u"ssk"_s, u"pvt"_s})
            part[member] = keys[member];
        for (const auto later : {0, 400 * 24 * 3600}) {
            const auto loaded = load(part, noon.plusSeconds(later));
            QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
            QCOMPARE(static_cast<qint64>(loaded->endpoint.sakke.periods.front().period), period.toInteger());
        }
        part.remove(u"user_id"_s);
        QVERIFY(load(part));
        QVERIFY(!load(part, noon.plusSeconds(400 * 24 * 3600))); // then they are not those of that period
    }

    void partners()
    {
        auto part = sakkeOf(endpoints().front());
        part[u"domains"_s] =
            QJsonObject{{u"kms.example.net"_s, QJsonObject{{u"kpak"_s, part[u"kpak"_s]},
                                                           {u"z"_s, part[u"z"_s]},
                                                           {u"hosts"_s, QJsonArray{u"Example.COM"_s}}}}};
        const auto loaded = load(part);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QCOMPARE(loaded->endpoint.sakke.domainOf("sip:x@example.com").kms, std::string("kms.example.net"));
        QCOMPARE(sakkeOf(loaded->endpoint)[u"domains"_s].toObject().size(), 1);
    }

    void refused_data()
    {
        QTest::addColumn<QString>("member");
        QTest::addColumn<QJsonValue>("value");
        QTest::addColumn<QString>("trouble");
        QTest::newRow("no KPAK") << u"kpak"_s << QJsonValue(u"04"_s) << u"public keys"_s;
        QTest::newRow("no Z") << u"z"_s << QJsonValue() << u"public keys"_s;
        QTest::newRow("no service") << u"kms_uri"_s << QJsonValue(u""_s) << u"public keys"_s;
        QTest::newRow("scheme") << u"scheme"_s << QJsonValue(u"other"_s) << u"\"scheme\""_s;
        QTest::newRow("period of no length") << u"key_period"_s << QJsonValue(0) << u"\"key_period\""_s;
        QTest::newRow("offset") << u"key_period_offset"_s << QJsonValue(u"1"_s) << u"\"key_period_offset\""_s;
        QTest::newRow("another's keys") << u"keys"_s << QJsonValue(sakkeOf(endpoints()[1])[u"keys"_s].toArray())
                                        << u"user_id"_s;
        QTest::newRow("URI of rfc6509") << u"scheme"_s << QJsonValue(u"rfc6509"_s) << u"telephone number"_s;
    }
    void refused()
    {
        QFETCH(const QString, member);
        QFETCH(const QJsonValue, value);
        QFETCH(const QString, trouble);
        auto part = sakkeOf(endpoints().front());
        part[member] = value;
        const auto told = troubleOf(part);
        QVERIFY2(told.contains(trouble), qPrintable(told));
        QVERIFY(!told.contains(part[u"keys"_s].toArray()[0].toObject()[u"ssk"_s].toString())); // no secret in it
    }

    void damagedKeysAreNotTaken()
    {
        for (const auto &member : {u"rsk"_s, u"ssk"_s, u"pvt"_s}) {
            auto part = sakkeOf(endpoints().front());
            auto keys = part[u"keys"_s].toArray()[0].toObject();
            auto hex = keys[member].toString();
            hex.back() = hex.back() == u'0' ? u'1' : u'0';
            keys[member] = hex;
            part[u"keys"_s] = QJsonArray{keys};
            QVERIFY2(troubleOf(part).contains(u"is not that of"_s), qPrintable(troubleOf(part)));
        }
    }

    void mastersComeBack()
    {
        const auto service = account::makeDemoService();
        const auto json = account::mastersJson(service.masters, service.domain);
        const auto back = account::mastersOf(json);
        QVERIFY(back);
        QCOMPARE(account::mastersJson(back->masters, back->domain), json);
        QVERIFY(!account::mastersOf({}));
    }
};

QTEST_GUILESS_MAIN(SakkePartTest)
#include "sakke_part_test.moc"
