// SPDX-License-Identifier: Apache-2.0
#include "methods/half_key_exchange.h"

#include "wire/inspector.h"
#include "wire/text.h"

namespace mikey {

std::optional<Error> HalfKeyResponding::checkForm()
{
    if (auto error = checkProof())
        return error;
    const auto *half = message().find<Dh>();
    if (!half && !isUpdate())
        return Error::of(ErrorNumber::Unspecified, "the message has no DH payload");
    return half ? checkGroup(*half, endpoint().accept) : std::nullopt;
}

std::optional<Error> HalfKeyResponding::process(Step &step)
{
    if (m_csb && m_csb->method != method())
        return Error::of(ErrorNumber::InvalidDataType, "the bundle was made by another method");
    std::optional<DhKey> key;
    std::vector<TransportedKey> agreedKeys;
    if (const auto *half = message().find<Dh>()) {
        key = DhKey::generate(groupOf(*half), m_context.random);
        auto keys = keyFrom(*key, *half, half->validity);
        if (!keys)
            return std::move(keys.error());
        agreedKeys = std::move(*keys);
    }
    auto agreement = agreeOn(method(), true, std::move(agreedKeys));
    if (!agreement)
        return std::move(agreement.error());
    note(*agreement);
    step.send = answer(*agreement, key ? &*key : nullptr);
    if (!step.send)
        return Error::local("identities and certificates are too long for a MIKEY message");
    step.agreement = std::move(*agreement);
    return std::nullopt;
}

std::optional<Bytes> HalfKeyResponding::answer(const Agreement &agreement, const DhKey *key) const
{
    std::vector<Payload> payloads{*message().find<Timestamp>(), m_parties.responder.payload()};
    for (auto &payload : ownCertificates())
        payloads.push_back(std::move(payload));
    payloads.emplace_back(m_parties.initiator.payload());
    if (const auto *half = message().find<Dh>()) {
        Dh own = *half; // the same group and validity
        own.value = key->publicValue();
        payloads.emplace_back(own);
        payloads.emplace_back(*half);
    }
    return closing()(answerHeader(answerType(), agreement), std::move(payloads));
}

Outcome<Agreement> HalfKeyInitiating::provisional() const
{
    return Error::local("the keys depend on the answer");
}

InspectedMessage HalfKeyInitiating::inspectMessage() const
{
    return inspect(message());
}

Outcome<Agreement> HalfKeyInitiating::accept(const Message &answer)
{
    if (auto error = checkIds(answer))
        return std::move(*error);
    if (auto error = authenticate(answer))
        return std::move(*error);
    const auto *own = this->own().find<Dh>();
    const auto half = responderHalf(answer, own);
    if (!half)
        return half.error();
    std::vector<TransportedKey> agreedKeys;
    if (own) {
        auto keys = keyFrom(*m_key, **half, own->validity);
        if (!keys)
            return std::move(keys.error());
        agreedKeys = std::move(*keys);
    }
    auto agreement = agreeOn(method(), &answer, std::move(agreedKeys));
    if (agreement)
        note(*agreement);
    return agreement;
}

/// IDi has to be there, as we sent it: it tells whom the responder believes to talk to (RFC 3830 3.3, RFC 4650 3).
std::optional<Error> HalfKeyInitiating::checkIds(const Message &answer) const
{
    const auto ids = answerIdsOf(answer);
    if (!ids.initiator)
        return Error::of(ErrorNumber::Unspecified, "the answer does not name whom it answers");
    if (Party::of(*ids.initiator).canonical() != m_parties.initiator.canonical())
        return Error::of(ErrorNumber::InvalidId,
                         "the answer is for " + printableStart(ids.initiator->data) + ", not for us");
    return checkResponder(ids.responder);
}

void HalfKeyInitiating::saveSecrets(Packer &to) const
{
    to.number(m_key.has_value());
    to.number(m_key ? static_cast<std::uint64_t>(m_key->group()) : 0);
    to.add(m_key ? m_key->exponent() : ByteView());
    saveProof(to);
}

std::vector<Payload> halfKeyPayloads(const Opening &opening, const DhKey *key, ByteView mki)
{
    auto payloads = opening.payloads();
    if (key)
        payloads.emplace_back(halfKey(*key, mki));
    return payloads;
}

Header halfKeyHeader(const Opening &opening)
{
    auto header = opening.header();
    header.v = true;
    return header;
}

std::optional<DhKey> unpackHalfKey(Unpacker &from)
{
    const bool present = from.number() == 1;
    const auto group = from.number();
    const auto exponent = from.field();
    if (!present || !from.sound())
        return std::nullopt;
    auto key = DhKey::restore(static_cast<DhGroup>(group), exponent);
    if (!key)
        from.damage();
    return key;
}

bool isKeyOf(const std::optional<DhKey> &key, ByteView octets)
{
    const auto message = decode(octets);
    const auto *half = message ? message->find<Dh>() : nullptr;
    if (!key || !half)
        return !key && !half;
    return groupOf(*half) == key->group() && sameOctets(half->value, key->publicValue());
}

std::optional<DhKey> renewedHalfKey(const Renewal &renewal, DhGroup group, Random &random)
{
    if (renewal.keys != Renewal::Keys::NewTgk)
        return std::nullopt;
    return DhKey::generate(group, random);
}

} // namespace mikey
