// SPDX-License-Identifier: Apache-2.0
// The published MIKEY vectors with a service, computed anew from what they say of themselves: each label and key of
// RFC 6043 5.1 and RFC 6267 5.1, and what the messages make of them.
#include "vectors_chain.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

using namespace chain;

namespace {

enum Role { Initiator = 1, Responder = 2, Kms = 3 };

const auto noCsbId = QByteArray(4, '\xff');

QByteArray counted(const QByteArray &rand)
{
    return static_cast<char>(rand.size()) + rand;
}

/// The first payload of that name; with a role, the first that has it.
QJsonObject payloadOf(const QJsonValue &message, const QString &name, int role = 0)
{
    for (const auto &payload : message[u"decoded"][u"payloads"].toArray()) {
        const auto fields = payload[u"fields"].toArray();
        const bool fits = role == 0 || std::any_of(fields.begin(), fields.end(), [role](const QJsonValue &field) {
                              return field[u"name"].toString().endsWith(u" role"_s) && field[u"value"] == role;
                          });
        if (payload[u"payload"] == name && fits)
            return payload.toObject();
    }
    return {};
}

QByteArray fieldOf(const QJsonObject &payload, const QString &name)
{
    for (const auto &field : payload[u"fields"].toArray()) {
        if (field[u"name"] == name)
            return octets(field[u"value"]);
    }
    return {};
}

QByteArray randOf(const QJsonValue &message, int role)
{
    return fieldOf(payloadOf(message, u"RANDR"_s, role), u"RAND"_s);
}

QByteArray identityOf(const QJsonValue &message, int role)
{
    return fieldOf(payloadOf(message, u"IDR"_s, role), u"ID data"_s);
}

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

} // namespace

class VectorsServiceChainTest : public QObject
{
    Q_OBJECT

private:
    QJsonObject m_vector, m_exchange;
    QJsonObject m_ticket;       ///< of the first exchange
    QJsonValue m_question;      ///< that the service answers next
    QJsonValue m_transferInit;  ///< of this exchange
    QByteArray m_standingLabel; ///< of the answer that made the bundle, behind the CSB ID
    QByteArray m_standingKey;

    bool isTicket() const { return m_vector[u"method"] == u"ticket"_s; }
    bool isUpdate() const { return m_exchange.contains(u"options"_s); }
    bool isStrong() const { return m_exchange[u"prf"] == u"PRF-HMAC-SHA-256"_s; }
    auto hash() const { return isStrong() ? QCryptographicHash::Sha256 : QCryptographicHash::Sha1; }
    qsizetype encrOctets() const { return isStrong() ? 32 : 16; }
    qsizetype authOctets() const { return isStrong() ? 32 : 20; }

    QByteArray identity(const char *who) const
    {
        return m_vector[QLatin1String(who)][u"identity"].toString().toLatin1();
    }
    QByteArray service() const { return m_vector[u"kms"][u"kms_id"].toString().toLatin1(); }

    /// key = PRF(inkey, constant || ff || csb_id || rest)
    void checkDerived(const QJsonValue &derived, const char *constant, const QByteArray &csbId, const QByteArray &rest,
                      const QByteArray &inkey, qsizetype size) const
    {
        const auto label = QByteArray::fromHex(constant) + '\xff' + csbId + rest;
        QCOMPARE(octets(derived[u"label"]).toHex(), label.toHex());
        QCOMPARE(octets(derived[u"key"]).toHex(), prf(inkey, label, size, hash()).toHex());
    }

    void checkKeys(const QJsonValue &keys, const QByteArray &csbId, const QByteArray &rest,
                   const QByteArray &inkey) const
    {
        QCOMPARE(octets(keys[u"key"]).toHex(), inkey.toHex());
        QVERIFY(inkey.size() >= 16);
        checkDerived(keys[u"encr"], "150533e1", csbId, rest, inkey, encrOctets());
        checkDerived(keys[u"salt"], "29b88916", csbId, rest, inkey, 14);
        checkDerived(keys[u"auth"], "2d22ac75", csbId, rest, inkey, authOctets());
    }

    void checkEncryption(const QJsonValue &encryption, const QJsonValue &keys, const QByteArray &csbId,
                         const QByteArray &timestamp, const QByteArray &within) const
    {
        const auto iv =
            exclusiveOr(octets(keys[u"salt"][u"key"]), QByteArray(2, '\0') + csbId + timestamp) + QByteArray(2, '\0');
        QCOMPARE(encryption[u"key"], keys[u"encr"][u"key"]);
        QCOMPARE(octets(encryption[u"iv"]).toHex(), iv.toHex());
        QCOMPARE(counterMode(octets(encryption[u"key"]), iv, octets(encryption[u"plain"])).toHex(),
                 octets(encryption[u"encrypted"]).toHex());
        QVERIFY(within.contains(octets(encryption[u"encrypted"])));
    }

    // The ticket (RFC 6043 A)

    void checkTicket()
    {
        const auto init = octets(m_transferInit[u"octets"]);
        const auto rand = octets(m_ticket[u"RAND"]);
        QVERIFY(rand.size() >= 16 && init.contains(rand));
        const auto tpk = octets(m_ticket[u"TPK"][u"key"]);
        QVERIFY(knownTpks().contains(tpk));
        checkKeys(m_ticket[u"TPK"], noCsbId, '\5' + counted(rand), tpk);
        const auto iv = octets(m_ticket[u"encryption"][u"iv"]);
        const auto salted = exclusiveOr(iv.first(14), octets(m_ticket[u"TPK"][u"salt"][u"key"]));
        QVERIFY(init.contains(salted.mid(6))); // T of the ticket
        checkEncryption(m_ticket[u"encryption"], m_ticket[u"TPK"], noCsbId, salted.mid(6), init);
        const auto mac = m_ticket[u"mac"];
        QCOMPARE(mac[u"key"], m_ticket[u"TPK"][u"auth"][u"key"]);
        QCOMPARE(hmac(octets(mac[u"key"]), octets(mac[u"input"]), hash()), octets(mac[u"value"]));
        QVERIFY(init.contains(octets(mac[u"input"]) + octets(mac[u"value"])));
        checkKeysOfTicket(octets(m_ticket[u"MPK"]), rand);
        checkForks();
    }

    QByteArrayList knownTpks() const
    {
        QByteArrayList known;
        for (const auto &tpk : m_vector[u"kms"][u"tpks"].toArray())
            known += octets(tpk[u"key"]);
        for (const auto *end : {"initiator", "responder"})
            known += octets(m_vector[QLatin1String(end)][u"ticket"][u"tpk"]);
        known.removeAll({});
        return known;
    }

    void checkKeysOfTicket(const QByteArray &mpk, const QByteArray &rand) const
    {
        const auto plain = octets(m_ticket[u"encryption"][u"plain"]);
        QVERIFY(mpk.size() >= 16 && plain.contains(mpk));
        checkDerived(m_ticket[u"MPKi"], "220e99a2", noCsbId, '\6' + counted(rand), mpk, mpk.size());
        checkDerived(m_ticket[u"MPKr"], "1f4d675b", noCsbId, '\6' + counted(rand), mpk, mpk.size());
        const auto keys = m_ticket[u"keys"].toArray();
        QCOMPARE(keys.size(), 1);
        QVERIFY(plain.contains(octets(keys[0][u"key"])) && plain.endsWith(octets(keys[0][u"spi"])));
        QCOMPARE(keys[0][u"type"], m_exchange.contains(u"group_key"_s) ? u"GTGK"_s : u"TGK"_s);
    }

    /// RFC 6043 5.1.1, and Vr of the Initiator Data.
    void checkForks() const
    {
        const auto key = octets(m_ticket[u"keys"][0][u"key"]);
        const auto session = octets(m_exchange[u"keys"][0][u"tgk"]);
        const auto forked = m_ticket[u"forked"];
        if (!forked.isObject()) {
            QCOMPARE(session.toHex(), key.toHex());
            return;
        }
        const auto mpkr = octets(m_ticket[u"MPKr"][u"key"]);
        const auto id = octets(forked[u"IDRr"]);
        QCOMPARE(id, identity("responder"));
        const auto rest = QByteArray(2, '\0') + counted(id) + counted(octets(forked[u"RANDRkms"]));
        checkDerived(forked[u"MPKr'"], "2b288856", noCsbId, rest, mpkr, mpkr.size());
        if (m_ticket[u"keys"][0][u"type"] == u"TGK"_s) {
            checkDerived(forked[u"TGK'"], "1512b54a", noCsbId, rest, key, key.size());
            QCOMPARE(session.toHex(), octets(forked[u"TGK'"][u"key"]).toHex());
        } else {
            QCOMPARE(session.toHex(), key.toHex());
        }
        const auto data = m_ticket[u"initiator_data"];
        checkDerived(data[u"auth"], "2d22ac75", noCsbId, QByteArray(1, '\4'), mpkr, authOctets());
        QCOMPARE(hmac(octets(data[u"auth"][u"key"]), octets(data[u"input"]), hash()), octets(data[u"value"]));
        QCOMPARE(initiatorData(m_transferInit).toHex(), (octets(data[u"input"]) + octets(data[u"value"])).toHex());
        QVERIFY(octets(data[u"input"]).contains(octets(m_transferInit[u"mac"][u"value"]))); // Vi
    }

    static QByteArray initiatorData(const QJsonValue &message)
    {
        return fieldOf(payloadOf(message, u"TICKET"_s), u"Initiator Data"_s);
    }

    // Messages

    /// What follows the CSB ID in the labels of its keys, and what they are derived from.
    std::pair<QByteArray, QByteArray> derivation(const QJsonValue &message)
    {
        const auto name = message[u"message"].toString();
        const char tag = name.endsWith(u"_RESP"_s) ? '\2' : '\1';
        if (name.startsWith(u"REQUEST_KEY"_s))
            return {fieldOf(payloadOf(m_question, u"RAND"_s), u"RAND"_s), keyWithService("ibake")};
        if (name.startsWith(u"REQUEST"_s))
            return {tag + counted(randOf(m_question, Initiator)) + '\0', keyWithService("ticket")};
        if (name.startsWith(u"RESOLVE"_s))
            return {tag + QByteArray(1, '\0') + counted(randOf(m_question, Responder)), keyWithService("ticket")};
        if (name == u"R_MESSAGE_2"_s)
            return {octets(m_exchange[u"rand"]), octets(m_exchange[u"ibake"][u"MPK"][u"key"])};
        if (isUpdate())
            return {m_standingLabel, m_standingKey};
        const auto initiators = counted(randOf(m_transferInit, Initiator));
        if (tag == '\1')
            return {tag + initiators + '\0', octets(m_ticket[u"MPKi"][u"key"])};
        m_standingLabel = tag + initiators + counted(randOf(message, Responder));
        m_standingKey =
            octets((m_ticket[u"forked"].isObject() ? m_ticket[u"forked"][u"MPKr'"] : m_ticket[u"MPKi"])[u"key"]);
        return {m_standingLabel, m_standingKey};
    }

    QByteArray keyWithService(const char *part) const
    {
        if (m_question[u"envelope"].isObject())
            return octets(m_question[u"envelope"][u"envelope_key"]);
        return octets(m_vector[m_question[u"from"].toString()][QLatin1String(part)][u"psk"]);
    }

    /// What V or SIGN of the message covers (RFC 6043 5.5, RFC 6267 5.4).
    QByteArray covered(const QJsonValue &message, const QByteArray &ending) const
    {
        const auto name = message[u"message"].toString();
        auto whole = octets(message[u"octets"]).chopped(ending.size());
        if (const auto ticket = payloadOf(message, u"TICKET"_s); name == u"TRANSFER_INIT"_s && !ticket.isEmpty()) {
            const auto size = initiatorData(message).size() + 2;
            whole.remove(ticket[u"offset"].toInt() + ticket[u"length"].toInt() - size, size);
        }
        if (name.startsWith(u"REQUEST_KEY"_s) || name.contains(u"_INIT_P"_s))
            return whole + identity(qPrintable(m_question[u"from"].toString())) + service();
        if (name == u"REQUEST_RESP"_s || name == u"RESOLVE_RESP"_s)
            return whole + octets(m_question[u"octets"]);
        if (name == u"TRANSFER_INIT"_s)
            return whole + identity("initiator") + identity("responder");
        if (name == u"TRANSFER_RESP"_s)
            return whole + octets(m_transferInit[u"octets"]);
        return whole + identityOf(message, Initiator) + identityOf(message, Responder); // R_MESSAGE_2
    }

    void checkMac(const QJsonValue &message)
    {
        const auto keys = message[u"message_key"], mac = message[u"mac"];
        if (!keys.isObject())
            return;
        const auto whole = octets(message[u"octets"]), value = octets(mac[u"value"]);
        const auto csbId = whole.mid(4, 4);
        const auto [rest, inkey] = derivation(message);
        checkKeys(keys, csbId, rest, inkey);
        QCOMPARE(mac[u"key"], keys[u"auth"][u"key"]);
        QCOMPARE(octets(mac[u"input"]).toHex(), covered(message, value).toHex());
        QCOMPARE(hmac(octets(mac[u"key"]), octets(mac[u"input"]), hash()).toHex(), value.toHex());
        QVERIFY(whole.endsWith(value));
        QCOMPARE(message[u"encryption"].isObject(), !payloadOf(message, u"KEMAC"_s).isEmpty());
        const auto timestamp = fieldOf(payloadOf(message, u"T"_s), u"TS value"_s);
        if (message[u"encryption"].isObject())
            checkEncryption(message[u"encryption"], keys, csbId, timestamp, whole);
    }

    void checkSignature(const QJsonValue &message) const
    {
        const auto signature = message[u"signature"];
        if (!signature.isObject())
            return;
        const auto whole = octets(message[u"octets"]), value = octets(signature[u"value"]);
        QVERIFY(whole.endsWith(value));
        QCOMPARE(octets(signature[u"input"]).toHex(), covered(message, value).toHex());
        QCOMPARE(signature[u"signer"], message[u"from"]);
        const auto signer = m_vector[signature[u"signer"].toString()].toObject();
        QVERIFY(verifies(publicKey(signer).get(), octets(signature[u"input"]), value));
        const auto envelope = message[u"envelope"];
        const auto padded = octets(envelope[u"padded"]), key = octets(envelope[u"envelope_key"]);
        QVERIFY(padded.startsWith(QByteArray("\0\2", 2)) && padded.endsWith('\0' + key) && key.size() >= 16);
        QCOMPARE(encryptRaw(publicKey(m_vector[u"kms"].toObject()).get(), padded), octets(envelope[u"encrypted"]));
        QVERIFY(whole.contains(octets(envelope[u"encrypted"])));
    }

    /// Each message is authentic by V or SIGN, but for those of IBAKE that are encrypted and nothing else.
    void checkProtection(const QJsonValue &message)
    {
        const auto name = message[u"message"].toString();
        const bool encryptedOnly = name.endsWith(u"MESSAGE_1"_s) || name == u"I_MESSAGE_2"_s;
        const bool signedOnly = name.endsWith(u"_PK"_s) || name.endsWith(u"_PKE"_s);
        QCOMPARE(message[u"mac"].isObject(), !encryptedOnly && !signedOnly);
        QCOMPARE(message[u"signature"].isObject(), signedOnly);
        QCOMPARE(message[u"envelope"].isObject(), signedOnly);
        checkMac(message);
        checkSignature(message);
    }

    // IBAKE

    /// W of the ciphertext, and that the draw is what it says.
    void checkIbe(const QJsonValue &message) const
    {
        qsizetype payloads = 0;
        for (const auto *name : {"IBAKE", "ESK"})
            payloads += !payloadOf(message, QLatin1String(name)).isEmpty();
        const auto all = message[u"ibe"].toArray();
        QCOMPARE(all.size(), payloads);
        for (const auto &one : all) {
            const auto plain = octets(one[u"plain"]), encrypted = octets(one[u"encrypted"]), rho = octets(one[u"rho"]);
            QVERIFY(!plain.isEmpty() && octets(message[u"octets"]).contains(encrypted));
            QCOMPARE(exclusiveOr(plain, hashBytes(rho, plain.size())).toHex(), encrypted.last(plain.size()).toHex());
            QVERIFY(message[u"random"].toArray().contains(one[u"rho"]));
        }
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
        checkSessions(m_exchange, deferred);
    }

    void checkExchange()
    {
        checkSessions(m_exchange, m_exchange);
        for (const auto &value : m_exchange[u"messages"].toArray()) {
            const auto name = value[u"message"].toString();
            if (value[u"from"] != u"kms"_s && name.startsWith(u"RE"_s))
                m_question = value;
            if (name == u"TRANSFER_INIT"_s)
                m_transferInit = value;
            checkProtection(value);
            if (!isTicket())
                checkIbe(value);
        }
        if (!isTicket()) {
            checkSessionKeys();
            checkDeferred();
        } else if (!isUpdate()) {
            checkTicket();
        } else { // what an update brings stands in its KEMAC
            const auto plain = octets(m_transferInit[u"encryption"][u"plain"]);
            QCOMPARE(plain.contains(octets(m_exchange[u"keys"][0][u"tgk"])),
                     m_exchange[u"options"][u"keys"] == u"tgk"_s);
        }
    }

private Q_SLOTS:
    void chain_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto &name : directory.entryList({u"*.json"_s}, QDir::Files)) {
            if (readVector(name).contains(u"kms"_s))
                QTest::newRow(qPrintable(name)) << name;
        }
    }

    void chain()
    {
        QFETCH(QString, name);
        m_vector = readVector(name);
        QVERIFY(!m_vector[u"exchanges"].toArray().isEmpty());
        m_ticket = m_vector[u"exchanges"][0][u"ticket"].toObject();
        for (const auto &value : m_vector[u"exchanges"].toArray()) {
            m_exchange = value.toObject();
            checkExchange();
        }
        checkRandomness(m_vector);
    }
};

QTEST_GUILESS_MAIN(VectorsServiceChainTest)
#include "vectors_service_chain_test.moc"
