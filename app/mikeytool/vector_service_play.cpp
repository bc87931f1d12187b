// SPDX-License-Identifier: Apache-2.0
#include "vector_service_play.h"

#include "methods/csb.h"
#include "methods/ibake.h"
#include "methods/ibake_message.h"
#include "methods/method.h"
#include "seeded_random.h"

#include <stdexcept>

namespace tool {

namespace {

using Keys = mikey::Renewal::Keys;

constexpr ServiceVectorKind kinds[] = {
    {.name = "ticket-mode-1",
     .method = "ticket",
     .about = "ticket that the service issues, with forked keys, and resolves"},
    {.name = "ticket-mode-2",
     .method = "ticket",
     .about = "ticket that the service issues and the Responder opens himself",
     .mode = 2},
    {.name = "ticket-mode-3",
     .method = "ticket",
     .about = "ticket that the Initiator makes and the service resolves",
     .mode = 3},
    {.name = "ticket-mode-4",
     .method = "ticket",
     .about = "ticket that the Initiator makes and the Responder opens, without a service",
     .mode = 4},
    {.name = "ticket-aead-aes-256-gcm",
     .method = "ticket",
     .about = "ticket of the service, policy AES-GCM with 256 bits",
     .suite = "AEAD_AES_256_GCM"},
    {.name = "ticket-gtgk",
     .method = "ticket",
     .about = "ticket of the service with a group key, which is not forked",
     .groupKey = true},
    {.name = "ticket-pk",
     .method = "ticket",
     .about = "ticket of the service, to which certificates prove both users",
     .byCertificate = true},
    {.name = "ticket-update",
     .method = "ticket",
     .about = "ticket of the service, and an update with a new TGK",
     .update = Keys::NewTgk},
    {.name = "ticket-update-tek",
     .method = "ticket",
     .about = "ticket of the service, and an update with new TEKs of the same TGK",
     .update = Keys::NewTek},
    {.name = "ticket-update-responder",
     .method = "ticket",
     .about = "ticket of the service, and an update with a new TGK that the Responder starts",
     .update = Keys::NewTgk,
     .responderUpdates = true},
    {.name = "ibake",
     .method = "ibake",
     .about = "identity-based authenticated key exchange; both fetch their private keys"},
    {.name = "ibake-aead-aes-256-gcm",
     .method = "ibake",
     .about = "identity-based authenticated key exchange, policy AES-GCM with 256 bits",
     .suite = "AEAD_AES_256_GCM"},
    {.name = "ibake-pke",
     .method = "ibake",
     .about = "identity-based authenticated key exchange; certificates prove both to the service",
     .byCertificate = true},
    {.name = "ibake-deferred",
     .method = "ibake",
     .about = "deferred delivery: a mailbox answers, and keeps a key for who was called",
     .deferred = true},
};

constexpr auto serviceIdentity = "kms.example.org";
constexpr auto tpkId = "tpk-of-a-user";
constexpr std::size_t tpkOctets = 16;
/// 2026-11-23T12:00:00Z, as of the other vectors.
constexpr std::int64_t beginsAt = 1795435200000000;
constexpr std::int64_t updateSeconds = 60;

/// Nothing here comes from outside, so what fails is a bug.
[[noreturn]] void broken(const std::string &reason)
{
    throw std::logic_error("test vector: " + reason);
}

template <class T>
T sure(mikey::Outcome<T> outcome)
{
    if (!outcome)
        broken(outcome.error().reason);
    return std::move(*outcome);
}

class ServicePlayer
{
public:
    ServicePlayer(const ServiceVectorKind &kind, ServiceEnds ends, mikey::X509 service, const std::string &seed);
    PlayedService play();

private:
    struct Party
    {
        const char *name;
        mikey::Endpoint &endpoint;
        mikey::EndpointState state{};
        std::shared_ptr<mikey::Csb> bundle{};
    };

    mikey::Context context(Party &party) { return {party.endpoint, party.state, m_random}; }
    /// Who sends the first message of the exchange that is played, and who answers it.
    Party &asking() { return m_kind.responderUpdates && m_played.exchanges.size() > 1 ? m_responder : m_initiator; }
    Party &answering()
    {
        if (&asking() == &m_responder)
            return m_initiator;
        return m_kind.deferred ? m_mailbox : m_responder;
    }
    void enrolForTickets();
    void enrolForIbake();
    void proveByCertificates();
    void say(const char *from, const mikey::Bytes &octets);
    mikey::Bytes ask(const char *name, mikey::ByteView question);
    void fetchKeys(Party &party);
    mikey::Step consult(const char *name, mikey::KmsUser &user, mikey::Step step);
    mikey::Step respond(const mikey::Bytes &message);
    void exchange(mikey::Initiator &initiator);
    void take(mikey::Step &step, Party &party);
    void playFirst();
    void playUpdate();
    void openDeposit();
    ServiceExchange &current() { return m_played.exchanges.back(); }

    const ServiceVectorKind &m_kind;
    PlayedService m_played;
    SeededRandom m_random;
    mikey::kms::Memory m_memory;
    Party m_initiator, m_responder, m_mailbox;
    mikey::NtpTime m_now = mikey::NtpTime::fromUnixMicroseconds(beginsAt);
};

ServicePlayer::ServicePlayer(const ServiceVectorKind &kind, ServiceEnds ends, mikey::X509 service,
                             const std::string &seed)
    : m_kind(kind), m_played{std::move(ends), {}, {}, {}},
      m_random(seed, kind.name), m_initiator{"initiator", m_played.ends.initiator},
      m_responder{"responder", m_played.ends.responder}, m_mailbox{"mailbox", m_played.ends.mailbox}
{
    if (kind.isTicket())
        enrolForTickets();
    else
        enrolForIbake();
    if (kind.byCertificate) {
        m_played.services.ticket.x509 = std::move(service); // one service, one certificate
        proveByCertificates();
    }
    m_random.takeDraws(); // those of long-term keys stand there by name
}

/// In modes 2 to 4 who makes tickets or opens them without the service has a TPK (RFC 6043 4.1.1).
void ServicePlayer::enrolForTickets()
{
    auto &tickets = m_played.services.ticket;
    tickets = account::makeTicketService(serviceIdentity, m_random);
    auto &alice = m_initiator.endpoint, &bob = m_responder.endpoint;
    for (auto *end : {&alice, &bob})
        end->ticket = tickets.enrol(end->identity, m_random);
    alice.ticket.mode = m_kind.mode;
    if (m_kind.mode == 1)
        return;
    const auto tpk = m_random.secret(tpkOctets);
    const auto give = [&tpk](mikey::Endpoint &end) {
        end.ticket.tpk = tpk.clone();
        end.ticket.tpkId = tpkId;
    };
    if (m_kind.mode != 2)
        give(alice);
    if (m_kind.mode != 3)
        give(bob);
    if (m_kind.mode != 4)
        tickets.accounts[m_kind.mode == 2 ? bob.identity : alice.identity].tpk = {tpkId, tpk.clone()};
}

void ServicePlayer::enrolForIbake()
{
    auto &service = m_played.services.ibake;
    service = account::makeIbakeService(serviceIdentity, m_random);
    for (auto *party : {&m_initiator, &m_responder, &m_mailbox}) {
        auto &end = party->endpoint;
        if (end.identity.empty())
            continue;
        end.ibake = service.enrol(end.identity, m_now, m_random);
        end.ibake.keys.clear(); // the exchange fetches them
        if (const auto *suite = mikey::srtpSuite(m_kind.suite); suite != &mikey::ibakeSuite(end))
            end.suites = {suite}; // no message tells it (RFC 6267 4.2.2)
    }
}

/// No key is shared with the service then: each has an envelope key of its own (RFC 6043 4.2.1.2, RFC 6267 4.2.1.1).
void ServicePlayer::proveByCertificates()
{
    const auto &certificate = m_played.services.ticket.x509.own.front().chain.front();
    for (auto &[identity, account] : m_played.services.ticket.accounts)
        account.psk = mikey::Secret();
    for (auto &[identity, key] : m_played.services.ibake.accounts)
        key = mikey::Secret();
    for (auto *party : {&m_initiator, &m_responder}) {
        auto &end = party->endpoint;
        end.ticket.psk = mikey::Secret();
        end.ibake.psk = mikey::Secret();
        if (m_kind.isTicket())
            end.ticket.kmsCertificate = certificate;
        else
            end.ibake.kmsCertificate = certificate;
    }
}

void ServicePlayer::say(const char *from, const mikey::Bytes &octets)
{
    current().messages.push_back({from, {octets, m_random.takeDraws()}});
}

/// A question of the one with that name, and the service's answer.
mikey::Bytes ServicePlayer::ask(const char *name, mikey::ByteView question)
{
    say(name, mikey::Bytes(question.begin(), question.end()));
    const auto &services = m_played.services;
    auto ibake = m_kind.isTicket() ? mikey::kms::IbakeDomain() : services.ibake.domain();
    ibake.x509 = services.ticket.x509;
    auto answer = m_kind.isTicket()
                      ? mikey::kms::answerTicketQuestion(services.ticket.domain(), m_memory, question, m_now, m_random)
                      : mikey::kms::answerKeyRequest(ibake, m_memory, question, m_now, m_random);
    if (answer.error || !answer.message)
        broken(answer.error ? answer.error->reason : "the service is silent");
    say("kms", *answer.message);
    return std::move(*answer.message);
}

/// The REQUEST_KEY exchange, which comes before any call (RFC 6267 4.2.1).
void ServicePlayer::fetchKeys(Party &party)
{
    const auto request = sure(mikey::IbakeKeyRequest::make(context(party), m_now));
    auto issued = sure(request.open(ask(party.name, request.request().message)));
    for (auto &one : issued) {
        if (!party.endpoint.ibake.add(party.endpoint.identity, one.date, one.block.view()))
            broken("the key is another's");
        m_played.issued.push_back(std::move(one));
    }
}

mikey::Step ServicePlayer::consult(const char *name, mikey::KmsUser &user, mikey::Step step)
{
    while (const auto request = user.kmsRequest()) {
        step = user.kmsAnswered(ask(name, request->message), m_now);
        if (step.error)
            broken(step.error->reason);
    }
    return step;
}

mikey::Step ServicePlayer::respond(const mikey::Bytes &message)
{
    mikey::Arrival arrival;
    if (answering().bundle)
        arrival.bundles = {answering().bundle.get()};
    auto step = mikey::respond(context(answering()), message, arrival, m_now);
    if (const auto asking = step.asking)
        step = consult(answering().name, *asking, std::move(step));
    return step;
}

/// Notes what a side has agreed on.
void ServicePlayer::take(mikey::Step &step, Party &party)
{
    if (step.error)
        broken(step.error->reason);
    if (!step.agreement)
        return;
    party.bundle = step.agreement->csb;
    if (&party == &answering())
        current().agreement = std::move(*step.agreement);
}

void ServicePlayer::exchange(mikey::Initiator &initiator)
{
    std::optional<mikey::Bytes> message = initiator.message();
    while (message) {
        say(asking().name, *message);
        auto answered = respond(*message);
        take(answered, answering());
        if (!answered.send)
            break;
        say(answering().name, *answered.send);
        auto next = initiator.receive(*answered.send, m_now);
        take(next, asking());
        message = next.send;
    }
    if (!asking().bundle || !answering().bundle)
        broken("nothing agreed");
}

void ServicePlayer::playFirst()
{
    m_played.exchanges.emplace_back().time = m_now;
    if (!m_kind.isTicket()) {
        for (auto *party : {&m_initiator, &m_responder, &m_mailbox}) {
            if (!party->endpoint.identity.empty())
                fetchKeys(*party);
        }
    }
    mikey::Offer offer;
    offer.peer = m_responder.endpoint.identity;
    offer.suites = {mikey::srtpSuite(m_kind.suite)};
    offer.sdpProtocols = {"mikey"};
    offer.groupKey = m_kind.groupKey;
    const auto initiator = sure(mikey::method(m_kind.method)->initiate(context(m_initiator), offer, m_now));
    consult(m_initiator.name, *initiator, {});
    exchange(*initiator);
}

/// TRANSFER_INIT without a ticket (RFC 6043 5.2).
void ServicePlayer::playUpdate()
{
    m_now = m_now.plusSeconds(updateSeconds);
    auto &played = m_played.exchanges.emplace_back();
    played.time = m_now;
    played.updated = asking().bundle;
    mikey::Renewal renewal;
    renewal.keys = *m_kind.update;
    renewal.sdpProtocols = {"mikey"};
    exchange(*sure(mikey::update(context(asking()), *played.updated, renewal, m_now)));
}

/// What the one who was called does with the I_MESSAGE_2 that the mailbox has kept (RFC 6267 4.2.2.6).
void ServicePlayer::openDeposit()
{
    current().deposited = sure(mikey::ibake::openDeposit(context(m_responder), current().agreement.toBeKept));
}

PlayedService ServicePlayer::play()
{
    playFirst();
    if (m_kind.deferred)
        openDeposit();
    if (m_kind.update)
        playUpdate();
    for (auto *party : {&m_initiator, &m_responder, &m_mailbox})
        party->endpoint.ibake.keys.clear();
    return std::move(m_played);
}

} // namespace

std::span<const ServiceVectorKind> serviceVectorKinds()
{
    return kinds;
}

PlayedService play(const ServiceVectorKind &kind, ServiceEnds ends, mikey::X509 service, const std::string &seed)
{
    return ServicePlayer(kind, std::move(ends), std::move(service), seed).play();
}

} // namespace tool
