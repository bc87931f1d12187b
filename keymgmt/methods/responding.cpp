// SPDX-License-Identifier: Apache-2.0
#include "methods/responding.h"

#include "methods/admission.h"
#include "methods/certificates.h"
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
        if (isAsking())
            return step;
        step.send = errorMessage(message, *error, endpoint(), errorClosing());
        step.error = std::move(*error);
    }
    return step;
}

std::optional<Error> Responding::accept(Step &step)
{
    if (auto error = checkTimestamp(message()))
        return error;
    if (const auto prf = message().header.prf; !takes(prf))
        return Error::of(ErrorNumber::InvalidPrf, registry::prfFunction.nameOf(static_cast<std::uint8_t>(prf)) +
                                                      " is not supported with this method");
    if (auto error = checkForm())
        return error;
    if (auto error = findUpdated())
        return error;
    auto found = certificatesIn(message(), CertificateUse::Sign, endpoint().x509, arrival().fetched);
    if (!found)
        return std::move(found.error());
    m_certificates = std::move(*found);
    auto parties = partiesOf(message(), arrival(), endpoint(), m_csb, m_certificates);
    if (!parties)
        return std::move(parties.error());
    m_parties = std::move(*parties);
    if (auto error = checkAllowed())
        return error;
    Admission admission(m_context, message(), m_parties, m_now);
    if (auto error = admission.refuseReplay())
        return error;
    m_stale = !admission.isFresh();
    if (auto error = prepare())
        return m_stale ? Error::discarded(error->reason) : std::move(*error);
    auto forged = authenticate();
    if (auto error = admission.decide(std::move(forged)))
        return error;
    if (auto error = checkAddressee())
        return error;
    const auto *standing = findBundle(arrival().bundles, message());
    if (!m_csb && standing && standing->peer().canonical() == m_parties.initiator.canonical()) // RFC 3830 4.5
        return Error::of(ErrorNumber::Unspecified, "the bundle stands, and an update of it must not have a RAND");
    return process(step);
}

std::optional<Error> Responding::findUpdated()
{
    const auto *csb = findBundle(arrival().bundles, message());
    if (!isUpdate())
        return std::nullopt;
    if (!csb)
        return Error::of(ErrorNumber::Unspecified,
                         "the message has no RAND, and there is no bundle that it could update");
    if (!sentAt(message()).isAfter(csb->newest))
        return Error::discarded("the update is not newer than the last message of its bundle");
    m_csb = csb;
    return std::nullopt;
}

/// The user may have bound a contact to some methods, so that nobody can bid down to another one.
std::optional<Error> Responding::checkAllowed() const
{
    const auto *row = methodSending(message().header.dataType);
    if (m_csb || !row || endpoint().allows(row->name, m_parties.initiator.canonical()))
        return std::nullopt;
    return Error::of(ErrorNumber::InvalidDataType,
                     "the user does not allow this method for " + printableStart(octetsOf(m_parties.initiator.data)));
}

bool Responding::isForUs() const
{
    return m_parties.responder.canonical() == ownIdentity(endpoint(), message().header.dataType);
}

std::optional<Error> Responding::checkAddressee() const
{
    const auto &own = ownIdentity(endpoint(), message().header.dataType);
    if (!isForUs())
        return Error::of(ErrorNumber::InvalidId, "the message is for " +
                                                     printableStart(octetsOf(m_parties.responder.data)) + ", not for " +
                                                     own);
    return checkSdpProtocols(message(), arrival().sdpProtocols);
}

Outcome<Agreement> Responding::agreeOn(std::string_view method, bool answered,
                                       std::vector<TransportedKey> brought) const
{
    const bool withoutKey = brought.empty();
    if (withoutKey && !m_csb)
        return Error::of(ErrorNumber::Unspecified, "the message carries no key");
    if (withoutKey)
        brought = cloned(m_csb->keys);
    auto map = m_csb ? updatedMap(*m_csb, message().header) : Outcome<std::vector<SrtpId>>(message().header.map);
    if (!map)
        return std::move(map.error());
    if (answered)
        fillSsrcs(*map, m_context.random);
    const auto suites = suitesOfMap(message(), *map, endpoint(), m_csb);
    if (!suites)
        return suites.error();
    if (m_csb && withoutKey && !keepsSuites(*m_csb, *suites))
        return Error::of(ErrorNumber::InvalidSpParameters, "a key in use cannot serve another policy");
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
