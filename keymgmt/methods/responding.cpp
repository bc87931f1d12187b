// SPDX-License-Identifier: Apache-2.0
#include "methods/responding.h"

#include "methods/admission.h"
#include "methods/method.h"
#include "methods/opening.h"
#include "methods/sdp_protocols.h"
#include "wire/text.h"

namespace mikey {

Step Responding::receive(const Message &message, const Arrival &arrival, NtpTime now)
{
    m_message = &message;
    m_arrival = &arrival;
    m_now = now;
    Step step;
    if (auto error = accept(step)) {
        step = {};
        step.send = errorMessage(message, *error, endpoint(), errorClosing());
        step.error = std::move(*error);
    }
    return step;
}

std::optional<Error> Responding::accept(Step &step)
{
    if (auto error = checkTimestamp(message()))
        return error;
    if (auto error = checkForm())
        return error;
    if (auto error = findUpdated())
        return error;
    auto certificates = this->certificates();
    if (!certificates)
        return std::move(certificates.error());
    auto parties = partiesOf(message(), arrival(), endpoint(), m_csb, *certificates);
    if (!parties)
        return std::move(parties.error());
    m_parties = std::move(*parties);
    if (auto error = checkAllowed())
        return error;
    if (auto error = prepare())
        return error;
    if (auto error = admit(m_context, message(), m_parties, m_now, [this] { return authenticate(); }))
        return error;
    if (auto error = checkAddressee())
        return error;
    const auto peer = m_parties.initiator.canonical();
    const auto *standing = findBundle(arrival().bundles, message().header.csbId, peer);
    if (!m_csb && standing && standing->peer().canonical() == peer) // RFC 3830 4.5
        return Error::of(ErrorNumber::Unspecified, "the bundle stands, and an update of it must not have a RAND");
    return process(step);
}

std::optional<Error> Responding::findUpdated()
{
    if (!isUpdate())
        return std::nullopt;
    const auto *id = message().find<Id>();
    const auto *csb =
        findBundle(arrival().bundles, message().header.csbId, id ? Party::of(*id).canonical() : arrival().peer);
    if (!csb)
        return Error::of(ErrorNumber::Unspecified,
                         "the message has no RAND, and there is no bundle that it could update");
    if (!NtpTime::fromOctets(timestamp())->isAfter(csb->newest))
        return Error::discarded("the update is not newer than the last message of its bundle");
    m_csb = csb;
    return std::nullopt;
}

/// The user may have bound a contact to some methods, so that nobody can bid down to another one.
std::optional<Error> Responding::checkAllowed() const
{
    const auto *row = methodBegunBy(message().header.dataType);
    if (m_csb || !row || endpoint().allows(row->name, m_parties.initiator.canonical()))
        return std::nullopt;
    return Error::of(ErrorNumber::InvalidDataType,
                     "the user does not allow this method for " + printableStart(octetsOf(m_parties.initiator.data)));
}

std::optional<Error> Responding::checkAddressee() const
{
    if (m_parties.responder.canonical() != endpoint().identity)
        return Error::of(ErrorNumber::InvalidId, "the message is for " +
                                                     printableStart(octetsOf(m_parties.responder.data)) + ", not for " +
                                                     endpoint().identity);
    return checkSdpProtocols(message(), arrival().sdpProtocols);
}

Outcome<Agreement> Responding::agreeOn(std::string_view method, bool answered,
                                       std::vector<TransportedKey> brought) const
{
    if (brought.empty() && !m_csb)
        return Error::of(ErrorNumber::Unspecified, "the message carries no key");
    if (brought.empty())
        brought = cloned(m_csb->keys);
    auto map = m_csb ? updatedMap(*m_csb, message().header) : Outcome<std::vector<SrtpId>>(message().header.map);
    if (!map)
        return std::move(map.error());
    if (answered)
        fillSsrcs(*map, m_context.random);
    const auto suites = suitesOfMap(message(), *map, endpoint(), m_csb);
    if (!suites)
        return suites.error();
    const auto name = m_csb ? std::string_view(m_csb->method) : method;
    return agreementOf({name, message(), m_parties, false, m_csb, label(), *map, *suites, brought});
}

Header Responding::answerHeader(DataType dataType, const Agreement &agreement) const
{
    Header header = message().header;
    header.dataType = dataType;
    header.v = false;
    header.map = agreement.csb->map;
    header.csCount = static_cast<std::uint8_t>(header.map.size());
    if (!header.map.empty()) // the request may have had an Empty map, and left the streams to us
        header.mapType = CsIdMapType::SrtpId;
    return header;
}

} // namespace mikey
