// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/played_kms.h"
#include "methods/ibake_request.h"
#include "vector_play.h"

/// The exchanges of the methods whose users ask a key management service by MIKEY: the messages with it are part of
/// them.
namespace tool {

/// One row of the table of their vectors.
struct ServiceVectorKind
{
    const char *name;   ///< of its file too
    const char *method; ///< name of the method table
    const char *about;  ///< for people
    const char *suite = "AES_CM_128_HMAC_SHA1_80";
    std::optional<mikey::Renewal::Keys> update{}; ///< TICKET: a second exchange renews the bundle so
    int mode = 1;                                 ///< TICKET: of RFC 6043 4.1.1
    bool byCertificate = false;                   ///< proves users to the service, in place of keys that they share
    bool groupKey = false;                        ///< TICKET: a GTGK in place of a TGK (RFC 6043 6.2.1)
    bool responderUpdates = false;                ///< TICKET: starts the second exchange (RFC 6043 5.2)
    bool deferred = false; ///< IBAKE: a mailbox answers for who is called, and keeps an ESK for him (RFC 6267 7.5)

    bool isTicket() const { return std::string_view(method) == "ticket"; }
};

std::span<const ServiceVectorKind> serviceVectorKinds();

/// Who plays. `mailbox` has no identity where there is none.
struct ServiceEnds
{
    mikey::Endpoint initiator;
    mikey::Endpoint responder;
    mikey::Endpoint mailbox;
};

/// A message, and who sent it: "initiator", "responder", "mailbox" or "kms".
struct ServiceMessage
{
    const char *from;
    PlayedMessage played;
};

struct ServiceExchange
{
    mikey::NtpTime time;
    std::vector<ServiceMessage> messages;
    mikey::Agreement agreement;                ///< of who answers; that of who asks has the same keys
    std::shared_ptr<mikey::Csb> updated;       ///< the bundle, before an update, of who asks for that; else null
    std::optional<mikey::Agreement> deposited; ///< what the one who was called has of the ESK that was kept for him
};

struct PlayedService
{
    ServiceEnds ends; ///< with their long-term keys, and as they were before anything was fetched
    account::MikeyServices services;
    std::vector<mikey::IbakeIssue> issued; ///< IBAKE: K_PR, as the service delivered them
    std::vector<ServiceExchange> exchanges;
};

/// `ends` hold nothing for the method yet but certificates: their keys and those of the service are drawn like
/// everything else from the seed and the name of the vector. `service` are the certificates of the service.
PlayedService play(const ServiceVectorKind &kind, ServiceEnds ends, mikey::X509 service, const std::string &seed);

} // namespace tool
