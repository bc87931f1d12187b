// SPDX-License-Identifier: Apache-2.0
// Reports, asserts nothing: what IBE costs, in milliseconds and in products of the size of its prime; and whether the
// time of what works with secrets depends on them (Welch's t-test).
#include "measure.h"

#include "crypto/ibe.h"

using namespace mikey;
using bench::leak;
using bench::report;

namespace {

const Bytes alice{'a', 'l', 'i', 'c', 'e'}, bob{'b', 'o', 'b'};

struct Setting
{
    explicit Setting(const char *set) : group(ibe::group(set)), master(ibe::makeMaster(*group, random)) {}

    ibe::PrivateKey keyOf(const Bytes &id) const
    {
        return *ibe::PrivateKey::fromDer(ibe::extract(*group, master, id)->view(), id, parameters);
    }

    SystemRandom random;
    std::shared_ptr<const ibe::Group> group;
    Secret master;
    ibe::Parameters parameters = *ibe::publicParameters(group, master);
};

void costs(Setting &s)
{
    const auto &f = s.group->field();
    report("1000 products", "", 20, [&f, product = s.group->generator().x]() mutable {
        for (int i = 0; i < 1000; ++i)
            product = f.mul(product, product);
    });
    const ibe::Recipient recipient(s.parameters, bob);
    const auto key = s.keyOf(bob);
    const Bytes text(120, 7);
    const auto block = recipient.encrypt(text, s.random);
    report("IBE recipient, first time", "", 20, [&] { const ibe::Recipient made(s.parameters, bob); });
    report("IBE encrypt", "", 50, [&] { recipient.encrypt(text, s.random); });
    report("IBE decrypt", "", 50, [&] { key.decrypt(block); });
    report("IBE private key, issued", "", 20, [&] { ibe::extract(*s.group, s.master, bob); });
    report("IBE private key, checked and prepared", "", 10, [&] { s.keyOf(bob); });
}

void leaks(Setting &s)
{
    const auto &group = *s.group;
    SystemRandom random;
    FieldElement k;
    // What is drawn is drawn for the fixed secret too: else the caches tell the two apart.
    const auto draw = [&](bool fixed) {
        k = group.order().reduced(random.secret(2 * group.order().octets()).view());
        group.order().assignIf(fixed ? 1 : 0, k, group.order().one());
        k = group.order().plain(k);
    };
    ibe::Point multiple;
    Fp2 power;
    const auto g = ibe::Lines(s.group, group.generator()).pairing(group.generator());
    leak("multiple of a point (master, issue)", random, 1000, draw,
         [&] { multiple = group.multiply(group.generator(), k); });
    leak("multiple of the generator", random, 3000, draw, [&] { multiple = group.multiplyGenerator(k); });
    leak("power of what a pairing gives", random, 3000, draw, [&] { power = ibe::power(group, g, k); });
    Bytes text(120);
    const ibe::Recipient recipient(s.parameters, bob);
    leak(
        "IBE encrypt", random, 2000,
        [&](bool fixed) {
            random.fill(text);
            if (fixed)
                std::fill(text.begin(), text.end(), 0);
        },
        [&] { recipient.encrypt(text, random); });
    // Two keys, as many octets of lines each: with more of them the caches tell which was used before.
    const std::array keys{s.keyOf(alice), s.keyOf(bob)};
    const std::array blocks{ibe::Recipient(s.parameters, alice).encrypt(text, random), recipient.encrypt(text, random)};
    std::size_t which = 0;
    leak(
        "IBE decrypt, two keys", random, 2000, [&](bool fixed) { which = fixed ? 0 : 1; },
        [&] { keys[which].decrypt(blocks[which]); });
}

} // namespace

int main()
{
    for (const auto *set : {"BF-2048", "BF-3072"}) {
        std::printf("%s\n", set);
        Setting setting(set);
        costs(setting);
        leaks(setting);
    }
}
