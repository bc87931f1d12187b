// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/kms_xml.h"
#include "kms/service.h"

#include <QByteArray>
#include <QString>

#include <functional>
#include <map>

/// What stands between HTTP and the service: paths, tokens and XML. No sockets.
namespace kmsd {

struct Question
{
    std::string method; ///< of HTTP
    std::string path;   ///< percent-encoded as it came, without query
    std::string bearer; ///< token; empty: none
    QByteArray body;
    mikey::NtpTime now;
};

struct Reply
{
    int status = 200;
    const char *contentType = "text/plain";
    QByteArray body;     ///< may be secret
    std::string user;    ///< for the log
    std::string trouble; ///< for the log; empty: none
    std::string allow{}; ///< with status 405: the method that is answered
};

/// Answers MIKEY messages posted to a path of its own. Of the thread of its front.
using MikeyHandler = std::function<Reply(const Question &question)>;

/// The front of one service; one thread.
///
/// | path | |
/// |---|---|
/// | GET /health | whether the store answers |
/// | GET /ibake/parameters | DER of BFPublicParameters (RFC 5091 8): they are public |
/// | POST /mikey/ticket | a MIKEY question of TICKET or IBAKE -> the MIKEY answer, or error message |
/// | POST /keymanagement/identity/v1/init | KmsRequest -> KmsInit |
/// | POST .../certcache[/HELD] | KmsRequest -> KmsCertCache: public keys that keys are issued under now, and those of
/// partners |
/// | POST .../cert/KMS | KmsRequest -> KmsCertCache: those of one service |
/// | POST .../keyprov[/USER[/PERIOD]] | KmsRequest -> KmsKeyProv; PERIOD: 16 hex digits of an NTP time in it, else now
/// |
///
/// The token of the user comes as `Authorization: Bearer`.
class Front
{
public:
    /// `partners`: other services, whose public keys our users are told.
    Front(mikey::kms::Service &service, std::string kms, int clockSkewSeconds,
          std::vector<mikey::SakkeDomain> partners = {})
        : m_service(service), m_kms(std::move(kms)), m_skew(clockSkewSeconds), m_partners(std::move(partners))
    {
    }

    /// A path such as "/mikey/ticket" that is posted to, or one that is read. What is there authenticates by MIKEY
    /// itself, or is public.
    void add(const std::string &method, const std::string &path, MikeyHandler handler)
    {
        m_mikey[path] = {method, std::move(handler)};
    }

    Reply answer(const Question &question);

private:
    Reply identity(const Question &question, const QString &resource);
    Reply certificates(const account::KmsRequest &request, const QString &kms, const std::string &user,
                       mikey::NtpTime now);

    mikey::kms::Service &m_service;
    std::string m_kms;
    int m_skew;
    std::vector<mikey::SakkeDomain> m_partners;
    struct Route
    {
        std::string method;
        MikeyHandler handler;
    };
    std::map<std::string, Route> m_mikey; ///< by path
};

} // namespace kmsd
