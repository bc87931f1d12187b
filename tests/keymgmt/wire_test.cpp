// SPDX-License-Identifier: Apache-2.0
#include "samples.h"
#include "support.h"

#include "wire/inspector.h"
#include "wire/text.h"

#include <QJsonObject>
#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

std::vector<Payload> payloadsOf(const Message &message)
{
    std::vector<Payload> payloads;
    for (const auto &placed : message.payloads)
        payloads.push_back(placed.payload);
    return payloads;
}

/// What a hostile message may do: be refused with a fault inside it, or be accepted and then mean what it says.
void mustHold(ByteView octets)
{
    const auto message = decode(octets);
    const auto shown = inspect(octets);
    // decode() leaves what payloads hold inside to the methods; the inspector looks into what stands there in the
    // clear.
    const auto isInside = [&](const char *field) { return shown.fault->reason.starts_with(field); };
    const bool faultInside = shown.fault && (isInside("Encr data: ") || isInside("TP Data: ") ||
                                             isInside("Ticket Data: ") || isInside("Initiator Data: "));
    QVERIFY((shown.fault && !faultInside) != static_cast<bool>(message));
    if (message) {
        QCOMPARE(hexOf(*encode(message->header, payloadsOf(*message))), hexOf(octets));
        QCOMPARE(shown.complete, !faultInside);
        return;
    }
    QVERIFY(message.error().offset <= octets.size());
    QVERIFY(!message.error().reason.empty());
    QVERIFY(shown.fault->offset <= octets.size());
}

/// A header of 10 octets and what follows it.
Bytes afterHeader(DataType type, std::uint8_t next, const char *rest)
{
    auto message = octets("0100000000000000"
                          "0000");
    message[1] = static_cast<std::uint8_t>(type);
    message[2] = next;
    append(message, octets(rest));
    return message;
}

void addSamples()
{
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < samples().size(); ++i)
        QTest::newRow(samples()[i].name.c_str()) << static_cast<int>(i);
}

const Sample &sampleOf(int index)
{
    return samples()[static_cast<std::size_t>(index)];
}

const Sample &sampleNamed(std::string_view name)
{
    return *std::find_if(samples().begin(), samples().end(), [&](const Sample &s) { return s.name == name; });
}

/// Marks the octets that fields cover; fields that share an octet are the bit fields of RFC 3830.
void cover(const InspectedPayload &payload, std::vector<int> &times)
{
    std::size_t within = payload.offset;
    for (const auto &field : payload.fields) {
        QVERIFY(field.offset >= payload.offset);
        QVERIFY(field.offset + field.length <= payload.offset + payload.length);
        QVERIFY(field.offset + 1 >= within); // in order, and overlapping by no more than the octet of bit fields
        for (std::size_t i = 0; i < field.length; ++i)
            ++times[field.offset + i];
        within = field.offset + field.length;
    }
}

} // namespace

class WireTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-054, -080, -087, -103 and the layouts of RFC 3830 6, RFC 4650 and 4738: byte-exact both ways
    void roundTrip_data() { addSamples(); }
    void roundTrip()
    {
        QFETCH(const int, index);
        const auto &sample = sampleOf(index);
        const auto message = decode(sample.encoded);
        QVERIFY2(message, message ? "" : message.error().reason.c_str());
        QCOMPARE(message->payloads.size(), sample.payloads.size());
        for (std::size_t i = 0; i < sample.payloads.size(); ++i)
            QCOMPARE(nameOf(message->payloads[i].payload).number, nameOf(sample.payloads[i]).number);
        QCOMPARE(message->header.v, sample.header.v);
        QCOMPARE(message->header.prf, sample.header.prf);
        QCOMPARE(message->header.csbId, 0xcafe0001u);
        QVERIFY(message->header.map == sample.header.map);
        QCOMPARE(hexOf(*encode(message->header, payloadsOf(*message))), hexOf(sample.encoded));
    }

    void fieldsOfPayloads()
    {
        const auto first = [](const char *name) -> const Message & {
            static Message message;
            for (const auto &sample : samples()) {
                if (sample.name == name)
                    message = *decode(sample.encoded);
            }
            return message;
        };
        const auto *dh = first("dh-response").find<Dh>();
        QCOMPARE(dh->group, 2);
        QCOMPARE(dh->value.size(), 128u);
        QCOMPARE(dh->reserved, 0x0f); // reserved bits survive
        QCOMPARE(hexOf(dh->validity.validTo), QByteArray("08090a0b0c0d"));
        const auto *sign = first("dh-response").find<Sign>();
        QCOMPARE(sign->type, 15);
        QCOMPARE(sign->signature.size(), 3u);
        const auto *pke = first("pk-init").find<Pke>();
        QCOMPARE(pke->cache, 2);
        QCOMPARE(pke->data.size(), 256u);
        QCOMPARE(first("pk-init").all<Cert>().size(), 2u); // K3830-093
        QCOMPARE(first("error").find<ErrorPayload>()->reserved, 0x1234);
        const auto *policy = first("psk-init").find<SecurityPolicy>();
        QCOMPARE(policy->parameters.size(), 5u);
        QCOMPARE(policy->parameters[3].value.size(), 9u);
        QCOMPARE(first("psk-update").find<Timestamp>()->value.size(), 4u);
        QCOMPARE(first("psk-update").find<Kemac>()->encrData.size(), 0u); // K3830-082: the form decodes
    }

    // K3830-067, -068, -069
    void goldenHeader()
    {
        const auto golden = octets("01050080123456780000");
        const auto message = decode(golden);
        QVERIFY(message);
        QCOMPARE(message->header.dataType, DataType::DhResponse);
        QVERIFY(message->header.v);
        QCOMPARE(message->header.csbId, 0x12345678u);
        const auto other = decode(octets("02050080123456780000"));
        QVERIFY(!other);
        QCOMPARE(other.error().offset, 0u);
        QCOMPARE(other.error().error, ErrorNumber::InvalidDataType);
    }

    // The messages printed in RFC 4567 5.1; K3830-075 and the length of the map (P-01)
    void messagesOfRfc4567()
    {
        const auto printed =
            vectors("mikey-computed-kat.json")[QLatin1String("rfc4567_section_5_1_samples")].toObject();
        const auto offer = octets(printed[QLatin1String("offer")].toString().toStdString());
        const auto init = decode(offer);
        QVERIFY(init);
        QCOMPARE(init->header.csCount, 1);
        QCOMPARE(textOf(init->find<Id>()->data), std::string_view("donald@duck.com"));
        QCOMPARE(init->find<Kemac>()->encrData.size(), 36u);
        const auto answer = octets(printed[QLatin1String("answer")].toString().toStdString());
        const auto response = decode(answer);
        QVERIFY(response);
        QCOMPARE(textOf(response->find<Id>()->data), std::string_view("mickey@mouse.com"));
        QCOMPARE(init->header.csbId, response->header.csbId);
        for (const auto &message : {offer, answer})
            mustHold(message);
    }

    // K3830-081, -103: all key types and validities
    void keyDataRoundTrip_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("validity");
        for (int type = 0; type < 8; ++type) {
            for (int validity = 0; validity < 3; ++validity)
                QTest::addRow("%s, KV %s", registry::keyDataType.nameOf(static_cast<unsigned>(type)).c_str(),
                              registry::keyValidityType.nameOf(static_cast<unsigned>(validity)).c_str())
                    << type << validity;
        }
    }
    void keyDataRoundTrip()
    {
        QFETCH(const int, type);
        QFETCH(const int, validity);
        const auto key = octets("00112233445566778899aabbccddeeff");
        const auto salt = octets("a0a1a2a3a4a5a6a7a8a9aaabacad");
        const auto from = octets("000000000001");
        KeyData data = keyData(static_cast<KeyDataType>(type), key, salt);
        data.validity.type = static_cast<KeyValidityType>(validity);
        data.validity.spi = ByteView(key).first(4);
        data.validity.validFrom = from;
        data.validity.validTo = ByteView(salt).first(6);
        const auto chain = encodeSubPayloads(std::vector<Payload>{data, data});
        const std::size_t validityOctets[] = {0, 5, 14};
        const std::size_t each = 4 + 16 + (data.hasSalt() ? 16u : 0u) + validityOctets[validity];
        QCOMPARE(chain->size(), 2 * each);
        QCOMPARE(chain->view()[0], 20);
        QCOMPARE(chain->view()[each], 0);
        const auto decoded = decodeSubPayloads(chain->view(), KeyData::name.number);
        QVERIFY(decoded);
        QCOMPARE(decoded->size(), 2u);
        const auto &back = std::get<KeyData>((*decoded)[1].payload);
        QCOMPARE(hexOf(back.key), hexOf(key));
        QCOMPARE(back.salt.size(), data.hasSalt() ? 14u : 0u);
        QCOMPARE(hexOf(back.validity.validFrom), validity == 2 ? hexOf(from) : QByteArray());
        for (std::size_t cut = 1; cut < chain->size(); ++cut)
            QVERIFY(!decodeSubPayloads(chain->view().first(cut), KeyData::name.number));
    }

    void unknownKeyTypes()
    {
        QVERIFY(!decodeSubPayloads(octets("00800001aa"), 20)); // Type 8
        QVERIFY(!decodeSubPayloads(octets("00030001aa"), 20)); // KV 3
        QVERIFY(decodeSubPayloads(octets("00000001aa"), 20));
        QVERIFY(decodeSubPayloads({}, 20)->empty());
        QVERIFY(!decodeSubPayloads(octets("00000001aa00"), 20));
    }

    // RFC 6043 6.10 and A.1, RFC 6267 6.1.2 and 6.1.4: what stands inside other payloads
    void chainsInsidePayloads()
    {
        const auto &sample = sampleNamed("request-resp");
        const auto message = decode(sample.encoded);
        const auto *ticket = message->find<Ticket>();
        QVERIFY(ticket->terms.d && !ticket->terms.e && ticket->terms.n && !ticket->terms.o);
        const auto policy = decodeNumberedChain(ticket->terms.policy);
        QCOMPARE(policy->size(), 4u);
        QCOMPARE(textOf(findIn<IdWithRole>(*policy, IdRole::Responder)->data), std::string_view("sip:bob@example.org"));
        QVERIFY(!findIn<IdWithRole>(*policy, IdRole::Initiator));
        QCOMPARE(findIn<TimestampWithRole>(*policy, TimestampRole::Rekey)->value.size(), 4u);
        const auto inside = decodeTicketData(ticket->ticketData);
        QCOMPARE(inside->size(), 6u);
        QCOMPARE(findIn<TicketHeader>(*inside)->data.size(), 3u);
        QCOMPARE(decodeNumberedChain(ticket->initiatorData)->size(), 2u);
        QVERIFY(!decodeTicketData({}));
        QVERIFY(decodeNumberedChain({})->empty());
        QVERIFY(!decodeNumberedChain(octets("09")));

        const auto shown = inspect(sample.encoded);
        QVERIFY2(shown.complete, shown.fault ? shown.fault->reason.c_str() : "");
        const auto &inTicket = shown.payloads[3];
        QCOMPARE(inTicket.payload, std::string("TICKET"));
        QCOMPARE(inTicket.payloads.size(), 4u + 6u + 2u);
        QCOMPARE(inTicket.payloads[4].payload, std::string("THDR"));
    }

    // RFC 6267 6.1.4: Next payload, curve and point fill a multiple of four octets
    void ecPoint()
    {
        const Bytes x(32, 0x11), y(32, 0x22);
        EcPoint point;
        point.curve = 8;
        point.x = x;
        point.y = y;
        const auto id = octetsOf("sip:alice@example.org");
        const auto plain =
            encodeSubPayloads(std::vector<Payload>{IdWithRole{IdRole::Initiator, IdType::Uri, id}, point});
        QVERIFY(plain);
        const std::size_t ofId = 5 + id.size();
        QCOMPARE(plain->size(), ofId + 2 + 65 + 1 + 4);
        QCOMPARE(hexOf(plain->view().subspan(ofId, 4)), QByteArray("00080411"));
        QCOMPARE(hexOf(plain->view().last(6)), QByteArray("220000000000"));
        const auto back = decodeSubPayloads(plain->view(), IdWithRole::name.number);
        QVERIFY(back);
        QCOMPARE(hexOf(findIn<EcPoint>(*back)->y), hexOf(y));
        Bytes compressed(plain->view().begin(), plain->view().end());
        compressed[ofId + 2] = 2;
        QVERIFY(!decodeSubPayloads(compressed, IdWithRole::name.number));

        const auto &sample = sampleNamed("ibake-r1");
        const auto shown = inspect(sample.encoded, plain->view());
        QVERIFY(shown.complete);
        QCOMPARE(shown.payloads.back().payloads.size(), 2u);
        QCOMPARE(shown.payloads.back().payloads[1].payload, std::string("ECCPT"));
    }

    // RFC 6267 6.1.5
    void secretKey()
    {
        const Bytes key(16, 0x5a), spi(4, 1);
        const auto plain = encodeSubPayloads(
            std::vector<Payload>{SecretKey{SecretKeyType::Sk, {KeyValidityType::Spi, spi, {}, {}}, key}});
        QCOMPARE(plain->size(), 4u + 16u + 5u);
        const auto back = decodeSubPayloads(plain->view(), SecretKey::name.number);
        QCOMPARE(hexOf(findIn<SecretKey>(*back)->validity.spi), hexOf(spi));
    }

    void truncatedAtEveryLength_data() { addSamples(); }
    void truncatedAtEveryLength()
    {
        QFETCH(const int, index);
        const auto &whole = sampleOf(index).encoded;
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)); // ASan sees its end
            QVERIFY(!decode(cut));
            mustHold(cut);
        }
    }

    // K3830-088 among them: octets that follow the last payload
    void changedEverywhere_data() { addSamples(); }
    void changedEverywhere()
    {
        QFETCH(const int, index);
        const auto &whole = sampleOf(index).encoded;
        for (std::size_t at = 0; at <= whole.size(); ++at) {
            const auto place = static_cast<std::ptrdiff_t>(at);
            for (const int octet : {0x00, 0x01, 0x14, 0xff}) {
                auto longer = whole;
                longer.insert(longer.begin() + place, static_cast<std::uint8_t>(octet));
                mustHold(longer);
            }
            if (at == whole.size())
                break;
            for (const int flip : {0x01, 0x80, 0xff}) {
                auto flipped = whole;
                flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ flip);
                mustHold(flipped);
            }
            auto shorter = whole;
            shorter.erase(shorter.begin() + place);
            mustHold(shorter);
        }
        auto trailing = whole;
        trailing.push_back(0);
        QVERIFY(!decode(trailing));
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<int>("offset");
        QTest::addColumn<int>("error");
        const auto row = [](const char *name, const Bytes &message, int offset, ErrorNumber error) {
            QTest::newRow(name) << hexOf(message) << offset << static_cast<int>(error);
        };
        const auto unspecified = ErrorNumber::Unspecified;
        row("empty", {}, 0, unspecified);
        row("one octet", octets("01"), 1, unspecified);
        row("unknown payload", afterHeader(DataType::PskInit, 99, "0000"), 10, unspecified);
        row("payload of another RFC",
            afterHeader(DataType::PskInit, 17,
                        "0000010101000000"
                        "000000000000"),
            10, unspecified);
        row("two T",
            afterHeader(DataType::PskInit, 5,
                        "05000000000000000000"
                        "00000000000000000000"),
            20, unspecified);
        row("V in an I_MESSAGE", afterHeader(DataType::PskInit, 9, "0000"), 10, unspecified);
        row("T last in a PSK I_MESSAGE", afterHeader(DataType::PskInit, 5, "00000000000000000000"), 10, unspecified);
        row("K3830-102 key in the outer chain", afterHeader(DataType::PskInit, 20, "00000001aa"), 10, unspecified);
        row("K3830-102 in a message of a later RFC", afterHeader(static_cast<DataType>(26), 20, "00000001aa"), 10,
            unspecified);
        row("K3830-088 octets after SIGN", afterHeader(DataType::DhInit, 4, "0000ff"), 12, unspecified);
        row("unknown TS type", afterHeader(DataType::PskInit, 5, "000900000000"), 12, ErrorNumber::InvalidTimestamp);
        row("unknown DH group", afterHeader(DataType::DhInit, 3, "0009"), 12, ErrorNumber::InvalidDhGroup);
        row("unknown hash", afterHeader(DataType::PkInit, 8, "0009"), 12, ErrorNumber::InvalidHash);
        row("unknown MAC", afterHeader(DataType::PskInit, 1, "0001000009"), 15, ErrorNumber::InvalidMac);
        row("SP parameter past its end", afterHeader(DataType::PskInit, 10, "0000000003000201"), 17, unspecified);
        row("GENERIC-ID map cut short", octets("01000000000000000102010000"), 13, unspecified);
        row("unknown map type", octets("010000000000000001030000"), 10, unspecified);
        row("two IDR of a role",
            afterHeader(DataType::SakkeInit, 14,
                        "0e01010000"
                        "0001010000"),
            15, unspecified);
        row("D-05 SP in an IBAKE message", afterHeader(DataType::IbakeInit1, 10, "0000000000"), 10, unspecified);
        row("V cannot be before another",
            afterHeader(DataType::TransferInit, 9,
                        "0500"
                        "00000000000000000000"),
            12, unspecified);
    }
    void refused()
    {
        QFETCH(const QByteArray, message);
        QFETCH(const int, offset);
        QFETCH(const int, error);
        const auto result = decode(octets(message.toStdString()));
        QVERIFY(!result);
        QVERIFY2(static_cast<int>(result.error().offset) == offset,
                 (std::to_string(result.error().offset) + ": " + result.error().reason).c_str());
        QCOMPARE(static_cast<int>(result.error().error), error);
        mustHold(octets(message.toStdString()));
    }

    // K3830-107
    void unknownExtensionTypesPass()
    {
        const auto message = decode(afterHeader(DataType::PskResponse, 21,
                                                "09c80003010203"
                                                "0000"));
        QVERIFY(message);
        QCOMPARE(static_cast<int>(message->find<GeneralExtension>()->type), 200);
    }

    void partialMessageOnFault()
    {
        Message partial;
        const auto message = afterHeader(DataType::PskInit, 5, "63000102030405060708");
        QVERIFY(!decode(message, &partial));
        QCOMPARE(partial.payloads.size(), 1u);
        QCOMPARE(hexOf(partial.find<Timestamp>()->value), QByteArray("0102030405060708"));
    }

    void limits()
    {
        // The longest: IDs of 65508 octets in all.
        Header header;
        const Bytes id(maxMessageOctets - 10 - 4 - 5, 'x');
        auto longest = *encode(header, std::vector<Payload>{Id{IdType::Uri, id}, Kemac{}});
        QCOMPARE(longest.size(), maxMessageOctets);
        QVERIFY(decode(longest));
        longest.push_back(0);
        QCOMPARE(decode(longest).error().offset, maxMessageOctets);
        QVERIFY(inspect(longest).fault);
        QVERIFY(inspect(longest).payloads.size() == 1);

        std::vector<Payload> many(maxPayloads - 1, GeneralExtension{});
        many.emplace_back(Kemac{});
        QVERIFY(decode(*encode(header, many)));
        many.insert(many.begin(), GeneralExtension{});
        const auto fault = decode(*encode(header, many));
        QVERIFY(!fault);
        QCOMPARE(fault.error().offset, 10 + 4 * maxPayloads);
    }

    // K3830-101: what does not fit its length field is not sent
    void whatDoesNotFit()
    {
        const Bytes big(70000);
        const ByteView view(big);
        const Header header;
        const auto fits = [&](Payload payload) {
            return encode(header, std::vector<Payload>{std::move(payload)}).has_value();
        };
        QVERIFY(!fits(Kemac{Encryption::Null, view, MacAlgorithm::Null, {}}));
        QVERIFY(!fits(Pke{0, view.first(16384)}));
        QVERIFY(fits(Pke{0, view.first(16383)}));
        QVERIFY(!fits(Sign{0, view.first(4096)}));
        QVERIFY(fits(Sign{0, view.first(4095)}));
        QVERIFY(!fits(Rand{view.first(256)}));
        QVERIFY(fits(Rand{view.first(255)}));
        QVERIFY(!fits(Id{IdType::Uri, view.first(65536)}));
        SecurityPolicy policy;
        policy.parameters.assign(300, {SrtpParameter::FecOrder, view.first(255)});
        QVERIFY(!fits(policy));
        QVERIFY(!encode(header, std::vector<Payload>{Sign{}, Kemac{}})); // nothing can follow SIGN
        Header uncounted;
        uncounted.map.resize(2);
        QVERIFY(!encode(uncounted, {}));
    }

    void inspectorCoversEveryOctet_data() { addSamples(); }
    void inspectorCoversEveryOctet()
    {
        QFETCH(const int, index);
        const auto &sample = sampleOf(index);
        const auto shown = inspect(sample.encoded);
        QVERIFY(shown.complete);
        QVERIFY(!shown.fault);
        QCOMPARE(shown.dataType, static_cast<int>(sample.header.dataType));
        QCOMPARE(shown.length, sample.encoded.size());
        QCOMPARE(shown.payloads.size(), 1 + sample.payloads.size());
        std::vector<int> times(sample.encoded.size(), 0);
        std::size_t end = 0;
        for (const auto &payload : shown.payloads) {
            QCOMPARE(payload.offset, end);
            end += payload.length;
            QVERIFY(payload.rfc.starts_with("RFC "));
            cover(payload, times);
        }
        QCOMPARE(end, sample.encoded.size());
        for (std::size_t i = 0; i < times.size(); ++i)
            QVERIFY2(times[i] >= 1 && times[i] <= 8, std::to_string(i).c_str());
        // Octets two fields share are those of bit fields: V and PRF func, Type and KV, C, S type, Reserv.
        const auto shared = std::count(times.begin(), times.end(), 2);
        QVERIFY(shared <= 4);
    }

    void inspectorNamesThings()
    {
        const auto shown = inspect(samples().front().encoded);
        QCOMPARE(shown.message, std::string("PSK I_MESSAGE"));
        std::vector<std::string> names;
        for (const auto &payload : shown.payloads)
            names.push_back(payload.payload);
        QVERIFY(
            (names == std::vector<std::string>{"HDR", "T", "RAND", "ID", "ID", "SP", "SP", "General Ext", "KEMAC"}));
        const auto &hdr = shown.payloads[0];
        QCOMPARE(hdr.fields[0].name, std::string("version"));
        QCOMPARE(std::get<std::uint64_t>(hdr.fields[0].value), 1u);
        QCOMPARE(hdr.fields[3].name, std::string("V"));
        QCOMPARE(hdr.fields[4].text, std::string("PRF-HMAC-SHA-256"));
        QCOMPARE(hdr.fields[5].text, std::string("cafe0001"));
        QCOMPARE(hdr.fields[9].name, std::string("SSRC_1"));
        QCOMPARE(hdr.fields[9].offset, 11u);
        QCOMPARE(hdr.fields[12].name, std::string("SSRC_2"));
        QCOMPARE(shown.payloads[3].fields.back().text, std::string("sip:alice@example.org"));
    }

    // RFC 3830 6.10.1: Type, Length and Value of a parameter each where they stand
    void inspectorShowsPolicyParameters()
    {
        const auto sp = inspect(samples().front().encoded).payloads[5];
        const auto &type = sp.fields[4], &length = sp.fields[5], &value = sp.fields[6];
        QCOMPARE(type.name, std::string("Type"));
        QCOMPARE(type.text, std::string("Encryption algorithm"));
        QCOMPARE(type.offset, sp.offset + 5);
        QCOMPARE(type.length, 1u);
        QCOMPARE(length.name, std::string("Length"));
        QCOMPARE(std::get<std::uint64_t>(length.value), 1u);
        QCOMPARE(value.name, std::string("Encryption algorithm"));
        QCOMPARE(value.text, std::string("AES-CM"));
        QCOMPARE(value.offset, sp.offset + 7);
        QCOMPARE(value.length, 1u);
        QCOMPARE(sp.fields.back().name, std::string("sender's FEC order"));
        QCOMPARE(sp.fields.back().length, 0u);
        QCOMPARE(sp.fields.back().text, std::string("empty"));

        const auto cut = inspect(octets("0100"
                                        "0a"
                                        "00000000000000"
                                        "00000000030005"
                                        "01"))
                             .payloads.back();
        QCOMPARE(cut.fields[4].text, std::string("Encryption algorithm"));
        QCOMPARE(std::get<std::uint64_t>(cut.fields[5].value), 5u);
        QCOMPARE(cut.fields.size(), 6u);
    }

    void inspectorOnDamage()
    {
        QCOMPARE(inspect({}).dataType, -1);
        QVERIFY(inspect({}).fault);
        auto cut = samples().front().encoded;
        cut.resize(60);
        const auto shown = inspect(cut);
        QVERIFY(!shown.complete);
        QVERIFY(shown.fault->offset <= 60);
        QVERIFY(shown.payloads.size() >= 3);
        const auto version = inspect(octets("02000000000000000000"));
        QCOMPARE(version.fault->offset, 0u);
        QVERIFY(!version.payloads.empty());
    }

    // Keys are told by fingerprint where the caller brings the decrypted part; what stands in the clear is shown.
    void inspectorHidesKeys()
    {
        PskInit init;
        const auto key = octets("00112233445566778899aabbccddeeff");
        const auto salt = octets("a0a1a2a3a4a5a6a7a8a9aaabacad");
        init.keys = {keyData(KeyDataType::TgkSalt, key, salt), keyData(KeyDataType::TgkSalt, salt, key)};
        const auto message = init.octetsOf();
        QVERIFY(inspect(message).payloads.back().payloads.empty());

        const auto plain = encodeSubPayloads(init.keys);
        const auto shown = inspect(message, plain->view()).payloads.back();
        QCOMPARE(shown.payloads.size(), 2u);
        QCOMPARE(shown.payloads[0].payload, std::string("Key data"));
        QCOMPARE(shown.payloads[0].offset, shown.offset + 4);
        QCOMPARE(shown.payloads[1].offset, shown.offset + 4 + shown.payloads[0].length);
        for (const auto &sub : shown.payloads) {
            std::vector<int> times(message.size(), 0);
            cover(sub, times);
            for (const auto &field : sub.fields) {
                QVERIFY(field.text.find("0011223344") == std::string::npos);
                QVERIFY(field.text.find("a0a1a2a3") == std::string::npos);
                if (field.name == "Key data" || field.name == "Salt data")
                    QVERIFY(std::get<Bytes>(field.value).empty() &&
                            field.text.find("fingerprint") != std::string::npos);
            }
        }

        init.encryption = Encryption::Null;
        const auto clear = inspect(init.octetsOf()).payloads.back();
        QCOMPARE(clear.payloads.size(), 2u);
        QVERIFY(std::get<Bytes>(clear.payloads[0].fields[4].value) == key);
    }

    void inspectorOnDamagedEncrData_data()
    {
        QTest::addColumn<QByteArray>("encrData");
        QTest::addColumn<int>("offset"); ///< within the Encr data
        QTest::newRow("key cut short") << QByteArray("00000020616263") << 4;
        QTest::newRow("unknown type of key") << QByteArray("ffffffffffffffffff") << 2;
        QTest::newRow("octets after the key") << QByteArray("000000016162") << 5;
    }
    void inspectorOnDamagedEncrData()
    {
        QFETCH(const QByteArray, encrData);
        QFETCH(const int, offset);
        const auto inner = octets(encrData.toStdString());
        Header header;
        header.dataType = DataType::PskInit;
        const auto time = noon().octets();
        const auto message = *encode(
            header, std::vector<Payload>{Timestamp{TimestampType::NtpUtc, time},
                                         Kemac{Encryption::Null, inner, MacAlgorithm::HmacSha1_160, Bytes(20)}});
        const auto shown = inspect(message);
        QVERIFY(!shown.complete);
        QVERIFY(shown.fault);
        QVERIFY2(shown.fault->reason.starts_with("Encr data: "), shown.fault->reason.c_str());
        QCOMPARE(shown.fault->offset, shown.payloads.back().offset + 4 + static_cast<std::size_t>(offset));
        QVERIFY(!shown.payloads.back().payloads.empty());
        QVERIFY(!inspect(ByteView(message).first(message.size() - 1)).fault->reason.starts_with("Encr data"));
    }

    void textIsSafe()
    {
        QCOMPARE(printable(octetsOf("a\x1b[31m\n\\\xff")), std::string("a\\x1b[31m\\x0a\\x5c\\xff"));
        QCOMPARE(printableStart(Bytes(1000, 'x')), std::string(128, 'x') + "...");
        QVERIFY(!fromHex("abc"));
        QVERIFY(!fromHex("zz"));
        QVERIFY(fromHex("aBcD"));
    }

    void registries()
    {
        QCOMPARE(registry::errorNumber.nameOf(0), std::string("Authentication failure"));
        QCOMPARE(registry::errorNumber.nameOf(77), std::string("unknown (77)"));
        QVERIFY(!registry::dhGroup.impliedOctets(9));
        for (const auto *registry :
             {&registry::dataType, &registry::nextPayload, &registry::srtpParameter, &registry::errorNumber}) {
            for (std::size_t i = 1; i < registry->values.size(); ++i)
                QVERIFY(registry->values[i - 1].value < registry->values[i].value);
        }
        QCOMPARE(messageName(10), std::string("RSA-R R_MESSAGE"));
        QCOMPARE(messageName(99), std::string("unknown message (99)"));
    }
};

QTEST_GUILESS_MAIN(WireTest)
#include "wire_test.moc"
