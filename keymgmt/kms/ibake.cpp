// SPDX-License-Identifier: Apache-2.0
#include "kms/ibake.h"

#include "crypto/digest.h"
#include "methods/admission.h"
#include "methods/ibake_request.h"
#include "methods/identity.h"
#include "methods/reply.h"
#include "wire/text.h"

namespace mikey::kms {

namespace {

constexpr std::int64_t earlySeconds = 4 * 24 * 3600;

std::optional<Error> checkForm(const Message &message)
{
    if (message.header.dataType != DataType::RequestKeyPsk)
        return Error::of(ErrorNumber::InvalidDataType, "this is no request for keys under a shared key");
    if (message.header.prf != Prf::Mikey1)
        return Error::of(ErrorNumber::InvalidPrf, "the PRF is not supported here");
    if (message.header.csCount != 0 || message.header.mapType != CsIdMapType::Empty || !message.find<Rand>())
        return Error::of(ErrorNumber::Unspecified, "a request for keys has no Crypto Sessions, and a RAND");
    if (message.find<Kemac>())
        return Error::of(ErrorNumber::Unspecified, "a KEMAC in a request would share its key stream with the answer");
    return checkTimestamp(message);
}

} // namespace

std::optional<Secret> issueIbake(const IbakeDomain &domain, const std::string &identity, const std::string &date)
{
    return ibe::extract(*domain.group, domain.master, ibakeId(identity, date));
}

std::vector<std::string> ibakeDatesAt(NtpTime now)
{
    std::vector<std::string> dates{ibakeDate(now)};
    if (auto next = ibakeDate(now.plusSeconds(earlySeconds)); next != dates.front())
        dates.push_back(std::move(next));
    return dates;
}

MikeyAnswer answerKeyRequest(const IbakeDomain &domain, Memory &memory, ByteView question, NtpTime now, Random &random)
{
    MikeyAnswer answer;
    answer.what = "keys";
    const auto digest = sha256(question);
    if (const auto *before = memory.answerTo(digest)) {
        answer.message = *before;
        return answer;
    }
    Message partial;
    const auto message = decode(question, &partial);
    Endpoint self;
    self.identity = domain.kms;
    self.accept.clockSkewSeconds = domain.clockSkewSeconds;
    const auto refuse = [&](Error error) {
        answer.message = errorMessage(message ? *message : partial, error, self);
        answer.error = std::move(error);
        return std::move(answer);
    };
    if (!message)
        return refuse(Error::of(message.error().error, "the request is damaged: " + message.error().reason));
    if (auto error = checkForm(*message))
        return refuse(std::move(*error));
    const auto identities = ibakeRequestIds(*message);
    const auto *kms = message->find<IdWithRole>(IdRole::Kms);
    if (identities.empty() || !kms || canonicalIdentity(textOf(kms->data)) != domain.kms) // RFC 6267 4.2.1.1
        return refuse(Error::of(ErrorNumber::InvalidId, "the request does not name its user, or not this service"));
    const auto user = canonicalIdentity(textOf(identities.front()->data));
    answer.user = user;
    const auto key = domain.account(user);
    if (!key)
        return refuse(
            Error::of(ErrorNumber::InvalidId, "there is no account of " + printableStart(identities.front()->data)));
    const Parties parties{Party::of(user), Party::of(domain.kms)};
    Admission admission({self, memory.state, random}, *message, parties, now);
    if (auto error = admission.refuseReplay())
        return refuse(std::move(*error));
    const bool authentic = isGuardedKeyMessage(*message, key->view(), identities, kms->data);
    auto forged = authentic ? std::nullopt
                            : std::optional(Error::of(ErrorNumber::AuthFailure,
                                                      "the request was not made with the key of the one who asks"));
    if (auto error = admission.decide(std::move(forged)))
        return refuse(std::move(*error));
    for (const auto *identity : identities) { // RFC 6267 4.2.1.2: only his own
        if (canonicalIdentity(textOf(identity->data)) != user)
            return refuse(Error::of(ErrorNumber::AuthFailure, "keys of another identity are not given"));
    }
    std::vector<IbakeIssue> issued;
    answer.about = ibakeDatesAt(now);
    for (const auto &date : answer.about) {
        auto block = issueIbake(domain, user, date);
        if (!block)
            return refuse(Error::local("the master secret of the service is none"));
        issued.push_back({user, date, std::move(*block)});
    }
    answer.message = encodeKeyResponse(*message, key->view(), issued, identities, kms->data);
    if (answer.message)
        memory.remember(digest, *answer.message, now, domain.clockSkewSeconds);
    return answer;
}

} // namespace mikey::kms
