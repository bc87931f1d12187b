// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "crypto/digest.h"
#include "crypto/key_transport.h"
#include "methods/kemac.h"
#include "methods/reply.h"
#include "wire/text.h"

#include <openssl/err.h>

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

} // namespace

/// Known answers: RFC 3394, and mikey-computed-kat.json, which an independent script computed from RFC 3830's formulas.
class CryptoTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_kat = vectors("mikey-computed-kat.json");
        m_rand = field(m_kat, "rand");
        m_time = field(m_kat, "timestamp_ntp");
        m_label = {0xcd177e50, m_rand};
    }

    // K3830-015: 256-bit split of the key, HMAC-SHA-1; K6043-108: the same with SHA-256
    void prfKnownAnswers_data()
    {
        QTest::addColumn<QJsonObject>("vector");
        for (const auto &value : m_kat[QLatin1String("prf")].toArray()) {
            const auto vector = value.toObject();
            QTest::addRow("%s, %s, %d bits", qPrintable(vector[QLatin1String("prf")].toString()),
                          qPrintable(vector[QLatin1String("desc")].toString()),
                          vector[QLatin1String("outkey_bits")].toInt())
                << vector;
        }
    }
    void prfKnownAnswers()
    {
        QFETCH(const QJsonObject, vector);
        const auto function =
            vector[QLatin1String("prf")].toString() == QLatin1String("MIKEY-1") ? Prf::Mikey1 : Prf::HmacSha256;
        const auto size = static_cast<std::size_t>(vector[QLatin1String("outkey_bits")].toInt()) / 8;
        const auto key = prf(function, field(vector, "inkey"), field(vector, "label"), size);
        QCOMPARE(hexOf(key.view()), hexOf(field(vector, "outkey")));
    }

    // K3830-016, -017, -019, -079: keys of crypto sessions 1 and 2
    void tgkDerivation()
    {
        for (const auto &value : m_kat[QLatin1String("tgk_derivation")].toArray()) {
            const auto vector = value.toObject();
            const auto tgk = field(vector, "tgk");
            const auto csId = static_cast<std::uint8_t>(vector[QLatin1String("cs_id")].toInt());
            const auto derived = [&](KeyUse use, std::size_t size) {
                return hexOf(sessionKey(Prf::Mikey1, tgk, use, csId, m_label, size).view());
            };
            QCOMPARE(derived(KeyUse::Tek, 16), hexOf(field(vector, "tek_128")));
            QCOMPARE(derived(KeyUse::Tek, 32), hexOf(field(vector, "tek_256")));
            QCOMPARE(derived(KeyUse::SessionSalt, 14), hexOf(field(vector, "salt_112")));
            QCOMPARE(derived(KeyUse::SessionSalt, 12), hexOf(field(vector, "salt_96")));
            QCOMPARE(derived(KeyUse::SessionAuth, 20), hexOf(field(vector, "auth_160")));
            QCOMPARE(derived(KeyUse::SessionEncr, 16), hexOf(field(vector, "encr_128")));
        }
    }

    // K3830-020, -029: FF in place of the CS ID; the authentication key is as long as the hash
    void messageKeys()
    {
        const auto vector = m_kat[QLatin1String("psk_message_keys")].toObject();
        const auto psk = field(vector, "psk");
        const auto derived = [&](KeyUse use, std::size_t size) {
            return hexOf(messageKey(Prf::Mikey1, psk, use, m_label, size).view());
        };
        QCOMPARE(derived(KeyUse::MessageEncr, 16), hexOf(field(vector, "encr_key")));
        QCOMPARE(derived(KeyUse::MessageAuth, 20), hexOf(field(vector, "auth_key")));
        QCOMPARE(derived(KeyUse::MessageSalt, 14), hexOf(field(vector, "salt_key_112")));
        QCOMPARE(derived(KeyUse::MessageSalt, 8), hexOf(field(vector, "salt_key_64")));
    }

    // K3830-023
    void counterModeIv()
    {
        const auto keys = m_kat[QLatin1String("psk_message_keys")].toObject();
        const auto exchange = m_kat[QLatin1String("psk_exchange")].toObject();
        const auto iv = aesCmIv(field(keys, "salt_key_112"), 0xcd177e50, m_time);
        QCOMPARE(hexOf(iv), hexOf(field(exchange, "aes_cm_iv")));
        const auto sealed = aesCm(field(keys, "encr_key"), iv, field(exchange, "key_data_plain"));
        QCOMPARE(hexOf(sealed.view()), hexOf(field(exchange, "encr_data")));
        QCOMPARE(hexOf(aesCm(field(keys, "encr_key"), iv, sealed.view()).view()),
                 hexOf(field(exchange, "key_data_plain")));
        QVERIFY(aesCm(field(keys, "encr_key"), iv, {}).empty());
    }

    // K3830-090: a COUNTER of 32 bits stands at the end of the 64 bits of the timestamp
    void counterIsPaddedWithLeadingZeros()
    {
        const auto iv = aesCmIv(Bytes(14, 0), 0, octets("00000005"));
        QCOMPARE(hexOf(iv), QByteArray("00000000000000000000000000050000"));
    }

    // K3830-002, -055, -067: the whole exchange, with the SSRC that the vector's responder fills in
    void exchangeOfTheVectors()
    {
        const auto vector = m_kat[QLatin1String("psk_exchange")].toObject();
        const auto init = field(vector, "I_MESSAGE");
        auto answering = side("sip:bob@example.com", "sip:alice@example.com", sharedKey());
        ScriptedRandom random(octets("22222222"));
        const auto sent = *NtpTime::fromOctets(m_time);
        const auto step = mikey::respond({answering.endpoint, answering.state, random}, init, {}, sent);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        // The vector's header answers with V = 0, its map as it came and bob's SSRC filled in.
        QCOMPARE(hexOf(*step.send), hexOf(field(vector, "R_MESSAGE")));
        QCOMPARE(hexOf(step.plain->view()), hexOf(field(vector, "key_data_plain")));

        // K3830-018: the carried salt is used; K3830-079: TEKs of CS 1 and 2
        QCOMPARE(step.agreement->sessions.size(), 2u);
        const auto derivation = m_kat[QLatin1String("tgk_derivation")].toArray();
        for (std::size_t i = 0; i < 2; ++i) {
            const auto &session = step.agreement->sessions[i];
            QCOMPARE(hexOf(session.salt.view()), QByteArray("a0a1a2a3a4a5a6a7a8a9aaabacad"));
            QCOMPARE(hexOf(session.tek.view()), hexOf(field(derivation[static_cast<int>(i)].toObject(), "tek_128")));
            QCOMPARE(hexOf(session.mki), QByteArray("00000001"));
        }
        QCOMPARE(step.agreement->sessions[1].ssrc, 0x22222222u);
    }

    void macsOfTheVectors()
    {
        const auto vector = m_kat[QLatin1String("psk_exchange")].toObject();
        const auto authKey = field(m_kat[QLatin1String("psk_message_keys")].toObject(), "auth_key");
        QCOMPARE(hexOf(kemacMac(authKey, field(vector, "I_mac_input"))), hexOf(field(vector, "I_mac")));
        QCOMPARE(hexOf(kemacMac(authKey, field(vector, "R_mac_input"))), hexOf(field(vector, "R_ver_data")));
    }

    // K3830-027
    void keyWrapOfTheVectors()
    {
        const auto vector = m_kat[QLatin1String("aes_kw")].toObject();
        const auto kek = field(vector, "kek");
        const auto salt = field(vector, "iv_salt64");
        const auto wrapped = aesKeyWrap(kek, salt, field(vector, "plain"));
        QCOMPARE(hexOf(wrapped), hexOf(field(vector, "encr_data")));
        const auto unwrapped = aesKeyUnwrap(kek, salt, wrapped);
        QVERIFY(unwrapped);
        QCOMPARE(hexOf(unwrapped->view()), hexOf(field(vector, "plain")));
    }

    void keyWrapRfc3394()
    {
        int tried = 0;
        for (const auto &value : vectors("rfc3394.json")[QLatin1String("cases")].toArray()) {
            const auto vector = value.toObject();
            const auto kek = field(vector, "kek");
            if (kek.size() != aes128Octets)
                continue;
            ++tried;
            QCOMPARE(hexOf(aesKeyWrap(kek, field(vector, "iv"), field(vector, "key_data"))),
                     hexOf(field(vector, "ciphertext")));
        }
        QCOMPARE(tried, 1);
    }

    void keyWrapNoticesEveryChange()
    {
        const auto kek = octets("000102030405060708090a0b0c0d0e0f");
        const auto salt = octets("a6a6a6a6a6a6a6a6");
        auto wrapped = aesKeyWrap(kek, salt, octets("00112233445566778899aabbccddeeff00"));
        QCOMPARE(wrapped.size(), 32u); // 17 octets padded to 24, and the check of 8
        QVERIFY(aesKeyUnwrap(kek, salt, wrapped));
        for (auto &octet : wrapped) {
            octet ^= 1;
            QVERIFY(!aesKeyUnwrap(kek, salt, wrapped));
            octet ^= 1;
        }
        QVERIFY(!aesKeyUnwrap(kek, octets("a6a6a6a6a6a6a6a7"), wrapped));
        for (std::size_t size = 0; size < wrapped.size(); ++size)
            QVERIFY(!aesKeyUnwrap(kek, salt, ByteView(wrapped).first(size)));
        QCOMPARE(ERR_peek_error(), 0ul); // TLS in the same thread would take it for its own
    }

    void secretsCompareAndWipe()
    {
        Secret secret{ByteView(octets("0102030405"))};
        QVERIFY(equalSecrets(secret.view(), octets("0102030405")));
        QVERIFY(!equalSecrets(secret.view(), octets("0102030406")));
        QVERIFY(!equalSecrets(secret.view(), octets("01020304")));
        const auto copy = secret.clone();
        const Secret moved = std::move(secret);
        QVERIFY(equalSecrets(moved.view(), copy.view()));
        QVERIFY(secret.empty()); // NOLINT(bugprone-use-after-move): the state of what was moved from is the point
        Bytes buffer(16, 0xff);
        wipe(buffer);
        QVERIFY(buffer == Bytes(16, 0));
    }

    void fingerprints() { QCOMPARE(fingerprint(ByteView{}), std::string("e3b0c44298fc1c14")); }

    void systemRandomDoesNotRepeat()
    {
        SystemRandom random;
        std::set<std::uint32_t> seen;
        for (int i = 0; i < 200; ++i)
            seen.insert(random.number32());
        QVERIFY(seen.size() > 195);
    }

private:
    QJsonObject m_kat;
    Bytes m_rand;
    Bytes m_time;
    BundleLabel m_label;
};

QTEST_GUILESS_MAIN(CryptoTest)
#include "crypto_test.moc"
