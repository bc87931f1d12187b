// SPDX-License-Identifier: Apache-2.0
// Enrolment at services of other makers, which tell less, more or other things than ours (TS 33.180 annex D).
#include "account/enrolment.h"
#include "account/kms_xml.h"
#include "methods/sakke_keys.h"
#include "tls_server.h"
#include "wire/text.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest/QTest>

using namespace mikey;

namespace {

constexpr std::int64_t day = 24 * 3600;
constexpr auto alice = "sip:alice@example.org";

/// 2026-11-20, two days before the end of a key period of 30 days.
NtpTime clockTime()
{
    SakkeDomain periods;
    const auto near = NtpTime::fromUnixMicroseconds(1795000000LL * 1000000);
    return periods.startOf(periods.periodAt(near) + 1).plusSeconds(-2 * day);
}

/// What stands between two texts, replaced; fails the program where it is not there.
QByteArray with(QByteArray xml, const QByteArray &before, const QByteArray &after)
{
    if (!xml.contains(before))
        qFatal("there is no %s", before.constData());
    return xml.replace(before, after);
}

QByteArray without(const QByteArray &xml, const QByteArray &name)
{
    const auto begin = xml.indexOf('<' + name + '>'), end = xml.indexOf("</" + name + '>');
    if (begin < 0 || end < begin)
        qFatal("there is no %s", name.constData());
    return xml.left(begin) + xml.mid(end + name.size() + 3);
}

} // namespace

class KmsOtherServiceTest : public QObject
{
    Q_OBJECT

private:
    using Change = std::function<QByteArray(const QByteArray &xml)>;

    SystemRandom m_random;
    kms::SakkeMasters m_masters = kms::SakkeMasters::make(m_random);
    kms::SakkeMasters m_others = kms::SakkeMasters::make(m_random);
    SakkeDomain m_domain = *kms::sakkeDomain(m_masters, "kms.example.org", SakkeIdScheme::Uid);
    SakkeDomain m_partner = *kms::sakkeDomain(m_others, "kms.example.net", SakkeIdScheme::Uid);
    account::KmsRequest m_request{QLatin1String(alice), u"kms.example.org"_s, {}, u"https://kms/init"_s, clockTime()};
    // What the service does to its answers; null: nothing.
    Change m_init, m_cache, m_keys, m_nextKeys;
    std::unique_ptr<QTemporaryDir> m_dir;
    QByteArrayList m_asked;

    QString file() const { return m_dir->filePath(u"alice.json"_s); }

    static QByteArray answered(const Change &change, const QByteArray &xml)
    {
        const auto body = change ? change(xml) : xml;
        return body.isEmpty() ? http("404 Not Found", {}) : http("200 OK", body);
    }

    QByteArray answer(const QByteArray &request)
    {
        const auto path = request.split(' ').value(1);
        m_asked += path;
        const auto current = m_domain.periodAt(clockTime());
        if (path.endsWith("/init"))
            return answered(m_init, account::initXml(m_request, m_domain));
        if (path.endsWith("/certcache"))
            return answered(m_cache, account::certCacheXml(m_request, std::span(&m_domain, 1), {}));
        const auto time = NtpTime::fromOctets(*fromHex(path.mid(path.lastIndexOf('/') + 1).toStdString()));
        const auto period = m_domain.periodAt(*time);
        const auto keys =
            account::keyProvXml(m_request, m_domain, *kms::issueSakke(m_masters, m_domain, m_user, period, m_random));
        return answered(period == current ? m_keys : m_nextKeys, keys);
    }

    account::Loaded<account::Enrolled> enrol()
    {
        TlsServer server([this](const QByteArray &request) { return answer(request); });
        account::KmsAccess access;
        access.url = server.place().url;
        access.fingerprint = server.place().fingerprint;
        access.kms = u"kms.example.org"_s;
        access.token = "token";
        std::optional<account::Loaded<account::Enrolled>> result;
        QObject context;
        account::enrol(file(), access, clockTime(), &context,
                       [&result](const account::Loaded<account::Enrolled> &done) { result = done; });
        if (!QTest::qWaitFor([&] { return result.has_value(); }, 30000))
            qFatal("the enrolment does not end");
        return *result;
    }

    QJsonObject stored() const
    {
        QFile read(file());
        return read.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(read.readAll()).object()[u"sakke"_s].toObject()
                                              : QJsonObject();
    }

    std::string m_user = alice;

private Q_SLOTS:
    void init()
    {
        m_init = m_cache = m_keys = m_nextKeys = nullptr;
        m_asked.clear();
        m_user = alice;
        m_dir = std::make_unique<QTemporaryDir>();
        write(R"({"identity":"sip:alice@example.org"})");
    }

    void enrolsTwoPeriods()
    {
        const auto done = enrol();
        QVERIFY2(bool(done), done ? "" : qPrintable(done.error()));
        QCOMPARE(done->periods.size(), std::size_t{2});
        QCOMPARE(m_asked.size(), 4);
    }

    // The keys of the next period may not be had yet, or the link breaks: those of this one are kept
    void nextKeysFail_data()
    {
        QTest::addColumn<int>("how");
        QTest::newRow("not found") << 0;
        QTest::newRow("an error") << 1;
        QTest::newRow("the current keys again") << 2;
        QTest::newRow("none") << 3;
        QTest::newRow("no XML") << 4;
    }
    void nextKeysFail()
    {
        QFETCH(const int, how);
        m_nextKeys = [how, this](const QByteArray &xml) -> QByteArray {
            const auto current = m_domain.periodAt(clockTime());
            const auto begin = xml.indexOf("<KmsKeySet"), end = xml.indexOf("</KmsKeyProv>");
            switch (how) {
            case 0:
                return {};
            case 1:
                return account::errorXml(u"7"_s, u"too early"_s);
            case 2:
                return with(xml, QByteArray::number(current + 1), QByteArray::number(current));
            case 3:
                return xml.left(begin) + xml.mid(end);
            default:
                return "nothing";
            }
        };
        const auto done = enrol();
        QVERIFY2(bool(done), done ? "" : qPrintable(done.error()));
        QCOMPARE(done->periods.size(), std::size_t{1});
    }

    // What is optional may be missing, on either side, and what is unknown may be there
    void optionalElements_data()
    {
        QTest::addColumn<QByteArray>("missing");
        QTest::addColumn<bool>("ofKeys");
        for (const auto *name : {"CertUri", "ParameterSet"})
            QTest::addRow("%s of the certificate", name) << QByteArray(name) << false;
        for (const auto *name : {"CertUri", "UserUri", "UserID", "ValidFrom", "ValidTo"})
            QTest::addRow("%s of the keys", name) << QByteArray(name) << true;
    }
    void optionalElements()
    {
        QFETCH(const QByteArray, missing);
        QFETCH(const bool, ofKeys);
        (ofKeys ? m_keys : m_init) = [missing](const QByteArray &xml) {
            const auto body = xml.indexOf("<KmsMessage"); // KmsResponse has a UserUri too
            return xml.left(body) + without(xml.mid(body), missing);
        };
        const auto done = enrol();
        QVERIFY2(bool(done), done ? "" : qPrintable(done.error()));
        QCOMPARE(done->periods.size(), std::size_t{2});
    }

    void withoutCache()
    {
        m_cache = [](const QByteArray &) { return QByteArray(); };
        const auto done = enrol();
        QVERIFY2(bool(done), done ? "" : qPrintable(done.error()));
        QCOMPARE(done->periods.size(), std::size_t{2});
    }

    // kms-reference 3.3: what is not what was asked for is not installed
    void wrongAnswers_data()
    {
        QTest::addColumn<bool>("ofKeys");
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("after");
        QTest::addColumn<QString>("complaint");
        const QByteArray format("<UserIdFormat>"), number("<KeyPeriodNo>");
        QTest::newRow("ended long ago") << false << format << "<ValidTo>2020-01-01T00:00:00Z</ValidTo>" + format
                                        << u"not valid now"_s;
        QTest::newRow("begins later") << false << format << "<ValidFrom>2036-01-01T00:00:00</ValidFrom>" + format
                                      << u"not valid now"_s;
        QTest::newRow("revoked") << false << format << "<Revoked>true</Revoked>" + format << u"not valid now"_s;
        QTest::newRow("another service") << false << QByteArray("<KmsUri>kms.example.org</KmsUri><UserIdFormat>")
                                         << QByteArray("<KmsUri>kms.example.com</KmsUri><UserIdFormat>")
                                         << u"does not show public keys"_s;
        QTest::newRow("keys revoked") << true << number << "<Revoked>1</Revoked>" + number << u"has revoked"_s;
        QTest::newRow("keys of another user")
            << true << QByteArray("<UserUri>sip:alice@example.org</UserUri><UserID>")
            << QByteArray("<UserUri>sip:eve@example.org</UserUri><UserID>") << u"of another user"_s;
        QTest::newRow("UID of another user")
            << true << QByteArray("<UserID>") << QByteArray("<UserID>AAAA") << u"of another user"_s;
        QTest::newRow("another period") << true << number << QByteArray("<KeyPeriodNo>1") << u"another period"_s;
    }
    void wrongAnswers()
    {
        QFETCH(const bool, ofKeys);
        QFETCH(const QByteArray, before);
        QFETCH(const QByteArray, after);
        QFETCH(const QString, complaint);
        (ofKeys ? m_keys : m_init) = [&](const QByteArray &xml) { return with(xml, before, after); };
        const auto done = enrol();
        QVERIFY(!done);
        QVERIFY2(done.error().contains(complaint), qPrintable(done.error()));
        QVERIFY(stored().isEmpty());
    }

    void keysNotValidInTheirPeriod()
    {
        m_keys = [](const QByteArray &xml) {
            return with(without(xml, "ValidTo"), "<KeyPeriodNo>",
                        "<ValidTo>2020-01-01T00:00:00Z</ValidTo><KeyPeriodNo>");
        };
        const auto done = enrol();
        QVERIFY(!done && done.error().contains(u"not valid in their key period"_s));
    }

    // TS 33.180 annex D: External certificates are the public keys of partners, which the service tells its users
    void partners()
    {
        m_partner.hosts = {"example.net", "example.com"};
        const auto told = [this](bool revoked) {
            return [this, revoked](const QByteArray &xml) {
                auto all = account::certCacheXml(m_request, std::span(&m_domain, 1), std::span(&m_partner, 1));
                Q_UNUSED(xml);
                // One that cannot be used here does not take the others along.
                all = with(all, "</KmsCertCache>",
                           "<KmsCertificate Role=\"External\"><KmsUri>kms.example.com</KmsUri><UserIdFormat>2"
                           "</UserIdFormat><ParameterSet>7</ParameterSet></KmsCertificate></KmsCertCache>");
                return revoked ? with(all, "<KmsUri>kms.example.net</KmsUri>",
                                      "<KmsUri>kms.example.net</KmsUri><Revoked>true</Revoked>")
                               : all;
            };
        };
        m_cache = told(false);
        auto done = enrol();
        QVERIFY2(bool(done), done ? "" : qPrintable(done.error()));
        const auto domains = stored()[u"domains"_s].toObject();
        QCOMPARE(domains.keys(), QStringList{u"kms.example.net"_s});
        QCOMPARE(domains[u"kms.example.net"_s][u"hosts"_s].toArray(), (QJsonArray{u"example.net"_s, u"example.com"_s}));
        QVERIFY(bool(enrol())); // the same again changes nothing
        QCOMPARE(stored()[u"domains"_s].toObject(), domains);
        m_cache = [](const QByteArray &) { return QByteArray(); }; // not told is not revoked
        QVERIFY(bool(enrol()));
        QCOMPARE(stored()[u"domains"_s].toObject(), domains);
        m_cache = told(true);
        QVERIFY(bool(enrol()));
        QVERIFY(stored()[u"domains"_s].toObject().isEmpty());
    }

    // The URI goes into the path as one part of it, and is brought to its canonical form before
    void uris_data()
    {
        QTest::addColumn<QByteArray>("uri");
        QTest::addColumn<QByteArray>("canonical");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("upper case") << QByteArray("sip:alice@Example.ORG") << QByteArray("sip:alice@example.org")
                                    << QByteArray("sip:alice@example.org");
        QTest::newRow("slash") << QByteArray("sip:al/ice@example.org") << QByteArray("sip:al/ice@example.org")
                               << QByteArray("sip:al%2Fice@example.org");
        QTest::newRow("percent") << QByteArray("sip:j%40s0n@example.org") << QByteArray("sip:j%40s0n@example.org")
                                 << QByteArray("sip:j%2540s0n@example.org");
        QTest::newRow("question mark") << QByteArray("sip:a?b@example.org") << QByteArray("sip:a?b@example.org")
                                       << QByteArray("sip:a%3Fb@example.org");
    }
    void uris()
    {
        QFETCH(const QByteArray, uri);
        QFETCH(const QByteArray, canonical);
        QFETCH(const QByteArray, part);
        write("{\"identity\":\"sip:alice@example.org\",\"sakke\":{\"uri\":\"" + uri + "\"}}");
        m_user = canonical.toStdString();
        m_request.userUri = QString::fromLatin1(canonical);
        const auto done = enrol();
        m_request.userUri = QLatin1String(alice);
        QVERIFY2(bool(done), done ? "" : qPrintable(done.error()));
        QVERIFY2(m_asked.at(2).contains("/keyprov/" + part + '/'), m_asked.at(2).constData());
    }

private:
    void write(const QByteArray &json) const
    {
        QFile out(file());
        if (!out.open(QIODevice::WriteOnly | QIODevice::Truncate) || out.write(json) != json.size())
            qFatal("cannot write");
        out.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    }
};

QTEST_GUILESS_MAIN(KmsOtherServiceTest)
#include "kms_other_service_test.moc"
