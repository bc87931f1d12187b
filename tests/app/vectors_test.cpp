// SPDX-License-Identifier: Apache-2.0
// The published MIKEY vectors: that the program still writes them, and that both roles come to the keys they state.
#include "account/endpoint_file.h"
#include "account/played_kms.h"
#include "account/result_json.h"
#include "methods/csb.h"
#include "methods/ibake_request.h"
#include "methods/method.h"
#include "mikeytool_runner.h"
#include "wire/text.h"

#include <QDir>
#include <QtTest/QTest>

namespace {

const QDir directory(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/mikey"));

mikey::Bytes octetsOf(const QJsonValue &hex)
{
    return *mikey::fromHex(hex.toString().toStdString());
}

std::uint32_t number32(const QJsonValue &hex)
{
    return hex.toString().toUInt(nullptr, 16);
}

/// Gives the draws of a message again.
class Draws final : public mikey::Random
{
public:
    void load(const QJsonValue &draws)
    {
        m_octets.clear();
        for (const auto &draw : draws.toArray())
            mikey::append(m_octets, octetsOf(draw));
    }
    void fill(std::span<std::uint8_t> out) override
    {
        for (auto &octet : out) {
            octet = m_octets.empty() ? 0 : m_octets.front();
            if (!m_octets.empty())
                m_octets.erase(m_octets.begin());
        }
    }

private:
    mikey::Bytes m_octets;
};

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

mikey::Renewal renewalOf(const QJsonObject &options)
{
    mikey::Renewal renewal;
    const QStringList keys{u"tgk"_s, u"tek"_s, u"same"_s};
    renewal.keys = static_cast<mikey::Renewal::Keys>(keys.indexOf(options[u"keys"].toString()));
    renewal.sdpProtocols = {"mikey"};
    return renewal;
}

QJsonArray sessionsOf(const mikey::Agreement &agreement)
{
    QJsonArray sessions;
    for (const auto &session : agreement.sessions)
        sessions += account::sessionJson(session, account::Keys::Revealed);
    return sessions;
}

QJsonArray withoutLabels(const QJsonArray &sessions)
{
    QJsonArray bare;
    for (const auto &value : sessions) {
        auto session = value.toObject();
        session.remove(u"tek_label"_s);
        session.remove(u"salt_label"_s);
        bare += session;
    }
    return bare;
}

struct Side
{
    mikey::Endpoint endpoint;
    mikey::EndpointState state;
    Draws random;
    std::shared_ptr<mikey::Csb> bundle;

    explicit Side(const QJsonValue &file)
        : endpoint(std::move(account::endpointOf(file.toObject(), directory.path(), {})->endpoint))
    {
    }
    mikey::Context context() { return {endpoint, state, random}; }
};

/// Plays a vector with a service again: each party makes its messages from the stated draws, and is handed the octets
/// that the file has.
class ServiceReplay
{
public:
    /// `changed`: whose last octet arrives changed; -1: none.
    explicit ServiceReplay(const QJsonObject &vector, qsizetype changed = -1)
        : m_exchange(vector[u"exchanges"][0].toObject()), m_messages(m_exchange[u"messages"].toArray()),
          m_method(vector[u"method"].toString().toStdString()), m_alice(vector[u"initiator"]),
          m_bob(vector[u"responder"]), m_changed(changed)
    {
        const auto kms = vector[u"kms"].toObject();
        if (m_method == "ticket")
            m_services.ticket = std::move(*account::ticketServiceOf(kms));
        else
            m_services.ibake = std::move(*account::ibakeServiceOf(kms));
        m_now = *mikey::NtpTime::fromOctets(octetsOf(m_exchange[u"timestamp"]));
        load();
    }

    /// What does not go as stated; empty: all does.
    QString run()
    {
        if (m_method == "ibake") {
            for (auto *side : {&m_alice, &m_bob})
                fetchKeys(*side);
        }
        if (m_fault.isEmpty())
            call();
        if (m_fault.isEmpty() && m_at != m_messages.size())
            m_fault = u"messages are left over"_s;
        return m_fault;
    }

private:
    mikey::Context context(Side &side) { return {side.endpoint, side.state, m_random}; }
    void load() { m_random.load(m_at < m_messages.size() ? m_messages[m_at][u"random"] : QJsonValue()); }
    void fail(const QString &what)
    {
        if (m_fault.isEmpty())
            m_fault = u"message %1: %2"_s.arg(m_at).arg(what);
    }
    void fail(const mikey::Error &error) { fail(QString::fromStdString(error.reason)); }

    /// The next message of the file, which has to be what was made.
    mikey::Bytes sent(const mikey::Bytes &made)
    {
        auto stated = m_at < m_messages.size() ? octetsOf(m_messages[m_at][u"octets"]) : mikey::Bytes();
        if (made != stated)
            fail(u"differs from what is made"_s);
        if (m_at == m_changed && !stated.empty())
            stated.back() ^= 1;
        ++m_at;
        load();
        return stated;
    }

    mikey::Bytes ask(const mikey::Bytes &question)
    {
        const auto octets = sent(question);
        const auto answer =
            m_method == "ticket"
                ? mikey::kms::answerTicketQuestion(m_services.ticket.domain(), m_memory, octets, m_now, m_random)
                : mikey::kms::answerKeyRequest(m_services.ibake.domain(), m_memory, octets, m_now, m_random);
        if (answer.error)
            fail(*answer.error);
        return sent(answer.message.value_or(mikey::Bytes()));
    }

    void fetchKeys(Side &side)
    {
        const auto request = mikey::IbakeKeyRequest::make(context(side), m_now);
        const auto issued = request->open(ask(request->request().message));
        if (!issued)
            return fail(issued.error());
        for (const auto &one : *issued) {
            const auto stated = m_exchange[u"private_keys"][m_issued++];
            if (octetsOf(stated[u"private_key"]) != mikey::Bytes(one.block.view().begin(), one.block.view().end()) ||
                !side.endpoint.ibake.add(side.endpoint.identity, one.date, one.block.view()))
                fail(u"another private key"_s);
        }
    }

    mikey::Step consult(mikey::KmsUser &user, mikey::Step step)
    {
        while (m_fault.isEmpty()) {
            const auto request = user.kmsRequest();
            if (!request)
                break;
            step = user.kmsAnswered(ask(request->message), m_now);
            if (step.error)
                fail(*step.error);
        }
        return step;
    }

    void check(const mikey::Step &step)
    {
        if (step.error)
            fail(*step.error);
        if (step.agreement && sessionsOf(*step.agreement) != withoutLabels(m_exchange[u"crypto_sessions"].toArray()))
            fail(u"other keys"_s);
        m_agreed += step.agreement.has_value();
    }

    void call()
    {
        mikey::Offer offer;
        offer.peer = m_bob.endpoint.identity;
        offer.suites = {mikey::srtpSuite(m_exchange[u"policy"].toString().toStdString())};
        offer.sdpProtocols = {"mikey"};
        auto made = mikey::method(m_method)->initiate(context(m_alice), offer, m_now);
        if (!made)
            return fail(made.error());
        consult(**made, {});
        if (!m_fault.isEmpty())
            return;
        std::optional<mikey::Bytes> message = (*made)->message();
        while (message && m_fault.isEmpty()) {
            auto answered = mikey::respond(context(m_bob), sent(*message), {}, m_now);
            if (const auto asking = answered.asking)
                answered = consult(*asking, std::move(answered));
            check(answered);
            if (!answered.send || !m_fault.isEmpty())
                break;
            auto next = (*made)->receive(sent(*answered.send), m_now);
            check(next);
            message = next.send;
        }
        if (m_agreed != 2)
            fail(u"not both have keys"_s);
    }

    QJsonObject m_exchange;
    QJsonArray m_messages;
    std::string m_method;
    Side m_alice, m_bob;
    qsizetype m_changed;
    account::MikeyServices m_services;
    mikey::kms::Memory m_memory;
    mikey::NtpTime m_now;
    Draws m_random;
    QString m_fault;
    qsizetype m_at = 0, m_issued = 0;
    int m_agreed = 0;
};

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
        QCOMPARE(names.size(), 27);
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
        QCOMPARE(run("vectors --dir other --method ticket").out.count('\n'), 5);
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
        for (const auto &name : {u"ticket-mode-1.json"_s, u"ticket-mode-4.json"_s, u"ibake.json"_s}) {
            const auto vector = QJsonDocument::fromJson(contentsOf(directory.filePath(name))).object();
            const auto count = static_cast<int>(vector[u"exchanges"][0][u"messages"].toArray().size());
            for (int at = 0; at < count; ++at)
                QTest::addRow("%s, message %d", qPrintable(name), at) << name << at;
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
