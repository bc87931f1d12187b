// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake_deposit.h"

#include "methods/admission.h"
#include "methods/ibake.h"
#include "methods/identity.h"
#include "wire/text.h"

namespace mikey::ibake {

namespace {

constexpr std::size_t spiOctets = 4;

/// What of an I_MESSAGE_2 the one it was left for needs.
struct Left
{
    const EncryptedSecretKey *esk;
    const IdWithRole *initiator;
    NtpTime sent;
};

std::optional<Left> leftIn(const Message &message)
{
    Left left{message.find<EncryptedSecretKey>(), message.find<IdWithRole>(IdRole::Initiator), {}};
    const auto &header = message.header;
    if (header.dataType != DataType::IbakeInit2 || !left.esk || !left.initiator || !message.find<Rand>() ||
        checkTimestamp(message) || header.mapType != CsIdMapType::SrtpId ||
        (header.prf != Prf::Mikey1 && header.prf != Prf::HmacSha256))
        return std::nullopt;
    left.sent = *NtpTime::fromOctets(message.find<Timestamp>()->value);
    return left;
}

} // namespace

std::optional<Deposit> makeDeposit(Context context, Prf prf, const Parties &parties, NtpTime time)
{
    Deposit deposit;
    deposit.key = context.random.secret(ibakeKeyOctets(prf));
    deposit.spi.resize(spiOctets);
    context.random.fill(deposit.spi);
    SecretKey payload;
    payload.key = deposit.key.view();
    payload.validity.type = KeyValidityType::Spi;
    payload.validity.spi = deposit.spi;
    const auto plain = encodeSubPayloads(std::vector<Payload>{idPayload(parties.initiator.data), payload});
    if (!plain)
        return std::nullopt;
    deposit.encrData = encryptTo(context, parties.responder.canonical(), Peer::Proven, time, plain->view());
    return deposit;
}

Outcome<Agreement> openDeposit(Context context, ByteView iMessage2)
{
    const auto message = decode(iMessage2);
    const auto left = message ? leftIn(*message) : std::nullopt;
    if (!left)
        return Error::local("this is no message with a key for us");
    const auto *key = context.endpoint.ibake.at(left->sent);
    const auto plain = key ? key->decrypt(left->esk->encrData) : std::nullopt;
    const auto payloads =
        plain ? decodeSubPayloads(plain->view(), Id::name.number) : Result<Payloads, DecodeFault>(DecodeFault{});
    const auto *id = payloads && payloads->size() == 2 ? findIn<Id>(*payloads) : nullptr;
    const auto *sk = id ? findIn<SecretKey>(*payloads) : nullptr;
    if (!sk || !sameOctets(id->data, left->initiator->data) || sk->validity.type != KeyValidityType::Spi ||
        sk->key.size() != ibakeKeyOctets(message->header.prf)) // decision D-08
        return Error::of(ErrorNumber::AuthFailure, "the key in the message cannot be read with ours");
    const auto &suite = ibakeSuite(context.endpoint);
    if (!context.endpoint.takes(suite))
        return Error::local("the suite of IBAKE is not allowed here");
    const Parties parties{Party::of(*left->initiator), Party::of(context.endpoint.identity)};
    const auto &spi = sk->validity.spi;
    auto agreement =
        ibakeAgreement(*message, parties, false, sk->key, message->header.map, suite, Bytes(spi.begin(), spi.end()));
    if (agreement) {
        agreement->authenticated = false; // rule S-1
        agreement->weaknesses.emplace_back("who left this is the mailbox's word: nothing in it proves the caller");
    }
    return agreement;
}

} // namespace mikey::ibake
