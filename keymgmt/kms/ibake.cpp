// SPDX-License-Identifier: Apache-2.0
#include "kms/ibake.h"

#include "crypto/digest.h"
#include "kms/issue_window.h"
#include "methods/admission.h"
#include "methods/ibake_request.h"
#include "methods/identity.h"
#include "methods/reply.h"
#include "methods/signing.h"
#include "wire/text.h"

namespace mikey::kms {

namespace {

bool isKeyRequest(DataType type)
{
    return type == DataType::RequestKeyPsk || type == DataType::RequestKeyPk;
}

std::optional<Error> checkForm(const Message &message)
{
    if (!isKeyRequest(message.header.dataType))
        return Error::of(ErrorNumber::InvalidDataType, "this is no request for keys");
    if (message.header.prf != Prf::Mikey1)
        return Error::of(ErrorNumber::InvalidPrf, "the PRF is not supported here");
    if (message.header.csCount != 0 || message.header.mapType != CsIdMapType::Empty || !message.find<Rand>())
        return Error::of(ErrorNumber::Unspecified, "a request for keys has no Crypto Sessions, and a RAND");
    if (message.find<Kemac>())
        return Error::of(ErrorNumber::Unspecified, "a KEMAC in a request would share its key stream with the answer");
    return checkTimestamp(message);
}

/// One request, from its octets to the answer.
class KeyRequest
{
public:
    KeyRequest(const IbakeDomain &domain, Memory &memory, const Message &message, NtpTime now, Random &random)
        : m_domain(domain), m_memory(memory), m_message(message), m_now(now), m_random(random)
    {
        m_self.identity = domain.kms;
        m_self.accept.clockSkewSeconds = domain.clockSkewSeconds;
        m_answer.what = "keys";
    }

    MikeyAnswer answer()
    {
        auto error = checkForm(m_message);
        if (!error)
            error = identify();
        if (!error)
            error = admit();
        if (!error)
            error = issue();
        return error ? refuse(std::move(*error)) : std::move(m_answer);
    }

    MikeyAnswer refuse(Error error)
    {
        m_answer.message = errorMessage(m_message, error, m_self);
        m_answer.about.clear();
        m_answer.error = std::move(error);
        return std::move(m_answer);
    }

private:
    bool isByCertificate() const { return m_message.header.dataType == DataType::RequestKeyPk; }

    /// Who asks, and that what proves him is there.
    std::optional<Error> identify()
    {
        m_identities = ibakeRequestIds(m_message);
        const auto *kms = m_message.find<IdWithRole>(IdRole::Kms);
        if (m_identities.empty() || !kms || !isServiceName(kms->data, m_domain.kms)) // RFC 6267 4.2.1.1
            return Error::of(ErrorNumber::InvalidId, "the request does not name its user, or not this service");
        m_kms = kms->data;
        const auto user = m_identities.front()->data;
        if (!isName(user))
            return Error::of(ErrorNumber::InvalidId, "the name of the one who asks is none");
        m_answer.user = canonicalIdentity(textOf(user));
        auto key = m_domain.account(m_answer.user);
        if (!key)
            return Error::of(ErrorNumber::InvalidId, "there is no account of " + printableStart(user));
        if (isByCertificate())
            return identifyByCertificate();
        if (key->empty())
            return Error::of(ErrorNumber::InvalidId, "no key is shared with the one who asks");
        m_key = std::move(*key);
        return std::nullopt;
    }

    std::optional<Error> identifyByCertificate()
    {
        auto certified = certifiedUser(m_message, m_domain.x509, m_answer.user, m_now);
        if (!certified)
            return std::move(certified.error());
        m_certified = std::move(*certified);
        return std::nullopt;
    }

    std::optional<Error> admit()
    {
        Admission admission({m_self, m_memory.state, m_random}, m_message,
                            {Party::of(m_answer.user), Party::of(m_domain.kms)}, m_now);
        if (auto error = admission.refuseReplay())
            return error;
        return admission.decide(authenticate());
    }

    std::optional<Error> authenticate()
    {
        if (isByCertificate()) {
            if (!signatureHash(m_message, m_certified->signer.certificate.key(),
                               {true, ibakeRequestScope(m_identities, m_kms)}))
                return Error::of(ErrorNumber::AuthFailure, "the request was not signed by the one who asks");
            if (auto error = admitEnvelope(m_memory, m_message, m_now, m_domain.clockSkewSeconds))
                return error;
            m_key = rsaDecryptEnvelopeKey(m_certified->own->key, m_message.find<Pke>()->data, m_random);
        } else if (!isGuardedKeyRequest(m_message, m_key.view(), m_identities, m_kms)) {
            return Error::of(ErrorNumber::AuthFailure, "the request was not made with the key of the one who asks");
        }
        for (const auto *identity : m_identities) { // RFC 6267 4.2.1.2: only his own
            if (canonicalIdentity(textOf(identity->data)) != m_answer.user)
                return Error::of(ErrorNumber::AuthFailure, "keys of another identity are not given");
        }
        return std::nullopt;
    }

    std::optional<Error> issue()
    {
        std::vector<IbakeIssue> issued;
        m_answer.about = ibakeDatesAt(m_now);
        for (const auto &date : m_answer.about) {
            auto block = issueIbake(m_domain, m_answer.user, date);
            if (!block)
                return Error::local("the master secret of the service is none");
            issued.push_back({m_answer.user, date, std::move(*block)});
        }
        m_answer.message = encodeKeyResponse(m_message, m_key.view(), issued, m_identities, m_kms);
        return m_answer.message ? std::nullopt : std::optional(Error::local("the answer becomes too long"));
    }

    const IbakeDomain &m_domain;
    Memory &m_memory;
    const Message &m_message;
    NtpTime m_now;
    Random &m_random;
    Endpoint m_self;
    MikeyAnswer m_answer;
    std::vector<const IdWithRole *> m_identities;
    ByteView m_kms; ///< as the request spells it
    Secret m_key;   ///< shared, or the envelope key
    std::optional<Certified> m_certified;
};

} // namespace

bool asksForKeys(ByteView question)
{
    constexpr std::size_t dataTypeAt = 1; // RFC 3830 6.1
    return question.size() > dataTypeAt && isKeyRequest(static_cast<DataType>(question[dataTypeAt]));
}

std::optional<Secret> issueIbake(const IbakeDomain &domain, const std::string &identity, const std::string &date)
{
    return ibe::extract(*domain.group, domain.master, ibakeId(identity, date));
}

std::vector<std::string> ibakeDatesAt(NtpTime now)
{
    std::vector<std::string> dates{ibakeDate(now)};
    if (auto next = ibakeDate(now.plusSeconds(issuedEarlySeconds)); next != dates.front())
        dates.push_back(std::move(next));
    return dates;
}

MikeyAnswer answerKeyRequest(const IbakeDomain &domain, Memory &memory, ByteView question, NtpTime now, Random &random)
{
    const auto digest = sha256(question);
    if (const auto *before = memory.answerTo(digest)) { // rule S-8
        MikeyAnswer answer;
        answer.what = "keys";
        answer.message = *before;
        return answer;
    }
    Message partial;
    const auto message = decode(question, &partial);
    KeyRequest request(domain, memory, message ? *message : partial, now, random);
    auto answer =
        message ? request.answer()
                : request.refuse(Error::of(message.error().error, "the request is damaged: " + message.error().reason));
    if (answer.message && !answer.error)
        memory.remember(digest, *answer.message, now, domain.clockSkewSeconds);
    return answer;
}

} // namespace mikey::kms
