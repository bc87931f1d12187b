// SPDX-License-Identifier: Apache-2.0
// Reports, asserts nothing: what SAKKE and ECCSI cost, in milliseconds and in products of 1024 bits; and whether the
// time of what works with secrets depends on them (Welch's t-test).
#include "measure.h"

#include "crypto/eccsi.h"
#include "crypto/pairing.h"
#include "crypto/sakke.h"

using namespace mikey;
using bench::leak;
using bench::report;

namespace {

struct Setting
{
    SystemRandom random;
    Secret master = sakke::makeMaster(random);
    Bytes identifier = Bytes(32, 0x1a);
    std::shared_ptr<const sakke::Domain> domain = sakke::Domain::of(*sakke::publicKey(master));
    Secret rsk = *sakke::receiverKey(master, identifier);
    std::shared_ptr<const sakke::Receiver> receiver = sakke::Receiver::of(domain, identifier, rsk);
    Bytes data = *domain->encapsulate(identifier, Bytes(16, 1));
};

void costs(Setting &s)
{
    using namespace mikey::sakke;
    const auto a = *decodePoint(s.rsk.view());
    report("1000 products", "", 20, [product = a.x]() mutable {
        for (int i = 0; i < 1000; ++i)
            product = field().mul(product, product);
    });
    report("SAKKE decapsulate, lines precomputed", "12000 products", 50, [&] { s.receiver->decapsulate(s.data); });
    report("SAKKE pairing with its lines, first time", "", 20,
           [&] { PairingLines::of(a).pairing(*decodePoint(ByteView(s.data).first(257))); });
    const auto asTheyCome = Receiver::of(s.domain, s.identifier, s.rsk, Receiver::Lines::AsTheyCome);
    report("SAKKE lines as they come", "", 20, [&] { PairingLines::of(a); });
    report("SAKKE decapsulate with them (sum: first time)", "37000 products", 20,
           [&] { asTheyCome->decapsulate(s.data); });
    report("SAKKE encapsulate", "7500 products", 50, [&] { s.domain->encapsulate(s.identifier, Bytes(16, 2)); });
    report("SAKKE receiver key, issued", "", 20, [&] { receiverKey(s.master, s.identifier); });
    report("SAKKE receiver key, checked and prepared", "", 10, [&] { Receiver::of(s.domain, s.identifier, s.rsk); });
    const auto ksak = eccsi::makeMaster(s.random);
    const auto kpak = *eccsi::publicKey(ksak);
    const auto user = *eccsi::issue(ksak, s.identifier, s.random);
    const auto signer = *eccsi::Signer::of(kpak, s.identifier, user.ssk, user.pvt);
    const Bytes message(600, 7);
    const auto signature = signer.sign(message, s.random);
    report("ECCSI sign", "0.1 ms", 500, [&] { signer.sign(message, s.random); });
    report("ECCSI verify", "0.4 ms", 500, [&] { eccsi::verify(kpak, s.identifier, message, signature); });
}

void leaks(Setting &s)
{
    using namespace mikey::sakke;
    SystemRandom random;
    FieldElement x, y, k;
    const auto element = [&random] { return field().reduced(random.secret(256).view()); };
    const auto other = element();
    // What is drawn is drawn for the fixed secret too: else the caches tell the two apart.
    leak(
        "product", random, 200000,
        [&](bool fixed) {
            x = element();
            field().assignIf(fixed ? 1 : 0, x, FieldElement());
        },
        [&] { y = field().mul(x, other); });
    leak(
        "inverse", random, 20000,
        [&](bool fixed) {
            x = element();
            field().assignIf(fixed ? 1 : 0, x, field().one());
        },
        [&] { y = field().inverse(x); });
    leak(
        "multiple of a point", random, 3000,
        [&](bool fixed) {
            k = order().reduced(random.secret(256).view());
            order().assignIf(fixed ? 1 : 0, k, order().one());
            k = order().plain(k);
        },
        [&] { Comb::multiply(generatorComb(), k, nullptr, {}); });
    Bytes ssv(16);
    leak(
        "SAKKE encapsulate", random, 2000,
        [&](bool fixed) {
            random.fill(ssv);
            if (fixed)
                std::fill(ssv.begin(), ssv.end(), 0);
        },
        [&] { s.domain->encapsulate(s.identifier, ssv); });
    // Two keys, as each has half a megabyte of lines: with more of them the caches tell which was used before.
    std::vector<std::shared_ptr<const Receiver>> receivers;
    std::vector<Bytes> data;
    for (std::uint8_t i = 0; i < 2; ++i) {
        const Bytes identifier(32, static_cast<std::uint8_t>(i + 2));
        receivers.push_back(Receiver::of(s.domain, identifier, *receiverKey(s.master, identifier)));
        data.push_back(*s.domain->encapsulate(identifier, Bytes(16, i)));
    }
    std::size_t which = 0;
    leak(
        "SAKKE decapsulate, two keys", random, 2000, [&](bool fixed) { which = fixed ? 0 : 1; },
        [&] { receivers[which]->decapsulate(data[which]); });
}

} // namespace

int main()
{
    Setting setting;
    costs(setting);
    leaks(setting);
}
