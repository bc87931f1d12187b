// SPDX-License-Identifier: Apache-2.0
#include "samples.h"
#include "support.h"

#include "methods/bundle.h"
#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/psk.h"
#include "methods/reply.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

constexpr int none = 99;      ///< no error
constexpr int discarded = -1; ///< an error without a number: nothing is sent

const Bytes key128 = octets("00112233445566778899aabbccddeeff");
const Bytes salt112 = octets("a0a1a2a3a4a5a6a7a8a9aaabacad");
const Bytes mki1 = octets("00000001");
const Bytes mki2 = octets("00000002");

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

std::unique_ptr<Initiator> initiate(Side &from, NtpTime now = noon())
{
    return std::move(*psk::initiate(from.context(), offerToBob(), now));
}

/// The MAC key of that I_MESSAGE, under the key that Alice and Bob share.
Secret authKeyOf(ByteView init)
{
    const auto message = decode(init);
    return messageKey(Prf::Mikey1, sharedKey(), KeyUse::MessageAuth, labelOf(*message), 20);
}

/// K3830-050, RFC 3830 5.1.2: HDR, T, {ERR}, {SP}, [V] with CSB ID and T of the request; V exactly where it is due.
void checkErrorMessage(const Step &step, ByteView request, bool authenticated)
{
    QVERIFY(step.error && step.error->number);
    QVERIFY(!step.error->reason.empty());
    QVERIFY(step.send);
    const auto message = decode(*step.send);
    QVERIFY(message);
    QCOMPARE(message->header.dataType, DataType::Error);
    QCOMPARE(message->header.csCount, 0);
    QCOMPARE(hexOf(ByteView(*step.send).subspan(4, 4)), hexOf(request.subspan(4, 4)));
    Message asked;
    if (auto whole = decode(request, &asked))
        asked = std::move(*whole);
    if (asked.header.dataType == DataType::TransferInit) // RFC 6043 5.4: a fresh one
        QVERIFY(!sameOctets(message->find<Timestamp>()->value, asked.find<Timestamp>()->value));
    else
        QCOMPARE(hexOf(message->find<Timestamp>()->value), hexOf(asked.find<Timestamp>()->value));
    QCOMPARE(static_cast<int>(message->find<ErrorPayload>()->number), static_cast<int>(*step.error->number));
    const auto *v = message->find<Verification>();
    QCOMPARE(v != nullptr, authenticated);
    if (!authenticated)
        return;
    const auto authKey = authKeyOf(request);
    const auto ids = asked.all<Id>();
    QVERIFY(verifies(*message, *v, asked.find<Timestamp>()->value, {authKey.view(), ids[0]->data, ids[1]->data}));
}

using Change = std::function<void(PskInit &)>;

SecurityPolicy policyWith(SrtpParameter type, ByteView value)
{
    SecurityPolicy policy;
    policy.parameters = {{type, value}};
    return policy;
}

} // namespace

Q_DECLARE_METATYPE(Change)

/// What the PSK method refuses, and how it says so.
class PskRefusalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-002, -061, -062, -063, -106, -113: no forgery passes, none leaves a trace
    void everyOctetOfTheIMessage()
    {
        auto a = alice();
        auto b = bob();
        auto offer = offerToBob();
        offer.sdpProtocols = {"mikey"};
        const auto genuine = (*psk::initiate(a.context(), offer, noon()))->message();
        int answered = 0;
        const auto attack = [&](const Bytes &forged) {
            const auto step = b.respond(forged);
            QVERIFY(!step.agreement && !step.plain);
            QVERIFY(step.error);
            QCOMPARE(b.state.replays.size(), 0u);
            if (!step.send)
                return;
            ++answered;
            checkErrorMessage(step, forged, false);
        };
        for (std::size_t i = 0; i < genuine.size(); ++i) {
            for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
                auto forged = genuine;
                forged[i] = static_cast<std::uint8_t>(forged[i] ^ flip);
                attack(forged);
            }
            auto shorter = genuine;
            shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
            attack(shorter);
            auto longer = genuine;
            longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(i), 0);
            attack(longer);
            attack(Bytes(genuine.begin(), genuine.begin() + static_cast<std::ptrdiff_t>(i)));
        }
        QVERIFY(answered > 100);
        QVERIFY(b.respond(genuine).agreement);
    }

    void everyOctetOfTheRMessage()
    {
        auto a = alice();
        auto b = bob();
        const auto initiator = initiate(a);
        const auto genuine = *b.respond(initiator->message()).send;
        const auto attack = [&](const Bytes &forged) {
            const auto step = initiator->receive(forged, noon());
            QVERIFY(!step.agreement && !step.send);
            QVERIFY(step.error && !step.error->reason.empty());
        };
        for (std::size_t i = 0; i < genuine.size(); ++i) {
            for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
                auto forged = genuine;
                forged[i] = static_cast<std::uint8_t>(forged[i] ^ flip);
                attack(forged);
            }
            attack(Bytes(genuine.begin(), genuine.begin() + static_cast<std::ptrdiff_t>(i)));
        }
        QVERIFY(initiator->receive(genuine, noon()).agreement);
    }

    /// One change of a right message, and the error number it has to give. Those authenticated carry V.
    void refusals_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<int>("error");
        QTest::addColumn<bool>("authenticated");
        const auto row = [](const char *name, int error, bool authenticated, Change change) {
            QTest::newRow(name) << std::move(change) << error << authenticated;
        };
        row("nothing", none, true, [](PskInit &) {});
        // before authentication
        row("other key", 0, false, [](PskInit &m) { m.psk[0] ^= 1; });
        row("K3830-061 bad MAC before bad SP", 0, false, [](PskInit &m) {
            m.psk[0] ^= 1;
            m.policies = {policyWith(SrtpParameter::SrtpPrefixLength, mki1)};
        });
        row("COUNTER timestamp", 1, false, [](PskInit &m) { m.timestampType = TimestampType::Counter; });
        row("PRF-HMAC-SHA-256", 2, false, [](PskInit &m) { m.header.prf = Prf::HmacSha256; });
        row("PRF 77", 2, false, [](PskInit &m) { m.header.prf = static_cast<Prf>(77); });
        row("K3830-030 NULL MAC", 3, false, [](PskInit &m) { m.mac = MacAlgorithm::Null; });
        row("MAC 2", 3, false, [](PskInit &m) { m.mac = static_cast<MacAlgorithm>(2); });
        row("MAC 9", 3, false, [](PskInit &m) { m.mac = static_cast<MacAlgorithm>(9); });
        row("no RAND", 12, false, [](PskInit &m) { m.rand.reset(); });
        row("no KEMAC", 12, false, [](PskInit &m) { m.hasKemac = false; });
        row("no ID", 7, false, [](PskInit &m) { m.ids.clear(); });
        row("one ID", 7, false, [](PskInit &m) { m.ids.pop_back(); });
        row("unknown initiator", 7, false, [](PskInit &m) { m.ids[0] = idPayload("sip:eve@example.org"); });
        row("initiator is the responder", 7, false, [](PskInit &m) { m.ids[0] = m.ids[1]; });
        row("ID type 2", 7, false, [](PskInit &m) { std::get<Id>(m.ids[0]).type = static_cast<IdType>(2); });
        row("identity of a strange form", 7, false, [](PskInit &m) { m.ids[0] = idPayload("a;b:c"); });
        row("long identity", 7, false, [](PskInit &m) {
            static const std::string name(40000, '\n');
            m.ids[0] = idPayload(name);
        });
        // K3830-059
        row("a day old", 1, true, [](PskInit &m) { m.time = noon().plusSeconds(-86400); });
        row("a day ahead", 1, true, [](PskInit &m) { m.time = noon().plusSeconds(86400); });
        row("at the edge", none, true, [](PskInit &m) { m.time = noon().plusSeconds(-300); });
        row("a day old and forged", discarded, false, [](PskInit &m) {
            m.time = noon().plusSeconds(-86400);
            m.psk[0] ^= 1;
        });
        // after it
        row("for somebody else", 7, true, [](PskInit &m) { m.ids[1] = idPayload("sip:carol@example.org"); });
        row("K3830-024 NULL encryption", 4, true, [](PskInit &m) { m.encryption = Encryption::Null; });
        row("AES-CM-256", 4, true, [](PskInit &m) { m.encryption = static_cast<Encryption>(3); });
        row("encryption 200", 4, true, [](PskInit &m) { m.encryption = static_cast<Encryption>(200); });
        row("TESLA", 9, true, [](PskInit &m) {
            SecurityPolicy tesla;
            tesla.protocol = static_cast<ProtocolType>(1);
            m.policies = {tesla};
        });
        row("K3830-052 unsupported SP parameters", 10, true,
            [](PskInit &m) { m.policies = {policyWith(SrtpParameter::SrtpPrefixLength, mki1)}; });
        row("NULL cipher", 10, true,
            [](PskInit &m) { m.policies = {policyWith(SrtpParameter::EncryptionAlgorithm, ByteView(mki1).first(1))}; });
        row("P-21 policy that is not there", 10, true, [](PskInit &m) {
            m.policies = {SecurityPolicy{}};
            m.header.map[1].policyNo = 5;
        });
        row("K3830-095 policy number twice", 10, true, [](PskInit &m) {
            m.policies = {SecurityPolicy{}, SecurityPolicy{}};
        });
        row("no key", 12, true, [](PskInit &m) { m.keys.clear(); });
        row("short TGK", 12, true,
            [](PskInit &m) { m.keys = {keyData(KeyDataType::Tgk, ByteView(key128).first(15))}; });
        row("TEK without salt", 12, true, [](PskInit &m) { m.keys = {keyData(KeyDataType::Tek, key128)}; });
        row("TEK with an empty salt", 10, true, [](PskInit &m) { m.keys = {keyData(KeyDataType::TekSalt, key128)}; });
        row("P-23 short salt", 10, true,
            [](PskInit &m) { m.keys = {keyData(KeyDataType::TgkSalt, key128, ByteView(salt112).first(12))}; });
        row("P-23 empty salt", 10, true, [](PskInit &m) { m.keys = {keyData(KeyDataType::TgkSalt, key128)}; });
        row("P-22 TEK of another length", 10, true, [](PskInit &m) {
            static const Bytes tek(32, 7);
            m.keys = {keyData(KeyDataType::TekSalt, tek, salt112)};
        });
        row("TEK for two streams of one SSRC", 12, true, [](PskInit &m) {
            m.keys = {keyData(KeyDataType::TekSalt, key128, salt112)};
            m.header.map[1].ssrc = m.header.map[0].ssrc;
        });
        row("TEK for two unknown SSRCs that no answer tells", 12, true, [](PskInit &m) {
            m.keys = {keyData(KeyDataType::TekSalt, key128, salt112)};
            m.header.v = false;
            m.header.map[0].ssrc = 0;
        });
        row("TEK for two unknown SSRCs that the answer tells", none, true, [](PskInit &m) {
            m.keys = {keyData(KeyDataType::TekSalt, key128, salt112)};
            m.header.map[0].ssrc = 0;
        });
        row("TGK for two unknown SSRCs that no answer tells", none, true, [](PskInit &m) {
            m.header.v = false;
            m.header.map[0].ssrc = 0;
        });
        row("RFC 4563 5: SP with an Empty map", 12, true, [](PskInit &m) {
            m.header.map.clear();
            m.header.mapType = CsIdMapType::Empty;
            m.policies = {SecurityPolicy{}};
        });
        row("P-20 two keys without MKI", 12, true, [](PskInit &m) {
            m.keys = {keyData(KeyDataType::Tgk, key128), keyData(KeyDataType::Tgk, key128)};
        });
        row("two keys with the same MKI", 12, true, [](PskInit &m) {
            m.keys = {keyData(KeyDataType::Tgk, key128, {}, mki1), keyData(KeyDataType::Tgk, key128, {}, mki1)};
        });
        row("MKIs of two lengths", 12, true, [](PskInit &m) {
            m.keys = {keyData(KeyDataType::Tgk, key128, {}, mki1),
                      keyData(KeyDataType::Tgk, key128, {}, ByteView(mki2).first(2))};
        });
        row("17 keys", 12, true, [](PskInit &m) {
            static const Bytes numbers = octets("000102030405060708090a0b0c0d0e0f10");
            m.keys.clear();
            for (std::size_t i = 0; i < 17; ++i)
                m.keys.emplace_back(keyData(KeyDataType::Tgk, key128, {}, ByteView(numbers).subspan(i, 1)));
        });
        row("K3830-104 index of 4 octets", 12, true,
            [](PskInit &m) { m.keys = {keyDataValid(KeyDataType::Tgk, key128, {}, mki1, mki2)}; });
        static const auto early = octets("000000000000"), late = octets("0000ffffffff");
        row("interval that ends before it begins", 12, true,
            [](PskInit &m) { m.keys = {keyDataValid(KeyDataType::Tgk, key128, {}, late, early)}; });
        row("overlapping intervals", 12, true, [](PskInit &m) {
            m.keys = {keyDataValid(KeyDataType::Tgk, key128, {}, early, late),
                      keyDataValid(KeyDataType::Tgk, key128, {}, late, late)};
        });
        row("not a key inside", 12, true, [](PskInit &m) { m.keys = {Rand{key128}}; });
        row("a key and something else inside", 12, true, [](PskInit &m) { m.keys.emplace_back(Rand{key128}); });
    }
    void refusals()
    {
        QFETCH(const Change, change);
        QFETCH(const int, error);
        QFETCH(const bool, authenticated);
        PskInit init;
        change(init);
        const auto message = init.octetsOf();
        auto b = bob();
        const auto step = b.respond(message);
        QVERIFY2(number(step.error).value_or(none) == error,
                 step.error ? (step.error->name + ": " + step.error->reason).c_str() : "no error");
        QCOMPARE(step.agreement.has_value(), error == none);
        // K3830-062: authentic and in time, whatever came of it
        QCOMPARE(b.state.replays.size(), authenticated && error != 1 ? 1u : 0u);
        if (step.error)
            QVERIFY2(step.error->reason.size() < 1000, step.error->reason.c_str());
        if (error >= 0 && error != none)
            checkErrorMessage(step, message, authenticated);
        else if (error == discarded)
            QVERIFY(!step.send);
        if (error == 10) { // K3830-052: what would do is told
            std::vector<std::string_view> names;
            const auto answer = decode(*step.send);
            for (const auto *policy : answer->all<SecurityPolicy>())
                names.push_back((*suiteOf(*policy))->name);
            QCOMPARE(names.size(), 6u);
            QCOMPARE(names[0], std::string_view("AES_CM_128_HMAC_SHA1_80"));
        }
    }

    // There is no T to repeat, so nothing can be answered.
    void noTimestamp()
    {
        PskInit init;
        init.hasTimestamp = false;
        const auto step = bob().respond(init.octetsOf());
        QCOMPARE(number(step.error), std::optional(12));
        QVERIFY(!step.send && !step.agreement);
    }

    // The endpoint's own list of suites rules.
    void suiteNotTakenHere()
    {
        auto b = bob();
        b.endpoint.suites = {srtpSuite("AEAD_AES_128_GCM")};
        const auto message = PskInit().octetsOf();
        const auto step = b.respond(message);
        QCOMPARE(number(step.error), std::optional(10));
        checkErrorMessage(step, message, true);
        QCOMPARE(decode(*step.send)->all<SecurityPolicy>().size(), 1u);
    }

    void damagedEncrData()
    {
        PskInit init;
        init.encryption = Encryption::AesKw128;
        auto message = init.octetsOf();
        // Damage inside, with the MAC made right again: only the key wrap can notice.
        message.erase(message.end() - 20, message.end());
        message[message.size() - 5] ^= 1;
        append(message, kemacMac(authKeyOf(PskInit().octetsOf()).view(), message));
        const auto step = bob().respond(message);
        QCOMPARE(number(step.error), std::optional(12));
        QVERIFY(!step.agreement);
    }

    // An empty shared key is none: everybody could derive from it.
    void emptySharedKey()
    {
        auto b = side(bobId, aliceId, {});
        PskInit init;
        init.psk.clear();
        QCOMPARE(number(b.respond(init.octetsOf()).error), std::optional(7));
    }

    // K3830-060, -041
    void replays()
    {
        auto b = bob();
        PskInit init;
        const auto message = init.octetsOf();
        QVERIFY(b.respond(message).agreement);
        const auto again = b.respond(message);
        QCOMPARE(number(again.error), std::optional(discarded));
        QVERIFY(!again.send && !again.agreement);
        QCOMPARE(number(b.respond(message, noon().plusSeconds(299)).error), std::optional(discarded));
        QCOMPARE(number(b.respond(message, noon().plusSeconds(301)).error), std::optional(1));

        init.time = noon().plusSeconds(-1); // older, same bundle
        QCOMPARE(number(b.respond(init.octetsOf()).error), std::optional(discarded));
        init.ids[0] = idPayload("SIP:alice@Example.org"); // the same sender in another spelling
        QCOMPARE(number(b.respond(init.octetsOf()).error), std::optional(discarded));
        init.header.csbId = 2; // another bundle
        QVERIFY(b.respond(init.octetsOf()).agreement);
    }

    // The sentence tells a distance that is not within the window.
    void clocksApart()
    {
        const auto reason = [](NtpTime now) { return bob().respond(PskInit().octetsOf(), now).error->reason; };
        const auto behind = reason(noon().plusSeconds(300).next());
        QVERIFY2(behind.find("301 s behind") != std::string::npos, behind.c_str());
        const auto ahead = reason(noon().plusSeconds(-301));
        QVERIFY2(ahead.find("301 s ahead of") != std::string::npos, ahead.c_str());
    }

    // K3830-065
    void afterLosingTrack()
    {
        auto b = bob();
        b.state.replays.lostTrackAt(noon());
        const auto forgotten = b.respond(PskInit().octetsOf(), noon().plusSeconds(5));
        QCOMPARE(number(forgotten.error), std::optional(1));
        QVERIFY2(forgotten.error->reason.find("no longer remembered") != std::string::npos,
                 forgotten.error->reason.c_str());
        PskInit later;
        later.time = noon().plusSeconds(1);
        QVERIFY(b.respond(later.octetsOf(), noon().plusSeconds(5)).agreement);
    }

    // K3830-113: a flood of forgeries keeps nothing and hinders nobody
    void flood()
    {
        auto b = bob();
        PskInit forged;
        forged.psk[0] ^= 1;
        for (std::uint32_t i = 0; i < 300; ++i) {
            forged.header.csbId = i;
            QCOMPARE(number(b.respond(forged.octetsOf()).error), std::optional(0));
        }
        QCOMPARE(b.state.replays.size(), 0u);
        QVERIFY(b.respond(PskInit().octetsOf()).agreement);
    }

    // K3830-066: many authentic calls fill the cache to its bound and no further
    void fullCache()
    {
        auto b = bob();
        b.state.replays = ReplayCache(10);
        PskInit init;
        for (std::uint32_t i = 0; i < 30; ++i) {
            init.header.csbId = i;
            init.time = noon().plusSeconds(i);
            QVERIFY(b.respond(init.octetsOf(), noon().plusSeconds(i)).agreement);
            QVERIFY(b.state.replays.size() <= 10);
        }
        init.header.csbId = 100;
        init.time = noon().plusSeconds(5);
        QCOMPARE(number(b.respond(init.octetsOf(), noon().plusSeconds(30)).error), std::optional(1));
    }

    // Messages that begin no exchange, methods that are not there: K3830-011 and reflection among them
    void otherDataTypes_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<int>("error");
        for (std::size_t i = 0; i < samples().size(); ++i) {
            const auto type = samples()[i].header.dataType;
            if (type == DataType::PskInit || type == DataType::DhHmacInit) // the methods with a shared key
                continue;
            QTest::newRow(samples()[i].name.c_str()) << static_cast<int>(i)
                                                     << (type == DataType::Error       ? discarded
                                                         : type == DataType::SakkeInit ? 13 // RFC 6509 2.2.2
                                                                                       : 11);
        }
    }
    void otherDataTypes()
    {
        QFETCH(const int, index);
        QFETCH(const int, error);
        const auto &message = samples()[static_cast<std::size_t>(index)].encoded;
        const auto step = bob().respond(message);
        QCOMPARE(number(step.error), std::optional(error));
        QVERIFY(!step.agreement);
        QCOMPARE(step.send.has_value(), error != discarded);
        if (step.send)
            checkErrorMessage(step, message, false);
    }

    void unknownDataTypes()
    {
        for (int type = 11; type < 256; ++type) {
            if (methodSending(static_cast<DataType>(type)) && methodSending(static_cast<DataType>(type))->available())
                continue;
            auto message = PskInit().octetsOf();
            message[1] = static_cast<std::uint8_t>(type);
            const auto step = bob().respond(message);
            QCOMPARE(number(step.error), std::optional(11));
            checkErrorMessage(step, message, false);
        }
        for (const auto *garbage : {"", "01", "0100", "01ff", "0200000000000000000000", "47455420"}) {
            const auto step = bob().respond(octets(garbage));
            QVERIFY(step.error && !step.send && !step.agreement);
        }
    }

    // Messages sent back to where they came from
    void reflection()
    {
        auto a = alice();
        auto b = bob();
        const auto initiator = initiate(a);
        const auto answer = *b.respond(initiator->message()).send;
        QCOMPARE(number(initiator->receive(initiator->message(), noon()).error), std::optional(11));
        QCOMPARE(number(b.respond(answer).error), std::optional(11));
        QCOMPARE(number(a.respond(initiator->message()).error), std::optional(7));
        QVERIFY(initiator->receive(answer, noon()).agreement);
    }

    void answersOfOtherExchanges()
    {
        auto a = alice();
        auto b = bob();
        const auto one = initiate(a);
        const auto two = initiate(a);
        const auto answer = *b.respond(two->message()).send;
        QCOMPARE(number(one->receive(answer, noon()).error), std::optional(discarded));
        QVERIFY(two->receive(answer, noon()).agreement);
    }

    // Answers of a peer that holds the key and does as it likes
    void answersOfTheInitiatorsPeer()
    {
        auto a = alice();
        const auto initiator = initiate(a);
        const auto &message = initiator->message();
        const auto request = decode(message);
        const auto timestamp = *request->find<Timestamp>();
        const auto map = request->header.map;
        const auto receive = [&](const Bytes &answer) {
            const auto step = initiator->receive(answer, noon());
            return step.agreement ? none : *number(step.error);
        };
        const auto response = DataType::PskResponse;
        const Payload fromBob = idPayload(bobId);
        QCOMPARE(receive(answerTo(message, response, {timestamp, fromBob}, sharedKey())), none);
        QCOMPARE(receive(answerTo(message, response, {timestamp}, sharedKey())), none); // [IDr]
        QCOMPARE(receive(answerTo(message, response, {timestamp, idPayload("sip:Bob@example.org")}, sharedKey())), 7);
        QCOMPARE(receive(answerTo(message, response, {timestamp, idPayload("<sip:bob@EXAMPLE.org>")}, sharedKey())),
                 none);
        // RFC 3830 5.2: Identity_r as the answer spells it, as we do, or something else
        const auto covering = [&](std::string_view told, std::string_view covered) {
            return answerTo(message, response, {timestamp, idPayload(told)}, sharedKey(), std::nullopt, covered);
        };
        QCOMPARE(receive(covering("sip:bob@EXAMPLE.org", "sip:bob@EXAMPLE.org")), none);
        QCOMPARE(receive(covering("sip:bob@example.org;transport=tcp", "sip:bob@example.org;transport=tcp")), none);
        QCOMPARE(receive(covering("sip:bob@EXAMPLE.org", "sip:bob@Example.org")), 0);
        QCOMPARE(receive(covering("sip:eve@example.org", "sip:eve@example.org")), 0);
        QCOMPARE(receive(answerTo(message, response, {timestamp}, sharedKey(), std::nullopt, "sip:bob@EXAMPLE.org")),
                 0);
        auto wrong = sharedKey();
        wrong[3] ^= 1;
        QCOMPARE(receive(answerTo(message, response, {timestamp, fromBob}, wrong)), 0);
        QCOMPARE(receive(answerTo(message, response, {timestamp, fromBob}, sharedKey(),
                                  std::vector<SrtpId>{{0, map[0].ssrc, 0}, {0, 77, 0}})),
                 none);
        QCOMPARE(receive(answerTo(message, response, {timestamp, fromBob}, sharedKey(),
                                  std::vector<SrtpId>{{0, map[0].ssrc + 1, 0}, {0, 77, 0}})),
                 12);
        QCOMPARE(receive(answerTo(message, response, {timestamp, fromBob}, sharedKey(),
                                  std::vector<SrtpId>{{1, map[0].ssrc, 0}, {0, 77, 0}})),
                 12);
        QCOMPARE(receive(answerTo(message, response, {timestamp, fromBob}, sharedKey(),
                                  std::vector<SrtpId>{{0, map[0].ssrc, 0}})),
                 12);
        QCOMPARE(receive(answerTo(message, DataType::PkResponse, {timestamp, fromBob}, sharedKey())), 11);

        Header header = request->header;
        header.dataType = response;
        const auto unverified = *encode(header, std::vector<Payload>{timestamp, fromBob});
        QCOMPARE(receive(unverified), 12); // V has to be the last payload
        const auto nullMac =
            *encode(header, std::vector<Payload>{timestamp, fromBob, Verification{MacAlgorithm::Null, {}}});
        QCOMPARE(receive(nullMac), 3);
    }

    // K3830-051, -053: the initiator reads error messages, and says whether to believe them
    void errorMessagesAtTheInitiator()
    {
        auto a = alice();
        const auto initiator = initiate(a);
        const auto &message = initiator->message();
        const auto timestamp = *decode(message)->find<Timestamp>();
        const auto authentic =
            answerTo(message, DataType::Error, {timestamp, ErrorPayload{ErrorNumber::InvalidSp, 0}}, sharedKey());
        const auto step = initiator->receive(authentic, noon());
        QCOMPARE(number(step.error), std::optional(9));
        QVERIFY(step.error->reason.find("not authenticated") == std::string::npos);
        auto forged = authentic;
        forged.back() ^= 1;
        const auto doubtful = initiator->receive(forged, noon());
        QCOMPARE(number(doubtful.error), std::optional(9));
        QVERIFY(doubtful.error->reason.find("not authenticated") != std::string::npos);

        Header header = decode(message)->header;
        header.dataType = DataType::Error;
        const auto strange =
            *encode(header, std::vector<Payload>{timestamp, ErrorPayload{static_cast<ErrorNumber>(200), 7}});
        QCOMPARE(number(initiator->receive(strange, noon()).error), std::optional(200));
        const auto bare = *encode(header, std::vector<Payload>{timestamp}); // {ERR} may be empty (P-18)
        QCOMPARE(number(initiator->receive(bare, noon()).error), std::optional(12));
        const auto verification = *decode(authentic)->find<Verification>();
        const auto misplaced =
            *encode(header, std::vector<Payload>{verification, timestamp, ErrorPayload{ErrorNumber::InvalidSp, 0}});
        QVERIFY(initiator->receive(misplaced, noon()).error->reason.find("not authenticated") != std::string::npos);
        header.csbId ^= 1;
        const auto foreign = *encode(header, std::vector<Payload>{timestamp, ErrorPayload{}});
        QCOMPARE(number(initiator->receive(foreign, noon()).error), std::optional(discarded));
        QVERIFY(initiator->provisional()); // none of it undid the exchange
    }

    // Both sides of a call with two keys: as the user sees it
    void wrongKeyOnBothSides()
    {
        auto a = alice();
        auto b = side(bobId, aliceId, key128);
        const auto initiator = initiate(a);
        const auto refusal = b.respond(initiator->message());
        QCOMPARE(number(refusal.error), std::optional(0));
        checkErrorMessage(refusal, initiator->message(), false);
        QCOMPARE(number(initiator->receive(*refusal.send, noon()).error), std::optional(0));
    }
};

QTEST_GUILESS_MAIN(PskRefusalTest)
#include "psk_refusal_test.moc"
