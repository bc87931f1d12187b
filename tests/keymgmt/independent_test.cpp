// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "wire/pack.h"
#include "wire/text.h"

#include <QJsonArray>
#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

Bytes hexIn(const QJsonValue &value)
{
    return octets(value.toString().toStdString());
}

Bytes textIn(const QJsonValue &value)
{
    const auto text = value.toString().toUtf8();
    return {text.begin(), text.end()};
}

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

/// What the other implementation derived for a key of a stream.
QByteArray line(const QJsonValue &session)
{
    return QByteArray::number(session[QLatin1String("cs_id")].toInt()) + ' ' +
           session[QLatin1String("ssrc")].toString().toLatin1() + ' ' +
           session[QLatin1String("suite")].toString().toLatin1() + ' ' +
           session[QLatin1String("tek")].toString().toLatin1() + ' ' +
           session[QLatin1String("salt")].toString().toLatin1() + ' ' +
           session[QLatin1String("mki")].toString().toLatin1();
}

QByteArray line(const CryptoSession &session)
{
    const auto ssrc = QByteArray::number(session.ssrc, 16).rightJustified(8, '0');
    return QByteArray::number(session.csId) + ' ' + ssrc + ' ' + session.suite->name.data() + ' ' +
           hexOf(session.tek.view()) + ' ' + hexOf(session.salt.view()) + ' ' + hexOf(session.mki);
}

template <class Sessions>
QByteArrayList lines(const Sessions &sessions)
{
    QByteArrayList all;
    for (const auto &session : sessions)
        all << line(session);
    return all;
}

/// The same without SSRCs, which each responder draws by itself.
QByteArrayList withoutSsrcs(QByteArrayList all)
{
    for (auto &one : all) {
        const auto at = one.indexOf(' ');
        one.remove(at, 9);
    }
    return all;
}

} // namespace

/// Messages of another implementation (tests/vectors/independent): it played both sides, and here each of its sides is
/// taken by us in turn. K3830-016, -017, -019, -023, -055, -056, K4650-008, -010, K4738-029, -031, -041, -043
class IndependentTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_vectors = vectors("independent/messages.json");
        m_now = *NtpTime::fromOctets(hexIn(m_vectors[QLatin1String("time")]));
        QCOMPARE(m_vectors[QLatin1String("cases")].toArray().size(), 24);
    }

    void asResponder_data() { rows(); }
    void asResponder()
    {
        QFETCH(const QJsonObject, vector);
        const auto method = vector[QLatin1String("method")].toString();
        auto bob = sideOf("bob", "alice");
        Arrival arrival;
        GroupKeys group;
        if (vector[QLatin1String("join")].toBool()) {
            group.csbId = 0x01020304;
            group.rand = Bytes(16, 0x11);
            group.map = {{0, 1, 0}, {0, 2, 0}};
            group.suite = &defaultSrtpSuite();
            group.tgk = Secret(ByteView(sharedKey()));
            arrival.group = &group;
        }
        const auto request = hexIn(vector[QLatin1String("request")]);
        const auto step = bob.respond(request, m_now, arrival);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.send.has_value(), !vector[QLatin1String("answer")].toString().isEmpty());
        const auto expected = lines(vector[QLatin1String("sessions")].toArray());
        const auto derived = lines(step.agreement->sessions);
        if (method == QLatin1String("psk") || method == QLatin1String("pk"))
            QCOMPARE(withoutSsrcs(derived), withoutSsrcs(expected));
        if (vector.contains(QLatin1String("exponent"))) {
            const auto key = DhKey::restore(static_cast<DhGroup>(vector[QLatin1String("group")].toInt()),
                                            hexIn(vector[QLatin1String("exponent")]));
            const auto secret = key->agree(decode(*step.send)->find<Dh>()->value);
            QCOMPARE(hexOf(secret->view()), hexOf(step.agreement->tgks.front().view()));
        }
        if (!step.send)
            return;
        auto alice = sideOf("alice", "bob");
        const auto finished = initiatorOf(alice, vector)->receive(*step.send, m_now);
        QVERIFY2(finished.agreement, finished.error ? finished.error->reason.c_str() : "");
        QVERIFY(sameKeys(*finished.agreement, *step.agreement));
    }

    void asInitiator_data() { rows(); }
    void asInitiator()
    {
        QFETCH(const QJsonObject, vector);
        auto alice = sideOf("alice", "bob");
        const auto initiator = initiatorOf(alice, vector);
        const auto expected = lines(vector[QLatin1String("sessions")].toArray());
        const auto answer = hexIn(vector[QLatin1String("answer")]);
        if (answer.empty()) {
            const auto agreed = initiator->provisional();
            QVERIFY(agreed);
            QCOMPARE(lines(agreed->sessions), expected);
            return;
        }
        const auto step = initiator->receive(answer, m_now);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(lines(step.agreement->sessions), expected);
        QCOMPARE(static_cast<int>(step.agreement->tgks.size()), vector[QLatin1String("tgks")].toArray().size());
        for (std::size_t i = 0; i < step.agreement->tgks.size(); ++i)
            QCOMPARE(hexOf(step.agreement->tgks[i].view()),
                     vector[QLatin1String("tgks")][static_cast<int>(i)].toString().toLatin1());
        for (std::size_t i = 0; i < answer.size(); ++i) {
            auto forged = answer;
            forged[i] ^= 0x01;
            QVERIFY(!initiator->receive(forged, m_now).agreement);
        }
    }

private:
    void rows() const
    {
        QTest::addColumn<QJsonObject>("vector");
        for (const auto &value : m_vectors[QLatin1String("cases")].toArray()) {
            const auto vector = value.toObject();
            QTest::addRow("%s: %s", qPrintable(vector[QLatin1String("method")].toString()),
                          qPrintable(vector[QLatin1String("name")].toString()))
                << vector;
        }
    }

    Side sideOf(const char *who, const char *peer) const
    {
        const auto identity = [](const char *name) { return "sip:" + std::string(name) + "@example.org"; };
        auto made = side(identity(who), identity(peer), hexIn(m_vectors[QLatin1String("psk")]));
        auto &x509 = made.endpoint.x509;
        const auto own = m_vectors[QLatin1String(who)];
        x509.own = {{Certificate::fromPem(textIn(own[QLatin1String("certificate")])),
                     *PrivateKey::fromPem(textIn(own[QLatin1String("key")]))}};
        x509.trust = Certificate::fromPem(textIn(m_vectors[QLatin1String("authority")]));
        x509.peers[identity(peer)] =
            Certificate::fromPem(textIn(m_vectors[QLatin1String(peer)][QLatin1String("certificate")]));
        made.endpoint.accept.weakGroups = true;
        return made;
    }

    /// Goes on with an exchange that the other implementation began.
    std::unique_ptr<Initiator> initiatorOf(Side &alice, const QJsonObject &vector) const
    {
        const auto method = vector[QLatin1String("method")].toString();
        const auto psk = hexIn(m_vectors[QLatin1String("psk")]);
        Packer packer;
        if (method == QLatin1String("psk"))
            packer.add(ByteView(psk)).add(ByteView());
        else if (method == QLatin1String("pk"))
            packer.add(ByteView(hexIn(vector[QLatin1String("envelope_key")])))
                .add(alice.endpoint.x509.peers.begin()->second.front().der())
                .number(static_cast<std::uint64_t>(ProvenBy::KnownCertificate));
        else if (method == QLatin1String("rsa-r"))
            packer.number(vector[QLatin1String("join")].toBool());
        else
            packer.number(1)
                .number(static_cast<std::uint64_t>(vector[QLatin1String("group")].toInt()))
                .add(ByteView(hexIn(vector[QLatin1String("exponent")])));
        if (method == QLatin1String("dh-hmac"))
            packer.add(ByteView(psk));
        const auto request = hexIn(vector[QLatin1String("request")]);
        packer.add(ByteView(request)).add(ByteView());
        auto made = resume(alice.context(), decode(request)->header.dataType, packer.take().view());
        if (!made)
            throw std::logic_error(made.error().reason);
        return std::move(*made);
    }

    QJsonObject m_vectors;
    NtpTime m_now;
};

QTEST_GUILESS_MAIN(IndependentTest)
#include "independent_test.moc"
