// SPDX-License-Identifier: Apache-2.0
#include "methods/initiating.h"

#include "methods/reply.h"
#include "wire/text.h"

namespace mikey {

Initiating::Initiating(Context context, Bytes message, std::shared_ptr<const Csb> updated)
    : m_context(context), m_octets(std::move(message)), m_message(std::move(*decode(m_octets))),
      m_csb(std::move(updated))
{
    m_parties = *partiesOfOwn(m_message);
}

Step Initiating::receive(ByteView octets, NtpTime now, const std::map<std::string, Bytes> &fetched)
{
    m_now = now;
    m_fetched = fetched;
    Step step;
    const auto answer = decode(octets);
    if (!answer) {
        step.error =
            Error::of(answer.error().error, "the answer is damaged at octet " + std::to_string(answer.error().offset) +
                                                ": " + answer.error().reason);
        return step;
    }
    const auto *timestamp = answer->find<Timestamp>();
    const auto type = answer->header.dataType;
    if (answer->header.csbId != m_message.header.csbId || !timestamp ||
        timestamp->type != m_message.find<Timestamp>()->type || !sameOctets(timestamp->value, this->timestamp()))
        step.error = Error::discarded("the answer belongs to another exchange");
    else if (type == DataType::Error)
        step.error = errorOf(*answer, isAuthenticError(*answer));
    else if (type != answerType())
        step.error = Error::of(ErrorNumber::InvalidDataType,
                               messageName(static_cast<std::uint8_t>(type)) + " does not answer a " +
                                   messageName(static_cast<std::uint8_t>(m_message.header.dataType)));
    else if (answer->header.prf != m_message.header.prf)
        step.error = Error::of(ErrorNumber::InvalidPrf, "the answer is made with another PRF than our message");
    else if (auto agreement = accept(*answer))
        step.agreement = std::move(*agreement);
    else
        step.error = std::move(agreement.error());
    return step;
}

Secret Initiating::save() const
{
    Packer packer;
    saveSecrets(packer);
    packer.add(ByteView(m_octets));
    packer.add(m_csb ? m_csb->save().view() : ByteView());
    return packer.take();
}

Outcome<std::vector<SrtpId>> Initiating::mapOf(const Message *answer) const
{
    const auto asked =
        m_csb ? updatedMap(*m_csb, m_message.header) : Outcome<std::vector<SrtpId>>(m_message.header.map);
    if (!asked || !answer || answer->header.map.empty()) // a map left out changes nothing
        return asked;
    const auto &told = answer->header.map;
    bool same = told.size() == asked->size();
    for (std::size_t i = 0; same && i < told.size(); ++i)
        same = told[i].policyNo == (*asked)[i].policyNo;
    if (!same || !fillsIn(*asked, told))
        return Error::of(ErrorNumber::Unspecified, "the answer changes the streams that were offered");
    return told;
}

Outcome<Agreement> Initiating::agreeOn(std::string_view method, const Message *answer,
                                       std::vector<TransportedKey> brought) const
{
    if (brought.empty() && m_csb)
        brought = cloned(m_csb->keys);
    const auto map = mapOf(answer);
    if (!map)
        return map.error();
    const auto suites = suitesOfMap(m_message, *map, endpoint(), m_csb.get());
    if (!suites)
        return suites.error();
    const auto name = m_csb ? std::string_view(m_csb->method) : method;
    return agreementOf({name, m_message, m_parties, true, m_csb.get(), label(), *map, *suites, brought});
}

std::optional<Error> Initiating::checkResponder(const Id *id) const
{
    if (!id || isPeer(*id))
        return std::nullopt;
    return Error::of(ErrorNumber::InvalidId, "the answer names " + printableStart(id->data) + ", not " +
                                                 printableStart(octetsOf(m_parties.responder.data)));
}

std::optional<SavedInitiator> loadInitiating(Unpacker &from, DataType dataType)
{
    const auto octets = from.field();
    const auto bundle = from.field();
    if (!from.complete())
        return std::nullopt;
    SavedInitiator saved{Bytes(octets.begin(), octets.end()), nullptr};
    if (!bundle.empty()) {
        auto csb = Csb::load(bundle);
        if (!csb)
            return std::nullopt;
        saved.updated = std::make_shared<Csb>(std::move(*csb));
    }
    const auto message = decode(saved.message);
    if (!message || message->header.dataType != dataType || !partiesOfOwn(*message) || !message->find<Timestamp>())
        return std::nullopt;
    return saved;
}

Error damagedExchange()
{
    return Error::local("the saved exchange is damaged");
}

} // namespace mikey
