// SPDX-License-Identifier: Apache-2.0
#include "mikey_front.h"

#include "account/kms_access.h"
#include "crypto/digest.h"
#include "methods/base_ticket.h"

#include <algorithm>
#include <atomic>

namespace kmsd {

namespace {

using mikey::kms::Refusal;

constexpr auto mikeyType = "application/mikey";
constexpr std::int64_t longestTicketSeconds = 24 * 3600;
constexpr std::size_t tpkOctets = 32; ///< serves the algorithms of 256 bits too
constexpr auto ibakeGroup = "BF-3072";
constexpr int ok = 200, badRequest = 400, unavailable = 503;

QByteArray arrayOf(mikey::ByteView octets)
{
    return {reinterpret_cast<const char *>(octets.data()), static_cast<qsizetype>(octets.size())};
}

Reply cannotAnswer(const Refusal &refusal)
{
    return {unavailable, "text/plain", "the service cannot answer now\n", {}, refusal.reason};
}

/// For the audit log: "request sip:bob@example.org".
std::string detailOf(const mikey::kms::MikeyAnswer &answer)
{
    auto detail = answer.what;
    for (const auto &one : answer.about)
        detail += ' ' + one;
    return detail;
}

/// A thread that waits for a partner. At most a quarter of them do, so that the others can answer what partners ask:
/// two services that wait for each other with all their threads would wait for ever.
class PartnerTurn
{
public:
    explicit PartnerTurn(int threads) : m_isTaken(++waiting <= std::max(threads / 4, 1)) {}
    ~PartnerTurn() { --waiting; }
    PartnerTurn(const PartnerTurn &) = delete;
    PartnerTurn &operator=(const PartnerTurn &) = delete;

    bool isTaken() const { return m_isTaken; }

private:
    static inline std::atomic<int> waiting = 0; ///< of all threads
    bool m_isTaken;
};

/// Of a partner, while the thread waits; not for as long as our user would.
std::optional<mikey::Bytes> answerOf(const Config &config, const mikey::KmsRequest &request)
{
    account::KmsLimits limits;
    limits.milliseconds = 3000;
    limits.attempts = 1;
    const auto &all = config.ticketPartners;
    const auto partner = std::find_if(all.begin(), all.end(), [&](const auto &one) { return one.kms == request.kms; });
    const PartnerTurn turn(config.threads);
    if (partner == all.end() || !turn.isTaken())
        return std::nullopt;
    auto told = account::askKmsAndWait({{}, partner->place}, request, {}, limits);
    return told ? std::optional(std::move(*told)) : std::nullopt;
}

} // namespace

mikey::Secret makeTpk(mikey::Random &random)
{
    return random.secret(tpkOctets);
}

mikey::NtpTime tpksEndedBefore(mikey::NtpTime now)
{
    constexpr std::int64_t marginSeconds = 3600; // of clocks that differ
    return now.plusSeconds(-longestTicketSeconds - marginSeconds);
}

MikeyFront::MikeyFront(mikey::kms::Service &service, mikey::Random &random, const Config &config)
    : m_service(service), m_random(random)
{
    m_tickets.kms = m_ibake.kms = config.profile.kms;
    m_tickets.clockSkewSeconds = m_ibake.clockSkewSeconds = config.clockSkewSeconds;
    m_tickets.longestLifetimeSeconds = longestTicketSeconds;
    m_tickets.x509 = m_ibake.x509 = config.x509;
    for (const auto &partner : config.ticketPartners)
        m_tickets.partners.push_back({partner.kms, partner.psk.clone(), partner.hosts});
    m_tickets.askPartner = [&config](const auto &request) { return answerOf(config, request); };
    m_tickets.rekeySeconds = config.rekeySeconds;
    m_tickets.isMember = [this](const auto &group, const auto &user) { return isMember(group, user); };
    m_tickets.mayCall = [calls = config.mayCall](const std::string &initiator, const std::string &responder) {
        const auto allowed = calls.find(initiator);
        return allowed == calls.end() || allowed->second.contains(responder);
    };
    m_tickets.account = [this](const std::string &identity) -> std::optional<mikey::kms::TicketAccount> {
        auto found = member(identity);
        if (!found)
            return std::nullopt;
        mikey::kms::TicketAccount account;
        account.identity = found->identity;
        account.psk = std::move(found->psk);
        account.revoked = found->revoked;
        return account;
    };
    m_ibake.account = [this](const std::string &identity) -> std::optional<mikey::Secret> {
        auto found = member(identity);
        return found && !found->revoked ? std::optional(std::move(found->psk)) : std::nullopt;
    };
}

std::optional<mikey::kms::Member> MikeyFront::member(const std::string &identity)
{
    auto found = m_service.member(identity);
    if (found)
        return std::move(*found);
    m_fault = found.error();
    return std::nullopt;
}

bool MikeyFront::isMember(const std::string &group, const std::string &user)
{
    auto member = m_service.isMember(group, user);
    if (!member)
        m_fault = member.error();
    return member && *member;
}

std::optional<Refusal> MikeyFront::readTpks(mikey::NtpTime now)
{
    auto secrets = m_service.secretsOf(
        tpkKind, [this] { return makeTpk(m_random); }, now);
    if (!secrets)
        return secrets.error();
    m_tickets.tpks.clear();
    for (auto &one : *secrets)
        m_tickets.tpks.push_back({std::to_string(one.generation), std::move(one.secret)});
    return std::nullopt;
}

/// Reads the secrets of the service: those of tickets again and again, since another process may rotate them.
std::optional<Refusal> MikeyFront::open(mikey::NtpTime now)
{
    constexpr std::int64_t freshUnits = std::int64_t{10} << 32;
    const auto age = now.minus(m_readAt);
    if (!m_tickets.tpks.empty() && age >= 0 && age < freshUnits)
        return std::nullopt;
    if (auto refusal = readTpks(now))
        return refusal;
    if (m_ibake.master.empty()) {
        m_ibake.group = mikey::ibe::group(ibakeGroup);
        auto masters = m_service.secretsOf(
            "ibake", [this] { return mikey::ibe::makeMaster(*m_ibake.group, m_random); }, now);
        if (!masters)
            return masters.error();
        m_ibake.master = std::move(masters->back().secret);
    }
    m_readAt = now;
    return std::nullopt;
}

/// Whether the question brings a ticket under a key that another process or thread may have put in force since.
bool MikeyFront::hasUnknownTpk(mikey::ByteView question) const
{
    const auto message = mikey::decode(question);
    const auto *ticket = message ? message->find<mikey::Ticket>() : nullptr;
    const auto &tpks = m_tickets.tpks;
    return ticket && std::none_of(tpks.begin(), tpks.end(),
                                  [id = mikey::tpkIdOf(*ticket)](const auto &tpk) { return tpk.id == id; });
}

/// The memory is new for each question, as the store remembers what was answered.
mikey::kms::MikeyAnswer MikeyFront::ask(mikey::ByteView question, mikey::kms::Memory memory, mikey::NtpTime now)
{
    return mikey::kms::asksForKeys(question)
               ? mikey::kms::answerKeyRequest(m_ibake, memory, question, now, m_random)
               : mikey::kms::answerTicketQuestion(m_tickets, memory, question, now, m_random);
}

/// The store remembers envelope keys too, for all threads and processes: one that came in another question before is
/// refused (see admitEnvelope()). None: it is this question's own. What is stored is which question was first.
std::optional<mikey::kms::MikeyAnswer> MikeyFront::refuseEnvelope(mikey::ByteView question, mikey::NtpTime now)
{
    const auto envelope = mikey::kms::envelopeIn(question);
    if (envelope.empty())
        return std::nullopt;
    const auto digest = mikey::sha256(question);
    const auto first = m_service.claimOnce("envelope " + envelope, digest, now);
    if (!first) {
        m_fault = first.error();
        return std::nullopt;
    }
    if (mikey::sameOctets(first->view(), digest))
        return std::nullopt;
    mikey::kms::Memory memory;
    mikey::kms::rememberEnvelope(memory, question, now, m_tickets.clockSkewSeconds);
    return ask(question, std::move(memory), now);
}

/// MIKEY tells its own errors; HTTP tells one only where MIKEY keeps silent.
Reply MikeyFront::refused(const mikey::kms::MikeyAnswer &answer, mikey::NtpTime now)
{
    const auto &reason = answer.error->reason;
    const auto written = m_service.refuse({Refusal::Why::Forbidden, reason}, answer.user, now);
    if (written.why == Refusal::Why::Unavailable)
        return cannotAnswer(written);
    if (answer.message)
        return {ok, mikeyType, arrayOf(*answer.message), answer.user, reason};
    return {badRequest, "text/plain", "this is no MIKEY message that is answered here\n", answer.user, reason};
}

Reply MikeyFront::answer(const Question &question)
{
    m_fault.reset();
    if (const auto fault = open(question.now))
        return cannotAnswer(*fault);
    const mikey::ByteView octets(reinterpret_cast<const std::uint8_t *>(question.body.constData()),
                                 static_cast<std::size_t>(question.body.size()));
    if (hasUnknownTpk(octets)) {
        if (const auto fault = readTpks(question.now))
            return cannotAnswer(*fault);
    }
    auto answer = ask(octets, {}, question.now);
    if (answer.message && !answer.error) {
        if (auto refusal = refuseEnvelope(octets, question.now))
            answer = std::move(*refusal);
    }
    if (m_fault)
        return cannotAnswer(*m_fault);
    if (answer.error || !answer.message)
        return refused(answer, question.now);
    // Stored before it is sent; what comes back may be what was answered before.
    const auto first = m_service.answerOnce(answer.user, octets, *answer.message, detailOf(answer), question.now);
    if (!first)
        return cannotAnswer(first.error());
    return {ok, mikeyType, arrayOf(first->view()), answer.user, {}};
}

Reply MikeyFront::parameters(const Question &question)
{
    if (const auto fault = open(question.now))
        return cannotAnswer(*fault);
    if (m_parameters.isEmpty()) {
        const auto made = mikey::ibe::publicParameters(m_ibake.group, m_ibake.master);
        if (!made)
            return cannotAnswer({Refusal::Why::Unavailable, "the master secret of IBAKE is none"});
        m_parameters = arrayOf(made->toDer());
    }
    return {ok, "application/octet-stream", m_parameters, {}, {}};
}

} // namespace kmsd
