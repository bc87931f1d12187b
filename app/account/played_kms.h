// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/ibake_part.h"
#include "account/ticket_part.h"

namespace account {

/// What a key management service has for the methods whose users ask it by MIKEY.
struct MikeyServices
{
    TicketService ticket;
    IbakeService ibake;

    MikeyServices clone() const;
};

/// Such a service, played in this process with what it remembers. Not thread-safe.
class PlayedKms
{
public:
    explicit PlayedKms(MikeyServices services, mikey::kms::Memory memory = {});
    PlayedKms(const PlayedKms &) = delete;
    PlayedKms &operator=(const PlayedKms &) = delete;

    mikey::kms::MikeyAnswer answer(mikey::ByteView question, mikey::NtpTime now);
    const mikey::kms::Memory &memory() const { return m_memory; }

private:
    MikeyServices m_services;
    mikey::kms::TicketDomain m_tickets; ///< views m_services
    mikey::kms::IbakeDomain m_ibake;    ///< views m_services
    mikey::kms::Memory m_memory;
    mikey::SystemRandom m_random;
};

} // namespace account
