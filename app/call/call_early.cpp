// SPDX-License-Identifier: Apache-2.0
// Keys that are agreed on before a call is answered: a MIKEY method of two round trips has its first answer in a
// reliable provisional response, its second message in the PRACK of that, and the second answer in the 200 to it
// (RFC 3262, decision D-16). The callee rings after that.
#include "call/call.h"
#include "call/sdp_body.h"
#include "call/words.h"

#include <algorithm>

namespace call {

namespace {

constexpr int notAcceptable = 488;
constexpr int miscellaneous = 399; ///< RFC 3261 20.43

mikey::Step failed(std::string reason)
{
    mikey::Step step;
    step.error = mikey::Error::discarded(std::move(reason));
    return step;
}

} // namespace

// ---- the caller

void Call::considerEarly(const std::string &dialog, const sip::Body &body, const Fetched &fetched)
{
    if (!live() || !m_initiator || !m_session)
        return;
    const auto answer = descriptionOf(body);
    auto audio = answer ? sdp::readAnswer(m_offer, *answer) : sdp::Result<sdp::RemoteAudio>(answer.fault());
    if (!audio) { // it is read again, and judged, if this one answers the call
        m_session->prack(dialog, {});
        return;
    }
    const auto lines = audio->keyManagement;
    m_early[dialog].audio = std::move(*audio);
    receiveMikey(lines, fetched, [this, dialog](mikey::Step step) { takeEarlyStep(dialog, std::move(step)); });
}

void Call::takePrackAnswer(const std::string &dialog, const sip::Body &body, const Fetched &fetched)
{
    const auto early = m_early.find(dialog);
    if (!live() || !m_initiator || early == m_early.end())
        return;
    if (body.empty()) // so a PRACK is refused; why, the INVITE's final response may say (RFC 6337 2.3, pattern 5)
        return takeEarlyStep(dialog, failed("the other side did not take the second message"));
    const auto answer = descriptionOf(body);
    auto audio = answer ? sdp::readAnswer(early->second.offer, *answer) : sdp::Result<sdp::RemoteAudio>(answer.fault());
    if (!audio)
        return takeEarlyStep(dialog, failed(audio.fault().sentence));
    const auto lines = audio->keyManagement;
    early->second.audio = std::move(*audio);
    receiveMikey(lines, fetched, [this, dialog](mikey::Step step) {
        if (!step.agreement && !step.error) // the first answer once more, perhaps
            step.error = mikey::Error::discarded("the other side's second answer is missing");
        takeEarlyStep(dialog, std::move(step));
    });
}

void Call::prackFailed(const std::string &dialog, const sip::Ending &why)
{
    if (!live() || !m_initiator || !m_early.contains(dialog))
        return;
    mikey::Step step;
    if (const auto octets = mikeyOctets(why.body))
        step = receiveError(*octets);
    if (!step.error)
        step = failed("the other side did not take the second message: " + why.reason);
    takeEarlyStep(dialog, std::move(step));
}

/// What our initiator made of somebody's answer: it goes on with him, or it is done.
void Call::takeEarlyStep(const std::string &dialog, mikey::Step step)
{
    const auto early = m_early.find(dialog);
    if (early == m_early.end() || !m_session)
        return;
    if (!step.error && !step.agreement && step.send) {
        ++m_sdpVersion;
        early->second.offer = sdp::makeOffer(localAudio(m_session->info().localHost, step.send));
        showOffered();
        m_session->prack(dialog, toBody(early->second.offer));
        publish();
        return;
    }
    m_session->prack(dialog, {}); // unless that was done
    // Where the call forked, others may still answer. Where it did not, his refusal of the INVITE follows.
    if (step.error && !early->second.accepted)
        m_session->endEarly(dialog, {notAcceptable, {}, {}, miscellaneous, step.error->name});
    early->second.outcome = std::move(step);
    if (early->second.outcome->agreement)
        showEarly(*early->second.outcome->agreement);
    if (m_early.contains(dialog)) // whoever was told may have ended the call
        takeEarly(dialog);
}

/// The keys of somebody who has not answered the call yet, if he is who was called.
void Call::showEarly(const mikey::Agreement &agreement)
{
    if (agreement.responder != m_identity)
        return;
    describe(agreement);
    publish();
}

/// The call is answered by somebody else than those who answered early.
void Call::forgetEarly()
{
    if (m_early.empty())
        return;
    m_early.clear();
    forgetShown();
}

/// What was shown of keys holds no more.
void Call::forgetShown()
{
    m_snapshot.keys.clear();
    Security unsettled;
    unsettled.warnings = m_snapshot.security.warnings;
    m_snapshot.security = unsettled;
    showMethod(*m_method);
}

/// Why the call comes to nothing where nobody who answered early got as far as keys.
std::optional<mikey::Error> Call::earlyError()
{
    const auto isFailed = [](const auto &entry) { return entry.second.outcome && entry.second.outcome->error; };
    if (m_early.empty() || !std::all_of(m_early.begin(), m_early.end(), isFailed))
        return std::nullopt;
    const auto &early = m_early.begin()->second;
    const auto *base64 = mikeyData(early.audio.keyManagement);
    refused(*early.outcome->error, base64 ? fromBase64(*base64).value_or(QByteArray()) : QByteArray());
    return early.outcome->error;
}

/// The call is answered and the exchange is over, whichever comes last.
void Call::takeEarly(const std::string &dialog)
{
    auto &early = m_early.at(dialog);
    if (!early.accepted || !early.outcome)
        return;
    m_remote = std::move(early.audio);
    auto step = std::move(*early.outcome);
    m_early.clear();
    takeAnswer(std::move(step));
}

// ---- the callee

/// Our first answer goes out before it rings.
void Call::answerEarly()
{
    constexpr int sessionProgress = 183;
    const auto host = m_session->info().localHost;
    if (!bindStream(host)) {
        abort({500, {}, {}, 0, {}}, tr("there is no free port for speech at %1").arg(toQt(host)));
        return;
    }
    m_answerInForce = toBody(sdp::makeAnswer(m_offer, m_remote, localAudio(host, m_response)));
    m_response.reset();
    m_progress = Progress::Waiting;
    m_session->progress(sessionProgress, m_answerInForce);
    publish();
}

/// The media start when the user answers, so these keys are only looked at.
std::optional<QString> Call::faultOfEarly(const mikey::Agreement &agreement)
{
    if (toQt(agreement.method) != m_snapshot.security.method)
        return tr("the keys were agreed by another method than the one that began");
    if (!keysOfLine(agreement, m_line).bothWays())
        return tr("the key agreement covers one direction of the speech only");
    describe(agreement);
    return std::nullopt;
}

/// The caller has our first answer. If he sent no second message with that, it will come by re-INVITE.
void Call::progressDone()
{
    if (!live() || !m_session || m_progress != Progress::Waiting)
        return;
    m_progress = Progress::Done;
    if (m_answerWanted || m_phone.m_config.answering == Phone::Answering::Auto)
        answer();
    else
        m_session->ring();
    publish();
}

} // namespace call
