// SPDX-License-Identifier: Apache-2.0
// The published vectors of IBAKE, computed anew from what they say of themselves: each label and key of RFC 6267 5, and
// what the messages make of them.
#include "vectors_service_chain.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

using namespace chain;

namespace {

/// [scalar]point of P-256, as 04 || x || y; without a point, of the generator.
QByteArray multiple(const QByteArray &scalar, const QByteArray &encoded = {})
{
    const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                                                                    EC_GROUP_free);
    const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> point(EC_POINT_new(group.get()), EC_POINT_free);
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
        BN_bin2bn(raw(scalar), static_cast<int>(scalar.size()), nullptr), BN_free);
    if (encoded.isEmpty()) {
        EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr);
    } else {
        EC_POINT_oct2point(group.get(), point.get(), raw(encoded), static_cast<std::size_t>(encoded.size()), nullptr);
        EC_POINT_mul(group.get(), point.get(), nullptr, point.get(), number.get(), nullptr);
    }
    QByteArray out(65, '\0');
    EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                       reinterpret_cast<unsigned char *>(out.data()), 65, nullptr);
    return out;
}

/// HashBytes (RFC 5091 4.2.1) with SHA-256.
QByteArray hashBytes(const QByteArray &from, qsizetype size)
{
    const auto sha = [](const QByteArray &data) { return QCryptographicHash::hash(data, QCryptographicHash::Sha256); };
    const auto key = sha(from);
    QByteArray out, state(32, '\0');
    while (out.size() < size) {
        state = sha(state);
        out += sha(state + key);
    }
    return out.first(size);
}

class IbakeChain final : public ServiceChain
{
private:
    Derivation derivation(const QJsonValue &message) override
    {
        if (message[u"message"] == u"R_MESSAGE_2"_s)
            return {u"MPK"_s, octets(m_exchange[u"rand"]), octets(m_exchange[u"ibake"][u"MPK"][u"key"])};
        return {kindWithService(), fieldOf(payloadOf(m_question, u"RAND"_s), u"RAND"_s), keyWithService("ibake")};
    }

    /// I_MESSAGE_1 and 2 and R_MESSAGE_1 are encrypted, and nothing else.
    bool endsInMac(const QJsonValue &message) const override
    {
        const auto name = message[u"message"].toString();
        return isWithService(name) || name == u"R_MESSAGE_2"_s;
    }

    QByteArray covered(const QJsonValue &message, const QByteArray &ending) const override
    {
        const auto whole = octets(message[u"octets"]).chopped(ending.size());
        if (isWithService(message[u"message"].toString()))
            return whole + askingIdentity() + service();
        return whole + identity("initiator") + answeringIdentity();
    }

    QByteArray answeringIdentity() const { return identity(m_vector.contains(u"mailbox"_s) ? "mailbox" : "responder"); }

    /// W of each ciphertext, and that the draw is what it says.
    void checkMore(const QJsonValue &message) override
    {
        qsizetype at = 0;
        for (const auto *name : {"IBAKE", "ESK"}) {
            const auto payload = payloadOf(message, QLatin1String(name));
            if (payload.isEmpty())
                continue;
            const auto one = message[u"ibe"][at++];
            const auto plain = octets(one[u"plain"]), encrypted = octets(one[u"encrypted"]), rho = octets(one[u"rho"]);
            QCOMPARE(one[u"payload"].toString(), QLatin1String(name));
            QCOMPARE(encrypted, fieldOf(payload, u"Encr data"_s));
            QVERIFY(!plain.isEmpty() && octets(message[u"octets"]).contains(encrypted));
            QCOMPARE(exclusiveOr(plain, hashBytes(rho, plain.size())).toHex(), encrypted.last(plain.size()).toHex());
            QVERIFY(message[u"random"].toArray().contains(one[u"rho"]));
            QCOMPARE(one[u"identity"].toString().toLatin1(), readerOf(message, QLatin1String(name)));
            QCOMPARE(one[u"date"].toString(), m_exchange[u"time"].toString().first(8) + u"01"_s);
        }
        QCOMPARE(message[u"ibe"].toArray().size(), at);
        if (message[u"message"] == u"REQUEST_KEY_RESP"_s)
            checkIssued(message);
    }

    QByteArray readerOf(const QJsonValue &message, QLatin1String payload) const
    {
        if (message[u"from"] != u"initiator"_s)
            return identity("initiator");
        return payload == QLatin1String("ESK") ? identity("responder") : identityOf(message, Responder);
    }

    void checkIssued(const QJsonValue &answer) const
    {
        const auto plain = octets(answer[u"encryption"][u"plain"]);
        const auto keys = m_exchange[u"private_keys"].toArray();
        const auto own = std::find_if(keys.begin(), keys.end(), [this](const QJsonValue &key) {
            return key[u"identity"].toString().toLatin1() == askingIdentity();
        });
        QVERIFY(own != keys.end());
        const QJsonValue key = *own;
        QVERIFY(octets(key[u"private_key"]).size() > 300 && plain.contains(octets(key[u"private_key"])));
        QCOMPARE(key[u"date"].toString(), m_exchange[u"time"].toString().first(8) + u"01"_s);
    }

    void checkKeysOfExchange() override
    {
        QCOMPARE(m_exchange[u"keys"][0][u"type"], u"TGK"_s);
        checkSessionKeys();
        checkDeferred();
    }

    void checkSessionKeys() const
    {
        const auto ibake = m_exchange[u"ibake"];
        QCOMPARE(ibake[u"curve"], u"P-256"_s);
        QByteArray points[2], numbers[2];
        int at = 0;
        for (const auto *half : {"ECCPTi", "ECCPTr"}) {
            const auto key = ibake[QLatin1String(half)];
            numbers[at] = octets(key[u"private"]);
            points[at] = '\4' + octets(key[u"x"]) + octets(key[u"y"]);
            QCOMPARE(multiple(numbers[at]).toHex(), points[at].toHex());
            QVERIFY(travelled(points[at].mid(1)));
            ++at;
        }
        const auto session = octets(ibake[u"K_SESSION"]);
        QCOMPARE(multiple(numbers[0], points[1]).toHex(), session.toHex());
        QCOMPARE(multiple(numbers[1], points[0]).toHex(), session.toHex());
        const auto rand = octets(m_exchange[u"rand"]);
        checkDerived(ibake[u"MPK"], "220e99a2", noCsbId, rand, session, encrOctets());
        checkDerived(ibake[u"TGK"], "1f4d675b", noCsbId, rand, session, encrOctets());
        QCOMPARE(m_exchange[u"keys"][0][u"tgk"], ibake[u"TGK"][u"key"]);
    }

    bool travelled(const QByteArray &point) const
    {
        for (const auto &message : m_exchange[u"messages"].toArray()) {
            for (const auto &one : message[u"ibe"].toArray()) {
                if (octets(one[u"plain"]).contains(point))
                    return true;
            }
        }
        return false;
    }

    /// SK of the ESK is the TGK of who was called, and its SPI the MKI (RFC 6267 6.1.5).
    void checkDeferred() const
    {
        const auto deferred = m_exchange[u"deferred"];
        QCOMPARE(deferred.isObject(), m_vector.contains(u"mailbox"_s));
        if (!deferred.isObject())
            return;
        QByteArray left;
        for (const auto &message : m_exchange[u"messages"].toArray()) {
            for (const auto &one : message[u"ibe"].toArray()) {
                if (one[u"payload"] != u"ESK"_s)
                    continue;
                left = octets(one[u"plain"]);
                QCOMPARE(one[u"identity"], m_vector[u"responder"][u"identity"]);
            }
        }
        const auto key = octets(deferred[u"keys"][0][u"tgk"]), mki = octets(deferred[u"keys"][0][u"mki"]);
        QVERIFY(key.size() == 16 && mki.size() == 4 && left.contains(key) && left.contains(mki));
        QVERIFY(left.contains(identity("initiator")));
        QCOMPARE(deferred[u"keys"][0][u"type"], u"TGK"_s);
        checkSessions(m_exchange, deferred);
        const auto agreed = m_exchange[u"crypto_sessions"];
        for (qsizetype at = 0; at < agreed.toArray().size(); ++at) { // the same streams
            for (const auto *member : {"ssrc", "suite", "policy"})
                QCOMPARE(deferred[u"crypto_sessions"][at][QLatin1String(member)], agreed[at][QLatin1String(member)]);
        }
    }
};

} // namespace

class VectorsIbakeChainTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void chain_data() { vectorsOf(u"ibake"_s); }
    void chain()
    {
        QFETCH(QString, name);
        IbakeChain().check(readVector(name));
    }
};

QTEST_GUILESS_MAIN(VectorsIbakeChainTest)
#include "vectors_ibake_chain_test.moc"
