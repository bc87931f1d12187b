// SPDX-License-Identifier: Apache-2.0
// What an exchange costs beside the public-key operations that no program can do without, and that many of each
// method leave nothing behind. Exits 1 if a limit is broken.
#include "account/credentials.h"
#include "account/played_kms.h"
#include "crypto/openssl.h"
#include "crypto/x509.h"
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
constexpr int exchangesWithPairings = 500; ///< which take some ten times as long
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

/// The time that this share of the runs took at most.
double quantile(std::vector<double> times, double share)
{
    const auto at = times.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(times.size()) * share);
    std::nth_element(times.begin(), at, times.end());
    return *at;
}

/// Two ends that go on for long; a tick of the clock is a millisecond.
class Pair
{
public:
    Pair()
        : m_authority(account::makeDemoAuthority(time())),
          m_ends(account::makeDemoEndpoints({"sip:alice@example.org", "sip:bob@example.org"}, m_random, m_authority,
                                            time())),
          m_kms(std::move(m_authority.mikey))
    {
    }

    bool exchange(const Method &method)
    {
        m_tick += 1000;
        Offer offer;
        offer.peer = m_ends[1].identity;
        const auto initiator = method.initiate({m_ends[0], m_states[0], m_random}, offer, time());
        if (!initiator || consult(**initiator, {}).error)
            return false;
        auto answer = respond({m_ends[1], m_states[1], m_random}, (*initiator)->message(), {}, time());
        if (const auto responder = answer.asking)
            answer = consult(*responder, std::move(answer));
        while (answer.send) {
            const auto next = (*initiator)->receive(*answer.send, time());
            if (!next.send)
                return next.agreement.has_value();
            answer = respond({m_ends[1], m_states[1], m_random}, *next.send, {}, time());
        }
        return !(*initiator)->answerDue() && answer.agreement.has_value();
    }

    const Endpoint &end() const { return m_ends[0]; }
    NtpTime time() const { return NtpTime::fromUnixMicroseconds(m_tick); }
    std::size_t remembered() const { return m_states[0].replays.size() + m_states[1].replays.size(); }

private:
    /// Asks the service until the user can go on.
    Step consult(KmsUser &user, Step step)
    {
        while (const auto request = user.kmsRequest())
            step = user.kmsAnswered(m_kms.answer(request->message, time()).message.value_or(Bytes()), time());
        return step;
    }

    std::int64_t m_tick = 1795435200000000;
    SystemRandom m_random;
    account::DemoAuthority m_authority;
    std::vector<Endpoint> m_ends;
    account::PlayedKms m_kms;
    EndpointState m_states[2];
};

/// Whether the peer's certificate stands: OpenSSL verifies it and the revocation list of its authority.
class ChainCheck
{
public:
    ChainCheck(const Endpoint &endpoint, NtpTime now)
        : m_certificate(endpoint.x509.peers.begin()->second.front()), m_store(X509_STORE_new()),
          m_seconds(now.unixMilliseconds() / 1000)
    {
        X509_STORE_add_cert(m_store.get(), endpoint.x509.trust.front().native());
        X509_STORE_add_crl(m_store.get(), endpoint.x509.crls.front().native());
    }
    bool operator()() const
    {
        const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
        X509_STORE_CTX_init(context.get(), m_store.get(), m_certificate.native(), nullptr);
        X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        X509_STORE_CTX_set_time(context.get(), 0, m_seconds);
        return X509_verify_cert(context.get()) == 1;
    }

private:
    Certificate m_certificate;
    Owned<X509_STORE, X509_STORE_free> m_store;
    std::int64_t m_seconds;
};

/// OpenSSL's own operations, without what keymgmt does around them.
class Operations
{
public:
    explicit Operations(const PrivateKey &key)
        : m_key(key), m_block(key.publicKey().octets()), m_out(m_block.size()),
          m_prime(BN_get_rfc3526_prime_1536(nullptr)), m_exponent(BN_new()), m_base(BN_new()), m_result(BN_new()),
          m_workspace(BN_CTX_new()), m_montgomery(BN_MONT_CTX_new())
    {
        m_block.back() = 42;
        BN_MONT_CTX_set(m_montgomery.get(), m_prime.get(), m_workspace.get());
        SystemRandom random;
        const auto exponent = DhKey::generate(DhGroup::Oakley5, random);
        BN_bin2bn(exponent.exponent().data(), static_cast<int>(exponent.exponent().size()), m_exponent.get());
        BN_bin2bn(exponent.publicValue().data(), static_cast<int>(exponent.publicValue().size()), m_base.get());
    }

    void privateOperation() { operation(EVP_PKEY_decrypt_init, EVP_PKEY_decrypt); }
    void publicOperation() { operation(EVP_PKEY_encrypt_init, EVP_PKEY_encrypt); }
    void power()
    {
        BN_mod_exp_mont_consttime(m_result.get(), m_base.get(), m_exponent.get(), m_prime.get(), m_workspace.get(),
                                  m_montgomery.get());
    }

private:
    /// With a context of its own, as OpenSSL wants it for an operation.
    template <class Init, class Operation>
    void operation(Init init, Operation run)
    {
        const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, m_key.native(), nullptr));
        init(context.get());
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING);
        auto size = m_out.size();
        run(context.get(), m_out.data(), &size, m_block.data(), m_block.size());
    }

    const PrivateKey &m_key;
    Bytes m_block, m_out;
    Number m_prime, m_exponent, m_base, m_result;
    Owned<BN_CTX, BN_CTX_free> m_workspace;
    Owned<BN_MONT_CTX, BN_MONT_CTX_free> m_montgomery;
};

/// The public-key operations of both sides of an exchange.
struct Needs
{
    const char *method;
    int privateOperations; ///< signing, decrypting
    int publicOperations;  ///< verifying, encrypting
    int chains;            ///< the peer's certificate and the revocation list of its authority
    int powers;
};

constexpr Needs needs[] = {
    {"pk", 2, 2, 2, 0},
    {"dh", 2, 2, 2, 4},
    {"dh-hmac", 0, 0, 0, 4},
    {"rsa-r", 3, 3, 2, 0},
};

/// What one exchange of many took, and its public-key operations alone.
struct Times
{
    std::vector<double> whole, bare;
    bool agreed = true;

    double ratioAt(double share) const { return quantile(whole, share) / quantile(bare, share); }
};

/// In turn, so that both meet the same load of the computer.
Times measure(Pair &pair, const Needs &need)
{
    Operations operations(pair.end().x509.own.front().key);
    const ChainCheck chain(pair.end(), pair.time());
    Times times;
    for (int run = 0; run < runs; ++run) {
        times.whole.push_back(timed([&] { times.agreed = pair.exchange(*method(need.method)) && times.agreed; }));
        times.bare.push_back(timed([&] {
            for (int i = 0; i < need.privateOperations; ++i)
                operations.privateOperation();
            for (int i = 0; i < need.publicOperations; ++i)
                operations.publicOperation();
            for (int i = 0; i < need.chains; ++i)
                times.agreed = chain() && times.agreed;
            for (int i = 0; i < need.powers; ++i)
                operations.power();
        }));
    }
    return times;
}

/// Other programs slow down what is spread over much code more than a loop that stays in the caches. So it is the runs
/// they disturbed least that are judged, and not only once; medians tell what a busy computer makes of it.
bool overhead(Pair &pair, const Needs &need)
{
    constexpr double least = 0.05;
    constexpr int tries = 5;
    bool good = false;
    for (int attempt = 1; attempt <= tries && !good; ++attempt) {
        const auto times = measure(pair, need);
        good = times.agreed && times.ratioAt(least) <= mostOverhead;
        std::printf("%-8s exchange %5.0f us, its public-key operations alone %5.0f us, ratio %.3f (at most %.2f); "
                    "medians %5.0f and %5.0f us, ratio %.3f%s\n",
                    need.method, quantile(times.whole, least), quantile(times.bare, least), times.ratioAt(least),
                    mostOverhead, quantile(times.whole, 0.5), quantile(times.bare, 0.5), times.ratioAt(0.5),
                    good              ? ""
                    : attempt < tries ? "  once more"
                                      : "  BROKEN");
    }
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
    const auto count = method.name == "ibake" || method.name == "sakke" ? exchangesWithPairings : exchanges;
    for (int i = 0; i < count; ++i)
        agreed = pair.exchange(method) && agreed;
    const auto growth = residentKb() - residentBefore;
    const bool good =
        agreed && growth <= mostGrowthKb && openFiles() == filesBefore && pair.remembered() <= replayCapacity;
    std::printf("%-8.*s %d exchanges: memory %ld KB before, %+ld KB after (at most %+ld), open files %td, replay cache "
                "%zu entries%s\n",
                static_cast<int>(method.name.size()), method.name.data(), count, residentBefore, growth, mostGrowthKb,
                openFiles(), pair.remembered(), good ? "" : "  BROKEN");
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
