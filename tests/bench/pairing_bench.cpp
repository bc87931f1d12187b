// SPDX-License-Identifier: Apache-2.0
// Reports, asserts nothing: what SAKKE and ECCSI cost, in milliseconds and in products of 1024 bits; and whether the
// time of what works with secrets depends on them (Welch's t-test).
#include "welch.h"

#include "crypto/eccsi.h"
#include "crypto/pairing.h"
#include "crypto/sakke.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

using namespace mikey;

namespace {

using Clock = std::chrono::steady_clock;

double msSince(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The median of some runs, and the products of one.
void report(const char *name, const char *limit, int runs, const std::function<void()> &work)
{
    work(); // tables that are made once
    std::vector<double> times;
    const auto before = PrimeField::products();
    for (int i = 0; i < runs; ++i) {
        const auto start = Clock::now();
        work();
        times.push_back(msSince(start));
    }
    const auto products = (PrimeField::products() - before) / static_cast<std::uint64_t>(runs);
    std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
    std::printf("%-44s %8.3f ms %8llu products   limit %s\n", name, times[static_cast<std::size_t>(runs) / 2],
                static_cast<unsigned long long>(products), limit);
}

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
           [&] { MillerLines::of(a).pairing(*decodePoint(ByteView(s.data).first(257))); });
    const auto asTheyCome = Receiver::of(s.domain, s.identifier, s.rsk, Receiver::Lines::AsTheyCome);
    report("SAKKE lines as they come", "", 20, [&] { MillerLines::of(a); });
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

/// A fixed secret against random ones, in random order.
void leak(const char *name, Random &random, int runs, const std::function<void(bool fixed)> &prepare,
          const std::function<void()> &work)
{
    std::vector<std::pair<bool, double>> measured;
    for (int i = 0; i < runs; ++i) {
        const bool fixed = random.number32() & 1;
        prepare(fixed);
        const auto start = Clock::now();
        work();
        measured.emplace_back(fixed, msSince(start));
    }
    std::vector<double> sorted;
    for (const auto &[fixed, ms] : measured)
        sorted.push_back(ms);
    std::sort(sorted.begin(), sorted.end());
    const auto most = sorted[sorted.size() * 9 / 10]; // what the machine disturbed is left out
    Welch welch;
    for (const auto &[fixed, ms] : measured) {
        if (ms <= most)
            welch.add(fixed, ms);
    }
    std::printf("%-44s t = %6.2f of %d runs (beyond 10 it would leak)\n", name, welch.t(), runs);
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
