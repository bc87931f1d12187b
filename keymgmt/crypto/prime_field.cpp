// SPDX-License-Identifier: Apache-2.0
#include "crypto/prime_field.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace mikey {

namespace {

constexpr std::size_t limbOctets = sizeof(mp_limb_t);
constexpr std::size_t most = FieldElement::maxLimbs;
using Limbs = std::array<mp_limb_t, most>;
thread_local std::uint64_t productCount = 0;

void wipeLimbs(mp_limb_t *limbs, std::size_t count)
{
    std::memset(limbs, 0, count * limbOctets);
    asm volatile("" : : "r"(limbs) : "memory"); // so that it is not left out
}

/// Limbs on the stack that may hold secrets.
template <std::size_t Count>
struct Wiped
{
    std::array<mp_limb_t, Count> limbs;
    ~Wiped() { wipeLimbs(limbs.data(), Count); }
    mp_limb_t *data() { return limbs.data(); }
};

/// Calls `work` with the memory that GMP wants to work in besides its arguments: for products that is none.
template <class Work>
void withScratch(mp_size_t limbs, Work work)
{
    if (limbs == 0)
        return work(nullptr);
    Wiped<8 * most> scratch;
    assert(static_cast<std::size_t>(limbs) <= scratch.limbs.size());
    work(scratch.data());
}

mp_size_t sizeOf(std::size_t limbs)
{
    return static_cast<mp_size_t>(limbs);
}

/// Octets, most significant first, into `count` limbs.
void fill(mp_limb_t *to, std::size_t count, ByteView octets)
{
    std::memset(to, 0, count * limbOctets);
    for (std::size_t i = 0; i < octets.size(); ++i)
        to[i / limbOctets] |= static_cast<mp_limb_t>(octets[octets.size() - 1 - i]) << (8 * (i % limbOctets));
}

} // namespace

FieldElement::~FieldElement()
{
    wipeLimbs(limbs.data(), limbs.size());
}

PrimeField::PrimeField(ByteView prime) : m_size(prime.size() / limbOctets)
{
    assert(prime.size() == octets() && m_size > 0 && m_size <= most && (prime.back() & 1));
    fill(m_modulus.data(), m_size, prime);
    assert(m_modulus[m_size - 1] != 0);
    mp_limb_t inverse = 1; // Newton: each step doubles the number of bits that are right
    for (int bits = 1; bits < 64; bits *= 2)
        inverse *= 2 - m_modulus[0] * inverse;
    m_negatedInverse = 0 - inverse;
    // R and R^2 modulo the prime, where R = 2^(64 n), by doubling: once a field, and nothing of it is secret.
    m_one.limbs[0] = 1;
    for (std::size_t bit = 0; bit < 64 * m_size; ++bit)
        m_one = twice(m_one);
    m_square = m_one;
    for (std::size_t bit = 0; bit < 64 * m_size; ++bit)
        m_square = twice(m_square);
}

/// `a` and its `carry` stand for less than twice the modulus.
void PrimeField::reduceOnce(mp_limb_t carry, FieldElement &a) const
{
    Wiped<most> less;
    const auto borrow = mpn_sub_n(less.data(), a.limbs.data(), m_modulus.data(), sizeOf(m_size));
    const auto keep = static_cast<mp_limb_t>(0) - (borrow & ~carry & 1); // all ones: it was below the modulus
    for (std::size_t i = 0; i < m_size; ++i)
        a.limbs[i] = (a.limbs[i] & keep) | (less.limbs[i] & ~keep);
}

/// Montgomery's reduction: `product` / R.
FieldElement PrimeField::redc(mp_limb_t *product) const
{
    for (std::size_t i = 0; i < m_size; ++i)
        product[i] = mpn_addmul_1(product + i, m_modulus.data(), sizeOf(m_size), product[i] * m_negatedInverse);
    FieldElement result;
    reduceOnce(mpn_add_n(result.limbs.data(), product + m_size, product, sizeOf(m_size)), result);
    return result;
}

FieldElement PrimeField::mul(const FieldElement &a, const FieldElement &b) const
{
    ++productCount;
    const auto n = sizeOf(m_size);
    Wiped<2 * most> product;
    withScratch(mpn_sec_mul_itch(n, n), [&](mp_limb_t *scratch) {
        mpn_sec_mul(product.data(), a.limbs.data(), n, b.limbs.data(), n, scratch);
    });
    return redc(product.data());
}

FieldElement PrimeField::sqr(const FieldElement &a) const
{
    ++productCount;
    const auto n = sizeOf(m_size);
    Wiped<2 * most> product;
    withScratch(mpn_sec_sqr_itch(n),
                [&](mp_limb_t *scratch) { mpn_sec_sqr(product.data(), a.limbs.data(), n, scratch); });
    return redc(product.data());
}

FieldElement PrimeField::add(const FieldElement &a, const FieldElement &b) const
{
    FieldElement sum;
    const auto carry = mpn_add_n(sum.limbs.data(), a.limbs.data(), b.limbs.data(), sizeOf(m_size));
    reduceOnce(carry, sum);
    return sum;
}

FieldElement PrimeField::sub(const FieldElement &a, const FieldElement &b) const
{
    FieldElement difference;
    const auto n = sizeOf(m_size);
    const auto borrow = mpn_sub_n(difference.limbs.data(), a.limbs.data(), b.limbs.data(), n);
    mpn_cnd_add_n(borrow, difference.limbs.data(), difference.limbs.data(), m_modulus.data(), n);
    return difference;
}

std::optional<FieldElement> PrimeField::fromOctets(ByteView octets) const
{
    FieldElement element;
    if (octets.size() != this->octets())
        return std::nullopt;
    fill(element.limbs.data(), m_size, octets);
    Wiped<most> rest;
    if (!mpn_sub_n(rest.data(), element.limbs.data(), m_modulus.data(), sizeOf(m_size)))
        return std::nullopt;
    return mul(element, m_square);
}

FieldElement PrimeField::reduced(ByteView octets) const
{
    assert(octets.size() <= 2 * this->octets());
    Wiped<2 * most> number;
    fill(number.data(), 2 * m_size, octets);
    const auto n = sizeOf(m_size);
    withScratch(mpn_sec_div_r_itch(2 * n, n),
                [&](mp_limb_t *scratch) { mpn_sec_div_r(number.data(), 2 * n, m_modulus.data(), n, scratch); });
    FieldElement element;
    std::copy_n(number.limbs.begin(), m_size, element.limbs.begin());
    return mul(element, m_square);
}

FieldElement PrimeField::plain(const FieldElement &a) const
{
    Wiped<2 * most> product;
    std::memset(product.data(), 0, 2 * m_size * limbOctets);
    std::copy_n(a.limbs.begin(), m_size, product.limbs.begin());
    return redc(product.data());
}

Secret PrimeField::toOctets(const FieldElement &a) const
{
    const auto number = plain(a);
    Secret octets(this->octets());
    const auto to = octets.writable();
    for (std::size_t i = 0; i < to.size(); ++i)
        to[to.size() - 1 - i] = static_cast<std::uint8_t>(number.limbs[i / limbOctets] >> (8 * (i % limbOctets)));
    return octets;
}

FieldElement PrimeField::inverse(const FieldElement &a) const
{
    auto number = plain(a);
    FieldElement inverse;
    const auto bits = static_cast<mp_bitcnt_t>(2 * 64 * m_size);
    int exists = 0;
    withScratch(mpn_sec_invert_itch(sizeOf(m_size)), [&](mp_limb_t *scratch) {
        exists =
            mpn_sec_invert(inverse.limbs.data(), number.limbs.data(), m_modulus.data(), sizeOf(m_size), bits, scratch);
    });
    assignIf(static_cast<mp_limb_t>(exists == 0), inverse, FieldElement());
    return mul(inverse, m_square);
}

FieldElement PrimeField::inverseOfPublic(const FieldElement &a) const
{
    const auto number = plain(a);
    const auto n = sizeOf(m_size);
    mpz_t modulus, value, inverse;
    mpz_init(inverse);
    FieldElement result;
    if (mpz_invert(inverse, mpz_roinit_n(value, number.limbs.data(), n), mpz_roinit_n(modulus, m_modulus.data(), n)))
        std::copy_n(mpz_limbs_read(inverse), mpz_size(inverse), result.limbs.begin());
    mpz_clear(inverse);
    return mul(result, m_square);
}

void PrimeField::invertAll(std::span<FieldElement *const> elements) const
{
    if (elements.empty())
        return;
    std::vector<FieldElement> upTo; // the product of all before
    upTo.reserve(elements.size());
    auto product = one();
    for (const auto *element : elements) {
        upTo.push_back(product);
        product = mul(product, *element);
    }
    auto rest = inverse(product);
    for (std::size_t i = elements.size(); i-- > 0;) {
        const auto element = *elements[i];
        *elements[i] = mul(rest, upTo[i]);
        rest = mul(rest, element);
    }
}

bool PrimeField::isZero(const FieldElement &a) const
{
    mp_limb_t bits = 0;
    for (std::size_t i = 0; i < m_size; ++i)
        bits |= a.limbs[i];
    return bits == 0;
}

void PrimeField::assignIf(mp_limb_t condition, FieldElement &to, const FieldElement &from) const
{
    const auto take = static_cast<mp_limb_t>(0) - condition;
    for (std::size_t i = 0; i < m_size; ++i)
        to.limbs[i] = (from.limbs[i] & take) | (to.limbs[i] & ~take);
}

void PrimeField::swapIf(mp_limb_t condition, FieldElement &a, FieldElement &b) const
{
    const auto take = static_cast<mp_limb_t>(0) - condition;
    for (std::size_t i = 0; i < m_size; ++i) {
        const auto difference = (a.limbs[i] ^ b.limbs[i]) & take;
        a.limbs[i] ^= difference;
        b.limbs[i] ^= difference;
    }
}

std::uint64_t PrimeField::products()
{
    return productCount;
}

} // namespace mikey
