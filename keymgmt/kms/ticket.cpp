// SPDX-License-Identifier: Apache-2.0
#include "kms/ticket.h"

#include "crypto/digest.h"
#include "methods/admission.h"
#include "methods/identity.h"
#include "methods/reply.h"
#include "methods/signing.h"
#include "methods/ticket_question.h"
#include "methods/ticket_transfer.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::kms {

namespace {

Error denied(std::string reason)
{
    return Error::of(ErrorNumber::AuthFailure, std::move(reason));
}

/// One question, from its octets to the answer.
class Asked
{
public:
    Asked(const TicketDomain &domain, Memory &state, const Message &message, NtpTime now, Random &random)
        : m_domain(domain), m_state(state), m_message(message), m_now(now), m_random(random)
    {
        m_endpoint.identity = domain.kms;
        m_endpoint.accept.clockSkewSeconds = domain.clockSkewSeconds;
    }

    MikeyAnswer answer()
    {
        MikeyAnswer answer;
        std::optional<Bytes> response;
        auto error = handle(response);
        answer.user = m_user;
        answer.what = m_exchange == &ticketRequest ? "request" : m_exchange ? "resolve" : "";
        if (m_asking)
            answer.what += " for " + m_asking->kms;
        answer.about = m_rules.responders;
        answer.message = error ? errorMessage(m_message, *error, m_endpoint, errorClosing()) : std::move(response);
        answer.error = std::move(error);
        return answer;
    }

private:
    using Response = std::optional<Bytes>;

    std::optional<Error> handle(Response &response)
    {
        if (auto error = checkForm())
            return error;
        if (auto error = checkTimestamp(m_message))
            return error;
        if (auto error = identify())
            return error;
        const Parties parties{Party::of(m_user), Party::of(m_domain.kms)};
        Admission admission({m_endpoint, m_state.state, m_random}, m_message, parties, m_now);
        if (auto error = admission.refuseReplay()) // rule S-8: what was answered was found before
            return error;
        if (auto error = admission.decide(authenticate()))
            return error;
        m_authentic = true;
        return m_exchange == &ticketRequest ? grant(response) : resolve(response);
    }

    std::optional<Error> checkForm()
    {
        const auto type = m_message.header.dataType;
        for (const auto *exchange : {&ticketRequest, &ticketResolve}) {
            if (type == exchange->withPsk || type == exchange->withPk)
                m_exchange = exchange;
        }
        if (!m_exchange)
            return Error::of(ErrorNumber::InvalidDataType,
                             messageName(static_cast<std::uint8_t>(type)) + " is no question to this service");
        m_algorithms = ticketAlgorithms(m_message.header.prf);
        if (!m_algorithms)
            return Error::of(ErrorNumber::InvalidPrf, "the PRF is not known here");
        const auto &header = m_message.header;
        if (header.csCount != 0 || header.mapType != CsIdMapType::Empty)
            return Error::of(ErrorNumber::Unspecified, "a question has no Crypto Sessions, and the Empty map");
        const auto *rand = m_message.find<RandWithRole>(m_exchange->rand);
        const bool subject = m_exchange == &ticketRequest ? m_message.find<TicketPolicy>() != nullptr
                                                          : m_message.find<Ticket>() != nullptr;
        if (!rand || !subject)
            return Error::of(ErrorNumber::Unspecified, "the question lacks its RANDR, TP or TICKET payload");
        m_rand = rand->rand;
        return std::nullopt;
    }

    bool isByCertificate() const { return m_message.header.dataType == m_exchange->withPk; }

    /// Who asks, and what proves him.
    std::optional<Error> identify()
    {
        const auto *kms = m_message.find<IdWithRole>(IdRole::Kms);
        if (kms && !isServiceName(kms->data, m_domain.kms))
            return Error::of(ErrorNumber::InvalidId, "the question is for " + printableStart(kms->data));
        m_kmsId = kms ? kms->data : octetsOf(m_domain.kms);
        const auto *id = m_message.find<IdWithRole>(m_exchange->user);
        if (!id)
            return Error::of(ErrorNumber::InvalidId, "the question does not tell who asks");
        if (!isName(id->data))
            return Error::of(ErrorNumber::InvalidId, "the name of the one who asks is none");
        m_userId = id->data;
        m_user = canonicalIdentity(textOf(id->data));
        if (const auto *psk = m_message.find<IdWithRole>(IdRole::Psk); psk && m_exchange == &ticketResolve)
            m_asking = isByCertificate() ? nullptr : partner(psk->data);
        if (m_asking)
            return identifyPartner();
        auto account = m_domain.account(m_user);
        if (!account)
            return Error::of(ErrorNumber::InvalidId, "there is no account of " + printableStart(id->data));
        m_account = std::move(*account);
        return isByCertificate() ? identifyByCertificate() : identifyByKey();
    }

    const TicketPartner *partner(ByteView name) const
    {
        const auto &all = m_domain.partners;
        const auto it =
            std::find_if(all.begin(), all.end(), [&](const auto &one) { return isServiceName(name, one.kms); });
        return it == all.end() ? nullptr : &*it;
    }

    /// RFC 6043 10: another service asks for a user of its own. IDRr is his, so it does not tell whose key proves it.
    std::optional<Error> identifyPartner()
    {
        const bool ours = servedBy(m_user, m_domain.kms, {}) != ServedBy::Nobody || m_domain.account(m_user);
        if (ours || servedBy(m_user, m_asking->kms, m_asking->hosts) == ServedBy::Nobody)
            return Error::of(ErrorNumber::InvalidId, m_asking->kms + " does not speak for " + printableStart(m_userId));
        m_key = m_asking->psk.clone();
        return std::nullopt;
    }

    std::optional<Error> identifyByKey()
    {
        if (m_account.psk.empty())
            return Error::of(ErrorNumber::InvalidId, "no key is shared with the one who asks");
        m_key = m_account.psk.clone();
        return std::nullopt;
    }

    std::optional<Error> identifyByCertificate()
    {
        auto certified = certifiedUser(m_message, m_domain.x509, m_user, m_now);
        if (!certified)
            return std::move(certified.error());
        m_certified = std::move(*certified);
        return std::nullopt;
    }

    std::optional<Error> authenticate()
    {
        if (isByCertificate()) {
            if (!signatureHash(m_message, m_certified->signer.certificate.key(), {true, {m_userId, m_kmsId}}))
                return denied("the question was not signed by the one who asks");
            if (auto error = admitEnvelope(m_state, m_message, m_now, m_domain.clockSkewSeconds))
                return error;
            m_key = rsaDecryptEnvelopeKey(m_certified->own->key, m_message.find<Pke>()->data, m_random);
        } else if (!isGuarded(m_message, guard(TicketTag::InitialMessage), {m_userId, m_kmsId})) {
            return denied("the question was not made with the key of the one who asks");
        }
        if (m_account.revoked)
            return denied("the account is revoked");
        if (m_rand.size() < m_key.size()) // decision D-13
            return Error::of(ErrorNumber::Unspecified, "the RAND is shorter than the key that it is used with");
        return std::nullopt;
    }

    TicketGuard guard(TicketTag tag) const
    {
        return {*m_algorithms, m_key.view(), m_message.header.csbId, ticketLabel(tag, m_exchange->rands(m_rand))};
    }

    // Ticket Request (RFC 6043 4.2.1.4 and 4.2.1.5)

    std::optional<Error> grant(Response &response)
    {
        auto read = readRules(m_message.find<TicketPolicy>()->terms);
        if (!read)
            return std::move(read.error());
        const auto wish = read->rules;
        m_rules = std::move(read->rules);
        if (auto error = authorise())
            return error;
        const auto *algorithms = ticketAlgorithms(m_rules.flags.prf);
        if (!algorithms || m_rules.flags.prf != m_message.header.prf) // decision D-14
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the ticket has to have the PRF of the question");
        auto keys = drawKeys(read->wished, *algorithms, m_random);
        if (!keys)
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the wished keys cannot be made");
        const auto theirs = tpkOfResponder();
        adjust(*keys, wish, theirs.has_value());
        const auto &tpk = m_rules.flags.e ? m_domain.tpks.back() : *theirs;
        auto made = makeBaseTicket(m_rules, *keys, tpk, m_now, m_random);
        if (!made)
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the ticket becomes too long");
        return requestResponse(*made, response);
    }

    std::optional<Error> authorise() const
    {
        if (!m_rules.initiator.empty() && canonicalIdentity(m_rules.initiator) != m_user)
            return denied("a ticket for another Initiator cannot be asked for");
        if (m_rules.responders.empty())
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the ticket names no responder");
        if (m_rules.end && isLater(m_now, *m_rules.end))
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the ticket would have ended already");
        return mayCall(m_user);
    }

    std::optional<Error> mayCall(const std::string &initiator) const
    {
        for (const auto &responder : m_rules.responders) {
            if (m_domain.mayCall && !m_domain.mayCall(initiator, canonicalIdentity(responder)))
                return denied("no ticket is given for " + printableStart(octetsOf(responder)));
        }
        return std::nullopt;
    }

    /// The key of a single Responder that can do without us.
    std::optional<Tpk> tpkOfResponder() const
    {
        if (m_rules.responders.size() != 1)
            return std::nullopt;
        auto account = m_domain.account(canonicalIdentity(m_rules.responders.front()));
        return account && !account->revoked && !account->tpk.key.empty() ? std::optional(std::move(account->tpk))
                                                                         : std::nullopt;
    }

    /// The rules that are granted. What is changed is told by the flag K.
    void adjust(std::span<const TransportedKey> keys, const TicketRules &wish, bool responderHasTpk)
    {
        auto &flags = m_rules.flags;
        flags.e = flags.e || !responderHasTpk;
        const auto latest = NtpTime(m_now.units() >> 32 << 32).plusSeconds(m_domain.longestLifetimeSeconds);
        if (!m_rules.end || isLater(*m_rules.end, latest))
            m_rules.end = latest;
        if (m_domain.rekeySeconds > 0 && (m_rules.rekeySeconds == 0 || m_rules.rekeySeconds > m_domain.rekeySeconds))
            m_rules.rekeySeconds = m_domain.rekeySeconds;
        const bool tgk = std::any_of(keys.begin(), keys.end(), [](const TransportedKey &key) {
            return key.type == KeyDataType::Tgk || key.type == KeyDataType::TgkSalt;
        });
        if (flags.i && tgk) // RFC 6043 6.10
            flags.f = true;
        if (flags.m && !flags.g && !flags.i) // rule S-5: else answers would share key and IV
            flags.m = false;
        flags.k = false;
        flags.k = !m_rules.sameWish(wish);
        flags.d = true;
        m_rules.kms = m_domain.kms;
        m_rules.initiator = std::string(textOf(m_userId));
    }

    std::optional<Error> requestResponse(const MadeTicket &made, Response &response)
    {
        std::vector<Secret> mpks;
        mpks.push_back(made.contents.initiatorMpk.clone());
        if (m_rules.flags.i)
            mpks.push_back(made.contents.responderMpk.clone());
        const auto plain = encodeKeys(mpks, made.contents.keys);
        const auto protection = guard(TicketTag::ResponseMessage);
        const auto sent = freshTime();
        const Timestamp timestamp{TimestampType::NtpUtc, sent};
        const GuardedKeys guarded(protection, plain.view(), timestamp);
        response = encodeGuarded(answerHeader(), {timestamp, kmsPayload(), made.ticket.payload(), guarded.payload()},
                                 protection, {m_message.octets});
        return sentOr(response);
    }

    // Ticket Resolve (RFC 6043 4.2.3.4 and 4.2.3.5)

    std::optional<Error> resolve(Response &response)
    {
        const auto &ticket = *m_message.find<Ticket>();
        auto read = readRules(ticket.terms);
        if (!read)
            return std::move(read.error());
        m_rules = std::move(read->rules);
        if (m_rules.flags.prf != m_message.header.prf)
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the ticket has another PRF than the question");
        if (!m_rules.kms.empty() && !isServiceName(octetsOf(m_rules.kms), m_domain.kms))
            return resolveElsewhere(ticket, response);
        auto contents = openTicket(ticket);
        if (!contents)
            return std::move(contents.error());
        if (auto error = mayResolve(ticket, *contents))
            return error;
        return resolveResponse(resolved(*contents), response);
    }

    /// RFC 6043 10: with the IDRr and the TICKET of our user. What he may have is the issuer's to say.
    std::optional<Error> resolveElsewhere(const Ticket &ticket, Response &response)
    {
        const auto *with = partner(octetsOf(m_rules.kms));
        if (!with || !m_domain.askPartner || m_asking) // what a partner asks us for is ours, or nobody's
            return denied("the ticket was issued by " + printableStart(octetsOf(m_rules.kms)) +
                          ", which is no partner");
        Endpoint forUser;
        forUser.identity = textOf(m_userId);
        forUser.ticket.kms = with->kms;
        forUser.ticket.psk = with->psk.clone();
        const auto question = TicketQuestion::make({forUser, m_state.state, m_random}, ticketResolve,
                                                   m_message.header.prf, ticket, m_now, m_domain.kms);
        if (!question)
            return question.error();
        const auto answer = m_domain.askPartner((*question)->request());
        if (!answer)
            return Error::of(ErrorNumber::Unspecified, with->kms + " cannot be reached, which issued the ticket");
        auto reply = (*question)->open(*answer, m_rules.flags.i);
        if (!reply) { // what it says of its own exchange with us is nothing that the user could act on
            const auto number = reply.error().number.value_or(ErrorNumber::Unspecified);
            const bool ofTicket = number == ErrorNumber::AuthFailure || number == ErrorNumber::InvalidTicket ||
                                  number == ErrorNumber::InvalidTicketPolicy;
            return Error::of(ofTicket ? number : ErrorNumber::Unspecified, reply.error().reason);
        }
        return resolveResponse(*reply, response);
    }

    Outcome<TicketContents> openTicket(const Ticket &ticket) const
    {
        if (!m_rules.flags.d) { // mode 3: it has to be under the key of who it says made it
            const auto maker = m_domain.account(canonicalIdentity(m_rules.initiator));
            if (!maker || maker->revoked || maker->tpk.key.empty())
                return denied("no tickets are taken of the one who made this");
            return openBaseTicket(octetsOfTicket(), ticket, maker->tpk.key.view());
        }
        if (!m_rules.flags.e) { // mode 2: we made it under the key of its Responder, who may ask still (4.2.3)
            const auto theirs = tpkOfResponder();
            if (!theirs)
                return denied("the key of the one whom the ticket was made for is not known here");
            return openBaseTicket(octetsOfTicket(), ticket, theirs->key.view());
        }
        const auto named = tpkIdOf(ticket);
        for (const auto &tpk : m_domain.tpks) {
            if (named.empty() || tpk.id == named) {
                auto contents = openBaseTicket(octetsOfTicket(), ticket, tpk.key.view());
                if (contents || !named.empty())
                    return contents;
            }
        }
        return denied("the ticket is under a key that is not known here");
    }

    ByteView octetsOfTicket() const
    {
        for (const auto &placed : m_message.payloads) {
            if (std::holds_alternative<Ticket>(placed.payload))
                return m_message.octets.subspan(placed.offset, placed.length);
        }
        return {};
    }

    std::optional<Error> mayResolve(const Ticket &ticket, const TicketContents &contents) const
    {
        if (!m_rules.isValidAt(m_now, m_domain.clockSkewSeconds)) // decision D-12
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the ticket is not valid now");
        const bool member = std::any_of(m_rules.responders.begin(), m_rules.responders.end(), [this](const auto &r) {
            return m_domain.isMember && m_domain.isMember(canonicalIdentity(r), m_user);
        });
        if (!m_rules.names(m_user) && !member)
            return denied("the ticket is not for the one who asks");
        if (auto error = mayHaveMade(contents))
            return error;
        if (!m_rules.flags.i && !ticket.initiatorData.empty()) // rule S-7
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the ticket has Initiator Data though it does not fork");
        if (m_rules.flags.i && !isGuardedInitiatorData(ticket, contents.responderMpk.view()))
            return denied("the ticket was not sent by the one who asked for it");
        return std::nullopt;
    }

    /// RFC 6043 4.2.3: KMS policies too decide on a ticket. One that the Initiator made himself (D = 0) never met them
    /// at a request, so it meets them here; and nobody calls any more who was revoked since.
    std::optional<Error> mayHaveMade(const TicketContents &contents) const
    {
        const auto initiator = canonicalIdentity(m_rules.initiator);
        const auto account = m_domain.account(initiator);
        if (!account || account->revoked)
            return denied("the one whom the ticket was issued to has no account any more");
        if (m_rules.flags.d)
            return std::nullopt;
        const bool fromFuture = contents.issued.isAfter(m_now.plusSeconds(m_domain.clockSkewSeconds));
        const auto latest = contents.issued.plusSeconds(m_domain.longestLifetimeSeconds);
        if (fromFuture || !m_rules.end || isLater(*m_rules.end, latest))
            return Error::of(ErrorNumber::InvalidTicketPolicy, "the ticket is valid for longer than is allowed here");
        return mayCall(initiator);
    }

    /// What the ticket gives its Responder.
    TicketReply resolved(const TicketContents &contents)
    {
        TicketReply reply;
        reply.responderId.assign(m_userId.begin(), m_userId.end());
        reply.keys.mpks.push_back(contents.initiatorMpk.clone());
        reply.keys.keys = cloned(contents.keys);
        if (m_rules.flags.i) {
            ForkModifier modifier{reply.responderId, {}};
            modifier.rand.resize(std::max(contents.responderMpk.size(), longestKey(contents.keys)));
            m_random.fill(modifier.rand);
            const auto prf = m_rules.flags.prf;
            reply.keys.mpks.push_back(forkedKey(prf, contents.responderMpk.view(), KeyUse::ForkedMpk, modifier));
            reply.keys.keys = forkedKeys(prf, reply.keys.keys, modifier);
            reply.modifier = std::move(modifier);
        }
        return reply;
    }

    std::optional<Error> resolveResponse(const TicketReply &reply, Response &response)
    {
        const auto plain = encodeKeys(reply.keys.mpks, reply.keys.keys);
        const auto protection = guard(TicketTag::ResponseMessage);
        const auto sent = freshTime();
        const Timestamp timestamp{TimestampType::NtpUtc, sent};
        const GuardedKeys guarded(protection, plain.view(), timestamp);
        std::vector<Payload> payloads{timestamp, kmsPayload(), guarded.payload()};
        if (!reply.responderId.empty())
            payloads.emplace_back(
                IdWithRole{IdRole::Responder, identityType(textOf(reply.responderId)), reply.responderId});
        if (reply.modifier)
            payloads.emplace_back(RandWithRole{RandRole::Kms, reply.modifier->rand});
        response = encodeGuarded(answerHeader(), std::move(payloads), protection, {m_message.octets});
        return sentOr(response);
    }

    static std::optional<Error> sentOr(const Response &response)
    {
        if (response)
            return std::nullopt;
        return Error::of(ErrorNumber::Unspecified, "the answer becomes too long");
    }

    /// What repeats the question's (RFC 6043 4.2.1.5 and 4.2.3.5).
    Header answerHeader() const
    {
        Header header = m_message.header;
        header.dataType = m_exchange->response;
        header.v = false;
        return header;
    }

    IdWithRole kmsPayload() const { return {IdRole::Kms, identityType(textOf(m_kmsId)), m_kmsId}; }

    std::array<std::uint8_t, 8> freshTime()
    {
        return m_state.state.uniqueTimeAfter(sentAt(m_message), m_now, false).octets();
    }

    /// RFC 6043 5.4: a fresh timestamp, the Empty map, and the key of the message in error where it is proven.
    Closing errorClosing()
    {
        return [this](Header header, std::vector<Payload> payloads) {
            header.mapType = CsIdMapType::Empty;
            const auto sent = m_state.state.uniqueTime(m_now).octets();
            for (auto &payload : payloads) {
                if (auto *timestamp = std::get_if<Timestamp>(&payload))
                    *timestamp = Timestamp{TimestampType::NtpUtc, sent};
            }
            return m_authentic ? encodeGuarded(header, std::move(payloads), guard(TicketTag::InitialMessage), {})
                               : encode(header, payloads);
        };
    }

    const TicketDomain &m_domain;
    Memory &m_state;
    const Message &m_message;
    NtpTime m_now;
    Random &m_random;
    Endpoint m_endpoint; ///< of the service, for what endpoints share

    const TicketExchange *m_exchange = nullptr;
    const TicketAlgorithms *m_algorithms = nullptr;
    ByteView m_rand;
    ByteView m_kmsId;
    ByteView m_userId;
    std::string m_user;
    TicketAccount m_account;
    const TicketPartner *m_asking = nullptr; ///< the service that asks for a user of its own; null: he asks himself
    std::optional<Certified> m_certified;
    Secret m_key;
    bool m_authentic = false;
    TicketRules m_rules;
};

} // namespace

MikeyAnswer answerTicketQuestion(const TicketDomain &domain, Memory &state, ByteView question, NtpTime now,
                                 Random &random)
{
    const auto digest = sha256(question);
    if (const auto *before = state.answerTo(digest)) {
        MikeyAnswer again;
        again.message = *before;
        return again;
    }
    Message partial;
    const auto message = decode(question, &partial);
    MikeyAnswer answer;
    if (!message) {
        answer.error = Error::of(message.error().error, "the question is damaged at octet " +
                                                            std::to_string(message.error().offset) + ": " +
                                                            message.error().reason);
        answer.message = errorMessage(partial, *answer.error, Endpoint());
        return answer;
    }
    answer = Asked(domain, state, *message, now, random).answer();
    if (answer.error || !answer.message)
        return answer;
    state.remember(digest, *answer.message, now, domain.clockSkewSeconds);
    return answer;
}

} // namespace mikey::kms
