// SPDX-License-Identifier: Apache-2.0
// The published MIKEY vectors: that the program still writes them, and that both roles come to the keys they state.
#include "mikeytool_runner.h"
#include "service_replay.h"

#include <QtTest/QTest>

using namespace published;

namespace {

mikey::GroupKeys groupOf(const QJsonObject &json)
{
    mikey::GroupKeys group;
    group.csbId = number32(json[u"csb_id"]);
    group.rand = octetsOf(json[u"rand"]);
    for (const auto &stream : json[u"map"].toArray())
        group.map.push_back({0, number32(stream[u"ssrc"]), 0});
    group.suite = mikey::srtpSuite(json[u"suite"].toString().toStdString());
    group.tgk = mikey::Secret(octetsOf(json[u"tgk"]));
    group.mki = octetsOf(json[u"mki"]);
    return group;
}

mikey::Offer offerOf(const QJsonObject &options, const std::string &peer)
{
    mikey::Offer offer;
    offer.peer = peer;
    for (const auto &suite : options[u"policy"].toArray())
        offer.suites.push_back(mikey::srtpSuite(suite.toString().toStdString()));
    offer.v = options[u"v_flag"].toBool();
    const QStringList caches{u"none"_s, u"always"_s, u"csb"_s};
    offer.cache = static_cast<mikey::EnvelopeCache>(caches.indexOf(options[u"cache"].toString()));
    offer.join = options[u"join"].toBool();
    offer.sdpProtocols = {"mikey"};
    return offer;
}

} // namespace

class VectorsTest : public QObject, private Mikeytool
{
    Q_OBJECT

private:
    static void rows()
    {
        QTest::addColumn<QString>("name");
        for (const auto &name : directory.entryList({u"*.json"_s}, QDir::Files))
            QTest::newRow(qPrintable(name)) << name;
    }

    static void play(const QJsonObject &exchange, const QJsonValue &group, Side &alice, Side &bob)
    {
        const auto messages = exchange[u"messages"].toArray();
        const auto options = exchange[u"options"].toObject();
        const auto now = *mikey::NtpTime::fromOctets(octetsOf(exchange[u"timestamp"]));
        const auto stated = withoutLabels(exchange[u"crypto_sessions"].toArray());
        alice.random.load(messages[0][u"random"]);
        auto made = alice.bundle
                        ? mikey::update(alice.context(), *alice.bundle, renewalOf(options), now)
                        : mikey::methodSending(static_cast<mikey::DataType>(octetsOf(messages[0][u"octets"])[1]))
                              ->initiate(alice.context(), offerOf(options, bob.endpoint.identity), now);
        QVERIFY(made);
        QCOMPARE((*made)->message(), octetsOf(messages[0][u"octets"]));

        const auto keys = group.isObject() ? std::optional(groupOf(group.toObject())) : std::nullopt;
        mikey::Arrival arrival;
        arrival.group = keys ? &*keys : nullptr;
        if (bob.bundle)
            arrival.bundles = {bob.bundle.get()};
        bob.random.load(messages.size() > 1 ? messages[1][u"random"] : QJsonValue());
        const auto answered = mikey::respond(bob.context(), (*made)->message(), arrival, now);
        QVERIFY2(answered.agreement, answered.error ? answered.error->reason.c_str() : "");
        QCOMPARE(sessionsOf(*answered.agreement), stated);
        QCOMPARE(answered.send.has_value(), messages.size() > 1);
        auto agreed = (*made)->provisional();
        if (answered.send) {
            QCOMPARE(*answered.send, octetsOf(messages[1][u"octets"]));
            auto finished = (*made)->receive(*answered.send, now);
            QVERIFY2(finished.agreement, finished.error ? finished.error->reason.c_str() : "");
            agreed = std::move(*finished.agreement);
        }
        QCOMPARE(sessionsOf(*agreed), stated);
        bob.bundle = answered.agreement->csb;
        alice.bundle = agreed->csb;
    }

private Q_SLOTS:
    void sameAsEver()
    {
        QCOMPARE(run("vectors --dir made").status, 0);
        const QDir made(path(u"made"_s));
        const auto names = made.entryList({u"*.json"_s}, QDir::Files);
        QCOMPARE(names, directory.entryList({u"*.json"_s}, QDir::Files));
        QCOMPARE(names.size(), 35);
        for (const auto &name : names)
            QVERIFY2(contentsOf(made.filePath(name)) == contentsOf(directory.filePath(name)), qPrintable(name));
    }

    void seedsAndMethods()
    {
        const auto made = run("vectors --dir other --method dh-hmac --seed other");
        QCOMPARE(made.status, 0);
        QCOMPARE(made.out.count('\n'), 2);
        const auto other = QJsonDocument::fromJson(contentsOf(path(u"other/dh-hmac.json"_s))).object();
        const auto usual = QJsonDocument::fromJson(contentsOf(directory.filePath(u"dh-hmac.json"_s))).object();
        QCOMPARE(other[u"seed"], u"other"_s);
        QVERIFY(other[u"exchanges"][0][u"rand"] != usual[u"exchanges"][0][u"rand"]);
        QCOMPARE(run("vectors --dir other --method none").status, 2);
        QCOMPARE(run("vectors --dir other --method ibake").status, 0);
        QCOMPARE(run("vectors --dir other --method ticket").out.count('\n'), 10);
        write(u"file"_s, "taken");
        QCOMPARE(run("vectors --dir file").status, 2);
    }

    void bothRoles_data() { rows(); }
    void bothRoles()
    {
        QFETCH(QString, name);
        const auto vector = QJsonDocument::fromJson(contentsOf(directory.filePath(name))).object();
        if (vector.contains(u"kms"_s)) {
            const auto fault = ServiceReplay(vector).run();
            QVERIFY2(fault.isEmpty(), qPrintable(fault));
            return;
        }
        Side alice(vector[u"initiator"]), bob(vector[u"responder"]);
        for (const auto &exchange : vector[u"exchanges"].toArray()) {
            play(exchange.toObject(), vector[u"group"], alice, bob);
            if (QTest::currentTestFailed())
                return;
        }
    }

    /// A message with another last octet, which a MAC or a ciphertext covers, does not go through.
    void changedOctet_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("at");
        for (const auto &name :
             {u"ticket-mode-1.json"_s, u"ticket-mode-4.json"_s, u"ticket-pk.json"_s, u"ticket-update.json"_s,
              u"ibake.json"_s, u"ibake-pke.json"_s, u"ibake-deferred.json"_s}) {
            const auto vector = QJsonDocument::fromJson(contentsOf(directory.filePath(name))).object();
            int at = 0;
            for (const auto &exchange : vector[u"exchanges"].toArray()) {
                for (const auto &message : exchange[u"messages"].toArray()) {
                    // Not for who answers, who cannot read it
                    if (!vector.contains(u"mailbox"_s) || message[u"message"] != u"I_MESSAGE_1"_s)
                        QTest::addRow("%s, message %d", qPrintable(name), at) << name << at;
                    ++at;
                }
            }
        }
    }
    void changedOctet()
    {
        QFETCH(QString, name);
        QFETCH(int, at);
        auto vector = QJsonDocument::fromJson(contentsOf(directory.filePath(name))).object();
        const auto fault = ServiceReplay(vector, at).run();
        QVERIFY2(!fault.isEmpty(), "nobody noticed");
        QVERIFY2(!fault.contains(u"message %1: "_s.arg(at)), qPrintable(fault)); // by who got it, not before
    }
};

QTEST_GUILESS_MAIN(VectorsTest)
#include "vectors_test.moc"
