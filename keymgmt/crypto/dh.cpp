// SPDX-License-Identifier: Apache-2.0
#include "crypto/dh.h"

#include "crypto/openssl.h"
#include "crypto/require.h"

namespace mikey {

namespace {

/// RFC 3526 8 puts the strength of the 1536-bit group at 90 to 120 bits, so this is more than twice the strength of
/// each group (RFC 3830 4.2.7).
constexpr std::size_t exponentOctets = 32;

using Montgomery = Owned<BN_MONT_CTX, BN_MONT_CTX_free>;
using Workspace = Owned<BN_CTX, BN_CTX_free>; ///< BN_CTX_free() wipes it

/// Prime and what is computed from it once. Never changes, so threads share it.
struct Group
{
    explicit Group(BIGNUM *primeOf(BIGNUM *));

    std::size_t octets() const { return static_cast<std::size_t>(BN_num_bytes(prime.get())); }

    Number prime;
    Number most; ///< p - 2
    Number generator;
    Montgomery montgomery;
};

Group::Group(BIGNUM *primeOf(BIGNUM *))
    : prime(primeOf(nullptr)), most(BN_dup(prime.get())), generator(BN_new()), montgomery(BN_MONT_CTX_new())
{
    const Workspace workspace(BN_CTX_new());
    require(workspace && prime && most && generator && montgomery, "BN_new");
    require(BN_sub_word(most.get(), 2) == 1 && BN_set_word(generator.get(), 2) == 1 &&
                BN_MONT_CTX_set(montgomery.get(), prime.get(), workspace.get()) == 1,
            "BN_MONT_CTX_set");
}

/// Null for a group not known.
const Group *find(DhGroup group)
{
    static const Group oakley5(BN_get_rfc3526_prime_1536);
    static const Group oakley1(BN_get_rfc2409_prime_768);
    static const Group oakley2(BN_get_rfc2409_prime_1024);
    switch (group) {
    case DhGroup::Oakley5:
        return &oakley5;
    case DhGroup::Oakley1:
        return &oakley1;
    case DhGroup::Oakley2:
        return &oakley2;
    }
    return nullptr;
}

/// base^exponent mod p, as long as the prime. Neither time nor memory access depends on the exponent.
Secret power(const Group &group, const BIGNUM *base, ByteView exponent)
{
    const SecretNumber x(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
    const SecretNumber result(BN_new());
    const Workspace workspace(BN_CTX_new());
    require(x && result && workspace, "BN_new");
    BN_set_flags(x.get(), BN_FLG_CONSTTIME);
    require(BN_mod_exp_mont_consttime(result.get(), base, x.get(), group.prime.get(), workspace.get(),
                                      group.montgomery.get()),
            "BN_mod_exp_mont_consttime");
    Secret octets(group.octets());
    require(BN_bn2binpad(result.get(), octets.writable().data(), static_cast<int>(octets.size())) >= 0, "BN_bn2binpad");
    return octets;
}

Bytes publicValueOf(DhGroup group, ByteView exponent)
{
    const auto *parameters = find(group);
    require(parameters != nullptr, "find DH group");
    const auto value = power(*parameters, parameters->generator.get(), exponent);
    return {value.view().begin(), value.view().end()};
}

} // namespace

bool isKnown(DhGroup group)
{
    return find(group) != nullptr;
}

bool isWeak(DhGroup group)
{
    return group != DhGroup::Oakley5;
}

std::size_t valueOctets(DhGroup group)
{
    const auto *parameters = find(group);
    return parameters ? parameters->octets() : 0;
}

DhKey DhKey::generate(DhGroup group, Random &random)
{
    auto exponent = random.secret(exponentOctets);
    auto value = publicValueOf(group, exponent.view());
    return {group, std::move(exponent), std::move(value)};
}

std::optional<DhKey> DhKey::restore(DhGroup group, ByteView exponent)
{
    if (!isKnown(group) || exponent.size() != exponentOctets)
        return std::nullopt;
    return DhKey(group, Secret(exponent), publicValueOf(group, exponent));
}

std::optional<Secret> DhKey::agree(ByteView peersPublicValue) const
{
    const auto &group = *find(m_group);
    if (peersPublicValue.size() != group.octets())
        return std::nullopt;
    const Number y(BN_bin2bn(peersPublicValue.data(), static_cast<int>(peersPublicValue.size()), nullptr));
    require(y != nullptr, "BN_bin2bn");
    // 0, 1 and p-1 would make a secret that anybody knows (RFC 2631 2.1.5).
    if (BN_is_zero(y.get()) || BN_is_one(y.get()) || BN_cmp(y.get(), group.most.get()) > 0)
        return std::nullopt;
    return power(group, y.get(), m_exponent.view());
}

} // namespace mikey
