// SPDX-License-Identifier: Apache-2.0
// The caller's side of Call: offer, answer, refusal.
#include "call/call.h"
#include "call/clock.h"
#include "call/sdp_body.h"
#include "call/words.h"
#include "methods/method.h"

namespace call {

void Call::dial(const sip::Uri &target, const std::string &identity, const mikey::Method &method)
{
    m_method = &method;
    m_snapshot.peer = toQt(identity);
    m_snapshot.address = toQt(sip::hostPort(target.host, target.effectivePort()));
    showMethod(method);

    mikey::Offer offer;
    offer.peer = identity;
    offer.sdpProtocols = {"mikey"};
    offer.csbInUse = [this](std::uint32_t csbId) { return m_phone.csbInUse(csbId); };
    const CpuTimer cpu;
    auto initiator = method.initiate(m_phone.mikeyContext(), offer, ntpNow());
    m_snapshot.mikeyMs += cpu.elapsedMs();
    if (!initiator) {
        end(EndedBy::Error, 0, toQt(initiator.error().reason));
        return;
    }
    m_initiator = std::move(*initiator);
    judge({toQt(mikey::ByteView(m_initiator->message())), std::nullopt, std::nullopt,
           std::make_shared<mikey::InspectedMessage>(m_initiator->inspectMessage())});
    publish();
    m_phone.m_userAgent->findRoute(target, this, [this, target](const sip::Result<sip::Route> &route) {
        if (!live())
            return; // hung up while the name was looked up
        if (route)
            invite(target, *route);
        else
            end(EndedBy::Error, route.fault().status, toQt(route.fault().sentence));
    });
}

void Call::invite(const sip::Uri &target, const sip::Route &route)
{
    const auto host = route.localAddress.toString().toStdString();
    m_snapshot.address = toQt(sip::hostPort(route.remoteAddress.toString().toStdString(), route.remotePort));
    if (!bindStream(host)) {
        end(EndedBy::Error, 0, tr("there is no free port for speech at %1").arg(toQt(host)));
        return;
    }
    m_offer = sdp::makeOffer(localAudio(host, m_initiator->message()));
    m_begunUs = monotonicUs(); // the set-up time counts from the INVITE
    follow(m_phone.m_userAgent->invite(target, route, toBody(m_offer)));
}

mikey::Step Call::receiveMikey(const QByteArray &octets)
{
    const CpuTimer cpu;
    auto step = m_initiator->receive(viewOf(octets), ntpNow());
    m_snapshot.mikeyMs += cpu.elapsedMs();
    std::optional<MikeyError> error;
    if (step.error)
        error = toMikeyError(*step.error);
    judge({octets, !step.error, error, nullptr});
    judge({toQt(mikey::ByteView(m_initiator->message())), !step.error, error, nullptr});
    return step;
}

mikey::Step Call::receiveMikey(const std::vector<sdp::KeyManagement> &lines)
{
    mikey::Step step;
    const auto *base64 = mikeyData(lines);
    const auto octets = base64 ? fromBase64(*base64) : std::nullopt;
    if (octets)
        return receiveMikey(*octets);
    // RFC 4567 4.1: no answer to the key agreement ends the call; media without it are never sent.
    if (base64)
        step.error = mikey::Error::of(mikey::ErrorNumber::Unspecified, "the key agreement in the answer is no base64");
    else
        step.error = mikey::Error::discarded("the other side answered without agreeing on keys");
    return step;
}

void Call::takeAnswer(const sip::Body &body)
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
    auto step = receiveMikey(m_remote.keyManagement);
    if (step.error) {
        const auto error = toMikeyError(*step.error);
        abort({notAcceptable, {}, {}, 399, step.error->name}, error.reason, error);
        return;
    }
    m_csbId = step.agreement->csbId;
    describe(*step.agreement);
    if (const auto trouble = startMedia(*step.agreement)) {
        abort({notAcceptable, {}, {}, 0, {}}, *trouble);
        return;
    }
    m_initiator.reset();
    m_snapshot.phase = Phase::Established;
    publish();
}

void Call::takeRefusal(const sip::Body &body)
{
    // RFC 4567 4.1.2: the cause may stand in a key-mgmt line of the refusal's body, at any level.
    const auto octets = mikeyOctets(body);
    if (!m_initiator || !octets)
        return;
    if (const auto step = receiveMikey(*octets); step.error) {
        m_snapshot.mikeyError = toMikeyError(*step.error);
        m_snapshot.advice = adviceFor(*m_snapshot.mikeyError);
        m_snapshot.security.level = Security::Level::Refused;
    }
}

} // namespace call
