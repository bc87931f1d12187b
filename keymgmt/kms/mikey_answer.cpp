// SPDX-License-Identifier: Apache-2.0
#include "kms/mikey_answer.h"

#include "crypto/digest.h"
#include "methods/admission.h"
#include "methods/certificates.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::kms {

namespace {

constexpr std::size_t mostAnswered = 4096;

} // namespace

const Bytes *Memory::answerTo(const ReplayCache::Digest &question) const
{
    const auto it = std::find_if(answered.begin(), answered.end(),
                                 [&question](const Answered &one) { return one.question == question; });
    return it == answered.end() ? nullptr : &it->answer;
}

void Memory::remember(const ReplayCache::Digest &question, const Bytes &answer, NtpTime now, std::int64_t skewSeconds)
{
    // What is older is out of the clock window, and refused for that.
    std::erase_if(answered, [&](const Answered &old) { return now.isAfter(old.at.plusSeconds(2 * skewSeconds)); });
    if (answered.size() == mostAnswered)
        answered.erase(answered.begin());
    answered.push_back({question, answer, now});
}

Outcome<Certified> certifiedUser(const Message &question, const X509 &x509, const std::string &user, NtpTime now)
{
    auto chain = certificatesIn(question, CertificateUse::Sign, x509, {});
    if (!chain)
        return std::move(chain.error());
    auto signer = trustedCertificate(x509, user, *chain, CertificateUse::Sign, now);
    if (!signer)
        return std::move(signer.error());
    const auto own = ownCertificateFor(question, x509);
    if (!own)
        return own.error();
    if (!question.find<Pke>())
        return Error::of(ErrorNumber::Unspecified, "the question lacks its PKE payload");
    return Certified{std::move(*signer), *own};
}

bool isName(ByteView id)
{
    constexpr std::size_t mostOctets = 1024;
    return !id.empty() && id.size() <= mostOctets &&
           std::all_of(id.begin(), id.end(), [](std::uint8_t octet) { return octet > ' ' && octet != 0x7f; });
}

namespace {

ReplayCache::Entry envelopeOf(const Message &question)
{
    const auto digest = sha256(question.find<Pke>()->data);
    return {sentAt(question), digest, "envelope " + hex(digest)};
}

} // namespace

std::optional<Error> admitEnvelope(Memory &memory, const Message &question, NtpTime now, std::int64_t skewSeconds)
{
    auto envelope = envelopeOf(question);
    auto &seen = memory.state.replays;
    const auto verdict = seen.check(envelope, now, skewSeconds);
    if (verdict == ReplayCache::Verdict::Replayed)
        return Error::of(ErrorNumber::AuthFailure, "the envelope key of the question came with another one before");
    if (verdict == ReplayCache::Verdict::Fresh) // else the clock window refuses the question
        seen.add(std::move(envelope), now, skewSeconds);
    return std::nullopt;
}

std::string envelopeIn(ByteView question)
{
    const auto message = decode(question);
    const auto *pke = message ? message->find<Pke>() : nullptr;
    return pke ? hex(sha256(pke->data)) : std::string();
}

void rememberEnvelope(Memory &memory, ByteView question, NtpTime now, std::int64_t skewSeconds)
{
    const auto message = decode(question);
    if (message && message->find<Pke>() && !checkTimestamp(*message))
        memory.state.replays.add(envelopeOf(*message), now, skewSeconds);
}

} // namespace mikey::kms
