// SPDX-License-Identifier: Apache-2.0
#include "account/played_kms.h"

namespace account {

MikeyServices MikeyServices::clone() const
{
    return {ticket.clone(), ibake.clone()};
}

PlayedKms::PlayedKms(MikeyServices services, mikey::kms::Memory memory)
    : m_services(std::move(services)), m_tickets(m_services.ticket.domain()), m_ibake(m_services.ibake.domain()),
      m_memory(std::move(memory))
{
    m_ibake.x509 = m_services.ticket.x509; // one service, one certificate
}

mikey::kms::MikeyAnswer PlayedKms::answer(mikey::ByteView question, mikey::NtpTime now)
{
    if (mikey::kms::asksForKeys(question))
        return mikey::kms::answerKeyRequest(m_ibake, m_memory, question, now, m_random);
    return mikey::kms::answerTicketQuestion(m_tickets, m_memory, question, now, m_random);
}

} // namespace account
