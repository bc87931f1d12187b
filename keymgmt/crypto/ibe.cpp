// SPDX-License-Identifier: Apache-2.0
#include "crypto/ibe.h"

#include "crypto/der.h"

#include <algorithm>

namespace mikey::ibe {

namespace {

const Bytes version{2}; ///< v2, the only one (RFC 5091 8)
// RFC 5091 8: { joint-iso-itu-t(2) country(16) us(840) identicrypt(114334) ibcs(1) ibcs1(1) curve-types(1) 1 }.
const Bytes type1Curve{0x60, 0x86, 0x48, 0x01, 0x86, 0xfd, 0x1e, 0x01, 0x01, 0x01, 0x01};

Bytes oidOf(BfHash hash)
{
    switch (hash) {
    case BfHash::Sha1:
        return {0x2b, 0x0e, 0x03, 0x02, 0x1a};
    case BfHash::Sha224:
        return {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04};
    case BfHash::Sha256:
        break;
    }
    return {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
}

Bytes modulusOf(const PrimeField &field)
{
    const auto minusOne = field.toOctets(field.negated(field.one()));
    Bytes octets(minusOne.view().begin(), minusOne.view().end());
    octets.back() |= 1; // p - 1 is even
    return octets;
}

Secret wiped(Bytes octets)
{
    Secret secret{ByteView(octets)};
    wipe(octets);
    return secret;
}

/// Of a point that may be secret.
Secret pointDer(const Group &group, const AffinePoint &point)
{
    const auto x = group.field().toOctets(point.x), y = group.field().toOctets(point.y);
    const auto xDer = wiped(der::integer(x.view())), yDer = wiped(der::integer(y.view()));
    return wiped(der::sequence({xDer.view(), yDer.view()}));
}

std::optional<AffinePoint> readPoint(der::Reader &from, const Group &group)
{
    const auto contents = from.element(der::Tag::Sequence);
    if (!contents)
        return std::nullopt;
    der::Reader inner(*contents);
    const auto x = inner.integer(), y = inner.integer();
    return x && y && inner.atEnd() ? group.point(*x, *y) : std::nullopt;
}

bool readVersion(der::Reader &from)
{
    const auto number = from.integer();
    return number && sameOctets(*number, version);
}

Secret exclusiveOr(ByteView a, ByteView b)
{
    Secret out(a);
    for (std::size_t i = 0; i < out.size(); ++i)
        out.writable()[i] = static_cast<std::uint8_t>(out.view()[i] ^ b[i]);
    return out;
}

/// l of a message and its ρ: what makes U, so that who decrypts can tell whether it was made by the rules.
FieldElement exponentOf(const Group &group, ByteView plain, ByteView rho)
{
    const auto hashed = digestOf(group.hash(), {plain});
    Secret text(rho.size() + hashed.size());
    std::copy(rho.begin(), rho.end(), text.writable().begin());
    std::copy(hashed.view().begin(), hashed.view().end(), text.writable().subspan(rho.size()).begin());
    return group.hashToOrder(text.view());
}

bool equal(const Group &group, const Fp2 &x, const Fp2 &y)
{
    return group.field().equal(x.a, y.a) && group.field().equal(x.b, y.b);
}

/// s out of Montgomery form; none unless it is 2 to q - 1.
std::optional<FieldElement> masterOf(const Group &group, const Secret &master)
{
    const auto &order = group.order();
    const auto s = order.fromOctets(master.view());
    if (!s || order.isZero(*s) || order.equal(*s, order.one()))
        return std::nullopt;
    return order.plain(*s);
}

} // namespace

std::optional<Parameters> Parameters::of(std::shared_ptr<const Group> group, ByteView x, ByteView y)
{
    const auto point = group->point(x, y);
    if (!point || !group->hasOrderQ(*point))
        return std::nullopt;
    Parameters made;
    made.m_group = std::move(group);
    made.m_point = *point;
    made.m_lines = std::make_shared<const Lines>(made.m_group, *point);
    return made;
}

std::optional<Parameters> Parameters::fromDer(ByteView octets)
{
    der::Reader whole(octets);
    const auto contents = whole.element(der::Tag::Sequence);
    if (!contents || !whole.atEnd())
        return std::nullopt;
    der::Reader from(*contents);
    const bool known = readVersion(from);
    const auto curve = from.element(der::Tag::ObjectIdentifier);
    const auto p = from.integer(), q = from.integer();
    if (!known || !curve || !sameOctets(*curve, type1Curve) || !p || !q)
        return std::nullopt;
    const auto group = groupOf(*p, *q);
    if (!group)
        return std::nullopt;
    const auto generator = readPoint(from, *group);
    const auto contentsOfPoint = from.element(der::Tag::Sequence);
    const auto hash = from.element(der::Tag::ObjectIdentifier);
    const auto &f = group->field();
    if (!generator || !f.equal(generator->x, group->generator().x) || !f.equal(generator->y, group->generator().y) ||
        !contentsOfPoint || !hash || !sameOctets(*hash, oidOf(group->hash())) || !from.atEnd())
        return std::nullopt;
    der::Reader point(*contentsOfPoint);
    const auto x = point.integer(), y = point.integer();
    return x && y && point.atEnd() ? of(group, *x, *y) : std::nullopt;
}

Bytes Parameters::toDer() const
{
    return der::sequence({der::integer(version), der::element(der::Tag::ObjectIdentifier, type1Curve),
                          der::integer(modulusOf(m_group->field())), der::integer(modulusOf(m_group->order())),
                          pointDer(*m_group, m_group->generator()).view(), pointDer(*m_group, m_point).view(),
                          der::element(der::Tag::ObjectIdentifier, oidOf(m_group->hash()))});
}

Secret hashBytes(BfHash hash, ByteView from, std::size_t size)
{
    const auto key = digestOf(hash, {from});
    Secret state(octetsOf(hash));
    Secret out(size);
    for (std::size_t done = 0; done < size;) {
        state = digestOf(hash, {state.view()});
        const auto piece = digestOf(hash, {state.view(), key.view()});
        const auto count = std::min(piece.size(), size - done);
        std::copy_n(piece.view().begin(), count, out.writable().begin() + static_cast<std::ptrdiff_t>(done));
        done += count;
    }
    return out;
}

Ciphertext encryptWith(const Group &group, const Fp2 &theta, ByteView plain, ByteView rho)
{
    const auto l = exponentOf(group, plain, rho);
    const auto mask = digestOf(group.hash(), {canonical(group, power(group, theta, l)).view()});
    const auto v = exclusiveOr(rho, mask.view());
    const auto w = exclusiveOr(plain, hashBytes(group.hash(), rho, plain.size()).view());
    return {group.affine(group.multiplyGenerator(l)), Bytes(v.view().begin(), v.view().end()),
            Bytes(w.view().begin(), w.view().end())};
}

Recipient::Recipient(const Parameters &parameters, ByteView id)
    : m_group(parameters.group()), m_theta(parameters.lines().pairingWithHashed(id))
{
}

Bytes Recipient::encrypt(ByteView plain, Random &random) const
{
    const auto rho = random.secret(octetsOf(m_group->hash()));
    const auto made = encryptWith(*m_group, m_theta, plain, rho.view());
    return der::sequence({der::integer(version), pointDer(*m_group, made.u).view(),
                          der::element(der::Tag::OctetString, made.v), der::element(der::Tag::OctetString, made.w)});
}

std::optional<PrivateKey> PrivateKey::fromDer(ByteView octets, ByteView id, const Parameters &parameters)
{
    const auto &group = parameters.group();
    der::Reader whole(octets);
    const auto contents = whole.element(der::Tag::Sequence);
    if (!contents || !whole.atEnd())
        return std::nullopt;
    der::Reader from(*contents);
    const bool known = readVersion(from);
    const auto point = readPoint(from, *group);
    if (!known || !point || !from.atEnd() || !group->hasOrderQ(*point))
        return std::nullopt;
    PrivateKey key(group, *point);
    const auto theta = parameters.lines().pairingWithHashed(id);
    return equal(*group, key.m_lines.pairing(group->generator()), theta) ? std::optional(std::move(key)) : std::nullopt;
}

std::optional<Secret> PrivateKey::decrypt(ByteView block) const
{
    der::Reader whole(block);
    const auto contents = whole.element(der::Tag::Sequence);
    if (!contents || !whole.atEnd())
        return std::nullopt;
    der::Reader from(*contents);
    const bool known = readVersion(from);
    const auto u = readPoint(from, *m_group);
    const auto v = from.element(der::Tag::OctetString), w = from.element(der::Tag::OctetString);
    if (!known || !u || !v || !w || !from.atEnd() || v->size() != octetsOf(m_group->hash()))
        return std::nullopt;
    // That U has order q shows at the end, where it has to be [l]P; before that nothing of the result is told.
    const auto mask = digestOf(m_group->hash(), {canonical(*m_group, m_lines.pairing(*u)).view()});
    const auto rho = exclusiveOr(*v, mask.view());
    auto plain = exclusiveOr(*w, hashBytes(m_group->hash(), rho.view(), w->size()).view());
    if (!m_group->isSame(m_group->multiplyGenerator(exponentOf(*m_group, plain.view(), rho.view())), *u))
        return std::nullopt; // RFC 5091 5.5
    return plain;
}

Secret makeMaster(const Group &group, Random &random)
{
    for (;;) { // of numbers of twice the length nothing is to be seen of the reduction
        const auto drawn = random.secret(2 * group.order().octets());
        auto master = group.order().toOctets(group.order().reduced(drawn.view()));
        if (masterOf(group, master))
            return master;
    }
}

std::optional<Parameters> publicParameters(std::shared_ptr<const Group> group, const Secret &master)
{
    const auto s = masterOf(*group, master);
    if (!s)
        return std::nullopt;
    const auto point = group->affine(group->multiplyGenerator(*s));
    const auto x = group->field().toOctets(point.x), y = group->field().toOctets(point.y);
    return Parameters::of(std::move(group), x.view(), y.view());
}

std::optional<Secret> extract(const Group &group, const Secret &master, ByteView id)
{
    const auto s = masterOf(group, master);
    if (!s)
        return std::nullopt;
    const auto key = group.affine(group.multiply(group.hashToPoint(id), *s));
    return wiped(der::sequence({der::integer(version), pointDer(group, key).view()}));
}

} // namespace mikey::ibe
