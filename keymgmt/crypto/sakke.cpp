// SPDX-License-Identifier: Apache-2.0
#include "crypto/sakke.h"

#include "crypto/digest.h"
#include "crypto/pairing.h"
#include "wire/text.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace mikey::sakke {

namespace {

constexpr std::size_t hashOctets = 32;
constexpr std::size_t identifierMostOctets = coordinateOctets;

// g = <P, P> (RFC 6509 Appendix A).
constexpr auto generatorHex = "66fc2a432b6ea392148f15867d623068c6a87bd1fb94c41e27fabe658e015a87"
                              "371e94744c96feda449ae9563f8bc446cbfda85d5d00ef577072da8f541721be"
                              "ee0faed1828eab90b99dfb0138c7843355df0460b4a9fd74b4f1a32bcafa1ffa"
                              "d682c033a7942bcce3720f20b9b7b0403c8cae87b7a0042acde0fab36461ea46";

const FieldElement &pairingOfGenerators()
{
    static const auto made = *field().fromOctets(*fromHex(generatorHex));
    return made;
}

Secret joined(ByteView a, ByteView b)
{
    Secret both(a.size() + b.size());
    std::copy(a.begin(), a.end(), both.writable().begin());
    std::copy(b.begin(), b.end(), both.writable().begin() + static_cast<std::ptrdiff_t>(a.size()));
    return both;
}

/// v_1 || ... || v_count of RFC 6508 5.1.
Secret hashBlocks(ByteView s, std::size_t count)
{
    auto a = sha256(s);
    std::array<std::uint8_t, hashOctets> h{};
    Secret blocks(count * hashOctets);
    for (std::size_t i = 0; i < count; ++i) {
        h = sha256(h);
        auto v = sha256(joined(h, a).view());
        std::copy(v.begin(), v.end(), blocks.writable().begin() + static_cast<std::ptrdiff_t>(i * hashOctets));
        wipe(v);
    }
    wipe(a);
    return blocks;
}

/// The Identifier as an integer modulo q, in Montgomery form; none if it is not in 2 to q - 1 (RFC 6509 3.2).
std::optional<FieldElement> identifierNumber(ByteView identifier)
{
    if (identifier.empty() || identifier.size() > identifierMostOctets)
        return std::nullopt;
    Bytes padded(coordinateOctets - identifier.size());
    append(padded, identifier);
    const auto number = order().fromOctets(padded); // public, and below q
    if (!number || order().isZero(*number) || order().equal(*number, order().one()))
        return std::nullopt;
    return number;
}

/// Of a master secret, in Montgomery form; none if it is not in 2 to q - 1.
std::optional<FieldElement> masterNumber(const Secret &master)
{
    const auto number = order().fromOctets(master.view());
    if (!number || order().isZero(*number) || order().equal(*number, order().one()))
        return std::nullopt;
    return number;
}

/// Powers of g by a comb as for points (crypto/sakke_curve.h). Each entry is 1 + it, t being its representative.
class PowersOfG
{
public:
    static const PowersOfG &instance()
    {
        static const PowersOfG made;
        return made;
    }

    FieldElement power(const FieldElement &k) const
    {
        Fp2 value{field().one(), {}};
        for (std::size_t column = Comb::columns; column-- > 0;) {
            value = squared(field(), value);
            FieldElement chosen; // 0, the representative of 1
            const auto digit = combDigit(k, column);
            for (std::size_t i = 1; i < m_table.size(); ++i)
                field().assignIf(isEqual(i, digit), chosen, m_table[i]);
            value = timesOnePlus(value, chosen);
        }
        return *representative(value); // not of order 2, since q is odd
    }

private:
    PowersOfG() : m_table(std::size_t{1} << Comb::teeth)
    {
        std::vector<Fp2> powers(m_table.size());
        Fp2 power{field().one(), pairingOfGenerators()};
        for (std::size_t tooth = 0; tooth < Comb::teeth; ++tooth) {
            const std::size_t first = std::size_t{1} << tooth;
            powers[first] = power;
            for (std::size_t i = 1; i < first; ++i)
                powers[first + i] = multiply(field(), powers[i], power);
            for (std::size_t i = 0; i < Comb::columns; ++i)
                power = squared(field(), power);
        }
        std::vector<FieldElement *> denominators;
        for (std::size_t i = 1; i < powers.size(); ++i)
            denominators.push_back(&powers[i].a);
        field().invertAll(denominators);
        for (std::size_t i = 1; i < powers.size(); ++i)
            m_table[i] = field().mul(powers[i].b, powers[i].a);
    }

    static Fp2 timesOnePlus(const Fp2 &x, const FieldElement &t)
    {
        return {field().sub(x.a, field().mul(x.b, t)), field().add(x.b, field().mul(x.a, t))};
    }

    std::vector<FieldElement> m_table; ///< 256 representatives, the first that of 1
};

class DomainKey final : public Domain
{
public:
    explicit DomainKey(const AffinePoint &z) : m_z(z), m_comb(z) {}

    std::optional<Bytes> encapsulate(ByteView identifier, ByteView ssv) const override
    {
        assert(ssv.size() == ssvOctets);
        const auto b = identifierNumber(identifier);
        if (!b)
            return std::nullopt;
        const auto r = order().reduced(hashToOrder(joined(ssv, identifier).view()).view());
        const auto point = encodePoint(affine(pointFor(*b, r)));
        const auto mask = hashToMask(field().toOctets(PowersOfG::instance().power(order().plain(r))).view());
        Bytes data(point.view().begin(), point.view().end());
        for (std::size_t i = 0; i < ssvOctets; ++i)
            data.push_back(static_cast<std::uint8_t>(ssv[i] ^ mask.view()[i]));
        return data;
    }

    /// [r]([b]P + Z) = [rb]P + [r]Z.
    Point pointFor(const FieldElement &b, const FieldElement &r) const
    {
        return Comb::multiply(generatorComb(), order().plain(order().mul(r, b)), &m_comb, order().plain(r));
    }

    /// [a]P + Z.
    AffinePoint identityPoint(const FieldElement &a) const
    {
        return affine(add(Comb::multiply(generatorComb(), order().plain(a), nullptr, {}), m_z));
    }

private:
    AffinePoint m_z;
    Comb m_comb;
};

class ReceiverKey final : public Receiver
{
public:
    ReceiverKey(std::shared_ptr<const DomainKey> domain, ByteView identifier, const FieldElement &number,
                PairingLines lines)
        : m_domain(std::move(domain)), m_identifier(identifier.begin(), identifier.end()), m_number(number),
          m_lines(std::move(lines))
    {
    }

    std::optional<Secret> decapsulate(ByteView data) const override
    {
        if (data.size() != dataOctets)
            return std::nullopt;
        const auto r = decodePoint(data.first(pointOctets));
        if (!r)
            return std::nullopt;
        const auto w = m_lines.pairing(*r);
        if (!w)
            return std::nullopt;
        const auto mask = hashToMask(field().toOctets(*w).view());
        Secret ssv(ssvOctets);
        for (std::size_t i = 0; i < ssvOctets; ++i)
            ssv.writable()[i] = static_cast<std::uint8_t>(data[pointOctets + i] ^ mask.view()[i]);
        const auto exponent = order().reduced(hashToOrder(joined(ssv.view(), m_identifier).view()).view());
        const auto test = encodePoint(affine(m_domain->pointFor(m_number, exponent)));
        if (!equalSecrets(test.view(), data.first(pointOctets)))
            return std::nullopt;
        return ssv;
    }

private:
    std::shared_ptr<const DomainKey> m_domain;
    Bytes m_identifier;
    FieldElement m_number;
    PairingLines m_lines;
};

} // namespace

Secret hashToOrder(ByteView s)
{
    constexpr std::size_t blocks = 4; // lg q is 1022 bits
    return order().toOctets(order().reduced(hashBlocks(s, blocks).view()));
}

Secret hashToMask(ByteView s)
{
    return Secret(hashBlocks(s, 1).view().last(ssvOctets));
}

Secret makeMaster(Random &random)
{
    // Twice as many bits as q has: what is left modulo q is as good as evenly spread.
    for (;;) {
        auto master = order().toOctets(order().reduced(random.secret(2 * coordinateOctets).view()));
        if (masterNumber(master))
            return master;
    }
}

std::optional<Bytes> publicKey(const Secret &master)
{
    const auto z = masterNumber(master);
    if (!z)
        return std::nullopt;
    const auto octets = encodePoint(affine(Comb::multiply(generatorComb(), order().plain(*z), nullptr, {})));
    return Bytes(octets.view().begin(), octets.view().end());
}

std::optional<Secret> receiverKey(const Secret &master, ByteView identifier)
{
    const auto z = masterNumber(master);
    const auto a = identifierNumber(identifier);
    if (!z || !a)
        return std::nullopt;
    const auto inverse = order().inverse(order().add(*a, *z));
    if (order().isZero(inverse)) // a + z = 0 modulo q: never in practice
        return std::nullopt;
    return encodePoint(affine(Comb::multiply(generatorComb(), order().plain(inverse), nullptr, {})));
}

std::shared_ptr<const Domain> Domain::of(ByteView z)
{
    const auto point = decodePoint(z);
    if (!point || !hasOrderQ(*point))
        return nullptr;
    return std::make_shared<const DomainKey>(*point);
}

std::shared_ptr<const Receiver> Receiver::of(std::shared_ptr<const Domain> domain, ByteView identifier,
                                             const Secret &rsk, Lines lines)
{
    auto key = std::static_pointer_cast<const DomainKey>(std::move(domain));
    const auto number = identifierNumber(identifier);
    const auto point = decodePoint(rsk.view());
    if (!key || !number || !point || !hasOrderQ(*point))
        return nullptr;
    auto through = lines == Lines::Precomputed ? PairingLines::normalised(*point) : PairingLines::of(*point);
    const auto w = through.pairing(key->identityPoint(*number));
    if (!w || !field().equal(*w, pairingOfGenerators()))
        return nullptr;
    return std::make_shared<const ReceiverKey>(std::move(key), identifier, *number, std::move(through));
}

} // namespace mikey::sakke
