// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vectors_chain.h"

#include <QDateTime>

#include <algorithm>

/// What the published vectors of the methods with a service have in common.
namespace chain {

enum Role { Initiator = 1, Responder = 2, Kms = 3 };

inline const auto noCsbId = QByteArray(4, '\xff');

inline QByteArray counted(const QByteArray &rand)
{
    return static_cast<char>(rand.size()) + rand;
}

/// The first payload of that name; with a role, the first that has it.
inline QJsonObject payloadOf(const QJsonValue &message, const QString &name, int role = 0)
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

inline QByteArray fieldOf(const QJsonObject &payload, const QString &name)
{
    for (const auto &field : payload[u"fields"].toArray()) {
        if (field[u"name"] == name)
            return octets(field[u"value"]);
    }
    return {};
}

inline QByteArray randOf(const QJsonValue &message, int role)
{
    return fieldOf(payloadOf(message, u"RANDR"_s, role), u"RAND"_s);
}

inline QByteArray identityOf(const QJsonValue &message, int role)
{
    return fieldOf(payloadOf(message, u"IDR"_s, role), u"ID data"_s);
}

/// A row for each vector of the method.
inline void vectorsOf(const QString &method)
{
    QTest::addColumn<QString>("name");
    for (const auto &name : directory.entryList({u"*.json"_s}, QDir::Files)) {
        if (readVector(name)[u"method"] == method)
            QTest::newRow(qPrintable(name)) << name;
    }
}

/// From what the keys of a message are derived: PRF(inkey, constant || ff || csb_id || rest).
struct Derivation
{
    QString kind;
    QByteArray rest;
    QByteArray inkey;
};

/// A vector of such a method, exchange by exchange and message by message.
class ServiceChain
{
public:
    virtual ~ServiceChain() = default;

    void check(const QJsonObject &vector)
    {
        m_vector = vector;
        QVERIFY(!m_vector[u"exchanges"].toArray().isEmpty());
        for (const auto &value : m_vector[u"exchanges"].toArray()) {
            m_exchange = value.toObject();
            checkSessions(m_exchange, m_exchange);
            checkExchange();
        }
        checkRandomness(m_vector);
    }

protected:
    virtual Derivation derivation(const QJsonValue &message) = 0;
    /// Whether V authenticates the message; else its signature does, or nothing.
    virtual bool endsInMac(const QJsonValue &message) const = 0;
    /// What V or SIGN covers of the message, which `ending` ends, and behind it.
    virtual QByteArray covered(const QJsonValue &message, const QByteArray &ending) const = 0;
    virtual void checkMore(const QJsonValue &message) = 0; ///< before its keys and what they protect
    virtual void checkKeysOfExchange() = 0;                ///< after its messages

    auto hash() const { return m_strong ? QCryptographicHash::Sha256 : QCryptographicHash::Sha1; }
    qsizetype encrOctets() const { return m_strong ? 32 : 16; }
    qsizetype authOctets() const { return m_strong ? 32 : 20; }

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

    QByteArray keyWithService(const char *part) const
    {
        if (m_question[u"envelope"].isObject())
            return octets(m_question[u"envelope"][u"envelope_key"]);
        return octets(m_vector[m_question[u"from"].toString()][QLatin1String(part)][u"psk"]);
    }
    QString kindWithService() const
    {
        return m_question[u"envelope"].isObject() ? u"envelope key"_s : u"pre-shared key"_s;
    }
    QByteArray askingIdentity() const { return identity(qPrintable(m_question[u"from"].toString())); }

    static QByteArray timestampOf(const QJsonValue &message)
    {
        return fieldOf(payloadOf(message, u"T"_s), u"TS value"_s);
    }

    static bool isWithService(const QString &name) { return name.startsWith(u"RE"_s); }

    QJsonObject m_vector, m_exchange;
    QJsonValue m_question; ///< that the service answers next
    bool m_strong = false; ///< whether the PRF at hand is PRF-HMAC-SHA-256

private:
    void checkExchange()
    {
        const auto messages = m_exchange[u"messages"].toArray();
        QCOMPARE(timestampOf(messages[0]), octets(m_exchange[u"timestamp"]));
        checkTime();
        for (const auto &session : m_exchange[u"crypto_sessions"].toArray()) {
            QCOMPARE(session[u"suite"], m_exchange[u"policy"]);
            const auto ssrc = octets(session[u"ssrc"]);
            QVERIFY(ssrc.size() == 4 && octets(messages.last()[u"octets"]).contains(ssrc));
        }
        for (const auto &message : messages) {
            if (message[u"from"] != u"kms"_s && isWithService(message[u"message"].toString()))
                m_question = message;
            m_strong = prfOf(message) == 1;
            checkSender(message);
            checkMore(message);
            checkProtection(message);
        }
        const QStringList prfs{u"MIKEY-1"_s, u"PRF-HMAC-SHA-256"_s}; // by their numbers
        QCOMPARE(m_exchange[u"prf"].toString(), prfs.value(prfOf(messages.last())));
        m_strong = m_exchange[u"prf"] == prfs.last();
        checkKeysOfExchange();
    }

    static int prfOf(const QJsonValue &message)
    {
        const auto fields = payloadOf(message, u"HDR"_s)[u"fields"].toArray();
        const auto prf = std::find_if(fields.begin(), fields.end(),
                                      [](const QJsonValue &field) { return field[u"name"] == u"PRF func"_s; });
        return prf == fields.end() ? -1 : QJsonValue(*prf)[u"value"].toInt();
    }

    /// NTP counts seconds from 1900.
    void checkTime() const
    {
        constexpr qint64 epoch = 2208988800;
        const auto seconds = octets(m_exchange[u"timestamp"]).first(4).toHex().toLongLong(nullptr, 16) - epoch;
        QCOMPARE(QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(Qt::ISODateWithMs),
                 m_exchange[u"time"].toString());
    }

    void checkSender(const QJsonValue &message) const
    {
        const auto name = message[u"message"].toString();
        const auto answering = m_vector.contains(u"mailbox"_s) ? u"mailbox"_s : u"responder"_s;
        if (name.startsWith(u"REQUEST_KEY"_s) && message[u"from"] != u"kms"_s) {
            QCOMPARE(identityOf(message, Initiator), askingIdentity());
        } else if (isWithService(name)) {
            QCOMPARE(message[u"from"] == u"kms"_s, name.endsWith(u"_RESP"_s));
        } else {
            const bool answer = name.endsWith(u"_RESP"_s) || name.startsWith(u"R_"_s);
            const bool turned =
                m_vector[u"vector"].toString().endsWith(u"-responder"_s) && m_exchange.contains(u"options"_s);
            QCOMPARE(message[u"from"].toString(), answer == turned ? u"initiator"_s : answering);
            QCOMPARE(octets(message[u"octets"]).mid(4, 4), octets(m_exchange[u"csb_id"]));
        }
    }

    void checkProtection(const QJsonValue &message)
    {
        const auto name = message[u"message"].toString();
        QCOMPARE(name, message[u"decoded"][u"message"].toString());
        const bool isSigned = name.endsWith(u"_PK"_s) || name.endsWith(u"_PKE"_s);
        QCOMPARE(message[u"mac"].isObject(), endsInMac(message) && !isSigned);
        QCOMPARE(message[u"message_key"].isObject(), message[u"mac"].isObject());
        QCOMPARE(message[u"signature"].isObject(), isSigned);
        QCOMPARE(message[u"envelope"].isObject(), isSigned);
        QCOMPARE(message[u"encryption"].isObject(), !payloadOf(message, u"KEMAC"_s).isEmpty());
        checkMac(message);
        checkSignature(message);
    }

    void checkMac(const QJsonValue &message)
    {
        const auto keys = message[u"message_key"], mac = message[u"mac"];
        if (!keys.isObject())
            return;
        const auto whole = octets(message[u"octets"]), value = octets(mac[u"value"]);
        const auto csbId = whole.mid(4, 4);
        const auto [kind, rest, inkey] = derivation(message);
        QCOMPARE(keys[u"kind"].toString(), kind);
        checkKeys(keys, csbId, rest, inkey);
        QCOMPARE(mac[u"payload"], u"V"_s);
        QCOMPARE(mac[u"key"], keys[u"auth"][u"key"]);
        QCOMPARE(octets(mac[u"input"]).toHex(), covered(message, value).toHex());
        QCOMPARE(hmac(octets(mac[u"key"]), octets(mac[u"input"]), hash()).toHex(), value.toHex());
        QVERIFY(whole.endsWith(value));
        if (message[u"encryption"].isObject())
            checkEncryption(message[u"encryption"], keys, csbId, timestampOf(message), whole);
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
};

} // namespace chain
