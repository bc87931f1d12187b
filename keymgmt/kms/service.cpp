// SPDX-License-Identifier: Apache-2.0
#include "kms/service.h"

#include "crypto/digest.h"
#include "kms/issue_window.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::kms {

namespace {

constexpr auto sakkeKind = "sakke";
constexpr std::size_t mostDevices = 64; ///< of a user, in a key period; each has a row of its own
constexpr std::size_t locatorOctets = 8, tokenSecretOctets = 32, pskOctets = 32;
constexpr std::size_t zOctets = 128, rskOctets = 257, sskOctets = 32, pvtOctets = 65, numberOctets = 4;
constexpr std::size_t longestDevice = 63;

/// When a secret without periods came into force.
NtpTime sinceOf(const SealedMaster &row)
{
    return NtpTime(row.fromPeriod << 32);
}

Refusal unavailable(const StoreFault &fault)
{
    return {Refusal::Why::Unavailable, fault.reason};
}

std::string placeOf(const SealedMaster &master)
{
    return "master/" + master.kind + '/' + std::to_string(master.generation) + '/' + std::to_string(master.fromPeriod);
}

std::string placeOf(const IssueKey &key)
{
    return "issued/" + std::to_string(key.period) + '/' + key.device + '/' + key.identity;
}

std::string pskPlace(const std::string &identity)
{
    return "psk/" + identity;
}

bool isDevice(std::string_view device)
{
    return device.size() <= longestDevice &&
           std::all_of(device.begin(), device.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

AuditRow issueRow(const IssueKey &key, NtpTime now)
{
    return {now, "issue", key.identity,
            "sakke period " + std::to_string(key.period) + (key.device.empty() ? "" : " device " + key.device)};
}

/// As it is stored: the number of the masters' generation, RSK, SSK, PVT.
Secret written(std::uint32_t generation, const SakkeIssue &keys)
{
    Secret out(numberOctets + rskOctets + sskOctets + pvtOctets);
    auto rest = out.writable();
    for (std::size_t i = 0; i < numberOctets; ++i)
        rest[i] = static_cast<std::uint8_t>(generation >> (8 * (numberOctets - 1 - i)));
    rest = rest.subspan(numberOctets);
    for (const auto part : {keys.rsk.view(), keys.ssk.view(), ByteView(keys.pvt)}) {
        std::copy(part.begin(), part.end(), rest.begin());
        rest = rest.subspan(part.size());
    }
    return out;
}

/// The first value of that key, sealed in the store: this one, or that of whoever was faster.
Answer<Secret> storedOnce(Store &store, const Sealer &sealer, Random &random, const IssueKey &key, ByteView value,
                          const AuditRow &audit)
{
    const auto stored = store.issueOnce(key, sealer.seal(value, placeOf(key), random), audit);
    if (!stored)
        return unavailable(stored.error());
    auto first = sealer.open(*stored, placeOf(key));
    if (!first)
        return Refusal{Refusal::Why::Unavailable, "the key of this service does not open what it has stored"};
    return std::move(*first);
}

} // namespace

Service::Service(Store &store, const Sealer &sealer, ServiceProfile profile, Random &random)
    : m_store(store), m_sealer(sealer), m_profile(std::move(profile)), m_random(random)
{
}

std::optional<Refusal> Service::take(const SealedMaster &row)
{
    const auto secrets = m_sealer.open(row.sealed, placeOf(row));
    if (!secrets || secrets->size() <= zOctets)
        return Refusal{Refusal::Why::Unavailable, "the key of this service does not open its master secrets"};
    SakkeMasters masters{Secret(secrets->view().first(zOctets)), Secret(secrets->view().subspan(zOctets))};
    auto domain = sakkeDomain(masters, m_profile.kms, m_profile.scheme);
    if (!domain)
        return Refusal{Refusal::Why::Unavailable, "the stored master secrets are none"};
    domain->hosts = m_profile.hosts;
    domain->keyPeriod = m_profile.keyPeriod;
    domain->keyPeriodOffset = m_profile.keyPeriodOffset;
    m_generations.push_back({row.generation, row.fromPeriod, std::move(masters), std::move(*domain)});
    return std::nullopt;
}

/// Other services on this store may have added generations; those that are known stay as they are.
std::optional<Refusal> Service::readMasters()
{
    const auto rows = m_store.masters(sakkeKind);
    if (!rows)
        return unavailable(rows.error());
    for (const auto &row : *rows) {
        if (!m_generations.empty() && row.generation <= m_generations.back().number)
            continue;
        if (auto refusal = take(row))
            return refusal;
    }
    return std::nullopt;
}

SealedMaster Service::sealMasters(const SakkeMasters &masters, std::uint32_t number, std::uint64_t fromPeriod)
{
    SealedMaster row{sakkeKind, number, fromPeriod, {}};
    Secret both(masters.z.size() + masters.ksak.size());
    const auto out = both.writable();
    std::copy(masters.z.view().begin(), masters.z.view().end(), out.begin());
    std::copy(masters.ksak.view().begin(), masters.ksak.view().end(),
              out.begin() + static_cast<std::ptrdiff_t>(masters.z.size()));
    row.sealed = m_sealer.seal(both.view(), placeOf(row), m_random);
    return row;
}

std::optional<Refusal> Service::open(NtpTime now)
{
    if (auto refusal = readMasters())
        return refusal;
    if (!m_generations.empty())
        return std::nullopt;
    const auto row = sealMasters(SakkeMasters::make(m_random), 1, 0);
    if (const auto added = m_store.add(row, {now, "rotate", {}, "sakke masters 1"}); !added)
        return unavailable(added.error());
    return readMasters(); // ours, or those of whoever was faster
}

const Service::Generation &Service::generationOf(std::uint64_t period) const
{
    const auto it = std::find_if(m_generations.rbegin(), m_generations.rend(),
                                 [period](const Generation &one) { return one.fromPeriod <= period; });
    return it == m_generations.rend() ? m_generations.front() : *it;
}

Refusal Service::refuse(Refusal refusal, const std::string &identity, NtpTime now)
{
    const auto stored = m_store.record({now, AuditRow::refusal, identity, refusal.reason});
    return stored ? std::move(refusal) : unavailable(stored.error());
}

Answer<std::string> Service::authenticate(std::string_view token, NtpTime now)
{
    const Refusal unknown{Refusal::Why::Unauthenticated, "the token is not known"};
    const auto octets = fromHex(token);
    if (!octets || octets->size() != locatorOctets + tokenSecretOctets)
        return refuse(unknown, {}, now);
    const auto parts = ByteView(*octets);
    const auto account = m_store.accountAt(parts.first(locatorOctets));
    if (!account)
        return unavailable(account.error());
    const auto hash = sha256(parts.subspan(locatorOctets));
    if (!*account || !equalSecrets((*account)->tokenHash, hash))
        return refuse(unknown, {}, now);
    if ((*account)->revoked)
        return refuse({Refusal::Why::Forbidden, "this user is revoked"}, (*account)->identity, now);
    return (*account)->identity;
}

Answer<SakkeDomain> Service::domain(NtpTime now)
{
    if (auto refusal = readMasters())
        return std::move(*refusal);
    return generationOf(m_generations.front().domain.periodAt(now)).domain;
}

Answer<std::vector<SakkeDomain>> Service::domains(NtpTime now)
{
    if (auto refusal = readMasters())
        return std::move(*refusal);
    const auto &periods = m_generations.front().domain;
    const auto &current = generationOf(periods.periodAt(now)),
               &next = generationOf(periods.periodAt(now.plusSeconds(issuedEarlySeconds)));
    std::vector<SakkeDomain> all{current.domain};
    if (next.number != current.number) {
        all.push_back(next.domain);
        all.back().fromPeriod = next.fromPeriod;
    }
    return all;
}

Answer<Delivery> Service::issue(const std::string &user, const std::string &uri, std::uint64_t period,
                                const std::string &device, NtpTime now)
{
    const auto identity = canonicalIdentity(uri);
    if (identity != user || identity.empty())
        return refuse({Refusal::Why::Forbidden, "keys are issued to the user whose they are, and to nobody else"}, user,
                      now);
    if (!isDevice(device))
        return refuse(
            {Refusal::Why::Invalid, "the name of the device is too long or has other than visible characters"}, user,
            now);
    const auto &domain = m_generations.front().domain;
    if (const auto obstacle = domain.obstacleTo(identity))
        return refuse({Refusal::Why::Invalid, *obstacle}, user, now);
    if (!mayIssueSakke(domain, period, now))
        return refuse({Refusal::Why::Forbidden, "keys of that period are not issued now"}, user, now);
    const IssueKey key{identity, period, device};
    const auto before = m_store.issued(key);
    if (!before)
        return unavailable(before.error());
    if (*before)
        return opened(key, **before);
    const auto devices = m_store.devices(identity, period);
    if (!devices)
        return unavailable(devices.error());
    if (*devices >= mostDevices)
        return refuse({Refusal::Why::Forbidden, "this user has keys of that period on too many devices"}, user, now);
    return issueFirst(key, now);
}

Answer<Delivery> Service::issueFirst(const IssueKey &key, NtpTime now)
{
    if (auto refusal = readMasters())
        return std::move(*refusal);
    const auto &generation = generationOf(key.period);
    const auto keys = issueSakke(generation.masters, generation.domain, key.identity, key.period, m_random);
    if (!keys)
        return refuse({Refusal::Why::Invalid, "no keys can be made for this identity"}, key.identity, now);
    const auto clear = written(generation.number, *keys);
    const auto sealed = m_sealer.seal(clear.view(), placeOf(key), m_random);
    const auto stored = m_store.issueOnce(key, sealed, issueRow(key, now));
    if (!stored)
        return unavailable(stored.error());
    return opened(key, *stored);
}

Answer<Delivery> Service::opened(const IssueKey &key, ByteView sealed) const
{
    const Refusal damaged{Refusal::Why::Unavailable, "the key of this service does not open what it has issued"};
    const auto clear = m_sealer.open(sealed, placeOf(key));
    if (!clear || clear->size() != numberOctets + rskOctets + sskOctets + pvtOctets)
        return damaged;
    auto rest = clear->view();
    const auto next = [&rest](std::size_t size) {
        const auto part = rest.first(size);
        rest = rest.subspan(size);
        return part;
    };
    std::uint32_t number = 0;
    for (const auto octet : next(numberOctets))
        number = number << 8 | octet;
    const auto generation = std::find_if(m_generations.begin(), m_generations.end(),
                                         [number](const Generation &one) { return one.number == number; });
    if (generation == m_generations.end())
        return damaged;
    SakkeIssue keys{key.period, generation->domain.identifier(key.identity, key.period), Secret(next(rskOctets)),
                    Secret(next(sskOctets)), Bytes(pvtOctets)};
    std::copy(rest.begin(), rest.end(), keys.pvt.begin());
    return Delivery{std::move(keys), generation->domain};
}

Answer<std::optional<Member>> Service::member(const std::string &identity)
{
    const auto account = m_store.account(canonicalIdentity(identity));
    if (!account)
        return unavailable(account.error());
    if (!*account)
        return std::optional<Member>();
    auto psk = m_sealer.open((*account)->psk, pskPlace((*account)->identity));
    if (!psk)
        return Refusal{Refusal::Why::Unavailable, "the key of this service does not open a shared key"};
    return std::optional(Member{(*account)->identity, std::move(*psk), (*account)->revoked});
}

Answer<Secret> Service::answerOnce(const std::string &user, ByteView question, ByteView answer,
                                   const std::string &detail, NtpTime now)
{
    const IssueKey key{canonicalIdentity(user), IssueKey::ofMessages, hex(sha256(question))};
    return storedOnce(m_store, m_sealer, m_random, key, answer, {now, "answer", key.identity, detail});
}

Answer<Secret> Service::claimOnce(const std::string &name, ByteView value, NtpTime now)
{
    const IssueKey key{{}, IssueKey::ofMessages, name};
    return storedOnce(m_store, m_sealer, m_random, key, value, {now, "claim", {}, name});
}

Answer<std::vector<ServiceSecret>> Service::secretsOf(const std::string &kind, const std::function<Secret()> &make,
                                                      NtpTime now)
{
    for (int attempt = 0; attempt < 2; ++attempt) { // ours, or that of whoever was faster
        const auto rows = m_store.masters(kind);
        if (!rows)
            return unavailable(rows.error());
        std::vector<ServiceSecret> secrets;
        for (const auto &row : *rows) {
            auto secret = m_sealer.open(row.sealed, placeOf(row));
            if (!secret)
                return Refusal{Refusal::Why::Unavailable, "the key of this service does not open its secrets"};
            secrets.push_back({row.generation, sinceOf(row), std::move(*secret)});
        }
        if (!secrets.empty())
            return secrets;
        if (auto refusal = addSecret(kind, 1, make(), now))
            return std::move(*refusal);
    }
    return Refusal{Refusal::Why::Unavailable, "the store does not keep a secret"};
}

std::optional<Refusal> Service::addSecret(const std::string &kind, std::uint32_t generation, const Secret &secret,
                                          NtpTime now)
{
    SealedMaster row{kind, generation, now.units() >> 32, {}}; // which have no periods, but a time
    row.sealed = m_sealer.seal(secret.view(), placeOf(row), m_random);
    const auto added = m_store.add(row, {now, "rotate", {}, kind + " secret " + std::to_string(generation)});
    return added ? std::nullopt : std::optional(unavailable(added.error()));
}

Answer<std::uint32_t> Service::rotateSecret(const std::string &kind, const std::function<Secret()> &make, NtpTime now)
{
    const auto secrets = secretsOf(kind, make, now);
    if (!secrets)
        return secrets.error();
    const auto generation = secrets->back().generation + 1;
    if (auto refusal = addSecret(kind, generation, make(), now))
        return std::move(*refusal);
    return generation;
}

std::optional<Refusal> Service::dropSecrets(const std::string &kind, NtpTime replaced, NtpTime now)
{
    const auto rows = m_store.masters(kind);
    if (!rows)
        return unavailable(rows.error());
    std::uint32_t oldest = 0; // of those that were in force at that time or later
    for (const auto &row : *rows) {
        if (!sinceOf(row).isAfter(replaced))
            oldest = row.generation;
    }
    if (rows->empty() || oldest <= rows->front().generation)
        return std::nullopt;
    const auto dropped =
        m_store.dropMasters(kind, oldest, {now, "destroy", {}, kind + " secrets before " + std::to_string(oldest)});
    return dropped ? std::nullopt : std::optional(unavailable(dropped.error()));
}

Answer<bool> Service::isMember(const std::string &group, const std::string &member)
{
    const auto stored = m_store.isMember(group, member);
    if (!stored)
        return unavailable(stored.error());
    return *stored;
}

std::optional<Refusal> Service::setMember(const std::string &group, const std::string &member, bool belongs,
                                          NtpTime now)
{
    const auto whole = canonicalIdentity(group), one = canonicalIdentity(member);
    if (identityType(whole) != IdType::Uri || identityType(one) != IdType::Uri)
        return Refusal{Refusal::Why::Invalid, "this is no identity such as sip:alice@example.org"};
    const auto stored =
        m_store.setMember(whole, one, belongs, {now, belongs ? "group add" : "group remove", one, whole});
    return stored ? std::nullopt : std::optional(unavailable(stored.error()));
}

Answer<NewUser> Service::addUser(const std::string &identity, NtpTime now)
{
    Account account;
    account.identity = canonicalIdentity(identity);
    if (account.identity.empty())
        return Refusal{Refusal::Why::Invalid, "this is no identity such as sip:alice@example.org"};
    if (const auto obstacle = m_generations.front().domain.obstacleTo(account.identity))
        return Refusal{Refusal::Why::Invalid, *obstacle};
    const auto locator = m_random.secret(locatorOctets), secret = m_random.secret(tokenSecretOctets);
    NewUser user{hex(locator.view()) + hex(secret.view()), m_random.secret(pskOctets)};
    account.locator.assign(locator.view().begin(), locator.view().end());
    const auto hash = sha256(secret.view());
    account.tokenHash.assign(hash.begin(), hash.end());
    account.psk = m_sealer.seal(user.psk.view(), pskPlace(account.identity), m_random);
    const auto stored = m_store.save(account, {now, "user add", account.identity, {}});
    if (!stored)
        return unavailable(stored.error());
    return user;
}

std::optional<Refusal> Service::revoke(const std::string &identity, NtpTime now)
{
    auto account = m_store.account(canonicalIdentity(identity));
    if (!account)
        return unavailable(account.error());
    if (!*account)
        return Refusal{Refusal::Why::Invalid, "there is no such user"};
    (*account)->revoked = true;
    const auto stored = m_store.save(**account, {now, "revoke", (*account)->identity, {}});
    return stored ? std::nullopt : std::optional(unavailable(stored.error()));
}

Answer<std::uint64_t> Service::rotate(NtpTime now)
{
    if (auto refusal = readMasters())
        return std::move(*refusal);
    // A period begins to be issued four days ahead, and clocks of several services may differ.
    constexpr std::int64_t aheadSeconds = 5 * 24 * 3600;
    const auto from = m_generations.front().domain.periodAt(now.plusSeconds(aheadSeconds)) + 1;
    const auto number = m_generations.back().number + 1;
    const auto row = sealMasters(SakkeMasters::make(m_random), number, from);
    const auto added = m_store.add(
        row, {now, "rotate", {}, "sakke masters " + std::to_string(number) + " from period " + std::to_string(from)});
    if (!added)
        return unavailable(added.error());
    if (auto refusal = readMasters())
        return std::move(*refusal);
    return m_generations.back().fromPeriod;
}

} // namespace mikey::kms
