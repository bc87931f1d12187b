// SPDX-License-Identifier: Apache-2.0
// The published MIKEY vectors between two, computed anew from what they say of themselves.
#include "vectors_chain.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

using namespace chain;

namespace {

constexpr qsizetype macOctets = 20;

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

Number number(const QByteArray &big)
{
    return {BN_bin2bn(raw(big), static_cast<int>(big.size()), nullptr), BN_free};
}

QByteArray power(const QByteArray &base, const QByteArray &exponent)
{
    const Number modulus(BN_get_rfc3526_prime_1536(nullptr), BN_free);
    const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), BN_CTX_free);
    const Number result(BN_new(), BN_free);
    BN_mod_exp(result.get(), number(base).get(), number(exponent).get(), modulus.get(), context.get());
    QByteArray out(192, '\0');
    BN_bn2binpad(result.get(), reinterpret_cast<unsigned char *>(out.data()), static_cast<int>(out.size()));
    return out;
}

} // namespace

class VectorsChainTest : public QObject
{
    Q_OBJECT

private:
    QJsonObject m_vector, m_exchange;

    QByteArray at(const char *member) const { return octets(m_exchange[QLatin1String(member)]); }
    QByteArray label(const char *constant, int csId) const { return labelOf(m_exchange, constant, csId); }
    /// What V and SIGN of RSA-R cover behind the message.
    QByteArray identitiesAndTime() const
    {
        return m_vector[u"initiator"][u"identity"].toString().toLatin1() +
               m_vector[u"responder"][u"identity"].toString().toLatin1() + at("timestamp");
    }

    void checkMessageKeys() const
    {
        const auto keys = m_exchange[u"message_key"].toObject();
        if (keys.isEmpty())
            return;
        const auto check = [&](const char *name, const char *constant, qsizetype size) {
            const auto derived = keys[QLatin1String(name)].toObject();
            QCOMPARE(octets(derived[u"label"]), label(constant, 0xff));
            QCOMPARE(octets(derived[u"key"]), prf(octets(keys[u"key"]), label(constant, 0xff), size));
        };
        check("encr", "150533e1", 16);
        check("salt", "29b88916", 14);
        check("auth", "2d22ac75", 20);
        if (keys[u"kind"] == u"pre-shared key"_s)
            QCOMPARE(keys[u"key"], m_vector[u"responder"][u"psk"][m_vector[u"initiator"][u"identity"].toString()]);
    }

    void checkEncryption(const QJsonObject &message) const
    {
        const auto encryption = message[u"encryption"].toObject();
        if (encryption.isEmpty())
            return;
        const auto keys = m_exchange[u"message_key"].toObject();
        const auto iv =
            exclusiveOr(octets(keys[u"salt"][u"key"]), QByteArray(2, '\0') + at("label_csb_id") + at("timestamp")) +
            QByteArray(2, '\0');
        QCOMPARE(encryption[u"key"], keys[u"encr"][u"key"]);
        QCOMPARE(octets(encryption[u"iv"]), iv);
        QCOMPARE(counterMode(octets(encryption[u"key"]), iv, octets(encryption[u"plain"])),
                 octets(encryption[u"encrypted"]));
        QVERIFY(octets(message[u"octets"]).contains(octets(encryption[u"encrypted"])));
        QVERIFY(octets(encryption[u"plain"]).contains(octets(m_exchange[u"keys"][0][u"tgk"])));
    }

    void checkMac(const QJsonObject &message) const
    {
        const auto mac = message[u"mac"].toObject();
        if (mac.isEmpty())
            return;
        const auto whole = octets(message[u"octets"]);
        const auto input = octets(mac[u"input"]), value = octets(mac[u"value"]);
        QCOMPARE(mac[u"key"], m_exchange[u"message_key"][u"auth"][u"key"]);
        QCOMPARE(hmac(octets(mac[u"key"]), input), value);
        if (message[u"envelope"].isObject()) { // the KEMAC alone, with Next payload 0
            QCOMPARE(input.front(), '\0');
            QVERIFY(whole.contains(input.mid(1) + value));
        } else {
            QVERIFY(whole.endsWith(value));
            QCOMPARE(input,
                     whole.chopped(macOctets) + (mac[u"payload"] == u"V"_s ? identitiesAndTime() : QByteArray()));
        }
    }

    void checkEnvelope(const QJsonObject &message) const
    {
        const auto envelope = message[u"envelope"].toObject();
        if (envelope.isEmpty())
            return;
        const auto padded = octets(envelope[u"padded"]), key = octets(envelope[u"envelope_key"]);
        const auto padding = padded.mid(2, padded.size() - 3 - key.size());
        QCOMPARE(padded, QByteArray("\0\2", 2) + padding + '\0' + key);
        QVERIFY(!padding.contains('\0'));
        QCOMPARE(envelope[u"envelope_key"], m_exchange[u"message_key"][u"key"]);
        const auto recipient = message[u"from"] == u"initiator"_s ? u"responder"_s : u"initiator"_s;
        QCOMPARE(encryptRaw(publicKey(m_vector[recipient].toObject()).get(), padded), octets(envelope[u"encrypted"]));
        QVERIFY(octets(message[u"octets"]).contains(octets(envelope[u"encrypted"])));
    }

    void checkSignature(const QJsonObject &message) const
    {
        const auto signature = message[u"signature"].toObject();
        if (signature.isEmpty())
            return;
        const auto whole = octets(message[u"octets"]), value = octets(signature[u"value"]);
        const bool reverse = message[u"message"].toString().startsWith(u"RSA-R R_"_s);
        QVERIFY(whole.endsWith(value));
        QCOMPARE(octets(signature[u"input"]),
                 whole.chopped(value.size() + (reverse ? 2 : 0)) + (reverse ? identitiesAndTime() : QByteArray()));
        const auto signer = m_vector[signature[u"signer"].toString()].toObject();
        if (m_exchange[u"sakke"].isObject())
            return checkEccsi(octets(signer[u"sakke"][u"kpak"]), octets(signature[u"input"]), value);
        QVERIFY(verifies(publicKey(signer).get(), octets(signature[u"input"]), value));
    }

    /// RFC 6507 5.2.2, step by step.
    void checkEccsi(const QByteArray &kpak, const QByteArray &message, const QByteArray &signature) const
    {
        const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group(
            EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), EC_GROUP_free);
        const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), BN_CTX_free);
        using Point = std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)>;
        const auto pointOf = [&](const QByteArray &encoded) {
            Point point(EC_POINT_new(group.get()), EC_POINT_free);
            if (!encoded.isEmpty())
                EC_POINT_oct2point(group.get(), point.get(), raw(encoded), static_cast<std::size_t>(encoded.size()),
                                   nullptr);
            return point;
        };
        const auto octetsOf = [&](const EC_POINT *point) {
            QByteArray encoded(65, '\0');
            EC_POINT_point2oct(group.get(), point, POINT_CONVERSION_UNCOMPRESSED,
                               reinterpret_cast<unsigned char *>(encoded.data()), 65, nullptr);
            return encoded;
        };
        const auto sha = [](const QByteArray &data) {
            return QCryptographicHash::hash(data, QCryptographicHash::Sha256);
        };
        using Scalar = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
        const auto scalar = [](const QByteArray &data) {
            return Scalar(BN_bin2bn(raw(data), static_cast<int>(data.size()), nullptr), BN_free);
        };
        const auto r = signature.left(32), s = signature.mid(32, 32), pvt = signature.mid(64);
        const auto generator = octetsOf(EC_GROUP_get0_generator(group.get()));
        const auto hs = sha(generator + kpak + octets(m_exchange[u"sakke"][u"identifier_initiator"]) + pvt);
        const auto he = sha(hs + r + message);
        const auto y = pointOf({}), sum = pointOf({}), j = pointOf({});
        EC_POINT_mul(group.get(), y.get(), nullptr, pointOf(pvt).get(), scalar(hs).get(), context.get());
        EC_POINT_add(group.get(), y.get(), y.get(), pointOf(kpak).get(), context.get());
        EC_POINT_mul(group.get(), sum.get(), scalar(he).get(), y.get(), scalar(r).get(), context.get());
        EC_POINT_mul(group.get(), j.get(), nullptr, sum.get(), scalar(s).get(), context.get());
        QCOMPARE(octetsOf(j.get()).mid(1, 32), r);
    }

    /// HashToIntegerRange (RFC 6508 5.1) to 2^128, and what of SAKKE follows from it.
    void checkSakke() const
    {
        const auto sakke = m_exchange[u"sakke"];
        if (!sakke.isObject())
            return;
        const auto sha = [](const QByteArray &data) {
            return QCryptographicHash::hash(data, QCryptographicHash::Sha256);
        };
        const auto w = octets(sakke[u"w"]);
        QCOMPARE(w.size(), 128);
        const auto mask = sha(sha(QByteArray(32, '\0')) + sha(w)).right(16);
        QCOMPARE(octets(sakke[u"mask"]), mask);
        QCOMPARE(exclusiveOr(octets(sakke[u"hint"]), mask), octets(sakke[u"ssv"]));
        QCOMPARE(sakke[u"ssv"], m_exchange[u"keys"][0][u"tgk"]);
        const auto message = octets(m_exchange[u"messages"][0][u"octets"]);
        QVERIFY(message.contains(octets(sakke[u"point"]) + octets(sakke[u"hint"])));
        QCOMPARE(sakke[u"identifier_responder"], m_vector[u"responder"][u"sakke"][u"keys"][0][u"user_id"]);
        QCOMPARE(sakke[u"identifier_initiator"], m_vector[u"initiator"][u"sakke"][u"keys"][0][u"user_id"]);
    }

    void checkHalfKeys() const
    {
        const auto keys = m_exchange[u"diffie_hellman"].toObject();
        if (keys.isEmpty())
            return;
        const auto exponent = [&](const char *side) { return octets(keys[QLatin1String(side)][u"exponent"]); };
        const auto value = [&](const char *side) { return octets(keys[QLatin1String(side)][u"public_value"]); };
        for (const auto *side : {"initiator", "responder"}) {
            QCOMPARE(power(QByteArray(1, '\2'), exponent(side)), value(side));
            QVERIFY(octets(m_exchange[u"messages"][1][u"octets"]).contains(value(side)));
        }
        QCOMPARE(power(value("initiator"), exponent("responder")), octets(keys[u"shared_secret"]));
        QCOMPARE(power(value("responder"), exponent("initiator")), octets(keys[u"shared_secret"]));
        QCOMPARE(m_exchange[u"keys"][0][u"tgk"], keys[u"shared_secret"]);
    }

private Q_SLOTS:
    void chain_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto &name : directory.entryList({u"*.json"_s}, QDir::Files)) {
            if (!readVector(name).contains(u"kms"_s)) // those are checked by tests of their methods
                QTest::newRow(qPrintable(name)) << name;
        }
    }

    void chain()
    {
        QFETCH(QString, name);
        m_vector = readVector(name);
        QVERIFY(!m_vector[u"exchanges"].toArray().isEmpty());
        for (const auto &value : m_vector[u"exchanges"].toArray()) {
            m_exchange = value.toObject();
            checkMessageKeys();
            checkSakke();
            checkHalfKeys();
            checkSessions(m_exchange, m_exchange);
            for (const auto &message : m_exchange[u"messages"].toArray()) {
                checkEncryption(message.toObject());
                checkMac(message.toObject());
                checkEnvelope(message.toObject());
                checkSignature(message.toObject());
            }
        }
        checkRandomness(m_vector);
    }
};

QTEST_GUILESS_MAIN(VectorsChainTest)
#include "vectors_chain_test.moc"
