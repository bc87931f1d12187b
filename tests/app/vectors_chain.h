// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMessageAuthenticationCode>
#include <QtTest/QTest>

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>

/// Computes the values of published MIKEY vectors anew, by Qt's hashes and OpenSSL, without keymgmt.
namespace chain {

using namespace Qt::StringLiterals;

inline const QDir directory(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/mikey"));

inline QByteArray octets(const QJsonValue &hex)
{
    return QByteArray::fromHex(hex.toString().toLatin1());
}

inline QByteArray hmac(const QByteArray &key, const QByteArray &data,
                       QCryptographicHash::Algorithm hash = QCryptographicHash::Sha1)
{
    return QMessageAuthenticationCode::hash(data, key, hash);
}

inline QByteArray exclusiveOr(QByteArray a, const QByteArray &b)
{
    for (qsizetype i = 0; i < b.size(); ++i)
        a[i] = static_cast<char>(a[i] ^ b[i]);
    return a;
}

/// P of RFC 3830 4.1.2.
inline QByteArray expand(const QByteArray &key, const QByteArray &label, qsizetype size,
                         QCryptographicHash::Algorithm hash)
{
    QByteArray out, a = label;
    while (out.size() < size) {
        a = hmac(key, a, hash);
        out += hmac(key, a + label, hash);
    }
    return out.first(size);
}

/// MIKEY-1, or PRF-HMAC-SHA-256 (RFC 6043 6.1) of a key of one block: P of each 256 bits of the key, added.
inline QByteArray prf(const QByteArray &key, const QByteArray &label, qsizetype size,
                      QCryptographicHash::Algorithm hash = QCryptographicHash::Sha1)
{
    QByteArray out(size, '\0');
    for (qsizetype at = 0; at < key.size(); at += 32)
        out = exclusiveOr(out, expand(key.mid(at, 32), label, size, hash));
    return out;
}

inline const unsigned char *raw(const QByteArray &data)
{
    return reinterpret_cast<const unsigned char *>(data.constData());
}

inline QByteArray counterMode(const QByteArray &key, const QByteArray &iv, const QByteArray &data)
{
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  EVP_CIPHER_CTX_free);
    QByteArray out(data.size(), '\0');
    int size = 0;
    EVP_EncryptInit_ex(context.get(), key.size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), nullptr, raw(key),
                       raw(iv));
    EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char *>(out.data()), &size, raw(data),
                      static_cast<int>(data.size()));
    return out;
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

inline Key publicKey(const QJsonObject &endpoint)
{
    const auto pem = endpoint[u"x509"][u"certificate"].toString().toLatin1();
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.constData(), -1), BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    return {X509_get_pubkey(certificate.get()), EVP_PKEY_free};
}

inline bool verifies(EVP_PKEY *key, const QByteArray &data, const QByteArray &signature)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), raw(signature), static_cast<std::size_t>(signature.size()), raw(data),
                            static_cast<std::size_t>(data.size())) == 1;
}

inline QByteArray encryptRaw(EVP_PKEY *key, const QByteArray &padded)
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

/// constant || cs_id || csb_id || RAND, of the exchange
inline QByteArray labelOf(const QJsonObject &exchange, const char *constant, int csId)
{
    return QByteArray::fromHex(constant) + static_cast<char>(csId) + octets(exchange[u"label_csb_id"]) +
           octets(exchange[u"rand"]);
}

/// The keys of streams, of the first of `keys`; sessions and keys may be those of another party.
inline void checkSessions(const QJsonObject &exchange, const QJsonValue &of)
{
    const auto tgk = octets(of[u"keys"][0][u"tgk"]);
    const auto sessions = of[u"crypto_sessions"].toArray();
    QVERIFY(sessions.size() >= 2);
    const auto hash = exchange[u"prf"] == u"PRF-HMAC-SHA-256"_s ? QCryptographicHash::Sha256 : QCryptographicHash::Sha1;
    for (const auto &session : sessions) {
        const auto suite = session[u"suite"].toString();
        const auto tek =
            prf(tgk, labelOf(exchange, "2ad01c64", session[u"cs_id"].toInt()), suite.contains(u"256") ? 32 : 16, hash);
        const auto salt =
            prf(tgk, labelOf(exchange, "39a2c14b", session[u"cs_id"].toInt()), suite.contains(u"GCM") ? 12 : 14, hash);
        QCOMPARE(octets(session[u"tek_label"]), labelOf(exchange, "2ad01c64", session[u"cs_id"].toInt()));
        QCOMPARE(octets(session[u"salt_label"]), labelOf(exchange, "39a2c14b", session[u"cs_id"].toInt()));
        QCOMPARE(octets(session[u"tek"]), tek);
        QCOMPARE(octets(session[u"salt"]), salt);
        QCOMPARE(session[u"mki"], of[u"keys"][0][u"mki"]);
    }
}

/// The stream that both sides draw from, and what of it the messages say was drawn.
inline void checkRandomness(const QJsonObject &vector)
{
    const auto seed = vector[u"seed"].toString().toLatin1() + vector[u"vector"].toString().toLatin1();
    QByteArray stream;
    for (char n = 0; n < 64; ++n)
        stream += QCryptographicHash::hash(seed + QByteArray(3, '\0') + n, QCryptographicHash::Sha256);
    for (const auto &exchange : vector[u"exchanges"].toArray()) {
        for (const auto &message : exchange[u"messages"].toArray()) {
            QByteArray drawn;
            for (const auto &draw : message[u"random"].toArray())
                drawn += octets(draw);
            QVERIFY(stream.contains(drawn));
        }
    }
}

inline QJsonObject readVector(const QString &name)
{
    QFile file(directory.filePath(name));
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
}

} // namespace chain
