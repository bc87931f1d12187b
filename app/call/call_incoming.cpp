// SPDX-License-Identifier: Apache-2.0
// The callee's side of Call: check the offer, ring, answer or refuse.
#include "call/call.h"
#include "call/clock.h"
#include "call/sdp_body.h"
#include "call/words.h"
#include "methods/identity.h"
#include "methods/method.h"
#include "wire/inspector.h"

namespace call {

namespace {

constexpr int notAcceptable = 488;
constexpr int miscellaneousWarning = 399; ///< RFC 3261 20.43

sip::Refusal refusal(int status, const std::string &warning)
{
    return {status, {}, {}, miscellaneousWarning, warning};
}

} // namespace

void Call::take(sip::Session *session)
{
    follow(session);
    const auto &info = session->info();
    m_snapshot.peer = toQt(mikey::canonicalIdentity(info.remoteIdentity.toString()));
    m_snapshot.displayName = toQt(info.remoteDisplayName);
    m_snapshot.address = toQt(sip::hostPort(info.remoteHost, info.remotePort));
    publish();
    // In the next turn of the event loop: by then the INVITE is in the trace, before what we make of it.
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (m_session && live()) // else cancelled already
                withCertificates(m_session->info().offer, [this](const Fetched &fetched) { consider(fetched); });
        },
        Qt::QueuedConnection);
}

void Call::consider(const Fetched &fetched)
{
    takeOffer(fetched, [this](const std::optional<sip::Refusal> &refused) {
        if (!m_session)
            return;
        if (refused) {
            m_session->reject(*refused);
            end(EndedBy::Error, refused->status, toQt(refused->warningText));
        } else if (!m_agreed && m_response && m_session->info().takesReliable) {
            answerEarly();
        } else if (m_phone.m_config.answering == Phone::Answering::Auto) {
            answer();
        } else {
            m_session->ring();
            publish();
        }
    });
}

/// Reads the offer and plays the responder.
void Call::takeOffer(const Fetched &fetched, TakeRefusal then)
{
    const auto &info = m_session->info();
    const auto offer = descriptionOf(info.offer);
    if (!offer)
        return then(refusal(offer.fault().status, offer.fault().sentence));
    m_offer = *offer;
    auto audio = sdp::readOffer(m_offer);
    if (!audio)
        return then(refusal(audio.fault().status, audio.fault().sentence));
    m_remote = std::move(*audio);
    m_line = bundleLine(m_offer, m_remote);
    if (!rtpAddresses(m_remote))
        return then(refusal(notAcceptable, "the offer names no usable address for speech"));
    const auto *base64 = mikeyData(m_remote.keyManagement);
    if (!base64)
        return then(
            refusal(notAcceptable, "the caller offers no MIKEY key agreement, and calls without it are not taken"));
    m_offerInForce = info.offer;
    respond(*base64, fetched, [this, then](std::optional<sip::Refusal> refused) {
        if (const auto damaged = damagedKeyManagement(m_offer); damaged && !refused)
            refused = refusal(notAcceptable, *damaged);
        then(std::move(refused));
    });
}

/// Plays the responder to a MIKEY message, of a call that begins or of a bundle that stands. `peer` is who signalling
/// says sent it, `lines` are those it came with.
void Call::respondTo(const QByteArray &octets, const std::string &peer, const std::vector<sdp::KeyManagement> &lines,
                     const Fetched &fetched, TakeStep then)
{
    mikey::Arrival arrival;
    arrival.peer = peer;
    for (const auto &line : lines)
        arrival.sdpProtocols.push_back(line.protocol);
    arrival.fetched = fetched;
    inBackground(
        [context = m_phone.m_mikey, octets, arrival, csb = m_csb]() mutable {
            if (csb)
                arrival.bundles = {csb.get()};
            return mikey::respond(context, viewOf(octets), arrival, ntpNow());
        },
        [this, then = std::move(then)](mikey::Step step) {
            if (const auto asking = step.asking)
                consultKms(asking, std::move(step), then);
            else
                then(std::move(step));
        });
}

/// The peer's MIKEY message and what became of it, for the window.
void Call::showTaken(const QByteArray &octets, const mikey::Step &step)
{
    if (step.error) {
        judge({octets, false, toMikeyError(*step.error), nullptr});
        return;
    }
    const auto plain = step.plain ? step.plain->view() : mikey::ByteView{};
    judge(
        {octets, true, std::nullopt, std::make_shared<mikey::InspectedMessage>(mikey::inspect(viewOf(octets), plain))});
}

void Call::respond(const std::string &base64, const Fetched &fetched, TakeRefusal then)
{
    const auto octets = fromBase64(base64);
    if (!octets)
        return then(refusal(notAcceptable, "the key agreement in the offer is no base64"));
    if (const auto *method =
            octets->size() < 2 ? nullptr : mikey::methodSending(static_cast<mikey::DataType>((*octets)[1])))
        showMethod(*method); // also where the exchange is refused
    respondTo(*octets, m_session->info().remoteIdentity.toString(), m_remote.keyManagement, fetched,
              [this, octets, then](mikey::Step step) { then(takeResponse(*octets, std::move(step))); });
}

/// What the responder said of the caller's message. Without keys, and without an error, the caller's second message is
/// due once the call is answered (RFC 6267 4.2).
std::optional<sip::Refusal> Call::takeResponse(const QByteArray &octets, mikey::Step step)
{
    if (step.agreement && !keysOfLine(*step.agreement, m_line).bothWays())
        step.error = mikey::Error::of(mikey::ErrorNumber::Unspecified,
                                      "the key agreement covers one direction of the speech only");
    showTaken(octets, step);
    if (step.error) {
        refused(*step.error, octets);
        auto told = refusal(notAcceptable, step.error->name);
        if (step.send && !step.agreement && m_session) // RFC 4567 4.1.2: the cause goes inside a key management message
            told.body =
                toBody(sdp::makeRefusal(m_offer, localAudio(m_session->info().localHost, step.send), m_remote.index));
        return told;
    }
    if (step.agreement)
        describe(*step.agreement);
    m_agreed = std::move(step.agreement);
    m_response = std::move(step.send);
    return std::nullopt;
}

void Call::answer()
{
    if (m_snapshot.phase != Phase::Incoming || !m_session)
        return;
    m_answerWanted = m_progress == Progress::Waiting;
    const bool early = m_progress == Progress::Done;
    if (m_answerWanted || (!m_agreed && !m_response && !early))
        return;
    const auto host = m_session->info().localHost;
    if (!early && !bindStream(host)) {
        abort({500, {}, {}, 0, {}}, tr("there is no free port for speech at %1").arg(toQt(host)));
        return;
    }
    const auto answer =
        early ? m_answerInForce : toBody(sdp::makeAnswer(m_offer, m_remote, localAudio(host, m_response)));
    if (const auto trouble = m_agreed ? startMedia(*m_agreed) : std::nullopt) {
        abort(refusal(notAcceptable, trouble->toStdString()), *trouble);
        return;
    }
    m_answerInForce = answer;
    m_agreed.reset(); // the keys are with the stream now
    m_response.reset();
    m_snapshot.phase = Phase::Connecting;
    m_session->accept(early ? sip::Body() : answer); // what was answered early needs no answer again
    publish();
}

void Call::reject(int status)
{
    if (m_snapshot.phase != Phase::Incoming)
        return;
    constexpr int decline = 603;
    if (m_session)
        m_session->reject({status ? status : decline, {}, {}, 0, {}});
    end(EndedBy::Local, status ? status : decline, tr("You declined the call."));
}

} // namespace call
