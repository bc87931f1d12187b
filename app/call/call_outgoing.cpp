// SPDX-License-Identifier: Apache-2.0
// The caller's side of Call: offer, answer, refusal.
#include "call/call.h"
#include "call/clock.h"
#include "call/method_choice.h"
#include "call/sdp_body.h"
#include "call/words.h"
#include "methods/method.h"

namespace call {

void Call::dial(const sip::Uri &target, const std::string &identity, std::vector<const mikey::Method *> methods)
{
    m_target = target;
    m_identity = identity;
    m_snapshot.peer = toQt(identity);
    m_snapshot.address = toQt(sip::hostPort(target.host, target.effectivePort()));
    const auto *first = methods.front();
    m_fallbacks.assign(methods.begin() + 1, methods.end());
    attempt(*first, {});
}

/// One INVITE with one method. `suites` may be empty: then those of the endpoint.
void Call::attempt(const mikey::Method &method, std::vector<const mikey::SrtpSuite *> suites)
{
    ++m_attempt;
    m_method = &method;
    m_early.clear();
    m_patience.stop();
    showMethod(method);
    mikey::Offer offer;
    offer.peer = m_identity;
    offer.sdpProtocols = {"mikey"};
    offer.suites = std::move(suites);
    offer.csbInUse = [used = m_phone.csbsInUse()](std::uint32_t csbId) {
        return std::find(used.begin(), used.end(), csbId) != used.end();
    };
    publish();
    inBackground([&method, context = m_phone.m_mikey, offer] { return method.initiate(context, offer, ntpNow()); },
                 [this](mikey::Outcome<std::unique_ptr<mikey::Initiator>> initiator) {
                     if (!initiator)
                         return end(EndedBy::Error, 0, toQt(initiator.error().reason));
                     m_initiator = std::move(*initiator);
                     consultKms(m_initiator, {}, [this](const mikey::Step &step) {
                         if (!step.error)
                             return inviteOnce();
                         refused(*step.error, {});
                         end(EndedBy::Error, 0, toQt(step.error->reason));
                     });
                 });
}

/// Our message is there: now for the way to the peer.
void Call::inviteOnce()
{
    showOffered();
    publish();
    m_phone.m_userAgent->findRoute(m_target, this, [this](const sip::Result<sip::Route> &route) {
        if (!live())
            return; // hung up while the name was looked up
        if (route)
            invite(*route);
        else
            end(EndedBy::Error, route.fault().status, toQt(route.fault().sentence));
    });
}

void Call::invite(const sip::Route &route)
{
    const auto host = route.localAddress.toString().toStdString();
    m_snapshot.address = toQt(sip::hostPort(route.remoteAddress.toString().toStdString(), route.remotePort));
    const bool again = m_stream != nullptr;
    if (!again && !bindStream(host)) {
        end(EndedBy::Error, 0, tr("there is no free port for speech at %1").arg(toQt(host)));
        return;
    }
    m_offer = sdp::makeOffer(localAudio(host, m_initiator->message()));
    if (!again)
        m_begunUs = monotonicUs(); // the set-up time counts from the first INVITE
    m_snapshot.phase = Phase::Calling;
    follow(m_phone.m_userAgent->invite(m_target, route, toBody(m_offer)));
}

/// Our MIKEY message, as the window shows it until it is answered.
void Call::showOffered()
{
    judge({toQt(mikey::ByteView(m_initiator->message())), std::nullopt, std::nullopt,
           std::make_shared<mikey::InspectedMessage>(m_initiator->inspectMessage())});
}

/// What our initiator made of a message of the peer, and so of our own `asked` that it answers, for the window.
void Call::showReceived(const QByteArray &octets, const QByteArray &asked, const mikey::Step &step)
{
    std::optional<MikeyError> error;
    if (step.error)
        error = toMikeyError(*step.error);
    for (const auto &message : {octets, asked})
        judge({message, !step.error, error, nullptr});
}

/// Where no answer is due, that the peer takes the session as we described it is acceptance.
mikey::Step Call::acceptedInSilence()
{
    mikey::Step step;
    auto agreed = m_initiator->provisional();
    if (agreed) {
        judge({toQt(mikey::ByteView(m_initiator->message())), true, std::nullopt, nullptr});
        step.agreement = std::move(*agreed);
    } else {
        step.error = std::move(agreed.error());
    }
    return step;
}

/// RFC 4567 4.1: no answer to the key agreement, where one is due, ends the call; media without it are never sent.
void Call::receiveMikey(const std::vector<sdp::KeyManagement> &lines, const Fetched &fetched, TakeStep then)
{
    const auto *base64 = mikeyData(lines);
    const auto octets = base64 ? fromBase64(*base64) : std::nullopt;
    if (!base64 && !m_initiator->answerDue())
        return then(acceptedInSilence());
    if (!octets) {
        mikey::Step step;
        step.error =
            base64 ? mikey::Error::of(mikey::ErrorNumber::Unspecified, "the key agreement in the answer is no base64")
                   : mikey::Error::discarded("the other side answered without agreeing on keys");
        return then(std::move(step));
    }
    inBackground([initiator = m_initiator, octets = *octets,
                  fetched] { return initiator->receive(viewOf(octets), ntpNow(), fetched); },
                 [this, octets = *octets, asked = toQt(mikey::ByteView(m_initiator->message())),
                  then = std::move(then)](mikey::Step step) {
                     showReceived(octets, asked, step);
                     then(std::move(step));
                 });
}

/// A refusal is judged at once: there is not much to compute, and SIP forgets the session.
mikey::Step Call::receiveError(const QByteArray &octets)
{
    m_phone.m_worker.drain();
    const auto asked = toQt(mikey::ByteView(m_initiator->message()));
    const CpuTimer cpu;
    auto step = m_initiator->receive(viewOf(octets), ntpNow(), {});
    m_snapshot.mikeyMs += cpu.elapsedMs();
    showReceived(octets, asked, step);
    return step;
}

void Call::considerAnswer(const sip::Body &body, const Fetched &fetched)
{
    if (!live() || !m_initiator)
        return;
    constexpr int notAcceptable = 488;
    const auto answer = descriptionOf(body);
    if (!answer) {
        abort({notAcceptable, {}, {}, 0, {}}, toQt(answer.fault().sentence));
        return;
    }
    auto audio = sdp::readAnswer(m_offer, *answer);
    if (!audio) {
        abort({notAcceptable, {}, {}, 0, {}}, toQt(audio.fault().sentence));
        return;
    }
    m_remote = std::move(*audio);
    receiveMikey(m_remote.keyManagement, fetched, [this](mikey::Step step) { takeAnswer(std::move(step)); });
}

void Call::takeAnswer(mikey::Step step)
{
    constexpr int notAcceptable = 488;
    if (step.error && step.error->fromPeer) { // RFC 4567 4.1.2: who wants to renegotiate answers with the error inside
        auto *session = m_session.data();
        if (tryAgain(*step.error)) {
            session->hangUp({notAcceptable, {}, {}, 399, step.error->name});
            return;
        }
    }
    if (step.error) {
        const auto *base64 = mikeyData(m_remote.keyManagement);
        const auto error = toMikeyError(*step.error);
        refused(*step.error, base64 ? fromBase64(*base64).value_or(QByteArray()) : QByteArray());
        abort({notAcceptable, {}, {}, 399, step.error->name}, error.reason, error);
        return;
    }
    if (!step.agreement) { // a method of two round trips (RFC 6267 4.2): no media before the second one
        m_snapshot.phase = Phase::Connecting;
        awaitMore();
        offerNext();
        publish();
        return;
    }
    m_initiator.reset();
    if (const auto trouble = acceptNew(*step.agreement)) {
        abort({notAcceptable, {}, {}, 0, {}}, *trouble);
        return;
    }
    established();
}

/// The call's first keys.
std::optional<QString> Call::acceptNew(const mikey::Agreement &agreement)
{
    if (toQt(agreement.method) != m_snapshot.security.method)
        return tr("the keys were agreed by another method than the one that began");
    // With TICKET and IBAKE another one may answer in his own name (RFC 6043 4.2.2.3, RFC 6267 4.2.2.3): he is proven,
    // but he is not who was called.
    if (m_snapshot.direction == Direction::Outgoing && agreement.responder != m_identity)
        return tr("the one who answered is %1, and not %2 who was called")
            .arg(toQt(agreement.responder), toQt(m_identity));
    describe(agreement);
    return startMedia(agreement);
}

/// RFC 4567 4.1.2: the cause may stand in a key-mgmt line of the refusal's body, at any level.
std::optional<mikey::Error> Call::refusalIn(const sip::Body &body)
{
    const auto octets = mikeyOctets(body);
    if (!m_initiator || !octets)
        return std::nullopt;
    auto step = receiveError(*octets);
    if (step.error)
        refused(*step.error, {});
    return step.error;
}

/// Once more with suites that the peer says it takes, once more with the next method if it cannot use this one. The
/// user is told either way: the refusal may be forged.
bool Call::tryAgain(const mikey::Error &error)
{
    if (!error.fromPeer)
        return false;
    auto suites = m_suitesRetried ? std::vector<const mikey::SrtpSuite *>() : commonSuites(error, m_phone.m_endpoint);
    const auto *next = m_method;
    if (!suites.empty()) {
        m_suitesRetried = true;
        warn(tr("The other side did not take the encryption that was offered first; %1 is offered instead.")
                 .arg(toQt(suites.front()->title)));
    } else if (asksForAnotherMethod(error) && !m_fallbacks.empty()) {
        next = m_fallbacks.front();
        m_fallbacks.clear(); // one more try, not the whole list
        warn(fallbackWarning(*m_method, *next));
    } else {
        return false;
    }
    m_session->disconnect(this);
    m_session = nullptr;
    m_snapshot.mikeyError.reset();
    m_snapshot.advice.clear();
    m_early.clear();
    forgetShown();
    attempt(*next, std::move(suites));
    return true;
}

} // namespace call
