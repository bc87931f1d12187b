// SPDX-License-Identifier: Apache-2.0
// The published vectors of TICKET, computed anew from what they say of themselves: each label and key of RFC 6043 5.1
// and A.2, and what the messages make of them.
#include "vectors_service_chain.h"

using namespace chain;

namespace {

class TicketChain final : public ServiceChain
{
private:
    bool isUpdate() const { return m_exchange.contains(u"options"_s); }

    Derivation derivation(const QJsonValue &message) override
    {
        const auto name = message[u"message"].toString();
        const char tag = name.endsWith(u"_RESP"_s) ? '\2' : '\1';
        if (name.startsWith(u"REQUEST"_s))
            return {kindWithService(), tag + counted(randOf(m_question, Initiator)) + '\0', keyWithService("ticket")};
        if (name.startsWith(u"RESOLVE"_s))
            return {kindWithService(), tag + ('\0' + counted(randOf(m_question, Responder))), keyWithService("ticket")};
        if (isUpdate())
            return m_standing;
        const auto initiators = counted(randOf(m_transferInit, Initiator));
        if (tag == '\1')
            return {u"MPKi"_s, tag + initiators + '\0', octets(m_ticket[u"MPKi"][u"key"])};
        const bool forked = m_ticket[u"forked"].isObject();
        const auto mpk = forked ? m_ticket[u"forked"][u"MPKr'"] : m_ticket[u"MPKi"];
        m_standing = {forked ? u"MPKr'"_s : u"MPKi"_s, tag + initiators + counted(randOf(message, Responder)),
                      octets(mpk[u"key"])};
        return m_standing;
    }

    bool endsInMac(const QJsonValue &) const override { return true; }

    QByteArray covered(const QJsonValue &message, const QByteArray &ending) const override
    {
        const auto name = message[u"message"].toString();
        auto whole = octets(message[u"octets"]).chopped(ending.size());
        if (name.contains(u"_INIT_P"_s))
            return whole + askingIdentity() + service();
        if (name == u"TRANSFER_RESP"_s)
            return whole + octets(m_transferInit[u"octets"]);
        if (name != u"TRANSFER_INIT"_s)
            return whole + octets(m_question[u"octets"]);
        if (const auto ticket = payloadOf(message, u"TICKET"_s); !ticket.isEmpty()) { // RFC 6043 5.5
            const auto size = initiatorData(message).size() + 2;
            whole.remove(ticket[u"offset"].toInt() + ticket[u"length"].toInt() - size, size);
        }
        return whole + identity("initiator") + identity("responder");
    }

    void checkMore(const QJsonValue &message) override
    {
        if (!isUpdate())
            m_ticket = m_exchange[u"ticket"].toObject();
        if (message[u"message"] == u"TRANSFER_INIT"_s)
            m_transferInit = message;
    }

    void checkKeysOfExchange() override
    {
        const auto type = m_ticket[u"keys"][0][u"type"];
        QCOMPARE(m_exchange[u"keys"][0][u"type"], type);
        QCOMPARE(m_exchange.contains(u"ticket"_s), !isUpdate());
        if (!isUpdate())
            return checkTicket();
        const auto plain = octets(m_transferInit[u"encryption"][u"plain"]); // which brings a new key
        const auto tgk = octets(m_exchange[u"keys"][0][u"tgk"]);
        QCOMPARE(plain.contains(tgk), m_exchange[u"options"][u"keys"] == u"tgk"_s);
        QCOMPARE(m_before == tgk, m_exchange[u"options"][u"keys"] != u"tgk"_s);
    }

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
        QCOMPARE(mac[u"payload"], u"V"_s);
        QCOMPARE(m_ticket[u"TPK"][u"kind"], u"TPK"_s);
        checkKeysOfTicket(octets(m_ticket[u"MPK"]), rand);
        checkForks();
        m_before = octets(m_exchange[u"keys"][0][u"tgk"]);
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

    QJsonObject m_ticket;      ///< of the first exchange
    QJsonValue m_transferInit; ///< of this exchange
    Derivation m_standing;     ///< of the answer that made the bundle, and of its updates (RFC 6043 5.2)
    QByteArray m_before;       ///< key of the exchange that is updated
};

} // namespace

class VectorsTicketChainTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void chain_data() { vectorsOf(u"ticket"_s); }
    void chain()
    {
        QFETCH(QString, name);
        TicketChain().check(readVector(name));
    }
};

QTEST_GUILESS_MAIN(VectorsTicketChainTest)
#include "vectors_ticket_chain_test.moc"
