// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "crypto/dh.h"
#include "crypto/rsa.h"
#include "wire/text.h"

#include <openssl/err.h>

#include <QFile>
#include <QJsonArray>
#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;

namespace {

Bytes field(const QJsonObject &object, const char *name)
{
    return octets(object[QLatin1String(name)].toString().toStdString());
}

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

QByteArray hexOf(const std::optional<Secret> &secret)
{
    return secret ? hexOf(secret->view()) : QByteArray("none");
}

QByteArray file(const char *name)
{
    QFile in(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/x509/") + QLatin1String(name));
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

ByteView view(const QByteArray &array)
{
    return octetsOf({array.constData(), static_cast<std::size_t>(array.size())});
}

PrivateKey userKey()
{
    return *PrivateKey::fromPem(view(file("user.key")));
}

SignatureHash hashNamed(const QString &name)
{
    return name == QLatin1String("sha1")     ? SignatureHash::Sha1
           : name == QLatin1String("sha256") ? SignatureHash::Sha256
           : name == QLatin1String("sha384") ? SignatureHash::Sha384
                                             : SignatureHash::Sha512;
}

void rows(const QJsonArray &vectors, const char *prefix)
{
    QTest::addColumn<QJsonObject>("vector");
    int number = 0;
    for (const auto &vector : vectors)
        QTest::addRow("%s %d", prefix, number++) << vector.toObject();
}

constexpr DhGroup allGroups[] = {DhGroup::Oakley5, DhGroup::Oakley1, DhGroup::Oakley2};

} // namespace

/// Known answers: rsa-computed.json and dh-computed.json, from Python and the openssl command.
class RsaDhTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_rsa = vectors("rsa-computed.json");
        m_dh = vectors("dh-computed.json");
        m_message = field(m_rsa, "message");
    }
    void cleanup() { QCOMPARE(ERR_peek_error(), 0ul); } // what fails must not be found by TLS in the same thread

    // K3830-035, -087: the mandatory group and the other two, with secrets and values that begin with zeros
    void agreements_data() { rows(m_dh[QLatin1String("agreements")].toArray(), "agreement"); }
    void agreements()
    {
        QFETCH(const QJsonObject, vector);
        const auto group = static_cast<DhGroup>(vector[QLatin1String("group")].toInt());
        const auto x = DhKey::restore(group, field(vector, "x"));
        const auto y = DhKey::restore(group, field(vector, "y"));
        QVERIFY(x && y);
        QCOMPARE(hexOf(x->publicValue()), hexOf(field(vector, "gx")));
        QCOMPARE(hexOf(y->publicValue()), hexOf(field(vector, "gy")));
        QCOMPARE(hexOf(x->agree(y->publicValue())), hexOf(field(vector, "secret")));
        QCOMPARE(hexOf(y->agree(x->publicValue())), hexOf(field(vector, "secret")));
        QCOMPARE(x->publicValue().size(), valueOctets(group));
    }

    void exponentIsDrawnFromTheGivenSource()
    {
        const auto vector = m_dh[QLatin1String("agreements")].toArray()[0].toObject();
        ScriptedRandom random(field(vector, "x"));
        const auto key = DhKey::generate(DhGroup::Oakley5, random);
        QCOMPARE(hexOf(key.publicValue()), hexOf(field(vector, "gx")));
        QCOMPARE(hexOf(key.exponent()), hexOf(field(vector, "x")));
    }

    // K3830-009, -010, K4650-007: every key is another one
    void exponentsAreFresh()
    {
        SystemRandom random;
        std::set<Bytes> values;
        for (int i = 0; i < 20; ++i)
            values.insert(DhKey::generate(DhGroup::Oakley1, random).publicValue());
        QCOMPARE(values.size(), 20u);
    }

    void valuesOutOfRange()
    {
        SeededRandom random;
        for (const auto group : allGroups) {
            const auto key = DhKey::generate(group, random);
            const auto number = QString::number(static_cast<int>(group));
            const auto p = octets(m_dh[QLatin1String("primes")].toObject()[number].toString().toStdString());
            const auto plus = [&p](int difference) { // the last octet of each prime is ff
                auto value = p;
                value.back() = static_cast<std::uint8_t>(value.back() + difference);
                return value;
            };
            auto small = Bytes(p.size(), 0);
            QVERIFY(!key.agree(small));
            small.back() = 1;
            QVERIFY(!key.agree(small));
            small.back() = 2;
            QCOMPARE(hexOf(key.agree(small)), hexOf(key.publicValue())); // 2 is the generator
            QVERIFY(key.agree(plus(-2)));
            QVERIFY(!key.agree(plus(-1)));
            QVERIFY(!key.agree(p));
            QVERIFY(!key.agree(Bytes(p.size(), 0xff)));
        }
    }

    void valuesOfAnotherLength()
    {
        SeededRandom random;
        const auto key = DhKey::generate(DhGroup::Oakley5, random);
        const auto peer = DhKey::generate(DhGroup::Oakley5, random).publicValue();
        QVERIFY(!key.agree({}));
        QVERIFY(!key.agree(ByteView(peer).first(191)));
        auto longer = peer;
        longer.insert(longer.begin(), 0);
        QVERIFY(!key.agree(longer));
        QVERIFY(!key.agree(DhKey::generate(DhGroup::Oakley2, random).publicValue()));
    }

    // K4650-034: groups of less than 1536 bits are known as weak
    void groups()
    {
        QVERIFY(!isWeak(DhGroup::Oakley5) && isWeak(DhGroup::Oakley1) && isWeak(DhGroup::Oakley2));
        QCOMPARE(valueOctets(DhGroup::Oakley5), 192u);
        QCOMPARE(valueOctets(DhGroup::Oakley1), 96u);
        QCOMPARE(valueOctets(DhGroup::Oakley2), 128u);
        const auto unknown = static_cast<DhGroup>(3);
        QVERIFY(!isKnown(unknown));
        QCOMPARE(valueOctets(unknown), 0u);
        QVERIFY(!DhKey::restore(unknown, Bytes(32, 1)));
        QVERIFY(!DhKey::restore(DhGroup::Oakley5, Bytes(31, 1)));
    }

    // K3830-033, -034, P-12: the hash is found, whatever it is; salts of any length
    void signaturesOfOpenssl_data() { rows(m_rsa[QLatin1String("signatures")].toArray(), "signature"); }
    void signaturesOfOpenssl()
    {
        QFETCH(const QJsonObject, vector);
        const auto key = userKey().publicKey();
        const bool pss = vector[QLatin1String("type")].toString() == QLatin1String("pss");
        const auto type = pss ? SignatureType::RsaPss : SignatureType::RsaPkcs1;
        const auto other = pss ? SignatureType::RsaPkcs1 : SignatureType::RsaPss;
        auto signature = field(vector, "signature");
        const auto name = vector[QLatin1String("hash")].toString();
        const auto found = rsaVerify(key, type, {m_message}, signature);
        if (name == QLatin1String("sha224")) { // none of those that are tried
            QVERIFY(!found);
            return;
        }
        QVERIFY(found == hashNamed(name));
        const ByteView message(m_message);
        QVERIFY(rsaVerify(key, type, {message.first(5), {}, message.subspan(5)}, signature) == hashNamed(name));
        QVERIFY(!rsaVerify(key, type, {message.first(5)}, signature));
        QVERIFY(!rsaVerify(key, other, {message}, signature));
        signature[100] ^= 1;
        QVERIFY(!rsaVerify(key, type, {message}, signature));
    }

    void signatureOfAnotherLength()
    {
        const auto key = userKey();
        for (const auto type : {SignatureType::RsaPkcs1, SignatureType::RsaPss}) {
            auto signature = rsaSign(key, type, {m_message});
            QVERIFY(!rsaVerify(key.publicKey(), type, {m_message}, ByteView(signature).first(255)));
            QVERIFY(!rsaVerify(key.publicKey(), type, {m_message}, {}));
            signature.insert(signature.begin(), 0);
            QVERIFY(!rsaVerify(key.publicKey(), type, {m_message}, signature));
            QVERIFY(!rsaVerify(key.publicKey(), type, {m_message}, Bytes(256, 0xff)));
            QVERIFY(!rsaVerify(key.publicKey(), type, {m_message}, Bytes(256, 0)));
        }
    }

    // K3830-033, -034: ours too
    void ownSignatures()
    {
        const auto key = userKey();
        for (const auto type : {SignatureType::RsaPkcs1, SignatureType::RsaPss}) {
            const auto signature = rsaSign(key, type, {m_message});
            QCOMPARE(signature.size(), key.publicKey().octets());
            QVERIFY(rsaVerify(key.publicKey(), type, {m_message}, signature) == SignatureHash::Sha256);
        }
        const auto first = m_rsa[QLatin1String("signatures")].toArray();
        for (const auto &value : first) {
            const auto vector = value.toObject();
            if (vector[QLatin1String("type")].toString() == QLatin1String("pkcs1") &&
                vector[QLatin1String("hash")].toString() == QLatin1String("sha256"))
                QCOMPARE(hexOf(rsaSign(key, SignatureType::RsaPkcs1, {m_message})), hexOf(field(vector, "signature")));
        }
    }

    void otherKindsOfKeys()
    {
        const auto elliptic = PrivateKey::fromPem(view(file("ec.key")));
        QVERIFY(elliptic && !elliptic->isRsa());
        QVERIFY(!rsaVerify(elliptic->publicKey(), SignatureType::RsaPkcs1, {m_message}, Bytes(32, 1)));
        QVERIFY(!PublicKey(nullptr).isRsa());
        QCOMPARE(PublicKey(nullptr).bits(), 0);
    }

    // K3830-031: the padding is made of the given octets, none of which stays zero
    void encryptionKnownAnswer()
    {
        const auto vector = m_rsa[QLatin1String("encryption")].toObject();
        ScriptedRandom random(field(vector, "random"));
        const auto ciphertext = rsaEncrypt(userKey().publicKey(), field(vector, "plain"), random);
        QCOMPARE(hexOf(ciphertext), hexOf(field(vector, "ciphertext")));
    }

    // K3830-031: every fault gives a key like any other, and each time another one
    void envelopeKeys_data()
    {
        QTest::addColumn<QJsonObject>("vector");
        for (const auto &value : m_rsa[QLatin1String("ciphertexts")].toArray())
            QTest::addRow("%s", qPrintable(value.toObject()[QLatin1String("what")].toString())) << value.toObject();
    }
    void envelopeKeys()
    {
        QFETCH(const QJsonObject, vector);
        const auto ciphertext = field(vector, "ciphertext");
        const auto key = userKey();
        ScriptedRandom script(octets("000102030405060708090a0b0c0d0e0f")); // exactly one substitute is drawn
        SystemRandom random;
        const auto first = rsaDecryptEnvelopeKey(key, ciphertext, script);
        const auto second = rsaDecryptEnvelopeKey(key, ciphertext, random);
        const auto third = rsaDecryptEnvelopeKey(key, ciphertext, random);
        if (vector.contains(QLatin1String("key"))) {
            QCOMPARE(hexOf(first.view()), hexOf(field(vector, "key")));
            QCOMPARE(hexOf(second.view()), hexOf(field(vector, "key")));
            return;
        }
        QCOMPARE(hexOf(first.view()), QByteArray("000102030405060708090a0b0c0d0e0f"));
        QCOMPARE(second.size(), 16u);
        QVERIFY(!equalSecrets(second.view(), third.view()));
        QVERIFY_EXCEPTION_THROWN(rsaDecryptEnvelopeKey(key, ciphertext, script), std::logic_error);
    }

    void envelopeKeysOfAllLengths()
    {
        SystemRandom random;
        const auto key = userKey();
        for (std::size_t length = 16; length <= 32; ++length) {
            const auto secret = random.secret(length);
            const auto ciphertext = rsaEncrypt(key.publicKey(), secret.view(), random);
            QCOMPARE(hexOf(rsaDecryptEnvelopeKey(key, ciphertext, random).view()), hexOf(secret.view()));
        }
    }

    void keysInPem()
    {
        const auto key = userKey();
        QCOMPARE(key.publicKey().bits(), 2048);
        const auto again = PrivateKey::fromPem(key.toPem().view());
        QVERIFY(again && again->isRsa());
        QCOMPARE(hexOf(again->toPem().view()), hexOf(key.toPem().view()));
        const auto encrypted = file("user-encrypted.key");
        const auto opened = PrivateKey::fromPem(view(encrypted), "latchkey");
        QVERIFY(opened);
        QCOMPARE(hexOf(opened->toPem().view()), hexOf(key.toPem().view()));
        QVERIFY(!PrivateKey::fromPem(view(encrypted), "wrong"));
        QVERIFY(!PrivateKey::fromPem(view(encrypted))); // and nobody is asked on the terminal
        QVERIFY(!PrivateKey::fromPem(view(encrypted), std::string(5000, 'x')));
        QVERIFY(!PrivateKey::fromPem({}));
        QVERIFY(!PrivateKey::fromPem(view(file("alice.pem"))));
        const auto together = file("alice.pem") + file("user.key");
        QVERIFY(PrivateKey::fromPem(view(together)));
        const QByteArray large(70000, '\n');
        QVERIFY(!PrivateKey::fromPem(view(large + file("user.key"))));
    }

    void generated()
    {
        const auto key = PrivateKey::generate(2048);
        QVERIFY(key.isRsa());
        QCOMPARE(key.publicKey().bits(), 2048);
        QCOMPARE(key.publicKey().octets(), 256u);
    }

private:
    QJsonObject m_rsa;
    QJsonObject m_dh;
    Bytes m_message;
};

QTEST_GUILESS_MAIN(RsaDhTest)
#include "rsa_dh_test.moc"
