// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support.h"

#include "crypto/issue.h"
#include "methods/bundle.h"
#include "methods/csb.h"

/// People with certificates of one authority, and messages of theirs changed with their own keys: what somebody who
/// breaks the rules, but holds a right key, could send.
namespace mikey::test {

inline constexpr std::string_view carolId = "sip:carol@example.org";

/// RSA keys take long to make, so each is made once in a program.
enum class KeyOf { Authority, Alice, Bob, Carol, BobsOther };
const PrivateKey &rsaKey(KeyOf owner);
const OwnCertificate &authority();

/// Of a user: for signatures and encryption, valid a day around noon().
CertificateRequest certificateRequest(std::string_view identity);
/// The certificate that the authority gives for the request.
OwnCertificate certified(const CertificateRequest &request, KeyOf owner);
/// The same for the identity and key of one of them.
const OwnCertificate &certificateOf(std::string_view identity);

/// Somebody with key and certificate who trusts the authority, knows the certificates of the others and shares a key
/// with each.
Side certifiedSide(std::string_view identity);
std::unique_ptr<Initiator> initiate(std::string_view method, Side &from, const Offer &offer = offerToBob(),
                                    NtpTime now = noon());

/// Begins an exchange of the method with Bob: the agreement of both sides, which have to be the same ones.
struct Both
{
    Agreement initiator;
    Agreement responder;
    Bytes request;
    Bytes answer; ///< empty: none was due
};
/// None, with a word on the failure, if one side does not agree, or not on the same.
std::optional<Both> exchange(std::string_view method, Side &from, Side &with, const Offer &offer = offerToBob(),
                             NtpTime now = noon(), const Arrival &arrival = {});
std::optional<Both> finish(Initiator &initiator, Side &with, NtpTime now, const Arrival &arrival);
/// The update of a bundle that both hold, begun by `from`.
std::optional<Both> updated(Side &from, const Csb &fromsBundle, Side &with, const Csb &withsBundle,
                            const Renewal &renewal = {}, NtpTime now = noon().plusSeconds(10));

/// What of a message is changed before it gets its proof again.
struct Draft
{
    Header header;
    std::vector<Payload> payloads; ///< without the proof: SIGN, KEMAC of DH-HMAC or V

    template <class P>
    P &the(std::size_t number = 0)
    {
        for (auto &payload : payloads) {
            if (auto *p = std::get_if<P>(&payload); p && number-- == 0)
                return *p;
        }
        throw std::logic_error("the message has no such payload");
    }
    template <class P>
    void drop()
    {
        std::erase_if(payloads, [](const Payload &payload) { return std::holds_alternative<P>(payload); });
    }
};
using Rewrite = std::function<void(Draft &)>;
Draft draftOf(const Message &message);
/// The message, changed and signed with that key. The scope of an answer of RSA-R is RFC 4738's.
Bytes resigned(ByteView message, const OwnCertificate &signer, const Rewrite &change, ByteView initiator = {});
/// A message of DH-HMAC, changed and with its MAC made again under the shared key. `bundle`: its label.
Bytes remaced(ByteView message, const BundleLabel &bundle, const Rewrite &change, ByteView psk = sharedKey());

/// The one or the other, as the message has it. `request`: the I_MESSAGE of DH-HMAC that it answers.
Bytes rewritten(ByteView message, std::string_view sender, const Rewrite &change, ByteView request = {});
/// "T RAND ID", for a look at the whole.
QByteArray payloadNames(const Message &message);

/// The contents of an envelope for the recipient, made by the rules or not.
struct LooseEnvelope
{
    Bytes key = octets("303132333435363738393a3b3c3d3e3f");
    std::string sender = std::string(aliceId);
    std::vector<Payload> keys;
    Encryption encryption = Encryption::AesCm128;
    MacAlgorithm mac = MacAlgorithm::HmacSha1_160;
    std::optional<Bytes> encryptedKey; ///< as it is; else `key` for the recipient
    std::string_view recipient = bobId;
};
/// Replaces KEMAC and PKE of a draft. What they view lives in the result.
struct SealedLoosely
{
    Bytes encrData, mac, pke;
};
SealedLoosely seal(Draft &draft, const LooseEnvelope &envelope, const BundleLabel &label);

} // namespace mikey::test
