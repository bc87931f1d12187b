// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "crypto/der.h"
#include "crypto/ibe.h"
#include "wire/text.h"

#include <QJsonObject>
#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QString hexOf(ByteView view)
{
    auto digits = QString::fromStdString(hex(view));
    while (digits.size() > 1 && digits.startsWith(u'0'))
        digits.remove(0, 1);
    return digits;
}

/// Digits of the vectors, where an odd number of them leaves out a zero.
Bytes number(const QJsonObject &from, const char *name)
{
    auto digits = from[QLatin1String(name)].toString();
    if (digits.size() % 2)
        digits.prepend(u'0');
    return octets(digits.toStdString());
}

QString stated(const QJsonObject &from, const char *name)
{
    return hexOf(number(from, name));
}

QJsonObject rfc(const char *section)
{
    return vectors("rfc5091.json")[QLatin1String(section)].toObject();
}

ibe::GroupNumbers numbersOf(const QJsonObject &from, const char *x, const char *y, ibe::BfHash hash)
{
    return {number(from, "p"), number(from, "q"), number(from, x), number(from, y), hash};
}

FieldElement scalar(const ibe::Group &group, const Bytes &octets)
{
    return group.order().plain(group.order().reduced(octets));
}

QString shown(const ibe::Group &group, const FieldElement &element)
{
    return hexOf(group.field().toOctets(element).view());
}

/// Gives the same octets whatever is drawn.
class Drawn final : public Random
{
public:
    explicit Drawn(Bytes octets) : m_octets(std::move(octets)) {}
    void fill(std::span<std::uint8_t> out) override { std::copy_n(m_octets.begin(), out.size(), out.begin()); }

private:
    Bytes m_octets;
};

} // namespace

class IbeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // RFC 5091 7.1: [l]A, by each way of multiplication
    void multiplication()
    {
        const auto v = rfc("7.1");
        const ibe::Group group(numbersOf(v, "Ax", "Ay", ibe::BfHash::Sha1));
        const auto a = *group.point(number(v, "Ax"), number(v, "Ay"));
        QVERIFY(group.hasOrderQ(a));
        const auto l = scalar(group, number(v, "l"));
        for (const auto &product :
             {group.multiply(a, l), group.multiplyGenerator(l), group.multiplyPublic(a, number(v, "l"))}) {
            const auto point = group.affine(product);
            QCOMPARE(shown(group, point.x), stated(v, "lAx"));
            QCOMPARE(shown(group, point.y), stated(v, "lAy"));
        }
    }

    // RFC 5091 7.3, with the factor that 4.5.2 leaves out
    void pairing()
    {
        const auto v = rfc("7.3");
        QJsonObject named = v;
        named.insert(QStringLiteral("p"), rfc("7.1")[QLatin1String("p")]);
        const auto group = std::make_shared<const ibe::Group>(numbersOf(named, "Ax", "Ay", ibe::BfHash::Sha1));
        const auto a = *group->point(number(v, "Ax"), number(v, "Ay")),
                   b = *group->point(number(v, "Bx"), number(v, "By"));
        for (const auto &value : {ibe::Lines(group, a).pairing(b), ibe::Lines(group, b).pairing(a)}) {
            QCOMPARE(shown(*group, value.a), stated(v, "e_a"));
            QCOMPARE(shown(*group, value.b), stated(v, "e_b"));
        }
    }

    // RFC 5091 7.4 and 7.5: HashToPoint, and the private key
    void keys()
    {
        const auto v = rfc("7.4_7.5");
        const auto group = std::make_shared<const ibe::Group>(numbersOf(v, "Px", "Py", ibe::BfHash::Sha1));
        const auto q = group->hashToPoint(number(v, "id_hex"));
        QCOMPARE(shown(*group, q.x), stated(v, "Qid_x"));
        QCOMPARE(shown(*group, q.y), stated(v, "Qid_y"));
        const auto s = scalar(*group, number(v, "s"));
        const auto pub = group->affine(group->multiplyGenerator(s));
        QCOMPARE(shown(*group, pub.x), stated(v, "Ppub_x"));
        QCOMPARE(shown(*group, pub.y), stated(v, "Ppub_y"));
        const auto key = group->affine(group->multiply(q, s));
        QCOMPARE(shown(*group, key.x), stated(v, "Sid_x"));
        QCOMPARE(shown(*group, key.y), stated(v, "Sid_y"));
    }

    // The sets of this program: the generator, and what the examples beside them state
    void sets_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("BF-2048") << QStringLiteral("BF-2048");
        QTest::newRow("BF-3072") << QStringLiteral("BF-3072");
    }
    void sets()
    {
        QFETCH(const QString, name);
        const auto set = vectors("ibake-bf-params.json")[name].toObject();
        const auto group = ibe::group(name.toStdString());
        QVERIFY(group && group->hasOrderQ(group->generator()));
        QVERIFY(ibe::groupOf(number(set, "p"), number(set, "q")) == group);
        const auto e = ibe::Lines(group, group->generator()).pairing(group->generator());
        QCOMPARE(shown(*group, e.a), stated(set, "e_P_P_a"));
        QCOMPARE(shown(*group, e.b), stated(set, "e_P_P_b"));
        const auto test = set[QLatin1String("test")].toObject();
        const auto s = scalar(*group, number(test, "master_secret_s"));
        const auto id = number(test, "id_hex");
        const auto q = group->hashToPoint(id);
        QCOMPARE(shown(*group, q.x), stated(test, "Qid_x"));
        QCOMPARE(shown(*group, q.y), stated(test, "Qid_y"));
        const auto key = group->affine(group->multiply(q, s));
        QCOMPARE(shown(*group, key.x), stated(test, "Sid_x"));
        QCOMPARE(shown(*group, key.y), stated(test, "Sid_y"));
        const auto parameters = ibe::Parameters::of(group, number(test, "Ppub_x"), number(test, "Ppub_y"));
        QVERIFY(parameters);
        const auto theta = parameters->lines().pairing(q);
        const auto hashed = parameters->lines().pairingWithHashed(id);
        QVERIFY(group->field().equal(hashed.a, theta.a) && group->field().equal(hashed.b, theta.b));
        const auto made = ibe::encryptWith(*group, theta, number(test, "m_hex"), number(test, "rho"));
        QCOMPARE(shown(*group, made.u.x), stated(test, "U_x"));
        QCOMPARE(shown(*group, made.u.y), stated(test, "U_y"));
        QCOMPARE(hexOf(made.v), stated(test, "V"));
        QCOMPARE(hexOf(made.w), stated(test, "W"));
        Drawn drawn(number(test, "rho"));
        const auto block = ibe::Recipient(*parameters, id).encrypt(number(test, "m_hex"), drawn);
        Secret master(group->order().octets());
        const auto secret = number(test, "master_secret_s");
        std::copy(secret.rbegin(), secret.rend(), std::make_reverse_iterator(master.writable().end()));
        const auto opened = ibe::PrivateKey::fromDer(ibe::extract(*group, master, id)->view(), id, *parameters);
        QVERIFY(opened);
        QCOMPARE(hexOf(opened->decrypt(block)->view()), stated(test, "m_hex"));
    }

    // K6267-065, RFC 5091 5.5: another's key, and every octet of the block
    void refused()
    {
        const auto group = ibe::group("BF-2048");
        SystemRandom random;
        const auto master = ibe::makeMaster(*group, random);
        const auto parameters = *ibe::publicParameters(group, master);
        const Bytes bob(3, 'b'), eve(3, 'e'), text(100, 7);
        const auto keyOf = [&](const Bytes &id) { return *ibe::extract(*group, master, id); };
        const auto bobs = *ibe::PrivateKey::fromDer(keyOf(bob).view(), bob, parameters);
        const auto eves = *ibe::PrivateKey::fromDer(keyOf(eve).view(), eve, parameters);
        QVERIFY(!ibe::PrivateKey::fromDer(keyOf(eve).view(), bob, parameters));
        const auto other = *ibe::publicParameters(group, ibe::makeMaster(*group, random));
        QVERIFY(!ibe::PrivateKey::fromDer(keyOf(bob).view(), bob, other));
        const auto block = ibe::Recipient(parameters, bob).encrypt(text, random);
        QVERIFY(bobs.decrypt(block) && equalSecrets(bobs.decrypt(block)->view(), text));
        QVERIFY(!eves.decrypt(block));
        for (std::size_t at = 0; at < block.size(); ++at) {
            auto changed = block;
            changed[at] ^= 1;
            QVERIFY2(!bobs.decrypt(changed), qPrintable(QString::number(at)));
        }
        for (std::size_t size = 0; size < block.size(); size += 7)
            QVERIFY(!bobs.decrypt(ByteView(block).first(size)));
    }

    // Points that are none, or of another order
    void points()
    {
        const auto group = ibe::group("BF-2048");
        const Bytes zero{0}, one{1}, two{2}, three{3};
        QVERIFY(!group->point(one, one));
        const auto ofOrder3 = group->point(zero, one); // (0, 1): on every such curve
        QVERIFY(ofOrder3 && !group->hasOrderQ(*ofOrder3));
        const auto ofOrder6 = group->point(two, three);
        QVERIFY(ofOrder6 && !group->hasOrderQ(*ofOrder6));
        QVERIFY(!ibe::Parameters::of(group, two, three));
        auto minusOne = group->field().toOctets(group->field().negated(group->field().one()));
        const auto ofOrder2 = group->point(minusOne.view(), zero); // (-1, 0)
        QVERIFY(ofOrder2 && !group->hasOrderQ(*ofOrder2));
    }

    // With U of a small order the pairing comes to 1 (or to nothing), whatever the key: who knows that can choose all
    // the rest, and is refused all the same
    void smallOrders()
    {
        const auto group = ibe::group("BF-2048");
        SystemRandom random;
        const auto master = ibe::makeMaster(*group, random);
        const auto parameters = *ibe::publicParameters(group, master);
        const auto id = octetsOf("bob");
        const auto key = *ibe::PrivateKey::fromDer(ibe::extract(*group, master, id)->view(), id, parameters);
        const auto minusOne = group->field().toOctets(group->field().negated(group->field().one()));
        const Bytes zero{0}, one{1}, two{2}, three{3};
        Bytes last(minusOne.view().begin(), minusOne.view().end());
        const auto &f = group->field();
        for (const auto &[x, y] : {std::pair(zero, one), std::pair(two, three), std::pair(last, zero)}) {
            for (const auto &value : {Fp2{f.one(), {}}, Fp2{}}) {
                const auto mask = ibe::digestOf(group->hash(), {ibe::canonical(*group, value).view()});
                const auto rho = random.secret(mask.size()), plain = random.secret(40);
                const auto stream = ibe::hashBytes(group->hash(), rho.view(), plain.size());
                Bytes v(rho.size()), w(plain.size());
                for (std::size_t i = 0; i < v.size(); ++i)
                    v[i] = static_cast<std::uint8_t>(rho.view()[i] ^ mask.view()[i]);
                for (std::size_t i = 0; i < w.size(); ++i)
                    w[i] = static_cast<std::uint8_t>(plain.view()[i] ^ stream.view()[i]);
                const auto block =
                    der::sequence({der::integer(two), der::sequence({der::integer(x), der::integer(y)}),
                                   der::element(der::Tag::OctetString, v), der::element(der::Tag::OctetString, w)});
                QVERIFY(!key.decrypt(block));
            }
        }
    }

    void parametersInDer()
    {
        for (const auto *name : {"BF-2048", "BF-3072"}) {
            const auto group = ibe::group(name);
            SystemRandom random;
            const auto parameters = *ibe::publicParameters(group, ibe::makeMaster(*group, random));
            const auto der = parameters.toDer();
            const auto again = ibe::Parameters::fromDer(der);
            QVERIFY(again && again->group() == group);
            QCOMPARE(again->toDer(), der);
            QVERIFY(!ibe::Parameters::fromDer(ByteView(der).first(der.size() - 1)));
            auto changed = der;
            changed[changed.size() - 20] ^= 1; // in P_pub
            QVERIFY(!ibe::Parameters::fromDer(changed));
        }
    }
};

QTEST_GUILESS_MAIN(IbeTest)
#include "ibe_test.moc"
