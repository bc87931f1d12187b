// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/csb.h"

#include <list>

/// The GENERIC-ID map (RFC 6043 6.1.1), and the streams it tells. Ticket Transfer has it, and SAKKE may.
namespace mikey {

/// The map of a header, with all that it views.
class GenericMap
{
public:
    /// `policies`: for each stream those to choose from, by number. `spi`: of the key that is used first.
    GenericMap(std::span<const SrtpId> streams, const std::vector<std::vector<std::uint8_t>> &policies, ByteView spi);
    GenericMap(const GenericMap &) = delete;
    GenericMap &operator=(const GenericMap &) = delete;

    /// Puts it into the header.
    void into(Header &header) const;

private:
    std::list<Bytes> m_sessionData;
    Bytes m_spi;
    std::vector<GenericId> m_entries;
};

/// What a map says.
struct MapStreams
{
    std::vector<SrtpId> map; ///< entry i is CS ID i + 1; an SSRC of 0: not told
    std::vector<const SrtpSuite *> suites;
    Bytes spi;              ///< of the key to be used first; empty: not told
    bool ownPolicy = false; ///< no policy was suggested, so the answer has to bring an SP of its own
};

/// What becomes of that which the map of a first message leaves open.
enum class LeftOpen {
    ToAnswer, ///< the answer says it (RFC 6043 6.1.1)
    Refused,  ///< nothing answers a ticket message, so it has to say all (decision D-11)
    Default,  ///< nothing answers one of SAKKE: streams tell their SSRC themselves, and SRTP's default policy holds
};

/// The streams and policies of a GENERIC-ID map; of several policies suggested the first that we take. `updated` may be
/// null; its policies stand.
Outcome<MapStreams> offeredStreams(const Message &message, const Endpoint &endpoint, LeftOpen leftOpen,
                                   const Csb *updated);

/// Those of a TRANSFER_RESP to `request`: exactly one policy for each stream, that was suggested if any was
/// (RFC 6043 6.1.1). `asked` are the streams of the request.
Outcome<MapStreams> answeredStreams(const Message &answer, const Message &request, std::span<const SrtpId> asked,
                                    const Endpoint &endpoint, const Csb *updated);

/// The keys with the one of that SPI first; an error if there is none.
Outcome<std::vector<TransportedKey>> keysFrom(std::vector<TransportedKey> keys, ByteView spi);

} // namespace mikey
