// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "methods/srtp_policy.h"
#include "wire/text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTest>

#include <list>

using namespace mikey;
using namespace mikey::test;

namespace {

struct Ran
{
    int status = -1;
    QByteArray output;
    QByteArray errors;
};

/// Debian's Python, which has GObject's bindings; another one in PATH may not.
Ran gstreamer(const QStringList &arguments)
{
    QProcess python;
    python.start(QStringLiteral("/usr/bin/python3"),
                 QStringList(QStringLiteral(LATCHKEY_TEST_DATA "/interop/gstreamer.py")) + arguments);
    if (!python.waitForFinished(60000))
        return {};
    return {python.exitCode(), python.readAllStandardOutput(), python.readAllStandardError()};
}

Bytes octetsAt(const QJsonObject &object, const char *name)
{
    return octets(object[QLatin1String(name)].toString().toStdString());
}

} // namespace

/// GStreamer makes and parses messages with a pre-shared key, whose keys stand in the clear.
class GstreamerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_made = gstreamer({QStringLiteral("make")});
        if (m_made.status != 0)
            QSKIP(qPrintable(QStringLiteral("GStreamer's bindings are not installed and could not be: apt-get install "
                                            "python3-gi gir1.2-gst-plugins-base-1.0 (%1)")
                                 .arg(QString::fromUtf8(m_made.errors.trimmed().right(200)))));
    }

    /// What they put in is what we read, field by field.
    void theirMessages()
    {
        const auto lines = m_made.output.trimmed().split('\n');
        QCOMPARE(lines.size(), 2);
        for (const auto &line : lines) {
            const auto made = QJsonDocument::fromJson(line).object();
            const auto raw = QByteArray::fromBase64(made[QLatin1String("base64")].toString().toLatin1());
            const Bytes encoded(raw.begin(), raw.end());
            const auto message = decode(encoded);
            QVERIFY2(message, message ? "" : message.error().reason.c_str());
            checkHeader(message->header, made);
            QVERIFY(sameOctets(message->find<Rand>()->rand, octetsAt(made, "rand")));
            checkPolicies(*message, made[QLatin1String("policies")].toArray());
            checkKey(*message->find<Kemac>(), made);
        }
    }

    /// What they parse of ours and write again is ours, octet for octet.
    void ourMessages()
    {
        for (const int policies : {0, 1, 3}) {
            PskInit init;
            init.ids.clear(); // it does not know ID payloads
            init.encryption = Encryption::Null;
            init.mac = MacAlgorithm::Null;
            std::list<SuitePayload> suites;
            for (int number = 0; number < policies; ++number)
                init.policies.emplace_back(
                    suites.emplace_back(defaultSrtpSuite(), static_cast<std::uint8_t>(number)).payload());
            const auto ours = init.octetsOf();
            const auto again = gstreamer({QStringLiteral("reencode"), QString::fromStdString(hex(ours))});
            QVERIFY2(again.status == 0, again.errors.constData());
            QCOMPARE(again.output.trimmed(), QByteArray::fromStdString(hex(ours)));
        }
    }

private:
    static void checkHeader(const Header &header, const QJsonObject &made)
    {
        QCOMPARE(header.dataType, DataType::PskInit);
        QCOMPARE(header.v, made[QLatin1String("v")].toBool());
        QCOMPARE(header.csbId, static_cast<std::uint32_t>(made[QLatin1String("csb_id")].toInteger()));
        const auto ssrcs = made[QLatin1String("ssrcs")].toArray();
        QCOMPARE(static_cast<qsizetype>(header.map.size()), ssrcs.size());
        for (qsizetype i = 0; i < ssrcs.size(); ++i) {
            const auto &stream = header.map[static_cast<std::size_t>(i)];
            QCOMPARE(stream.policyNo, static_cast<std::uint8_t>(i));
            QCOMPARE(stream.ssrc, static_cast<std::uint32_t>(ssrcs[i].toInteger()));
            QCOMPARE(stream.roc, static_cast<std::uint32_t>(7 * i));
        }
    }

    static void checkPolicies(const Message &message, const QJsonArray &made)
    {
        const auto policies = message.all<SecurityPolicy>();
        QCOMPARE(static_cast<qsizetype>(policies.size()), made.size());
        for (std::size_t i = 0; i < policies.size(); ++i) {
            const auto parameters = made[static_cast<qsizetype>(i)].toArray();
            QCOMPARE(policies[i]->policyNo, static_cast<std::uint8_t>(i));
            QCOMPARE(static_cast<qsizetype>(policies[i]->parameters.size()), parameters.size());
            for (qsizetype k = 0; k < parameters.size(); ++k) {
                const auto &parameter = policies[i]->parameters[static_cast<std::size_t>(k)];
                QCOMPARE(static_cast<int>(parameter.type), parameters[k][0].toInt());
                QCOMPARE(parameter.value.size(), 1u);
                QCOMPARE(static_cast<int>(parameter.value[0]), parameters[k][1].toInt());
            }
        }
    }

    static void checkKey(const Kemac &kemac, const QJsonObject &made)
    {
        QCOMPARE(kemac.encryption, Encryption::Null);
        const auto inside = decodeSubPayloads(kemac.encrData, KeyData::name.number);
        QVERIFY(inside);
        QCOMPARE(inside->size(), 1u);
        const auto &key = std::get<KeyData>(inside->front().payload);
        QVERIFY(sameOctets(key.key, octetsAt(made, "key")));
        QVERIFY(sameOctets(key.validity.spi, octetsAt(made, "spi")));
    }

    Ran m_made;
};

QTEST_GUILESS_MAIN(GstreamerTest)
#include "gstreamer_test.moc"
