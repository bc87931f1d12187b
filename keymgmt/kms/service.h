// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms/sakke.h"
#include "kms/sealing.h"
#include "kms/store.h"

#include <functional>

/// The key management service of a domain without its network: who is let in, what he is issued, what is written down.
namespace mikey::kms {

/// Why there is no answer. The sentence may be shown to whoever asked.
struct Refusal
{
    enum class Why : std::uint8_t {
        Unauthenticated, ///< no such token
        Forbidden,       ///< he is known, but not for this
        Invalid,         ///< what was asked makes no sense
        Unavailable,     ///< the store does not answer: ask again later
    };
    Why why = Why::Unavailable;
    std::string reason;
};

template <class T>
using Answer = Result<T, Refusal>;

/// What a domain is beside its keys.
struct ServiceProfile
{
    std::string kms; ///< canonical URI of the service
    SakkeIdScheme scheme = SakkeIdScheme::Uid;
    std::uint32_t keyPeriod = 2592000; ///< seconds; of the UID scheme
    std::uint32_t keyPeriodOffset = 0;
    std::vector<std::string> hosts; ///< whose users it serves, beside that of its own name
};

/// What a new user is told, once.
struct NewUser
{
    std::string token; ///< secret, printable
    Secret psk;
};

/// A user as those methods know him that authenticate by MIKEY itself.
struct Member
{
    std::string identity; ///< canonical
    Secret psk;
    bool revoked = false;
};

/// A secret of the service itself for a method that has no periods.
struct ServiceSecret
{
    std::uint32_t generation = 1;
    NtpTime since; ///< when it came into force
    Secret secret;
};

/// Keys, and the public keys of the domain that they belong to.
struct Delivery
{
    SakkeIssue keys;
    SakkeDomain domain;
};

/// One thread, as its store. Several services on one store are one service: what was issued to an identity, period and
/// device by one of them, all others answer with.
class Service
{
public:
    Service(Store &store, const Sealer &sealer, ServiceProfile profile, Random &random);

    /// Reads the master secrets, or makes them where there are none. Before anything else; why it cannot serve.
    std::optional<Refusal> open(NtpTime now);

    /// The identity of the user whose token this is; nobody's where it is unknown or he is revoked.
    Answer<std::string> authenticate(std::string_view token, NtpTime now);
    /// The public keys that are in force.
    Answer<SakkeDomain> domain(NtpTime now);
    /// Those too that keys are issued under before they are in force.
    Answer<std::vector<SakkeDomain>> domains(NtpTime now);
    /// Keys of `uri` for `user`, who has authenticated himself: they have to be the same. The answer to the same
    /// question stays the same (rule S-8). `device` tells devices of one user from each other, at most 63 octets.
    Answer<Delivery> issue(const std::string &user, const std::string &uri, std::uint64_t period,
                           const std::string &device, NtpTime now);

    /// For TICKET and IBAKE: the user of that identity, if there is one.
    Answer<std::optional<Member>> member(const std::string &identity);
    /// Stores, sealed, what is answered to a MIKEY message before it is sent. What came back is to be sent: where the
    /// same octets were answered before, here or by another service on this store, it is that first answer (rule S-8).
    Answer<Secret> answerOnce(const std::string &user, ByteView question, ByteView answer, const std::string &detail,
                              NtpTime now);

    /// Stores a value under a name, for as long as answers are kept. What came back is the first one of that name.
    Answer<Secret> claimOnce(const std::string &name, ByteView value, NtpTime now);

    /// The secrets of that kind ("ticket", "ibake") that are not destroyed, the last one in force; `make` makes the
    /// first where there is none yet: one for all services on this store.
    Answer<std::vector<ServiceSecret>> secretsOf(const std::string &kind, const std::function<Secret()> &make,
                                                 NtpTime now);
    /// Puts a new one in force. Its generation.
    Answer<std::uint32_t> rotateSecret(const std::string &kind, const std::function<Secret()> &make, NtpTime now);
    /// Destroys those that were replaced at that time or before.
    std::optional<Refusal> dropSecrets(const std::string &kind, NtpTime replaced, NtpTime now);

    /// Groups, whose members resolve tickets for them; canonical.
    Answer<bool> isMember(const std::string &group, const std::string &member);
    std::optional<Refusal> setMember(const std::string &group, const std::string &member, bool belongs, NtpTime now);

    /// Writes down that a MIKEY message was refused, and gives that back.
    Refusal refuse(Refusal refusal, const std::string &identity, NtpTime now);

    /// Lets a user in, with a new token: the one he had is void.
    Answer<NewUser> addUser(const std::string &identity, NtpTime now);
    std::optional<Refusal> revoke(const std::string &identity, NtpTime now);
    /// New master secrets, from the next period on of which nothing can have been issued yet (RFC 6509 3.3). The number
    /// of that period.
    Answer<std::uint64_t> rotate(NtpTime now);

private:
    struct Generation
    {
        std::uint32_t number = 0;
        std::uint64_t fromPeriod = 0;
        SakkeMasters masters;
        SakkeDomain domain;
    };

    std::optional<Refusal> addSecret(const std::string &kind, std::uint32_t generation, const Secret &secret,
                                     NtpTime now);
    std::optional<Refusal> readMasters();
    std::optional<Refusal> take(const SealedMaster &row);
    SealedMaster sealMasters(const SakkeMasters &masters, std::uint32_t number, std::uint64_t fromPeriod);
    const Generation &generationOf(std::uint64_t period) const;
    Answer<Delivery> issueFirst(const IssueKey &key, NtpTime now);
    Answer<Delivery> opened(const IssueKey &key, ByteView sealed) const;

    Store &m_store;
    const Sealer &m_sealer;
    ServiceProfile m_profile;
    Random &m_random;
    std::vector<Generation> m_generations;
};

} // namespace mikey::kms
