// SPDX-License-Identifier: Apache-2.0
// The life of keys in a call: they are renewed by a MIKEY update in a re-INVITE (RFC 3830 4.5, RFC 4567 4.1.2).
//
// No packet is lost: the answerer accepts the new keys before it answers, the offerer before it sends with them, and
// the answerer sends with them once a packet under them shows that the offerer has them.
#include "call/call.h"
#include "call/clock.h"
#include "call/sdp_body.h"
#include "call/words.h"
#include "methods/method.h"

namespace call {

namespace {

constexpr int notAcceptable = 488;
constexpr int attributeNotUnderstood = 306; ///< RFC 4567 4.1.2 wants it when a renewal fails
constexpr int miscellaneous = 399;

sip::Refusal refusal(int warning, const std::string &text)
{
    return {notAcceptable, {}, {}, warning, text};
}

} // namespace

/// After how long we renew: the one who called does it as his settings say, so that the two sides do not meet. New keys
/// may be due more often by the ticket of the call (TRr, RFC 6043 6.10); then who was called does it if the other one
/// lets the time pass. Zero: nothing is planned.
std::chrono::milliseconds Call::renewalInterval() const
{
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24); // a timer counts no more than 24 days
    const bool weCalled = m_snapshot.direction == Direction::Outgoing;
    const std::chrono::milliseconds wished = std::chrono::seconds(weCalled ? m_phone.m_config.renewalSeconds : 0);
    const std::chrono::milliseconds due = std::chrono::seconds(m_csb ? m_csb->ticket.rekeySeconds : 0);
    const auto inTime = std::min(due * (weCalled ? 8 : 9) / 10, longest);
    return wished.count() > 0 && due.count() > 0 ? std::min(wished, inTime) : std::max(wished, inTime);
}

/// Either side renews when a key comes to its end, whatever is planned.
void Call::planRenewal()
{
    startRenewalTimer(renewalInterval());
}

/// After a failure. What a ticket wants cannot wait for another interval, which it would exceed.
void Call::planAnother()
{
    const std::chrono::milliseconds due = std::chrono::seconds(m_csb ? m_csb->ticket.rekeySeconds : 0);
    if (due.count() <= 0)
        return planRenewal();
    constexpr std::chrono::milliseconds least = std::chrono::seconds(1);
    startRenewalTimer(std::min(std::max(due / 20, least), renewalInterval()));
}

void Call::startRenewalTimer(std::chrono::milliseconds interval)
{
    if (interval.count() <= 0)
        return;
    m_renewalTimer.start(interval);
    m_snapshot.security.renewalDue = QDateTime::currentDateTimeUtc().addMSecs(interval.count());
}

bool Call::renewKeys()
{
    if (m_snapshot.phase != Phase::Established || !m_session || !m_csb || m_offer.media.size() != 1)
        return false;
    m_turns.take([this](const Turns::Token &turn) { beginRenewal(turn); });
    return true;
}

void Call::beginRenewal(const Turns::Token &turn)
{
    if (!live() || m_initiator || m_renewed)
        return; // under way, by us or by the other side
    mikey::Renewal renewal;
    renewal.sdpProtocols = {"mikey"};
    renewal.ssrcs = {m_stream->statistics().sendSsrc};
    const auto failed = [this](const mikey::Error &error) {
        m_initiator.reset();
        warn(tr("The keys could not be renewed: %1.").arg(toQt(error.reason)));
        planAnother();
        publish();
    };
    inBackground(
        [context = m_phone.m_mikey, csb = m_csb, renewal] { return mikey::update(context, *csb, renewal, ntpNow()); },
        [this, failed, turn](mikey::Outcome<std::unique_ptr<mikey::Initiator>> initiator) {
            if (!initiator)
                return failed(initiator.error());
            m_initiator = std::move(*initiator);
            consultKms(m_initiator, {}, [this, failed, turn](const mikey::Step &step) {
                if (step.error)
                    failed(*step.error);
                else
                    offerNext();
            });
        });
}

/// Sends the initiator's message in a re-INVITE.
void Call::offerNext()
{
    showOffered();
    m_session->reinvite(renewalOffer());
}

/// Our description as it is in force, with the update in place of the first message.
sip::Body Call::renewalOffer()
{
    ++m_sdpVersion;
    m_renewalOffer = sdp::makeOffer(localAudio(m_session->info().localHost, m_initiator->message()));
    return toBody(m_renewalOffer);
}

/// What makes new keys worse than those in force: then these stay. A renewal keeps to the peer as he was proven, and to
/// the method. A method that has no update runs anew (RFC 4738 3.6 without a cached envelope key).
std::optional<QString> Call::faultOfRenewal(const mikey::Agreement &agreement) const
{
    const bool verified = !m_snapshot.security.verifiedPeer.isEmpty();
    const auto peer = toQt(m_csb->peer().canonical());
    if (toQt(agreement.initiator) != peer && toQt(agreement.responder) != peer)
        return tr("the new keys are from someone else");
    if (!agreement.renewal && agreement.method != m_csb->method)
        return tr("the new keys were agreed by another method than the call's");
    if (verified && !agreement.authenticated)
        return tr("nobody vouches for who sent the new keys");
    if (!keysOfLine(agreement, m_line).bothWays())
        return tr("the new key agreement covers one direction of the speech only");
    return std::nullopt;
}

/// The new keys are accepted from now on, beside those in force. An update that brings none leaves the streams alone: a
/// key that begins anew would use its indices twice (RFC 3711 9.1) and forget what was received.
std::optional<QString> Call::acceptRenewed(const mikey::Agreement &agreement)
{
    if (auto fault = faultOfRenewal(agreement))
        return fault;
    const auto keys = keysOfLine(agreement, m_line);
    if (keyMark(keys) == m_keysInForce)
        return std::nullopt;
    if (const auto error = m_stream->renewReceiveKeys(toSrtpKeys(keys.receive), weakPolicy(keys)))
        return toQt(error->sentence);
    return std::nullopt;
}

/// The ACK shows that the other side has our answer, its first packet under the new keys that it has worked it out. One
/// that sends nothing gets some time for that.
void Call::switchWhenPeerCan()
{
    constexpr std::int64_t enoughUs = 500'000;
    if (!m_renewed || !m_stream)
        return m_switchTimer.stop();
    const auto keys = m_stream->statistics().receiveKeys;
    const auto generation = static_cast<std::uint64_t>(m_snapshot.security.renewals) + 1;
    const bool used = std::any_of(keys.begin(), keys.end(), [generation](const media::KeyGeneration &key) {
        return key.number >= generation && key.use.packets > 0;
    });
    if (used || monotonicUs() - m_acknowledgedAtUs >= enoughUs)
        switchNow();
}

void Call::switchNow()
{
    m_switchTimer.stop();
    sendWithRenewed(*std::exchange(m_renewed, std::nullopt));
}

/// The other side accepts the new keys, so they protect what we send.
void Call::sendWithRenewed(const mikey::Agreement &agreement)
{
    m_csb = agreement.csb;
    const auto keys = keysOfLine(agreement, m_line);
    const auto mark = keyMark(keys);
    if (mark == m_keysInForce) // it said something else than keys
        return;
    if (const auto error = m_stream->renewSendKeys(toSrtpKeys(keys.send), weakPolicy(keys))) {
        abort({}, toQt(error->sentence));
        return;
    }
    m_keysInForce = mark;
    auto &security = m_snapshot.security;
    ++security.renewals;
    security.agreedAt = QDateTime::currentDateTimeUtc();
    security.suite = toQt(keys.send.front()->suite->name);
    for (const auto &weakness : agreement.weaknesses) {
        warn(sentence(toQt(weakness)));
        if (security.level == Security::Level::Verified)
            security.level = Security::Level::Weak;
    }
    for (auto &row : keyRows(agreement, security.renewals))
        m_snapshot.keys.push_back(std::move(row));
    planRenewal();
    renewStatistics();
    Q_EMIT m_phone.keysRenewed(m_snapshot.id);
}

void Call::takeReinvite(const PeerOffer &offer, const Fetched &fetched, const Turns::Token &turn)
{
    if (!live() || !m_session || !m_session->awaitsAnswer(offer.id))
        return; // it waited for its turn, and the call or the offer is over
    const bool early = m_snapshot.phase == Phase::Incoming && m_progress == Progress::Waiting;
    const bool answered = m_snapshot.phase == Phase::Connecting || m_snapshot.phase == Phase::Established;
    if (!early && !answered) { // else media would start before our user answers
        m_session->rejectReinvite(offer.id,
                                  refusal(miscellaneous, "a call that is not answered yet cannot be changed"));
        return;
    }
    if (m_renewed && m_switchTimer.isActive())
        switchNow(); // who offers again has worked out the answer before
    // A refresh that changes nothing gets the answer in force. Anything but new keys is refused, and the call goes on
    // as it is (RFC 3261 14.2).
    if (!early && !offer.body.empty() && offer.body == m_offerInForce) {
        m_session->answerReinvite(offer.id, m_answerInForce);
    } else {
        takeRenewal(offer, fetched, [this, id = offer.id, turn](const std::optional<sip::Refusal> &refused) {
            if (refused && m_session) {
                m_session->rejectReinvite(id, *refused);
                if (m_progress == Progress::Waiting) // of a PRACK: that has refused the call
                    end(EndedBy::Error, refused->status, toQt(refused->warningText));
            }
            publish();
        });
    }
}

void Call::takeRenewal(const PeerOffer &peers, const Fetched &fetched, TakeRefusal then)
{
    const auto unsupported = refusal(miscellaneous, m_progress == Progress::Waiting
                                                        ? "the caller's second message is missing"
                                                        : "changes of a call in progress other than new keys are not "
                                                          "supported yet");
    const auto offer = descriptionOf(peers.body);
    const auto audio = offer ? sdp::readOffer(*offer) : sdp::Result<sdp::RemoteAudio>(offer.fault());
    if (!audio || !m_stream)
        return then(unsupported);
    const auto there = rtpAddresses(*audio), before = rtpAddresses(m_remote);
    const auto *base64 = mikeyData(audio->keyManagement);
    const auto octets = base64 ? fromBase64(*base64) : std::nullopt;
    if (!there || !before || there->rtp != before->rtp || there->rtcp != before->rtcp ||
        audio->direction != m_remote.direction || audio->payloadType != m_remote.payloadType || !octets)
        return then(unsupported);
    respondTo(*octets, m_snapshot.peer.toStdString(), audio->keyManagement, fetched,
              [this, peers, offer = *offer, audio = *audio, octets = *octets, then](mikey::Step step) {
                  const bool late = !m_session || !m_session->awaitsAnswer(peers.id);
                  then(late ? std::nullopt : takeRenewed(peers, offer, audio, octets, std::move(step)));
              });
}

/// What the responder said of the peer's renewal, or of the second message of a method of two round trips.
std::optional<sip::Refusal> Call::takeRenewed(const PeerOffer &peers, const sdp::Description &offer,
                                              const sdp::RemoteAudio &audio, const QByteArray &octets, mikey::Step step)
{
    const bool early = m_progress == Progress::Waiting;
    if (step.agreement) {
        const auto trouble = early   ? faultOfEarly(*step.agreement)
                             : m_csb ? acceptRenewed(*step.agreement)
                                     : acceptNew(*step.agreement);
        if (trouble)
            step.error = mikey::Error::of(mikey::ErrorNumber::Unspecified, trouble->toStdString());
    } else if (early && !step.error) { // it must not ring without keys
        step.error = mikey::Error::discarded("the caller's second message is missing");
    }
    showTaken(octets, step);
    const auto host = m_session->info().localHost;
    m_remote.keyManagementAtSession = audio.keyManagementAtSession;
    if (step.error) {
        if (early) // that ends the call
            refused(*step.error, octets);
        else
            warn(tr("New keys of the other side were refused: %1.").arg(toQt(step.error->reason)));
        auto told = refusal(attributeNotUnderstood, step.error->name);
        if (step.send && !step.agreement)
            told.body = toBody(sdp::makeRefusal(offer, localAudio(host, step.send), audio.index));
        return told;
    }
    if (m_initiator) { // after a glare the other side was faster; what we meant to offer renews keys that are gone
        m_session->withdrawReinvite();
        m_initiator.reset();
    }
    ++m_sdpVersion;
    if (m_snapshot.phase == Phase::Established)
        m_renewed = std::move(step.agreement);
    m_offerInForce = peers.body;
    m_answerInForce = toBody(sdp::makeAnswer(offer, audio, localAudio(host, step.send)));
    m_session->answerReinvite(peers.id, m_answerInForce);
    if (early) {
        m_agreed = std::move(step.agreement);
        progressDone();
    }
    publish();
    return std::nullopt;
}

void Call::takeRenewalAnswer(const sip::Body &body, const Fetched &fetched, const Turns::Token &turn)
{
    if (!live() || !m_initiator || !m_stream)
        return;
    const auto answer = descriptionOf(body);
    const auto audio =
        answer ? sdp::readAnswer(m_renewalOffer, *answer) : sdp::Result<sdp::RemoteAudio>(answer.fault());
    if (!audio) {
        abort(refusal(miscellaneous, audio.fault().sentence), toQt(audio.fault().sentence));
        return;
    }
    receiveMikey(audio->keyManagement, fetched, [this, turn](const mikey::Step &step) { takeRenewalStep(step); });
}

void Call::takeRenewalStep(const mikey::Step &step)
{
    if (!m_stream || !m_session)
        return;
    if (!step.error && !step.agreement) { // a method of two round trips
        offerNext();
        publish();
        return;
    }
    m_initiator.reset();
    if (step.error) { // RFC 4567 4.1.2: the offerer must then abort the session
        const auto error = toMikeyError(*step.error);
        abort(refusal(attributeNotUnderstood, step.error->name), error.reason, error);
        return;
    }
    const bool first = !m_csb;
    if (const auto trouble = first ? acceptNew(*step.agreement) : acceptRenewed(*step.agreement)) {
        abort(refusal(miscellaneous, trouble->toStdString()), *trouble);
        return;
    }
    if (first)
        established();
    else
        sendWithRenewed(*step.agreement);
}

/// RFC 4567 4.1.2: an offer of new keys that is refused ends the session. Where it never got so far, the call goes on
/// with the keys that it has.
void Call::renewalFailed(const sip::Ending &why)
{
    if (!live() || !m_initiator)
        return;
    const auto octets = mikeyOctets(why.body);
    std::optional<mikey::Error> error;
    if (octets)
        error = receiveError(*octets).error;
    m_initiator.reset();
    if (why.status == notAcceptable || !m_csb) { // without a bundle there are no keys to go on with
        const auto reason = error ? toQt(error->reason) : tr("the other side refused to renew the keys");
        abort({}, reason, error ? std::optional(toMikeyError(*error)) : std::nullopt);
        return;
    }
    warn(tr("The keys could not be renewed: %1").arg(toQt(why.reason)));
    planAnother();
    publish();
}

} // namespace call
