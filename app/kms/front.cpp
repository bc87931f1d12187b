// SPDX-License-Identifier: Apache-2.0
#include "front.h"

#include "methods/identity.h"
#include "wire/text.h"

#include <QStringList>
#include <QUrl>

#include <cstdlib>

namespace kmsd {

namespace {

using mikey::kms::Refusal;

constexpr std::string_view root = "/keymanagement/identity/v1/";
constexpr auto xmlType = "application/xml";
enum Status {
    Ok = 200,
    BadRequest = 400,
    Unauthorized = 401,
    Forbidden = 403,
    NotFound = 404,
    NotAllowed = 405,
    Unavailable = 503
};

int statusOf(Refusal::Why why)
{
    switch (why) {
    case Refusal::Why::Unauthenticated:
        return Unauthorized;
    case Refusal::Why::Forbidden:
        return Forbidden;
    case Refusal::Why::Invalid:
        return BadRequest;
    case Refusal::Why::Unavailable:
        break;
    }
    return Unavailable;
}

Reply refused(int status, const std::string &reason, const std::string &user = {})
{
    // What is wrong with our database concerns nobody outside.
    const auto shown = status == Unavailable ? "the service cannot answer now" : reason;
    return {status, xmlType, account::errorXml(QString::number(status), QString::fromStdString(shown)), user, reason};
}

Reply refused(const Refusal &refusal, const std::string &user = {})
{
    return refused(statusOf(refusal.why), refusal.reason, user);
}

/// What is asked for: a resource below the root, in its parts.
struct Resource
{
    QString kind; ///< "init", "certcache", "cert", "keyprov"
    QString user; ///< empty: whom the request names
    QString kms;  ///< of "cert"
    std::optional<mikey::NtpTime> time;
};

std::optional<Resource> resourceOf(const QString &path)
{
    const auto parts = path.split(QLatin1Char('/'));
    Resource resource{parts[0], {}, {}, {}};
    if (resource.kind == QLatin1String("init"))
        return parts.size() == 1 ? std::optional(resource) : std::nullopt;
    if (resource.kind == QLatin1String("certcache")) // with what the user has; all is told again
        return parts.size() <= 2 ? std::optional(resource) : std::nullopt;
    if (resource.kind == QLatin1String("cert") && parts.size() == 2) {
        resource.kms = QUrl::fromPercentEncoding(parts[1].toLatin1()).toLower();
        return resource;
    }
    if (resource.kind != QLatin1String("keyprov") || parts.size() > 3)
        return std::nullopt;
    if (parts.size() > 1)
        resource.user = QUrl::fromPercentEncoding(parts[1].toLatin1());
    if (parts.size() > 2) {
        const auto octets = mikey::fromHex(parts[2].toStdString());
        resource.time = octets ? mikey::NtpTime::fromOctets(*octets) : std::nullopt;
        if (!resource.time)
            return std::nullopt;
    }
    return resource;
}

/// What is wrong with the request as such (kms-reference 4).
std::optional<std::string> faultOf(const account::KmsRequest &request, const Question &question,
                                   const Resource &resource, const std::string &kms, int skewSeconds)
{
    if (request.kmsUri.toLower().toStdString() != kms)
        return "KmsUri names another service";
    if (QUrl(request.clientReqUrl).path(QUrl::FullyDecoded) !=
        QUrl::fromPercentEncoding(QByteArray::fromStdString(question.path)))
        return "ClientReqUrl is not what was asked";
    constexpr auto second = std::int64_t{1} << 32;
    const auto late = question.now.minus(request.time);
    if (late > skewSeconds * second || late < -skewSeconds * second)
        return "Time is too far from the clock of this service";
    if (!resource.user.isEmpty() && mikey::canonicalIdentity(resource.user.toStdString()) !=
                                        mikey::canonicalIdentity(request.userUri.toStdString()))
        return "the resource is of another user than the request";
    return std::nullopt;
}

} // namespace

Reply Front::answer(const Question &question)
{
    if (question.path == "/health" && (question.method == "GET" || question.method == "HEAD")) {
        const auto domain = m_service.domain(question.now);
        if (!domain)
            return {Unavailable, "text/plain", "unavailable\n", {}, domain.error().reason};
        return {Ok, "text/plain", "ok\n", {}, {}};
    }
    const auto mikey = m_mikey.find(question.path);
    const bool known = mikey != m_mikey.end() || question.path.starts_with(root);
    const std::string method = mikey != m_mikey.end() ? mikey->second.method : "POST";
    if (known && question.method != method) {
        auto reply = refused(NotAllowed, "only " + method + " is answered here");
        reply.allow = method;
        return reply;
    }
    if (mikey != m_mikey.end())
        return mikey->second.handler(question);
    if (known)
        return identity(question, QString::fromStdString(question.path.substr(root.size())));
    return refused(NotFound, "there is nothing at this path");
}

Reply Front::identity(const Question &question, const QString &path)
{
    const auto user = m_service.authenticate(question.bearer, question.now);
    if (!user)
        return refused(user.error());
    const auto resource = resourceOf(path);
    if (!resource)
        return refused(NotFound, "there is nothing at this path", *user);
    const auto request = account::requestOf(question.body);
    if (!request)
        return refused(BadRequest, request.error().toStdString(), *user);
    if (const auto fault = faultOf(*request, question, *resource, m_kms, m_skew))
        return refused(BadRequest, *fault, *user);
    const auto domain = m_service.domain(question.now);
    if (!domain)
        return refused(domain.error(), *user);
    auto answered = *request;
    answered.time = question.now;
    if (resource->kind == QLatin1String("init")) {
        if (mikey::canonicalIdentity(request->userUri.toStdString()) != *user)
            return refused(Forbidden, "the token is that of another user", *user);
        return {Ok, xmlType, account::initXml(answered, *domain), *user, {}};
    }
    if (resource->kind == QLatin1String("certcache") || resource->kind == QLatin1String("cert"))
        return certificates(answered, resource->kms, *user, question.now);
    const auto period = (*domain).periodAt(resource->time.value_or(question.now));
    const auto delivery =
        m_service.issue(*user, request->userUri.toStdString(), period, request->deviceId.toStdString(), question.now);
    if (!delivery)
        return refused(delivery.error(), *user);
    return {Ok, xmlType, account::keyProvXml(answered, delivery->domain, delivery->keys), *user, {}};
}

/// Public keys of all services that are known here, or of the one of that name.
Reply Front::certificates(const account::KmsRequest &request, const QString &kms, const std::string &user,
                          mikey::NtpTime now)
{
    const auto known = m_service.domains(now);
    if (!known)
        return refused(known.error(), user);
    auto own = *known, external = m_partners;
    if (!kms.isEmpty()) {
        const auto isOther = [name = kms.toStdString()](const mikey::SakkeDomain &domain) {
            return domain.kms != name;
        };
        std::erase_if(own, isOther);
        std::erase_if(external, isOther);
    }
    if (own.empty() && external.empty())
        return refused(NotFound, "the public keys of that service are not known here", user);
    return {Ok, xmlType, account::certCacheXml(request, own, external), user, {}};
}

} // namespace kmsd
