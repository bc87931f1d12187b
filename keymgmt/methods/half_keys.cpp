// SPDX-License-Identifier: Apache-2.0
#include "methods/half_keys.h"

namespace mikey {

DhGroup groupOf(const Dh &half)
{
    return static_cast<DhGroup>(half.group);
}

std::optional<Error> checkGroup(const Dh &half, const Accept &accept)
{
    const auto name = registry::dhGroup.nameOf(half.group);
    if (!isKnown(groupOf(half)))
        return Error::of(ErrorNumber::InvalidDhGroup, "the Diffie-Hellman group " + name + " is not supported");
    if (isWeak(groupOf(half)) && !accept.weakGroups)
        return Error::of(ErrorNumber::InvalidDhGroup,
                         "the Diffie-Hellman group " + name + " is too weak to be accepted here");
    return std::nullopt;
}

std::optional<Error> checkOwnGroup(DhGroup group, const Accept &accept)
{
    if (!isKnown(group))
        return Error::local("there is no such Diffie-Hellman group");
    if (isWeak(group) && !accept.weakGroups)
        return Error::local("the Diffie-Hellman group is too weak to be used here");
    return std::nullopt;
}

Dh halfKey(const DhKey &key, ByteView mki)
{
    Dh half;
    half.group = static_cast<std::uint8_t>(key.group());
    half.value = key.publicValue();
    if (!mki.empty()) {
        half.validity.type = KeyValidityType::Spi;
        half.validity.spi = mki;
    }
    return half;
}

Outcome<const Dh *> responderHalf(const Message &answer, const Dh *own)
{
    const auto halves = answer.all<Dh>();
    if (!own) {
        if (halves.empty())
            return static_cast<const Dh *>(nullptr);
        return Error::of(ErrorNumber::Unspecified, "the answer holds Diffie-Hellman values that were not asked for");
    }
    if (halves.size() != 2)
        return Error::of(ErrorNumber::Unspecified, "the answer does not hold both Diffie-Hellman values");
    const auto isOwn = [own](const Dh *half) {
        return half->group == own->group && sameOctets(half->value, own->value);
    };
    if (isOwn(halves[0]) && isOwn(halves[1]))
        return Error::of(ErrorNumber::AuthFailure, "the answer repeats our own Diffie-Hellman value as the peer's");
    if (!isOwn(halves[0]) && !isOwn(halves[1]))
        return Error::of(ErrorNumber::AuthFailure, "the answer is not to the Diffie-Hellman value that was sent");
    const auto *peers = isOwn(halves[1]) ? halves[0] : halves[1];
    if (peers->group != own->group)
        return Error::of(ErrorNumber::InvalidDhGroup, "the answer is in another Diffie-Hellman group");
    return peers;
}

Outcome<std::vector<TransportedKey>> keyFrom(const DhKey &own, const Dh &peers, const KeyValidity &validity)
{
    const auto tgk = own.agree(peers.value);
    if (!tgk)
        return Error::of(ErrorNumber::InvalidDhGroup, "the Diffie-Hellman value is none of its group");
    return agreedKey(tgk->view(), validity);
}

} // namespace mikey
