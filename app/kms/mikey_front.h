// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "front.h"
#include "kms/ibake.h"
#include "kms/ticket.h"

namespace kmsd {

/// Answers the MIKEY questions of TICKET and IBAKE (RFC 6043 4.2, RFC 6267 4.2.1), which prove themselves by the key
/// that their users share with the service, or by certificates. Nothing is remembered here: that the same question gets
/// the same answer is the store's to see to (rule S-8), for all threads and processes. One thread, as the service.
class MikeyFront
{
public:
    MikeyFront(mikey::kms::Service &service, mikey::Random &random, const Config &config);
    Reply answer(const Question &question);
    /// The public parameters of IBAKE, for users who begin and those of other services.
    Reply parameters(const Question &question);

private:
    std::optional<mikey::kms::Refusal> open(mikey::NtpTime now);
    std::optional<mikey::kms::Refusal> readTpks(mikey::NtpTime now);
    bool hasUnknownTpk(mikey::ByteView question) const;
    bool isMember(const std::string &group, const std::string &user);
    std::optional<mikey::kms::Member> member(const std::string &identity);
    mikey::kms::MikeyAnswer ask(mikey::ByteView question, mikey::kms::Memory memory, mikey::NtpTime now);
    std::optional<mikey::kms::MikeyAnswer> refuseEnvelope(mikey::ByteView question, mikey::NtpTime now);
    Reply refused(const mikey::kms::MikeyAnswer &answer, mikey::NtpTime now);

    mikey::kms::Service &m_service;
    mikey::Random &m_random;
    mikey::kms::TicketDomain m_tickets;
    mikey::kms::IbakeDomain m_ibake;
    QByteArray m_parameters;                    ///< DER, once they were asked for
    mikey::NtpTime m_readAt;                    ///< when the secrets were read last
    std::optional<mikey::kms::Refusal> m_fault; ///< of the store, met while an account was looked for
};

/// A key that tickets are protected with (TPK, RFC 6043 4.1), and the kind of secret that it is to the service.
mikey::Secret makeTpk(mikey::Random &random);
inline constexpr auto tpkKind = "ticket";
/// TPKs that were replaced before that time are of no use any more: the tickets under them have ended.
mikey::NtpTime tpksEndedBefore(mikey::NtpTime now);

} // namespace kmsd
