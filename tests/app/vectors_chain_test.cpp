// SPDX-License-Identifier: Apache-2.0
// The published MIKEY vectors, computed anew from what they say of themselves: by Qt's hashes and OpenSSL, without
// keymgmt.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMessageAuthenticationCode>
#include <QtTest/QTest>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype macOctets = 20;

const QDir directory(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/mikey"));

QByteArray octets(const QJsonValue &hex)
{
    return QByteArray::fromHex(hex.toString().toLatin1());
}

QByteArray hmac(const QByteArray &key, const QByteArray &data,
                QCryptographicHash::Algorithm hash = QCryptographicHash::Sha1)
{
    return QMessageAuthenticationCode::hash(data, key, hash);
}

QByteArray exclusiveOr(QByteArray a, const QByteArray &b)
{
    for (qsizetype i = 0; i < b.size(); ++i)
        a[i] = static_cast<char>(a[i] ^ b[i]);
    return a;
}

/// P of RFC 3830 4.1.2.
QByteArray expand(const QByteArray &key, const QByteArray &label, qsizetype size, QCryptographicHash::Algorithm hash)
{
    QByteArray out, a = label;
    while (out.size() < size) {
        a = hmac(key, a, hash);
        out += hmac(key, a + label, hash);
    }
    return out.first(size);
}

/// MIKEY-1, or PRF-HMAC-SHA-256 (RFC 6043 6.1) of a key of one block: P of each 256 bits of the key, added.
QByteArray prf(const QByteArray &key, const QByteArray &label, qsizetype size,
               QCryptographicHash::Algorithm hash = QCryptographicHash::Sha1)
{
    QByteArray out(size, '\0');
    for (qsizetype at = 0; at < key.size(); at += 32)
        out = exclusiveOr(out, expand(key.mid(at, 32), label, size, hash));
    return out;
}

const unsigned char *raw(const QByteArray &data)
{
    return reinterpret_cast<const unsigned char *>(data.constData());
}

QByteArray counterMode(const QByteArray &key, const QByteArray &iv, const QByteArray &data)
{
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  EVP_CIPHER_CTX_free);
    QByteArray out(data.size(), '\0');
    int size = 0;
    EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, raw(key), raw(iv));
    EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char *>(out.data()), &size, raw(data),
                      static_cast<int>(data.size()));
    return out;
}

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

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key publicKey(const QJsonObject &endpoint)
{
    const auto pem = endpoint[u"x509"][u"certificate"].toString().toLatin1();
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.constData(), -1), BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    return {X509_get_pubkey(certificate.get()), EVP_PKEY_free};
}

bool verifies(EVP_PKEY *key, const QByteArray &data, const QByteArray &signature)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), raw(signature), static_cast<std::size_t>(signature.size()), raw(data),
                            static_cast<std::size_t>(data.size())) == 1;
}

QByteArray encryptRaw(EVP_PKEY *key, const QByteArray &padded)
{
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key, nullptr),
                                                                              EVP_PKEY_CTX_free);
    QByteArray out(padded.size(), '\0');
    auto size = static_cast<std::size_t>(out.size());
    EVP_PKEY_encrypt_init(context.get());
    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING);
    EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char *>(out.data()), &size, raw(padded),
                     static_cast<std::size_t>(padded.size()));
    return out;
}

} // namespace

class VectorsChainTest : public QObject
{
    Q_OBJECT

private:
    QJsonObject m_vector, m_exchange;

    QByteArray at(const char *member) const { return octets(m_exchange[QLatin1String(member)]); }
    QByteArray label(const char *constant, int csId) const
    {
        return QByteArray::fromHex(constant) + static_cast<char>(csId) + at("label_csb_id") + at("rand");
    }
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

    void checkSessions() const
    {
        const auto tgk = octets(m_exchange[u"keys"][0][u"tgk"]);
        const auto sessions = m_exchange[u"crypto_sessions"].toArray();
        QVERIFY(sessions.size() >= 2);
        const auto hash =
            m_exchange[u"prf"] == u"PRF-HMAC-SHA-256"_s ? QCryptographicHash::Sha256 : QCryptographicHash::Sha1;
        for (const auto &session : sessions) {
            const auto suite = session[u"suite"].toString();
            const auto tek =
                prf(tgk, label("2ad01c64", session[u"cs_id"].toInt()), suite.contains(u"256") ? 32 : 16, hash);
            const auto salt =
                prf(tgk, label("39a2c14b", session[u"cs_id"].toInt()), suite.contains(u"GCM") ? 12 : 14, hash);
            QCOMPARE(octets(session[u"tek_label"]), label("2ad01c64", session[u"cs_id"].toInt()));
            QCOMPARE(octets(session[u"salt_label"]), label("39a2c14b", session[u"cs_id"].toInt()));
            QCOMPARE(octets(session[u"tek"]), tek);
            QCOMPARE(octets(session[u"salt"]), salt);
            QCOMPARE(session[u"mki"], m_exchange[u"keys"][0][u"mki"]);
        }
    }

    /// The stream that both sides draw from, and what of it the messages say was drawn.
    void checkRandomness() const
    {
        const auto seed = m_vector[u"seed"].toString().toLatin1() + m_vector[u"vector"].toString().toLatin1();
        QByteArray stream;
        for (char n = 0; n < 64; ++n)
            stream += QCryptographicHash::hash(seed + QByteArray(3, '\0') + n, QCryptographicHash::Sha256);
        for (const auto &exchange : m_vector[u"exchanges"].toArray()) {
            for (const auto &message : exchange[u"messages"].toArray()) {
                QByteArray drawn;
                for (const auto &draw : message[u"random"].toArray())
                    drawn += octets(draw);
                QVERIFY(stream.contains(drawn));
            }
        }
    }

private Q_SLOTS:
    void chain_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto &name : directory.entryList({u"*.json"_s}, QDir::Files))
            QTest::newRow(qPrintable(name)) << name;
    }

    void chain()
    {
        QFETCH(QString, name);
        QFile file(directory.filePath(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        m_vector = QJsonDocument::fromJson(file.readAll()).object();
        QVERIFY(!m_vector[u"exchanges"].toArray().isEmpty());
        for (const auto &value : m_vector[u"exchanges"].toArray()) {
            m_exchange = value.toObject();
            checkMessageKeys();
            checkSakke();
            checkHalfKeys();
            checkSessions();
            for (const auto &message : m_exchange[u"messages"].toArray()) {
                checkEncryption(message.toObject());
                checkMac(message.toObject());
                checkEnvelope(message.toObject());
                checkSignature(message.toObject());
            }
        }
        checkRandomness();
    }
};

QTEST_GUILESS_MAIN(VectorsChainTest)
#include "vectors_chain_test.moc"
