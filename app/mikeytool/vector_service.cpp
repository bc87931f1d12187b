// SPDX-License-Identifier: Apache-2.0
#include "vector_service.h"

#include "account/endpoint_file.h"
#include "account/inspection_json.h"
#include "account/played_kms.h"
#include "account/result_json.h"
#include "methods/csb.h"
#include "methods/ibake_request.h"
#include "methods/method.h"
#include "seeded_random.h"
#include "vector_values.h"
#include "wire/inspector.h"
#include "wire/text.h"

#include <QJsonArray>

#include <stdexcept>

namespace tool {

namespace {

constexpr ServiceVectorKind kinds[] = {
    {"ticket-mode-1", "ticket", "ticket that the service issues, with forked keys, and resolves", 1},
    {"ticket-mode-2", "ticket", "ticket that the service issues and the Responder opens himself", 2},
    {"ticket-mode-3", "ticket", "ticket that the Initiator makes and the service resolves", 3},
    {"ticket-mode-4", "ticket", "ticket that the Initiator makes and the Responder opens, without a service", 4},
    {"ticket-aead-aes-256-gcm", "ticket", "ticket of the service, policy AES-GCM with 256 bits", 1, "AEAD_AES_256_GCM"},
    {"ibake", "ibake", "identity-based authenticated key exchange; both fetch their private keys"},
};

constexpr auto service = "kms.example.org";
constexpr auto tpkId = "tpk-of-a-user";
constexpr std::size_t tpkOctets = 16;
/// 2026-11-23T12:00:00Z, as of the other vectors.
constexpr std::int64_t beginsAt = 1795435200000000;

QString text(std::string_view value)
{
    return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()));
}

QString hex(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

/// Nothing here comes from outside, so what fails is a bug.
[[noreturn]] void broken(const std::string &reason)
{
    throw std::logic_error("test vector: " + reason);
}

class ServicePlayer
{
public:
    ServicePlayer(const ServiceVectorKind &kind, VectorEnds ends, const std::string &seed);
    QJsonObject json();

private:
    bool isTicket() const { return std::string_view(m_kind.method) == "ticket"; }
    void enrolForTickets();
    void enrolForIbake();
    void say(const char *from, const mikey::Bytes &octets);
    mikey::Bytes ask(mikey::ByteView question);
    void tellPlain(const mikey::Step &step);
    QJsonArray fetchKeys(const char *name, mikey::Endpoint &end, mikey::EndpointState &state);
    mikey::Step consult(const char *name, mikey::KmsUser &user, mikey::Step step);
    mikey::Step respond(const mikey::Bytes &message);
    void play();
    void take(mikey::Step &step, std::optional<mikey::Agreement> &agreement);
    QJsonObject serviceJson() const;
    QJsonArray keysJson() const;
    QJsonArray sessionsJson() const;

    const ServiceVectorKind &m_kind;
    VectorEnds m_ends;
    SeededRandom m_random;
    mikey::EndpointState m_states[2];
    account::MikeyServices m_services;
    mikey::kms::Memory m_memory;
    mikey::NtpTime m_now = mikey::NtpTime::fromUnixMicroseconds(beginsAt);
    QJsonArray m_messages;
    QJsonArray m_privateKeys; ///< IBAKE: K_PR, as the service delivered them
    std::optional<mikey::Agreement> m_agreements[2];
};

ServicePlayer::ServicePlayer(const ServiceVectorKind &kind, VectorEnds ends, const std::string &seed)
    : m_kind(kind), m_ends(std::move(ends)), m_random(seed, kind.name)
{
    if (isTicket())
        enrolForTickets();
    else
        enrolForIbake();
    m_random.takeDraws(); // those of long-term keys stand there by name
}

/// In modes 2 to 4 who makes tickets or opens them without the service has a TPK (RFC 6043 4.1.1).
void ServicePlayer::enrolForTickets()
{
    auto &tickets = m_services.ticket;
    tickets = account::makeTicketService(service, m_random);
    auto &alice = m_ends.initiator, &bob = m_ends.responder;
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
    m_services.ibake = account::makeIbakeService(service, m_random);
    for (auto *end : {&m_ends.initiator, &m_ends.responder}) {
        end->ibake = m_services.ibake.enrol(end->identity, m_now, m_random);
        end->ibake.keys.clear(); // the exchange fetches them
    }
}

void ServicePlayer::say(const char *from, const mikey::Bytes &octets)
{
    QJsonArray draws;
    for (const auto &draw : m_random.takeDraws())
        draws += hex(draw);
    const auto inspected = mikey::inspect(octets);
    m_messages += QJsonObject{{QStringLiteral("message"), text(inspected.message)},
                              {QStringLiteral("from"), QLatin1String(from)},
                              {QStringLiteral("octets"), hex(octets)},
                              {QStringLiteral("random"), draws},
                              {QStringLiteral("decoded"), account::inspectionJson(inspected)}};
}

/// Adds to the message that was handled last what stood encrypted in it.
void ServicePlayer::tellPlain(const mikey::Step &step)
{
    if (!step.plain || step.plain->empty())
        return;
    auto message = m_messages.last().toObject();
    const auto octets = *mikey::fromHex(message[QLatin1String("octets")].toString().toStdString());
    message[QStringLiteral("plain")] = hex(step.plain->view());
    message[QStringLiteral("decoded")] = account::inspectionJson(mikey::inspect(octets, step.plain->view()));
    m_messages.replace(m_messages.size() - 1, message);
}

/// The REQUEST_KEY exchange, which comes before any call (RFC 6267 4.2.1). The keys it brought.
QJsonArray ServicePlayer::fetchKeys(const char *name, mikey::Endpoint &end, mikey::EndpointState &state)
{
    const auto request = mikey::IbakeKeyRequest::make({end, state, m_random}, m_now);
    if (!request)
        broken(request.error().reason);
    const auto question = request->request().message;
    say(name, question);
    const auto answer = ask(question);
    say("kms", answer);
    const auto issued = request->open(answer);
    if (!issued)
        broken(issued.error().reason);
    QJsonArray keys;
    for (const auto &one : *issued) {
        if (!end.ibake.add(end.identity, one.date, one.block.view()))
            broken("the key is another's");
        keys += QJsonObject{{QStringLiteral("identity"), text(one.identity)},
                            {QStringLiteral("date"), text(one.date)},
                            {QStringLiteral("private_key"), hex(one.block.view())}};
    }
    return keys;
}

mikey::Bytes ServicePlayer::ask(mikey::ByteView question)
{
    auto answer =
        isTicket() ? mikey::kms::answerTicketQuestion(m_services.ticket.domain(), m_memory, question, m_now, m_random)
                   : mikey::kms::answerKeyRequest(m_services.ibake.domain(), m_memory, question, m_now, m_random);
    if (answer.error || !answer.message)
        broken(answer.error ? answer.error->reason : "the service is silent");
    return std::move(*answer.message);
}

mikey::Step ServicePlayer::consult(const char *name, mikey::KmsUser &user, mikey::Step step)
{
    while (const auto request = user.kmsRequest()) {
        say(name, request->message);
        const auto answer = ask(request->message);
        say("kms", answer);
        step = user.kmsAnswered(answer, m_now);
        if (step.error)
            broken(step.error->reason);
        tellPlain(step);
    }
    return step;
}

mikey::Step ServicePlayer::respond(const mikey::Bytes &message)
{
    auto step = mikey::respond({m_ends.responder, m_states[1], m_random}, message, {}, m_now);
    tellPlain(step);
    if (const auto asking = step.asking)
        step = consult("responder", *asking, std::move(step));
    return step;
}

void ServicePlayer::take(mikey::Step &step, std::optional<mikey::Agreement> &agreement)
{
    if (step.error)
        broken(step.error->reason);
    if (step.agreement)
        agreement = std::move(step.agreement);
}

void ServicePlayer::play()
{
    if (!isTicket()) {
        for (const auto &key : fetchKeys("initiator", m_ends.initiator, m_states[0]))
            m_privateKeys += key;
        for (const auto &key : fetchKeys("responder", m_ends.responder, m_states[1]))
            m_privateKeys += key;
    }
    mikey::Offer offer;
    offer.peer = m_ends.responder.identity;
    offer.suites = {mikey::srtpSuite(m_kind.suite)};
    offer.sdpProtocols = {"mikey"};
    auto made = mikey::method(m_kind.method)->initiate({m_ends.initiator, m_states[0], m_random}, offer, m_now);
    if (!made)
        broken(made.error().reason);
    auto &initiator = **made;
    consult("initiator", initiator, {});
    std::optional<mikey::Bytes> message = initiator.message();
    while (message) {
        say("initiator", *message);
        auto answered = respond(*message);
        take(answered, m_agreements[1]);
        if (!answered.send)
            break;
        say("responder", *answered.send);
        auto next = initiator.receive(*answered.send, m_now);
        tellPlain(next);
        take(next, m_agreements[0]);
        message = next.send;
    }
    if (!m_agreements[0] || !m_agreements[1])
        broken("nothing agreed");
}

QJsonObject ServicePlayer::serviceJson() const
{
    return isTicket() ? account::ticketServiceJson(m_services.ticket) : account::ibakeServiceJson(m_services.ibake);
}

QJsonArray ServicePlayer::keysJson() const
{
    QJsonArray keys;
    for (const auto &key : m_agreements[1]->csb->keys)
        keys += QJsonObject{{QStringLiteral("tgk"), hex(key.key.view())}, {QStringLiteral("mki"), hex(key.mki)}};
    return keys;
}

QJsonArray ServicePlayer::sessionsJson() const
{
    QJsonArray sessions;
    const auto label = m_agreements[1]->csb->label();
    for (const auto &session : m_agreements[1]->sessions) {
        auto json = account::sessionJson(session, account::Keys::Revealed);
        json[QStringLiteral("tek_label")] = hex(labelOctets(mikey::KeyUse::Tek, session.csId, label));
        json[QStringLiteral("salt_label")] = hex(labelOctets(mikey::KeyUse::SessionSalt, session.csId, label));
        sessions += json;
    }
    return sessions;
}

QJsonObject ServicePlayer::json()
{
    const auto end = [](const mikey::Endpoint &endpoint) {
        const auto file = account::endpointJson(endpoint);
        QJsonObject json;
        for (const auto *member : {"identity", "ticket", "ibake"}) {
            if (file.contains(QLatin1String(member)))
                json[QLatin1String(member)] = file[QLatin1String(member)];
        }
        return json;
    };
    const auto initiator = end(m_ends.initiator), responder = end(m_ends.responder); // as they are before
    play();
    const auto &csb = *m_agreements[1]->csb;
    QJsonObject exchange{
        {QStringLiteral("time"), text(mikey::ntpTimeText(m_now.octets()))},
        {QStringLiteral("timestamp"), hex(m_now.octets())},
        {QStringLiteral("csb_id"), text(mikey::hexOf32(csb.csbId))},
        {QStringLiteral("label_csb_id"), text(mikey::hexOf32(csb.labelId))},
        {QStringLiteral("rand"), hex(csb.rand)},
        {QStringLiteral("policy"), QLatin1String(m_kind.suite)},
        {QStringLiteral("prf"), text(mikey::registry::prfFunction.nameOf(static_cast<std::uint8_t>(csb.prf)))},
        {QStringLiteral("messages"), m_messages},
        {QStringLiteral("keys"), keysJson()},
        {QStringLiteral("crypto_sessions"), sessionsJson()}};
    if (!isTicket())
        exchange[QStringLiteral("private_keys")] = m_privateKeys;
    return {{QStringLiteral("initiator"), initiator},
            {QStringLiteral("responder"), responder},
            {QStringLiteral("kms"), serviceJson()},
            {QStringLiteral("exchanges"), QJsonArray{exchange}}};
}

} // namespace

std::span<const ServiceVectorKind> serviceVectorKinds()
{
    return kinds;
}

QJsonObject serviceVectorJson(const ServiceVectorKind &kind, VectorEnds ends, const std::string &seed)
{
    auto json = ServicePlayer(kind, std::move(ends), seed).json();
    json[QStringLiteral("vector")] = QLatin1String(kind.name);
    json[QStringLiteral("method")] = QLatin1String(kind.method);
    json[QStringLiteral("rfc")] = text(mikey::method(kind.method)->rfc);
    json[QStringLiteral("about")] = QLatin1String(kind.about);
    json[QStringLiteral("seed")] = text(seed);
    return json;
}

} // namespace tool
