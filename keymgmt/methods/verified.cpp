// SPDX-License-Identifier: Apache-2.0
#include "methods/verified.h"

#include "crypto/prf.h"

namespace mikey {

Secret authKeyFrom(ByteView key, Prf prf, const BundleLabel &label)
{
    return messageKey(prf, key, KeyUse::MessageAuth, label, authKeyOctets);
}

VerificationKey verificationKey(const Secret &authKey, const Parties &parties)
{
    return {authKey.view(), octetsOf(parties.initiator.data), octetsOf(parties.responder.data)};
}

bool isVerified(const Message &answer, ByteView timestamp, const Secret &authKey, const Parties &parties)
{
    const auto *v = answer.find<Verification>();
    if (!v)
        return false;
    if (verifies(answer, *v, timestamp, verificationKey(authKey, parties)))
        return true;
    const auto *id = answer.find<Id>();
    if (!id || Party::of(*id).canonical() != parties.responder.canonical())
        return false;
    return verifies(answer, *v, timestamp, verificationKey(authKey, {parties.initiator, Party::of(*id)}));
}

} // namespace mikey
