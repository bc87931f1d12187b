// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "crypto/pairing.h"
#include "crypto/sakke.h"
#include "wire/text.h"

#include <QJsonObject>
#include <QTest>

#include <bit>

using namespace mikey;
using namespace mikey::sakke;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

const QJsonObject &rfc()
{
    static const auto read = vectors("rfc6508.json");
    return read;
}

Bytes value(const char *name, std::size_t size = 0)
{
    auto text = rfc()[QLatin1String(name)].toString().toStdString();
    if (text.size() < 2 * size)
        text.insert(0, 2 * size - text.size(), '0');
    return octets(text);
}

AffinePoint pointOf(const char *x, const char *y)
{
    return {*field().fromOctets(value(x, 128)), *field().fromOctets(value(y, 128))};
}

QByteArray hexOf(const AffinePoint &point)
{
    return hexOf(encodePoint(point).view());
}

/// z of RFC 6508 Appendix A as a master secret.
Secret master()
{
    return Secret(value("z", 128));
}

FieldElement scalar(ByteView octets)
{
    Bytes padded(coordinateOctets - octets.size());
    append(padded, octets);
    return order().plain(*order().fromOctets(padded));
}

/// The representative of g^k, by squaring and multiplying.
QByteArray powerOfG(ByteView k)
{
    const auto &params = rfc()[QLatin1String("params")];
    const auto g = octets(params[QLatin1String("g")].toString().toStdString());
    Fp2 power{field().one(), {}}, base{field().one(), *field().fromOctets(g)};
    for (const auto octet : k) {
        for (int bit = 7; bit >= 0; --bit) {
            power = squared(field(), power);
            if (octet >> bit & 1)
                power = multiply(field(), power, base);
        }
    }
    return hexOf(field().toOctets(*representative(power)).view());
}

struct Setting
{
    std::shared_ptr<const Domain> domain = Domain::of(value("Z_encoded"));
    Bytes identifier = value("b");
    std::shared_ptr<const Receiver> receiver = Receiver::of(domain, identifier, Secret(value("RSK_encoded")));
};

const Setting &setting()
{
    static const Setting made;
    return made;
}

} // namespace

class SakkeCryptoTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fieldAgreesWithItself()
    {
        const auto &f = field();
        const auto a = *f.fromOctets(value("Zx", 128)), b = *f.fromOctets(value("Zy", 128));
        QVERIFY(f.equal(f.mul(a, f.inverse(a)), f.one()));
        QVERIFY(f.equal(f.sqr(f.add(a, b)), f.add(f.add(f.sqr(a), f.twice(f.mul(a, b))), f.sqr(b))));
        QVERIFY(f.equal(f.add(f.sub(a, b), b), a) && f.equal(f.add(f.sub(b, a), a), b));
        QVERIFY(f.isZero(f.inverse(FieldElement())) && !f.isZero(a));
        QCOMPARE(hexOf(f.toOctets(a).view()), hexOf(value("Zx", 128)));
        FieldElement first = a, second = b;
        FieldElement *both[] = {&first, &second};
        f.invertAll(both);
        QVERIFY(f.equal(first, f.inverse(a)) && f.equal(second, f.inverse(b)));
        // p is no field element, p - 1 is, and p + x is x where it is to be reduced
        auto prime = octets("997abb1f0a563fda65c61198dad0657a416c0ce19cb48261be9ae358b3e01a2e"
                            "f40aab27e2fc0f1b228730d531a59cb0e791b39ff7c88a19356d27f4a666a6d0"
                            "e26c6487326b4cd4512ac5cd65681ce1b6aff4a831852a82a7cf3c521c3c09aa"
                            "9f94d6af56971f1ffce3e82389857db080c5df10ac7ace87666d807afea85feb");
        QVERIFY(!f.fromOctets(prime) && f.isZero(f.reduced(prime)));
        prime.back() -= 1;
        QVERIFY(f.equal(*f.fromOctets(prime), f.negated(f.one())));
        prime.back() += 2;
        QVERIFY(f.equal(f.reduced(prime), f.one()));
        QVERIFY(!f.fromOctets(ByteView(prime).first(127)));
    }

    void pointsAgreeWithEachOther()
    {
        const auto z = pointOf("Zx", "Zy");
        const auto p = projective(generator());
        QCOMPARE(hexOf(affine(add(p, generator()))), hexOf(affine(doubled(p)))); // the same formula holds
        QCOMPARE(hexOf(affine(add(p, projective(z)))), hexOf(affine(add(projective(z), generator()))));
        QCOMPARE(hexOf(affine(add(Point::infinity(), z))), hexOf(z));
        auto minus = z;
        minus.y = field().negated(z.y);
        QVERIFY(field().isZero(add(projective(z), minus).z));
        QVERIFY(hasOrderQ(z) && hasOrderQ(generator()));
        QVERIFY(!hasOrderQ({{}, {}})); // (0, 0) is on E, of order 2
        // [q]P = 0 by the comb too
        FieldElement q;
        std::copy_n(order().modulus(), order().limbs(), q.limbs.begin());
        QVERIFY(field().isZero(Comb::multiply(generatorComb(), q, nullptr, {}).z));
    }

    // K6508-001, -023: q exceeds 2n bits, and q and hash 2k bits for k = 112
    void sizes()
    {
        const auto &q = order();
        const auto bits = 64 * (q.limbs() - 1) + static_cast<std::size_t>(std::bit_width(q.modulus()[q.limbs() - 1]));
        QCOMPARE(bits, std::size_t{1022});
        QVERIFY(bits > 2 * 8 * ssvOctets && bits >= 2 * 112 && 8 * sha256Octets >= 2 * 112);
    }

    // K6508-007
    void decodesPoints()
    {
        const auto encoded = value("Z_encoded");
        QCOMPARE(hexOf(*decodePoint(encoded)), hexOf(encoded));
        auto bad = encoded;
        bad[0] = 2;
        QVERIFY(!decodePoint(bad));
        bad = encoded;
        bad.back() ^= 1; // not on E
        QVERIFY(!decodePoint(bad));
        QVERIFY(!decodePoint(ByteView(encoded).first(256)));
        auto zero = Bytes(257);
        zero[0] = 4;
        QVERIFY(decodePoint(zero)); // (0, 0) is on E
        QVERIFY(!Domain::of(zero)); // but has not order q
        for (int i = 1; i < 129; ++i)
            zero[static_cast<std::size_t>(i)] = 0xff;
        QVERIFY(!decodePoint(zero)); // x is not below p
    }

    // K6508-009: RFC 6508 5.1 and its example in Appendix A, whose steps are inside the function and are made here
    void hashesToRanges()
    {
        const auto example = rfc()[QLatin1String("hash_to_integer_range_example")].toObject();
        const auto s = octets(example[QLatin1String("s")].toString().toStdString());
        const auto a = sha256(s);
        QCOMPARE(hexOf(a), example[QLatin1String("A")].toString().toLatin1());
        Bytes h(a.size()), v; // h0 is zero
        QCOMPARE(hexOf(h), example[QLatin1String("h0")].toString().toLatin1());
        for (int i = 1; i <= 4; ++i) {
            const auto hashed = sha256(h);
            h.assign(hashed.begin(), hashed.end());
            QCOMPARE(hexOf(h), example[u'h' + QString::number(i)].toString().toLatin1());
            Bytes both = h;
            append(both, a);
            const auto part = sha256(both);
            QCOMPARE(hexOf(part), example[u'v' + QString::number(i)].toString().toLatin1());
            append(v, part);
        }
        QCOMPARE(hexOf(order().toOctets(order().reduced(v)).view()), example[u"result"].toString().toLatin1());
        QCOMPARE(hexOf(hashToOrder(s).view()), example[QLatin1String("result")].toString().toLatin1());
        QCOMPARE(hexOf(hashToMask(value("w", 128)).view()), hexOf(value("mask")));
    }

    // RFC 6508 Appendix A: what lies between the values that the library tells (6.2.1 and 6.2.2)
    void stepsOfTheRfc()
    {
        const auto r = value("r", 128);
        QCOMPARE(hexOf(affine(Comb::multiply(generatorComb(), scalar(value("z")), nullptr, {}))),
                 hexOf(pointOf("Zx", "Zy")));
        const auto base = affine(add(Comb::multiply(generatorComb(), scalar(value("b")), nullptr, {}), // [b]P + Z
                                     pointOf("Zx", "Zy")));
        const auto rb = affine(Comb::multiply(Comb(base), scalar(r), nullptr, {}));
        QCOMPARE(hexOf(rb), hexOf(pointOf("Rbx", "Rby"))); // and TEST
        QCOMPARE(powerOfG(r), hexOf(value("g_pow_r", 128)));
        QCOMPARE(hexOf(*decodePoint(value("RSK_encoded"))), hexOf(pointOf("RSKx", "RSKy")));
        Bytes hint = value("SSV");
        const auto mask = value("mask");
        for (std::size_t i = 0; i < hint.size(); ++i)
            hint[i] ^= mask[i];
        QCOMPARE(hexOf(hint), hexOf(value("H")));
        auto sent = value("R_encoded");
        append(sent, hint);
        QCOMPARE(hexOf(sent), hexOf(value("encapsulated_data")));
    }

    // RFC 6508 Appendix A; K6508-005, -008, -010, -011, -014, -015, -016
    void vectorOfTheRfc()
    {
        QCOMPARE(hexOf(*publicKey(master())), hexOf(value("Z_encoded")));
        QCOMPARE(hexOf(receiverKey(master(), value("b"))->view()), hexOf(value("RSK_encoded")));
        Bytes s = value("SSV");
        append(s, value("b"));
        QCOMPARE(hexOf(hashToOrder(s).view()), hexOf(value("r", 128)));
        QCOMPARE(hexOf(*setting().domain->encapsulate(value("b"), value("SSV"))), hexOf(value("encapsulated_data")));
        const auto lines = PairingLines::of(*decodePoint(value("RSK_encoded")));
        const auto w = lines.pairing(*decodePoint(value("R_encoded")));
        QCOMPARE(hexOf(field().toOctets(*w).view()), hexOf(value("w", 128)));
        for (const auto kept : {Receiver::Lines::Precomputed, Receiver::Lines::AsTheyCome}) {
            const auto receiver = Receiver::of(setting().domain, value("b"), Secret(value("RSK_encoded")), kept);
            QVERIFY(receiver);
            const auto ssv = receiver->decapsulate(value("encapsulated_data"));
            QVERIFY(ssv);
            QCOMPARE(hexOf(ssv->view()), hexOf(value("SSV")));
        }
    }

    void pairingIsBilinear()
    {
        const auto p = generator(), z = pointOf("Zx", "Zy"); // Z = [z]P
        const auto g = octets("66fc2a432b6ea392148f15867d623068c6a87bd1fb94c41e27fabe658e015a87"
                              "371e94744c96feda449ae9563f8bc446cbfda85d5d00ef577072da8f541721be"
                              "ee0faed1828eab90b99dfb0138c7843355df0460b4a9fd74b4f1a32bcafa1ffa"
                              "d682c033a7942bcce3720f20b9b7b0403c8cae87b7a0042acde0fab36461ea46");
        QCOMPARE(hexOf(field().toOctets(*PairingLines::of(p).pairing(p)).view()), hexOf(g));
        const auto pz = PairingLines::of(p).pairing(z), zp = PairingLines::normalised(z).pairing(p);
        QVERIFY(field().equal(*pz, *zp));
        QCOMPARE(powerOfG(value("z")), hexOf(field().toOctets(*pz).view()));
    }

    // K6508-006: RFC 6508 4, L octets are hashed, also where the first are zero; programs that drop them fail with one
    // message in 256. w is told by R, so SSVs are tried until w begins with a zero octet, and one that does not.
    void leadingZeroOctets()
    {
        const auto lines = PairingLines::normalised(*decodePoint(value("RSK_encoded")));
        bool zeroSeen = false, otherSeen = false;
        for (unsigned i = 0; i < 5000 && !(zeroSeen && otherSeen); ++i) {
            Bytes ssv(16);
            ssv[14] = static_cast<std::uint8_t>(i >> 8);
            ssv[15] = static_cast<std::uint8_t>(i);
            const auto data = *setting().domain->encapsulate(setting().identifier, ssv);
            const auto w = field().toOctets(*lines.pairing(*decodePoint(ByteView(data).first(257))));
            const bool zero = w.view().front() == 0;
            if (zero ? zeroSeen : otherSeen)
                continue;
            (zero ? zeroSeen : otherSeen) = true;
            QCOMPARE(w.size(), std::size_t{128});
            const auto back = setting().receiver->decapsulate(data);
            QVERIFY(back);
            QCOMPARE(hexOf(back->view()), hexOf(ssv));
            // and the hint is what the hash of all 128 octets gives
            const auto mask = hashToMask(w.view());
            for (std::size_t k = 0; k < 16; ++k)
                QCOMPARE(data[257 + k], static_cast<std::uint8_t>(ssv[k] ^ mask.view()[k]));
        }
        QVERIFY(zeroSeen && otherSeen);
    }

    // K6508-017, -024: whatever is wrong, nothing comes out
    void refusesWhatIsDamaged()
    {
        const auto data = value("encapsulated_data");
        for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{128}, std::size_t{129},
                                     std::size_t{256}, std::size_t{257}, std::size_t{272}}) {
            auto damaged = data;
            damaged[at] ^= 1;
            QVERIFY(!setting().receiver->decapsulate(damaged));
        }
        QVERIFY(!setting().receiver->decapsulate(ByteView(data).first(272)));
        auto longer = data;
        longer.push_back(0);
        QVERIFY(!setting().receiver->decapsulate(longer));
        QVERIFY(!setting().receiver->decapsulate({}));
        auto ofOrder2 = Bytes(273); // R = (0, 0)
        ofOrder2[0] = 4;
        QVERIFY(!setting().receiver->decapsulate(ofOrder2));
        // on E, but another point than the one that was made
        auto other = *setting().domain->encapsulate(setting().identifier, Bytes(16, 7));
        std::copy(data.begin() + 257, data.end(), other.begin() + 257);
        QVERIFY(!setting().receiver->decapsulate(other));
    }

    // K6508-014: RFC 6508 6.1.2
    void checksReceiverKeys()
    {
        const auto rsk = value("RSK_encoded");
        QVERIFY(setting().receiver);
        auto otherIdentifier = value("b");
        otherIdentifier[6] ^= 1;
        QVERIFY(!Receiver::of(setting().domain, otherIdentifier, Secret(rsk)));
        QVERIFY(!Receiver::of(setting().domain, value("b"), Secret(value("Z_encoded"))));
        QVERIFY(!Receiver::of(setting().domain, value("b"), Secret(ByteView(rsk).first(256))));
        QVERIFY(!Receiver::of(nullptr, value("b"), Secret(rsk)));
        SystemRandom random;
        const auto stranger = Domain::of(*publicKey(makeMaster(random)));
        QVERIFY(stranger);
        QVERIFY(!Receiver::of(stranger, value("b"), Secret(rsk)));
    }

    // K6508-002
    void identifiersAreInRange()
    {
        const auto ssv = value("SSV");
        QVERIFY(!setting().domain->encapsulate({}, ssv));
        QVERIFY(!setting().domain->encapsulate(octets("00"), ssv));
        QVERIFY(!setting().domain->encapsulate(octets("01"), ssv));
        QVERIFY(setting().domain->encapsulate(octets("02"), ssv));
        QVERIFY(!setting().domain->encapsulate(Bytes(128, 0xff), ssv));
        QVERIFY(!setting().domain->encapsulate(Bytes(129, 1), ssv));
        QVERIFY(!receiverKey(master(), octets("01")));
        QVERIFY(!receiverKey(Secret(Bytes(128)), octets("02")));
        QVERIFY(!publicKey(Secret(Bytes(127, 1))));
    }

    // A key of one's own for one's own master: all together, with values that nobody chose
    void wholeExchange()
    {
        SystemRandom random;
        const auto z = makeMaster(random);
        const auto domain = Domain::of(*publicKey(z));
        const auto identifier = octetsOf("2026-11\0tel:+447700900123");
        const auto receiver = Receiver::of(domain, identifier, *receiverKey(z, identifier));
        QVERIFY(receiver);
        const auto ssv = random.secret(16);
        const auto data = domain->encapsulate(identifier, ssv.view());
        QVERIFY(data);
        QCOMPARE(hexOf(receiver->decapsulate(*data)->view()), hexOf(ssv.view()));
        QVERIFY(!setting().receiver->decapsulate(*data));
    }
};

QTEST_GUILESS_MAIN(SakkeCryptoTest)
#include "sakke_crypto_test.moc"
