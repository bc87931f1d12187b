// SPDX-License-Identifier: Apache-2.0
// What an exchange costs beside the public-key operations that no program can do without, and that 10,000 of each
// method leave nothing behind. Exits 1 if a limit is broken.
#include "account/credentials.h"
#include "crypto/openssl.h"
#include "methods/csb.h"
#include "methods/method.h"

#include <openssl/rsa.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

namespace {

using namespace mikey;

constexpr double mostOverhead = 1.15; ///< of an exchange over its public-key operations alone
constexpr int runs = 301;
constexpr int exchanges = 10000;
constexpr long mostGrowthKb = 1024;
constexpr std::size_t replayCapacity = 4096;

double cpuMicroseconds()
{
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

template <class Work>
double timed(Work work)
{
    const auto start = cpuMicroseconds();
    work();
    return cpuMicroseconds() - start;
}

double median(std::vector<double> times)
{
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

/// Two ends that go on for long; a tick of the clock is a millisecond.
class Pair
{
public:
    Pair()
        : m_ends(account::makeDemoEndpoints({"sip:alice@example.org", "sip:bob@example.org"}, m_random, authority(),
                                            time()))
    {
    }

    bool exchange(const Method &method)
    {
        m_tick += 1000;
        Offer offer;
        offer.peer = m_ends[1].identity;
        const auto initiator = method.initiate({m_ends[0], m_states[0], m_random}, offer, time());
        if (!initiator)
            return false;
        const auto answer = respond({m_ends[1], m_states[1], m_random}, (*initiator)->message(), {}, time());
        return answer.send && (*initiator)->receive(*answer.send, time()).agreement.has_value();
    }

    const PrivateKey &key() const { return m_ends[0].x509.own.front().key; }
    std::size_t remembered() const { return m_states[0].replays.size() + m_states[1].replays.size(); }

private:
    NtpTime time() const { return NtpTime::fromUnixMicroseconds(m_tick); }
    account::DemoAuthority authority() const { return account::makeDemoAuthority(time()); }

    std::int64_t m_tick = 1795435200000000;
    SystemRandom m_random;
    std::vector<Endpoint> m_ends;
    EndpointState m_states[2];
};

/// OpenSSL's own operations, without what keymgmt does around them.
class Operations
{
public:
    explicit Operations(const PrivateKey &key)
        : m_decrypting(EVP_PKEY_CTX_new(key.native(), nullptr)), m_encrypting(EVP_PKEY_CTX_new(key.native(), nullptr)),
          m_block(key.publicKey().octets()), m_out(m_block.size()), m_prime(BN_get_rfc3526_prime_1536(nullptr)),
          m_exponent(BN_new()), m_base(BN_new()), m_result(BN_new()), m_workspace(BN_CTX_new()),
          m_montgomery(BN_MONT_CTX_new())
    {
        m_block.back() = 42;
        EVP_PKEY_decrypt_init(m_decrypting.get());
        EVP_PKEY_CTX_set_rsa_padding(m_decrypting.get(), RSA_NO_PADDING);
        EVP_PKEY_encrypt_init(m_encrypting.get());
        EVP_PKEY_CTX_set_rsa_padding(m_encrypting.get(), RSA_NO_PADDING);
        BN_MONT_CTX_set(m_montgomery.get(), m_prime.get(), m_workspace.get());
        SystemRandom random;
        const auto exponent = DhKey::generate(DhGroup::Oakley5, random);
        BN_bin2bn(exponent.exponent().data(), static_cast<int>(exponent.exponent().size()), m_exponent.get());
        BN_bin2bn(exponent.publicValue().data(), static_cast<int>(exponent.publicValue().size()), m_base.get());
    }

    void privateOperation()
    {
        auto size = m_out.size();
        EVP_PKEY_decrypt(m_decrypting.get(), m_out.data(), &size, m_block.data(), m_block.size());
    }
    void publicOperation()
    {
        auto size = m_out.size();
        EVP_PKEY_encrypt(m_encrypting.get(), m_out.data(), &size, m_block.data(), m_block.size());
    }
    void power()
    {
        BN_mod_exp_mont_consttime(m_result.get(), m_base.get(), m_exponent.get(), m_prime.get(), m_workspace.get(),
                                  m_montgomery.get());
    }

private:
    KeyContext m_decrypting, m_encrypting;
    Bytes m_block, m_out;
    Number m_prime, m_exponent, m_base, m_result;
    Owned<BN_CTX, BN_CTX_free> m_workspace;
    Owned<BN_MONT_CTX, BN_MONT_CTX_free> m_montgomery;
};

/// The public-key operations of both sides of an exchange. Certificates are known beforehand, so none is verified.
struct Needs
{
    const char *method;
    int privateOperations; ///< signing, decrypting
    int publicOperations;  ///< verifying, encrypting
    int powers;
};

constexpr Needs needs[] = {
    {"pk", 2, 2, 0},
    {"dh", 2, 2, 4},
    {"dh-hmac", 0, 0, 4},
    {"rsa-r", 3, 3, 0},
};

bool overhead(Pair &pair, const Needs &need)
{
    Operations operations(pair.key());
    std::vector<double> whole, bare;
    bool agreed = true;
    for (int run = 0; run < runs; ++run) { // in turn, so that both meet the same load of the computer
        whole.push_back(timed([&] { agreed = pair.exchange(*method(need.method)) && agreed; }));
        bare.push_back(timed([&] {
            for (int i = 0; i < need.privateOperations; ++i)
                operations.privateOperation();
            for (int i = 0; i < need.publicOperations; ++i)
                operations.publicOperation();
            for (int i = 0; i < need.powers; ++i)
                operations.power();
        }));
    }
    const auto ratio = median(whole) / median(bare);
    const bool good = agreed && ratio <= mostOverhead;
    std::printf("%-8s exchange %7.0f us, its public-key operations alone %7.0f us, ratio %.3f (at most %.2f)%s\n",
                need.method, median(whole), median(bare), ratio, mostOverhead, good ? "" : "  BROKEN");
    return good;
}

long residentKb()
{
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        long kb = 0;
        if (word == "VmRSS:" && status >> kb)
            return kb;
    }
    return 0;
}

std::ptrdiff_t openFiles()
{
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// The replay caches are full before it begins, so whatever grows is lost.
bool leavesNothing(Pair &pair, const Method &method)
{
    const auto residentBefore = residentKb();
    const auto filesBefore = openFiles();
    bool agreed = true;
    for (int i = 0; i < exchanges; ++i)
        agreed = pair.exchange(method) && agreed;
    const auto growth = residentKb() - residentBefore;
    const bool good =
        agreed && growth <= mostGrowthKb && openFiles() == filesBefore && pair.remembered() <= replayCapacity;
    std::printf("%-8.*s %d exchanges: memory %ld KB before, %+ld KB after (at most %+ld), open files %td, replay cache "
                "%zu entries%s\n",
                static_cast<int>(method.name.size()), method.name.data(), exchanges, residentBefore, growth,
                mostGrowthKb, openFiles(), pair.remembered(), good ? "" : "  BROKEN");
    return good;
}

} // namespace

int main()
{
    Pair pair;
    bool good = true;
    for (const auto &need : needs)
        good = overhead(pair, need) && good;
    for (std::size_t i = 0; i < 2 * replayCapacity; ++i)
        good = pair.exchange(*method("psk")) && good;
    for (const auto &row : methods()) {
        if (row.available())
            good = leavesNothing(pair, row) && good;
    }
    return good ? 0 : 1;
}
