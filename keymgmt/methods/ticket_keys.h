// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/certificate.h"
#include "wire/ntp_time.h"

#include <optional>
#include <string>

/// What a user of TICKET holds (RFC 6043), and what he remembers of tickets.
namespace mikey {

struct TicketKeys
{
    std::string kms; ///< identity of our key management service, as its IDRkms; empty: none
    Secret psk;      ///< shared with it; empty: our certificate proves us (REQUEST_INIT_PK, RESOLVE_INIT_PK)
    std::optional<Certificate> kmsCertificate; ///< envelope keys for it are encrypted with
    /// Shared with one who makes or resolves tickets: a peer, or the service (RFC 6043 4.1.1). Empty: none.
    Secret tpk;
    std::string tpkId;   ///< how it is named in tickets; empty: not at all
    std::string tpkPeer; ///< whom it is shared with, canonical; empty: with the service, if there is one here
    int mode = 1;        ///< of RFC 6043 4.1.1, when we call
    bool reuse = false;  ///< tickets we ask for may serve again
    std::int64_t lifetimeSeconds = 3600; ///< of tickets we ask for or make

    /// Whether the service takes our messages for ours.
    bool reachesKms() const { return !kms.empty() && (!psk.empty() || kmsCertificate); }
};

/// A ticket that may be used again, with all that came with it. As RFC 6043 5.3 has it.
struct HeldTicket
{
    std::string peer; ///< canonical
    Bytes ticket;     ///< OwnedTicket::save()
    Secret keys;      ///< Key data: MPKi, MPKr if forked, session keys
    NtpTime until;
};

/// What the service said of a ticket that came to us and may come again.
struct ResolvedTicket
{
    Bytes ticket;      ///< OwnedTicket::save()
    Secret keys;       ///< Key data: MPKi, MPKr' if forked, session keys
    Bytes responderId; ///< IDRr of the modifier; empty: none was told
    Bytes rand;        ///< RANDRkms; empty: none was told
    NtpTime until;
};

} // namespace mikey
