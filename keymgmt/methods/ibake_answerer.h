// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/ibake_message.h"
#include "wire/pack.h"

/// Those who answered an I_MESSAGE_1: a call that is forked or retargeted gets several R_MESSAGE_1.
namespace mikey::ibake {

/// Who answered, and what our exchange with him goes on with.
struct Answerer
{
    Bytes answer;         ///< SHA-256 of his R_MESSAGE_1
    std::string identity; ///< as spelled
    EcPointValue point;
    std::vector<SrtpId> map; ///< with his SSRCs
    /// Of one who could not read our I_MESSAGE_1: a half key that is told to him alone. That of I_MESSAGE_1 must not
    /// be, since having read it is what proves who else answers.
    std::optional<EcdhKey> key;
    Secret deposit; ///< SK of the ESK for the one called first; empty: none
    Bytes depositSpi;
    Bytes second; ///< our I_MESSAGE_2

    bool knewUs() const { return !key; } ///< he sent ECCPTi back
};

/// A bounded list of them, in the order of their answers. Those who proved nothing do not take the room of those who
/// did.
class Answerers
{
public:
    const Answerer *answeredWith(ByteView digest) const;
    /// To whom we sent an I_MESSAGE_2 with that T; null: to nobody.
    const Answerer *sentAt(ByteView timestamp) const;
    const Answerer *last() const { return m_all.empty() ? nullptr : &m_all.back(); }
    bool hasRoom(bool knewUs) const;
    const Answerer &add(Answerer answerer) { return m_all.emplace_back(std::move(answerer)); }

    void save(Packer &packer) const;
    /// Nothing, and `from` damaged, if they make no sense.
    static Answerers load(Unpacker &from);

private:
    std::vector<Answerer> m_all;
};

} // namespace mikey::ibake
