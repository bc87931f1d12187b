// SPDX-License-Identifier: Apache-2.0
#include "sakke_users.h"

#include "crypto/digest.h"
#include "methods/csb.h"
#include "wire/inspector.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

using Service = SakkeService;
using Two = SakkeUsers;

int numberOf(const Step &step)
{
    return step.error && step.error->number ? static_cast<int>(*step.error->number) : -1;
}

} // namespace

class SakkeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6509-002, -011, -030, -034: one message, the same keys, no answer
    void exchange_data()
    {
        QTest::addColumn<bool>("tel");
        QTest::newRow("UID of TS 33.180") << false; // D-17
        QTest::newRow("tel URI with monthly keys") << true;
    }
    void exchange()
    {
        QFETCH(const bool, tel);
        Two two(tel ? telService() : uidService());
        const auto initiator = two.offer();
        QVERIFY(!initiator->answerDue() && !initiator->kmsRequest());
        const auto step = two.bob.respond(initiator->message());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QVERIFY(!step.send); // no response message
        const auto own = initiator->provisional();
        QVERIFY(own);
        QVERIFY(sameKeys(*own, *step.agreement));
        QCOMPARE(own->tgks.size(), std::size_t{1});
        QCOMPARE(own->tgks[0].size(), std::size_t{16});
        QCOMPARE(step.agreement->initiator, two.alice.endpoint.sakke.uri);
        QCOMPARE(step.agreement->responder, two.bob.endpoint.sakke.uri);
        QVERIFY(step.agreement->authenticated);
        const auto again = two.offer();
        QVERIFY(hexOf(again->provisional()->tgks[0].view()) != hexOf(own->tgks[0].view()));
    }

    // K6509-005, -008, -010, -012, -014, -015, -017, -018, -020, -021, -024, -025, -049, -050: what the message is made
    // of
    void components()
    {
        Two two;
        const auto initiator = two.offer();
        const auto message = *decode(initiator->message());
        QCOMPARE(message.header.dataType, DataType::SakkeInit);
        QVERIFY(!message.header.v);
        QCOMPARE(message.find<Timestamp>()->type, TimestampType::NtpUtc);
        QCOMPARE(message.find<Rand>()->rand.size(), std::size_t{16});
        QCOMPARE(textOf(message.find<IdWithRole>(IdRole::Initiator)->data), aliceId);
        QCOMPARE(textOf(message.find<IdWithRole>(IdRole::Responder)->data), bobId);
        QCOMPARE(textOf(message.find<IdWithRole>(IdRole::InitiatorKms)->data), kmsId);
        QCOMPARE(textOf(message.find<IdWithRole>(IdRole::ResponderKms)->data), kmsId);
        QVERIFY(!message.find<Cert>() && !message.find<Id>());
        QCOMPARE(message.find<Sakke>()->data.size(), std::size_t{273});
        QCOMPARE(message.find<Sakke>()->parameters, SakkeParameters::Set1);
        QCOMPARE(message.find<Sign>()->type, 2);
        QCOMPARE(message.find<Sign>()->signature.size(), std::size_t{129});
        const std::vector<std::string> order{"T", "RAND", "IDR", "IDR", "IDR", "IDR", "SP", "SAKKE", "SIGN"};
        std::vector<std::string> names;
        for (const auto &placed : message.payloads)
            names.emplace_back(nameOf(placed.payload).name);
        QVERIFY(names == order);
        QVERIFY(initiator->inspectMessage().complete);
    }

    // K6509-035 to -037, -055, K6507-023, RFC 6507 and RFC 6508 Appendix A
    void identifierOfRfc6509()
    {
        const auto &domain = telService().domain;
        const auto time = timeAt(1297000000); // 2011-02-06
        const auto identifier = domain.identifier("tel:+447700900123", domain.periodAt(time));
        QCOMPARE(hexOf(identifier), QByteArray("323031312d30320074656c3a2b34343737303039303031323300"));
        QCOMPARE(domain.startOf(domain.periodAt(time)).unixMilliseconds(), qint64{1296518400000});
        QCOMPARE(domain.startOf(domain.periodAt(time) + 1).unixMilliseconds(), qint64{1298937600000});
    }

    // K6507-001, TS 33.180 F.2.1: lengths, the shortest form of numbers, and each part counts
    void identifierOfTs33180()
    {
        auto domain = uidService().domain;
        domain.keyPeriod = 2592000;
        domain.keyPeriodOffset = 0;
        Bytes s{0};
        const auto add = [&s](ByteView part) {
            append(s, part);
            s.push_back(0);
            s.push_back(static_cast<std::uint8_t>(part.size()));
        };
        add(octetsOf("MIKEY-SAKKE-UID"));
        add(octetsOf(aliceId));
        add(octetsOf(kmsId));
        add(octets("278d00"));
        add(octets("00"));
        add(octets("05fb"));
        const auto uid = sha256(s);
        QCOMPARE(hexOf(domain.identifier(aliceId, 1531)), hexOf(uid));
        QVERIFY(domain.identifier(aliceId, 1532) != domain.identifier(aliceId, 1531));
        QVERIFY(domain.identifier(bobId, 1531) != domain.identifier(aliceId, 1531));
        const auto period = domain.periodAt(noon());
        QVERIFY(!noon().isAfter(domain.startOf(period + 1)) && !domain.startOf(period).isAfter(noon()));
        domain.keyPeriodOffset = 1000;
        QCOMPARE(domain.periodAt(domain.startOf(5)), std::uint64_t{5});
        QCOMPARE(domain.periodAt(domain.startOf(5).plusSeconds(-1)), std::uint64_t{4});
        QVERIFY(domain.identifier(aliceId, 1531) != octets(uid));
    }

    // K6509-038, -039
    void telUrisAreConstrained()
    {
        const auto &domain = telService().domain;
        QVERIFY(!domain.obstacleTo("tel:+447700900123"));
        for (const auto *uri : {"tel:447700900123", "tel:+44-7700", "tel:+44;ext=1", "tel:+", "sip:alice@example.org",
                                "tel:+44 77", "TEL:+44"})
            QVERIFY2(domain.obstacleTo(uri), uri);
        Two two(telService());
        QVERIFY(method("sakke")->obstacle(two.alice.endpoint, std::string(bobId)));
        QVERIFY(!method("sakke")->obstacle(two.alice.endpoint, std::string(bobTel)));
    }

    // K6509-041 to -045: the edges of a month
    void monthChange_data()
    {
        QTest::addColumn<qint64>("sent");
        QTest::addColumn<qint64>("received");
        QTest::addColumn<bool>("taken");
        QTest::newRow("within the month") << december - day << december - day << true;
        QTest::newRow("new key, last hour of the old month") << december + 60 << december - 60 << true;
        QTest::newRow("old key, first hour of the new month") << december - 60 << december + 60 << true;
        QTest::newRow("old key on the second day") << december - 60 << december + 2 * day - 120 << true;
        QTest::newRow("old key on the third day") << december - 60 << december + 2 * day + 60 << false;
        QTest::newRow("new key on the second-to-last day") << december + 60 << december - 2 * day + 120 << true;
        QTest::newRow("new key before that") << december + 60 << december - 2 * day - 120 << false;
    }
    void monthChange()
    {
        QFETCH(const qint64, sent);
        QFETCH(const qint64, received);
        QFETCH(const bool, taken);
        Two two(telService(), timeAt(sent));
        telService().enrol(two.bob.endpoint, bobTel, {timeAt(december - day), timeAt(december + day)});
        two.bob.endpoint.accept.clockSkewSeconds = 10 * day;
        const auto step = two.bob.respond(two.offer(timeAt(sent))->message(), timeAt(received));
        QVERIFY2(static_cast<bool>(step.agreement) == taken, step.error ? step.error->reason.c_str() : "");
        if (!taken)
            QCOMPARE(numberOf(step), static_cast<int>(ErrorNumber::InvalidTimestamp));
    }

    void keysOfThePeriodAreNeeded()
    {
        Two two(telService(), timeAt(december - day));
        Offer offer;
        offer.peer = bobTel;
        const auto made = method("sakke")->initiate(two.alice.context(), offer, timeAt(december + day));
        QVERIFY(!made);
        QVERIFY(made.error().reason.find("have to be fetched") != std::string::npos);
        Two other(telService(), timeAt(december + day));
        const auto step = two.bob.respond(other.offer(timeAt(december + day))->message(), timeAt(december + day));
        QVERIFY(step.error && step.error->reason.find("have to be fetched") != std::string::npos);
    }

    // K6509-001, -016, -029: each octet altered, and nothing is agreed
    void everyOctetCounts()
    {
        Two two;
        const auto message = two.offer()->message();
        for (std::size_t i = 0; i < message.size(); ++i) {
            auto altered = message;
            altered[i] ^= 1;
            const auto step = two.bob.respond(altered);
            QVERIFY2(!step.agreement && step.error, std::to_string(i).c_str());
        }
        QVERIFY(two.bob.respond(message).agreement); // none of them stood in its way
        const auto replayed = two.bob.respond(message);
        QVERIFY(replayed.error && !replayed.send); // K6509-027
    }

    // K6509-022, -023: a message that someone else signed or that is for someone else
    void identitiesAreThoseOfTheKeys()
    {
        Two two;
        Side carol;
        carol.endpoint.identity = "sip:carol@example.org";
        uidService().enrol(carol.endpoint, carol.endpoint.identity, {noon()});
        const auto message = two.offer()->message();
        const auto elsewhere = carol.respond(message);
        QCOMPARE(numberOf(elsewhere), static_cast<int>(ErrorNumber::InvalidId));
        // carol says that she is alice, and signs with her own key
        carol.endpoint.sakke.uri = aliceId;
        Offer offer;
        offer.peer = bobId;
        const auto forged = method("sakke")->initiate(carol.context(), offer, noon());
        QVERIFY(forged);
        const auto step = two.bob.respond((*forged)->message());
        QCOMPARE(numberOf(step), static_cast<int>(ErrorNumber::AuthFailure));
        QVERIFY(!step.agreement);
    }

    // K6509-026
    void policiesThatAreNotTaken()
    {
        Two two;
        two.bob.endpoint.suites = {srtpSuite("AES_CM_256_HMAC_SHA1_80")};
        const auto step = two.bob.respond(two.offer(noon(), {srtpSuite("AES_CM_128_HMAC_SHA1_80")})->message());
        QCOMPARE(numberOf(step), static_cast<int>(ErrorNumber::InvalidSpParameters));
        const auto told = step.send ? decode(*step.send) : Result<Message, DecodeFault>(DecodeFault());
        QVERIFY(told);
        QCOMPARE(told->find<ErrorPayload>()->number, ErrorNumber::InvalidSpParameters);
    }

    // K6509-028: without keys, and what cannot be parsed
    void unsupported()
    {
        Two two;
        const auto message = two.offer()->message();
        Side nobody;
        nobody.endpoint.identity = bobId;
        QCOMPARE(numberOf(nobody.respond(message)), static_cast<int>(ErrorNumber::UnsupportedMessage));
        QCOMPARE(numberOf(two.bob.respond(ByteView(message).first(message.size() - 1))),
                 static_cast<int>(ErrorNumber::UnsupportedMessage));
        QVERIFY(method("sakke")->obstacle(nobody.endpoint, std::string(aliceId)));
    }

    // K6509-013
    void theVFlagIsIgnored()
    {
        // It is signed, so a program that sets it is played by one that signs such a header.
        Two two;
        const auto initiator = two.offer();
        auto message = initiator->message();
        message[3] |= 0x80;
        const auto signer = two.alice.endpoint.sakke.periods.front().signer;
        SystemRandom random;
        const auto signature = signer->sign(ByteView(message).first(message.size() - 129), random);
        std::copy(signature.begin(), signature.end(), message.end() - 129);
        const auto step = two.bob.respond(message);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QVERIFY(!step.send);
    }

    // RFC 6509 2.2.1: what other programs may send: no IDR payloads, and the other PRF
    void otherForms_data()
    {
        QTest::addColumn<bool>("withIds");
        QTest::addColumn<bool>("sha256");
        QTest::addColumn<QString>("peer");
        QTest::addColumn<bool>("taken");
        QTest::newRow("PRF-HMAC-SHA-256") << true << true << QString() << true;
        QTest::newRow("identities in signalling")
            << false << false << QStringLiteral("<sip:alice@example.org>") << true;
        QTest::newRow("signalling says another one")
            << false << false << QStringLiteral("sip:eve@example.org") << false;
        QTest::newRow("nobody says who calls") << false << false << QString() << false;
    }
    void otherForms()
    {
        QFETCH(bool, withIds);
        QFETCH(bool, sha256);
        QFETCH(QString, peer);
        QFETCH(bool, taken);
        Two two;
        const auto first = two.offer()->message();
        const auto message = *decode(first);
        auto header = message.header;
        if (sha256)
            header.prf = Prf::HmacSha256;
        std::vector<Payload> payloads;
        for (const auto &placed : message.payloads) {
            if (!std::holds_alternative<Sign>(placed.payload) &&
                (withIds || !std::holds_alternative<IdWithRole>(placed.payload)))
                payloads.push_back(placed.payload);
        }
        const Bytes room(129);
        payloads.emplace_back(Sign{message.find<Sign>()->type, room});
        auto changed = *encode(header, payloads);
        SystemRandom random;
        const auto signature = two.alice.endpoint.sakke.periods.front().signer->sign(
            ByteView(changed).first(changed.size() - 129), random);
        std::copy(signature.begin(), signature.end(), changed.end() - 129);
        Arrival arrival;
        arrival.peer = peer.toStdString();
        const auto step = two.bob.respond(changed, noon(), arrival);
        QCOMPARE(step.agreement.has_value(), taken);
        if (taken)
            QCOMPARE(step.agreement->initiator, std::string(aliceId));
    }

    // K6509-054: the three maps of RFC 6043's header, as other programs fill them in
    void mapsOfAllTypes_data()
    {
        QTest::addColumn<QByteArray>("map"); ///< #CS, type and info
        QTest::addColumn<int>("policies");
        QTest::addColumn<int>("sessions"); ///< 0: the message is refused
        QTest::addColumn<quint32>("ssrc");
        QTest::addColumn<QByteArray>("mki");
        const quint32 open = 0;
        QTest::newRow("Empty, as for public safety") << QByteArray("0001") << 1 << 2 << open << QByteArray();
        QTest::newRow("Empty without SP") << QByteArray("0001") << 0 << 2 << open << QByteArray();
        QTest::newRow("Empty, one CS") << QByteArray("0101") << 1 << 2 << open << QByteArray();
        QTest::newRow("Empty, four CS") << QByteArray("0401") << 1 << 4 << open << QByteArray();
        QTest::newRow("Empty, which policy") << QByteArray("0001") << 2 << 0 << open << QByteArray();
        QTest::newRow("SRTP-ID without CS") << QByteArray("0000") << 1 << 2 << open << QByteArray();
        QTest::newRow("SRTP-ID, one CS") << QByteArray("0100001234567800000000") << 1 << 1 << 0x12345678u
                                         << QByteArray();
        QTest::newRow("GENERIC-ID") << QByteArray("0202"
                                                  "01000100000412345678"
                                                  "04a1b2c3d4"
                                                  "020001000004"
                                                  "87654321"
                                                  "04a1b2c3d4")
                                    << 1 << 2 << 0x12345678u << QByteArray("a1b2c3d4");
        QTest::newRow("GENERIC-ID, nothing told")
            << QByteArray("0202010000000000020000000000") << 0 << 2 << open << QByteArray();
        QTest::newRow("GENERIC-ID, other order") << QByteArray("0202"
                                                               "0200010000000001000100000412345678"
                                                               "00")
                                                 << 1 << 2 << 0x12345678u << QByteArray();
        QTest::newRow("GENERIC-ID, no policy named")
            << QByteArray("0202010000000000020000000000") << 1 << 0 << open << QByteArray();
        QTest::newRow("GENERIC-ID, two policies to choose from")
            << QByteArray("0202010002000100000002000100000000") << 2 << 0 << open << QByteArray();
        QTest::newRow("GENERIC-ID, IPsec") << QByteArray("010201010100000000") << 1 << 0 << open << QByteArray();
        QTest::newRow("GENERIC-ID, two keys")
            << QByteArray("020201000100000001aa02000100000001bb") << 1 << 0 << open << QByteArray();
        QTest::newRow("GENERIC-ID, the same twice")
            << QByteArray("02020100010000000100010000000000") << 1 << 0 << open << QByteArray();
    }
    void mapsOfAllTypes()
    {
        QFETCH(QByteArray, map);
        QFETCH(int, policies);
        QFETCH(int, sessions);
        QFETCH(quint32, ssrc);
        QFETCH(QByteArray, mki);
        Two two;
        const auto made = two.offer()->message();
        const auto message = *decode(made);
        std::vector<Payload> payloads;
        const SuitePayload second(*srtpSuite("AES_CM_128_HMAC_SHA1_32"), 1);
        for (const auto &placed : message.payloads) {
            const bool isPolicy = std::holds_alternative<SecurityPolicy>(placed.payload);
            if (std::holds_alternative<Sign>(placed.payload) || (isPolicy && policies == 0))
                continue;
            payloads.push_back(placed.payload);
            if (isPolicy && policies == 2)
                payloads.emplace_back(second.payload());
        }
        const Bytes room(129);
        payloads.emplace_back(Sign{message.find<Sign>()->type, room});
        auto octetsOfMessage = *encode(message.header, payloads);
        constexpr std::ptrdiff_t before = 8, ofTwo = 2 + 2 * 9; // version to CSB ID; #CS, type and two SRTP-IDs
        const auto info = octets(map.toStdString());
        octetsOfMessage.erase(octetsOfMessage.begin() + before, octetsOfMessage.begin() + before + ofTwo);
        octetsOfMessage.insert(octetsOfMessage.begin() + before, info.begin(), info.end());
        SystemRandom random;
        const auto signature = two.alice.endpoint.sakke.periods.front().signer->sign(
            ByteView(octetsOfMessage).first(octetsOfMessage.size() - 129), random);
        std::copy(signature.begin(), signature.end(), octetsOfMessage.end() - 129);
        const auto step = two.bob.respond(octetsOfMessage);
        if (sessions == 0) {
            QVERIFY(step.error && !step.agreement && step.send);
            return;
        }
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        const auto &agreed = step.agreement->sessions;
        QCOMPARE(agreed.size(), static_cast<std::size_t>(sessions));
        QCOMPARE(agreed[0].ssrc, ssrc);
        for (std::size_t i = 0; i < agreed.size(); ++i) {
            QCOMPARE(static_cast<std::size_t>(agreed[i].csId), i + 1);
            QCOMPARE(hexOf(agreed[i].mki), mki);
            QCOMPARE(agreed[i].suite->name, defaultSrtpSuite().name);
            QVERIFY(i % 2 == 0 || agreed[i].ssrc == 0); // ours, we choose it
        }
    }

    // RFC 6509 3.3 with key periods shorter than the overlap: those between are taken too
    void shortKeyPeriods()
    {
        Service service(SakkeIdScheme::Uid);
        service.domain.keyPeriod = day / 4;
        Two two(service);
        two.bob.endpoint.accept.clockSkewSeconds = 10 * day;
        for (const qint64 later : {-2 * day, -day, -day / 2, qint64{0}, day / 2, day, 2 * day}) {
            const auto step = two.bob.respond(two.offer()->message(), noon().plusSeconds(later));
            QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        }
        const auto step = two.bob.respond(two.offer()->message(), noon().plusSeconds(3 * day));
        QCOMPARE(numberOf(step), static_cast<int>(ErrorNumber::InvalidTimestamp));
    }

    // Numbers have no host: of several services each has the starts of those it serves
    void telNumbersOfSeveralServices()
    {
        Two two(telService());
        Service other(SakkeIdScheme::TelUriMonthly, "kms.example.net");
        Side dave;
        dave.endpoint.identity = "sip:dave@example.net";
        other.enrol(dave.endpoint, "tel:+15550100", {noon()});
        dave.endpoint.sakke.domains.push_back(telService().domain);
        auto partner = other.domain;
        partner.hosts = {"+1555", "example.net"};
        two.alice.endpoint.sakke.domains.push_back(partner);
        dave.endpoint.sakke.domains.back().hosts = {"+44"};
        Offer offer;
        offer.peer = "tel:+15550100";
        const auto initiator = method("sakke")->initiate(two.alice.context(), offer, noon());
        QVERIFY2(initiator, initiator ? "" : initiator.error().reason.c_str());
        const auto step = dave.respond((*initiator)->message());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QVERIFY(sameKeys(*(*initiator)->provisional(), *step.agreement));
        QCOMPARE(two.alice.endpoint.sakke.domainOf("tel:+447700900456").kms, std::string(kmsId));
        QCOMPARE(two.alice.endpoint.sakke.domainOf("tel:+1556").kms, std::string(kmsId));
        auto &domains = two.alice.endpoint.sakke.domains;
        domains.front().hosts = {"+1"}; // the longer start of a number counts
        QCOMPARE(two.alice.endpoint.sakke.domainOf("tel:+15550100").kms, std::string("kms.example.net"));
        domains.back().hosts = {"+44", "+"}; // but nobody else speaks for ourselves, and a plus sign is no start
        QCOMPARE(two.alice.endpoint.sakke.domainOf(aliceTel).kms, std::string(kmsId));
        QCOMPARE(two.alice.endpoint.sakke.domainOf("tel:+1999").kms, std::string(kmsId));
        domains.front().hosts.clear();
        QCOMPARE(two.alice.endpoint.sakke.domainOf("tel:+1999").kms, std::string(kmsId));
    }

    // K6509-004, -024: two domains
    void twoDomains()
    {
        Two two;
        Service other(SakkeIdScheme::Uid, "kms.example.net");
        Side dave;
        dave.endpoint.identity = "sip:dave@example.net";
        other.enrol(dave.endpoint, dave.endpoint.identity, {noon()});
        Offer offer;
        offer.peer = dave.endpoint.identity;
        two.alice.endpoint.sakke.domains.push_back(other.domain);
        const auto initiator = method("sakke")->initiate(two.alice.context(), offer, noon());
        QVERIFY(initiator);
        const auto stranger = dave.respond((*initiator)->message());
        QCOMPARE(numberOf(stranger), static_cast<int>(ErrorNumber::InvalidId)); // Alice's service is not known to Dave
        dave.endpoint.sakke.domains.push_back(uidService().domain);
        const auto step = dave.respond((*initiator)->message());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QVERIFY(sameKeys(*(*initiator)->provisional(), *step.agreement));
    }

    // A partner's service issues keys for its own users only: who it says is one of ours is refused.
    void aPartnerSpeaksForItsOwnUsersOnly()
    {
        Two two;
        Service other(SakkeIdScheme::Uid, "kms.example.net");
        Side mallory;
        mallory.endpoint.identity = aliceId;
        other.enrol(mallory.endpoint, aliceId, {noon()});
        mallory.endpoint.sakke.domains.push_back(uidService().domain);
        two.bob.endpoint.sakke.domains.push_back(other.domain);
        Offer offer;
        offer.peer = bobId;
        const auto forged = method("sakke")->initiate(mallory.context(), offer, noon());
        QVERIFY(forged);
        const auto step = two.bob.respond((*forged)->message());
        QCOMPARE(numberOf(step), static_cast<int>(ErrorNumber::InvalidId));
        two.bob.endpoint.sakke.domains.back().hosts = {
            "example.org"}; // nor if both claim the host: ours is asked first
        QVERIFY(!two.bob.respond((*forged)->message()).agreement);
        const auto &keys = two.bob.endpoint.sakke;
        QCOMPARE(keys.domainOf("sip:x@example.net").kms, std::string("kms.example.net"));
        QCOMPARE(keys.domainOf("sip:x@example.org").kms, std::string(kmsId));
        QCOMPARE(keys.domainOf("sip:x@elsewhere.org").kms, std::string(kmsId));
        QCOMPARE(keys.domainOf("sip:x@notexample.net").kms, std::string(kmsId));
        // What a service is said to serve goes before what its name is near to, and that is one label only.
        auto more = keys.domains;
        more.erase(more.begin() + 1);
        more.push_back(Service(SakkeIdScheme::Uid, "kms.a.example.com").domain);
        more.push_back(Service(SakkeIdScheme::Uid, "kms.z.net").domain);
        more.back().hosts = {"example.com", "a.example.com"};
        SakkeKeys several;
        several.domains = std::move(more);
        QCOMPARE(several.domainOf("sip:x@example.com").kms, std::string("kms.z.net"));
        QCOMPARE(several.domainOf("sip:x@a.example.com").kms, std::string("kms.z.net"));
        QCOMPARE(several.domainOf("sip:x@com").kms, std::string(kmsId));
    }

    // RFC 6509 6.3: one who signs CSB ID, RAND and SAKKE payload of another caller anew gets the same keys out of Bob,
    // so he must not choose Bob's SSRC and ROC too
    void nobodyElseChoosesOurSsrc()
    {
        Two two;
        Side carol;
        carol.endpoint.identity = "sip:carol@example.org";
        uidService().enrol(carol.endpoint, carol.endpoint.identity, {noon()});
        const auto initiator = two.offer();
        const auto first = two.bob.respond(initiator->message());
        const auto message = *decode(initiator->message());
        auto header = message.header;
        header.map[1].ssrc = 0x12345678;
        header.map[1].roc = 7;
        std::vector<Payload> payloads;
        for (const auto &placed : message.payloads) {
            auto payload = placed.payload;
            if (auto *id = std::get_if<IdWithRole>(&payload); id && id->role == IdRole::Initiator)
                id->data = octetsOf(carol.endpoint.identity);
            if (!std::holds_alternative<Sign>(payload))
                payloads.push_back(payload);
        }
        const Bytes room(129);
        payloads.emplace_back(Sign{message.find<Sign>()->type, room});
        auto hers = *encode(header, payloads);
        SystemRandom random;
        const auto signature =
            carol.endpoint.sakke.periods.front().signer->sign(ByteView(hers).first(hers.size() - 129), random);
        std::copy(signature.begin(), signature.end(), hers.end() - 129);
        const auto step = two.bob.respond(hers);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        const auto &ours = step.agreement->sessions[1];
        QCOMPARE(hexOf(ours.tek.view()), hexOf(first.agreement->sessions[1].tek.view())); // that is the danger
        QCOMPARE(ours.ssrc, std::uint32_t{0});
        QCOMPARE(ours.roc, std::uint32_t{0});
        QCOMPARE(step.agreement->csb->map[1].ssrc, std::uint32_t{0});
    }

    // RFC 6509 has no updates: a new bundle
    void renewal()
    {
        Two two;
        const auto first = two.offer();
        const auto agreed = two.bob.respond(first->message());
        Renewal renewal;
        const auto next = update(two.bob.context(), *agreed.agreement->csb, renewal, noon().plusSeconds(5));
        QVERIFY2(next, next ? "" : next.error().reason.c_str());
        const auto standing = first->provisional();
        Arrival arrival;
        arrival.bundles = {standing->csb.get()};
        const auto step = two.alice.respond((*next)->message(), noon().plusSeconds(5), arrival);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QVERIFY(sameKeys(*step.agreement, *(*next)->provisional()));
        QVERIFY(step.agreement->csbId != agreed.agreement->csbId);
        renewal.keys = Renewal::Keys::Same;
        QVERIFY(!update(two.bob.context(), *agreed.agreement->csb, renewal, noon()));
    }

    void goesOnInAnotherProcess()
    {
        Two two;
        const auto initiator = two.offer();
        const auto resumed = resume(two.alice.context(), DataType::SakkeInit, initiator->save().view());
        QVERIFY(resumed);
        QVERIFY(sameKeys(*(*resumed)->provisional(), *initiator->provisional()));
        const auto saved = initiator->save();
        for (std::size_t cut = 0; cut < saved.size(); cut += 7)
            QVERIFY(!resume(two.alice.context(), DataType::SakkeInit, saved.view().first(cut)));
    }

    // K6509-003, -007, -031, -047 and what a user checks (K6507-004, K6508-014)
    void issue()
    {
        auto &service = uidService();
        const auto period = service.domain.periodAt(noon());
        const auto one = *kms::issueSakke(service.masters, service.domain, aliceId, period, service.random);
        const auto two = *kms::issueSakke(service.masters, service.domain, aliceId, period, service.random);
        QCOMPARE(hexOf(one.rsk.view()), hexOf(two.rsk.view()));
        QVERIFY(one.pvt != two.pvt);
        Endpoint endpoint;
        endpoint.sakke.uri = aliceId;
        endpoint.sakke.domains = {service.domain};
        QVERIFY(!endpoint.sakke.add(period, one.rsk, one.ssk, one.pvt));
        QVERIFY(endpoint.sakke.add(period + 1, one.rsk, one.ssk, one.pvt)); // of another period
        QVERIFY(endpoint.sakke.add(period, one.rsk, two.ssk, one.pvt));
        endpoint.sakke.uri = bobId;
        QVERIFY(endpoint.sakke.add(period, one.rsk, one.ssk, one.pvt));
        const auto end = service.domain.startOf(period + 1);
        QVERIFY(kms::mayIssueSakke(service.domain, period, noon()));
        QVERIFY(!kms::mayIssueSakke(service.domain, period + 2, end.plusSeconds(-60)));
        QVERIFY(!kms::mayIssueSakke(service.domain, period + 1, end.plusSeconds(-5 * day)));
        QVERIFY(kms::mayIssueSakke(service.domain, period + 1, end.plusSeconds(-3 * day)));
        QVERIFY(!kms::mayIssueSakke(service.domain, period - 1, noon()));
        QVERIFY(!kms::issueSakke(telService().masters, telService().domain, aliceId, 1, service.random));
        QVERIFY(!makeSakkeDomain(kmsId, Bytes(65, 4), *mikey::sakke::publicKey(service.masters.z), SakkeIdScheme::Uid));
        QVERIFY(!makeSakkeDomain(kmsId, service.domain.kpak, Bytes(257, 4), SakkeIdScheme::Uid));
    }
};

QTEST_GUILESS_MAIN(SakkeTest)
#include "sakke_test.moc"
