// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/half_keys.h"
#include "methods/initiating.h"
#include "methods/opening.h"
#include "methods/responding.h"

/// What the two Diffie-Hellman methods have in common: RFC 4650 is the exchange of RFC 3830 3.3 with another proof of
/// who sent a message. A method adds that proof.
namespace mikey {

class HalfKeyResponding : public Responding
{
public:
    using Responding::Responding;

protected:
    virtual std::string_view method() const = 0;
    virtual DataType answerType() const = 0;
    /// That what proves the sender is there, with algorithms that are taken here, and that we can prove who we are.
    virtual std::optional<Error> checkProof() = 0;
    virtual Closing closing() const = 0;
    virtual std::vector<Payload> ownCertificates() const { return {}; }
    virtual void note(Agreement &agreement) const = 0;

private:
    std::optional<Error> checkForm() final;
    std::optional<Error> process(Step &step) final;
    /// R_MESSAGE = HDR, T, IDr, CERTr, IDi, [DHr, DHi] and the proof.
    std::optional<Bytes> answer(const Agreement &agreement, const DhKey *key) const;
};

class HalfKeyInitiating : public Initiating
{
public:
    /// `key`: of our half key; none in an update without keys.
    HalfKeyInitiating(Context context, Bytes message, std::optional<DhKey> key, std::shared_ptr<const Csb> updated)
        : Initiating(context, std::move(message), std::move(updated)), m_key(std::move(key))
    {
    }

    Outcome<Agreement> provisional() const final;
    InspectedMessage inspectMessage() const final;

protected:
    virtual std::string_view method() const = 0;
    /// Whether the answer, which names that responder, is the peer's.
    virtual std::optional<Error> authenticate(const Message &answer) = 0;
    virtual void note(Agreement &agreement) const = 0;
    virtual void saveProof(Packer &to) const = 0;

private:
    Outcome<Agreement> accept(const Message &answer) final;
    std::optional<Error> checkIds(const Message &answer) const;
    void saveSecrets(Packer &to) const final;

    std::optional<DhKey> m_key;
};

/// The payloads of an I_MESSAGE before its proof: those of the opening, and DHi if there is a key. They view `mki`.
std::vector<Payload> halfKeyPayloads(const Opening &opening, const DhKey *key, ByteView mki);

/// The header of an I_MESSAGE; an answer is always due (RFC 3830 6.1).
Header halfKeyHeader(const Opening &opening);

/// The key that saveSecrets() packed; none if there was none, or the octets are damaged, which damages `from`.
std::optional<DhKey> unpackHalfKey(Unpacker &from);

/// Whether it is the key of the DH payload of our message, or there is neither.
bool isKeyOf(const std::optional<DhKey> &key, ByteView message);

/// A fresh key for an update that brings new keys.
std::optional<DhKey> renewedHalfKey(const Renewal &renewal, DhGroup group, Random &random);

} // namespace mikey
