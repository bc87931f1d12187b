// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// What the services for TICKET and IBAKE have in common.
namespace mikey::kms {

/// Whether an ID payload may name a user: short, and of visible characters. What fails goes into no log as it is.
bool isName(ByteView id);

/// What became of a MIKEY question: the answer to send, and what to write into the audit log.
struct MikeyAnswer
{
    std::optional<Bytes> message;   ///< MIKEY; none: to be discarded in silence
    std::optional<Error> error;     ///< set: it was refused
    std::string user;               ///< who asked, canonical; empty: not known
    std::string what;               ///< "request", "resolve" or "keys"; empty: none of them
    std::vector<std::string> about; ///< responders of the ticket; key periods
};

/// What a service remembers: which questions it has answered, and how. A question that comes again gets that very
/// answer (rule S-8): another one would use its key stream again. Not thread-safe.
struct Memory
{
    struct Answered
    {
        ReplayCache::Digest question{}; ///< SHA-256
        Bytes answer;
        NtpTime at;
    };
    EndpointState state;            ///< timestamps and replays
    std::vector<Answered> answered; ///< oldest first; bounded

    const Bytes *answerTo(const ReplayCache::Digest &question) const; ///< null: there was none
    void remember(const ReplayCache::Digest &question, const Bytes &answer, NtpTime now, std::int64_t skewSeconds);
};

/// Who asks with a certificate, and our own that his PKE payload is encrypted for.
struct Certified
{
    TrustedCertificate signer;
    const OwnCertificate *own;
};
/// None of what proves him is checked yet but that his certificate is one for `user`.
Outcome<Certified> certifiedUser(const Message &question, const X509 &x509, const std::string &user, NtpTime now);
/// Lets the envelope key of an authentic question serve for that question only. Nothing in it tells who made it: who
/// copied another's PKE payload, CSB ID, RAND and timestamp into a question of his own would have his answer encrypted
/// with the key stream of the other's.
std::optional<Error> admitEnvelope(Memory &memory, const Message &question, NtpTime now, std::int64_t skewSeconds);
/// SHA-256 of the PKE payload of a question, in hex; empty: it has none, or is no message.
std::string envelopeIn(ByteView question);
/// Makes the memory know it as that of another question.
void rememberEnvelope(Memory &memory, ByteView question, NtpTime now, std::int64_t skewSeconds);

} // namespace mikey::kms
