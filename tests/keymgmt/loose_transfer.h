// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/ticket_transfer.h"
#include "ticketed.h"

namespace mikey::test {

/// A TRANSFER_INIT of Alice's own making, with a ticket that the TPK of both protects (mode 4).
struct LooseTransfer
{
    TicketRules rules;
    std::vector<WishedKey> wished{{KeyDataType::Tgk, 16, {}}};
    Secret tpk = secretOf("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    Header header;
    TimestampType timestampType = TimestampType::NtpUtc;
    std::vector<SrtpId> streams{{0, 0x11111111, 0}, {0, 0x22222222, 0}};
    std::vector<std::uint8_t> policies{0};
    const SrtpSuite *suite = &defaultSrtpSuite();
    std::size_t randOctets = 32;
    Bytes spi; ///< empty: that of the key
    Bytes initiatorData;
    std::vector<TransportedKey> supplied;

    LooseTransfer()
    {
        rules.flags.h = rules.flags.l = rules.flags.n = rules.flags.o = true;
        rules.initiator = aliceId;
        rules.responders = {std::string(bobId)};
        header.dataType = DataType::TransferInit;
        header.csbId = 0x01020304;
    }

    Bytes octetsOf() const
    {
        SystemRandom random;
        const auto &algorithms = *ticketAlgorithms(rules.flags.prf);
        const auto made =
            *makeBaseTicket(rules, *drawKeys(wished, algorithms, random), {"", tpk.clone()}, noon(), random);
        auto head = header;
        head.prf = rules.flags.prf;
        head.v = rules.flags.f;
        Bytes rand(randOctets);
        random.fill(rand);
        const auto guard = transferGuard(algorithms, made.contents.initiatorMpk.view(), head.csbId,
                                         TicketTag::InitialMessage, {rand, {}});
        const auto &key = made.contents.keys.front().mki;
        const GenericMap map(streams, std::vector(streams.size(), policies), spi.empty() ? key : spi);
        map.into(head);
        const auto sent = noon().octets();
        const bool is32Bit = timestampType != TimestampType::NtpUtc;
        const Timestamp timestamp{timestampType, ByteView(sent).first(is32Bit ? 4 : 8)};
        const SuitePayload policy(*suite, 0);
        const GuardedKeys keys(guard, encodeKeys({}, supplied).view(), timestamp);
        std::vector<Payload> behind;
        if (!supplied.empty())
            behind.emplace_back(keys.payload());
        std::vector<Payload> payloads{timestamp, RandWithRole{RandRole::Initiator, rand},
                                      IdWithRole{IdRole::Initiator, IdType::Uri, mikey::octetsOf(aliceId)},
                                      IdWithRole{IdRole::Responder, IdType::Uri, mikey::octetsOf(bobId)},
                                      policy.payload()};
        const auto mpkr = rules.flags.i ? made.contents.responderMpk.view() : ByteView{};
        return *encodeTransferInit({head,
                                    std::move(payloads),
                                    made.ticket,
                                    std::move(behind),
                                    guard,
                                    mpkr,
                                    {std::string(aliceId), std::string(bobId)}});
    }
};

/// Bob, who holds its TPK.
inline Side keeper()
{
    Side side;
    side.endpoint.identity = bobId;
    side.endpoint.ticket.tpk = secretOf("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    return side;
}

} // namespace mikey::test
