// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/base_payloads.h"

/// The payloads that RFC 6043 (TICKET) adds, and IDR, which RFC 6267 and RFC 6509 use too.
namespace mikey {

struct TimestampWithRole
{
    static constexpr PayloadName name{13, "TR", "RFC 6043 6.4"};
    TimestampRole role = TimestampRole::Issue;
    TimestampType type = TimestampType::NtpUtc;
    ByteView value;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("TS role", p.role, &registry::timestampRole);
        c.number("TS type", p.type, &registry::timestampType);
        const bool time = p.type == TimestampType::NtpUtc || p.type == TimestampType::Ntp;
        c.implied("TS value", p.value, registry::timestampType, p.type, time ? Shown::Time : Shown::Hex);
    }
};

struct IdWithRole
{
    static constexpr PayloadName name{14, "IDR", "RFC 6043 6.6"};
    IdRole role = IdRole::Initiator;
    IdType type = IdType::Uri;
    ByteView data; ///< no terminator

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("ID role", p.role, &registry::idRole);
        c.number("ID type", p.type, &registry::idType);
        c.octets("ID data", p.data, c.length("ID len", p.data.size(), 16),
                 p.type == IdType::ByteString ? Shown::Hex : Shown::Text);
    }
};

struct RandWithRole
{
    static constexpr PayloadName name{15, "RANDR", "RFC 6043 6.8"};
    RandRole role = RandRole::Initiator;
    ByteView rand;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("RAND role", p.role, &registry::randRole);
        c.octets("RAND", p.rand, c.length("RAND len", p.rand.size(), 8));
    }
};

/// What TP and TICKET have in common: the policy (RFC 6043 6.10). Each flag is named by its letter in the RFC.
struct TicketTerms
{
    TicketType type = TicketType::MikeyBase;
    std::uint8_t subtype = 1;
    std::uint8_t version = 1;
    Prf prf = Prf::Mikey1; ///< of the ticket's keys and of key forking
    bool d = false;        ///< made by the KMS; else by the Initiator
    bool e = false;        ///< the Responder has to let the KMS resolve it
    bool f = false;        ///< a TRANSFER_RESP is sent
    bool g = false;        ///< the Responder generates a RANDRr
    bool h = false;        ///< RANDRi enters the derivation of keys
    bool i = false;        ///< key forking
    bool j = false;        ///< the ticket may be used again
    bool k = false;        ///< the KMS changed what was wished
    bool l = false;        ///< the Initiator may supply session keys
    bool m = false;        ///< the Responder may supply session keys
    bool n = false;        ///< an Initiator of RFC 6043 can use the ticket
    bool o = false;        ///< a Responder of RFC 6043 can process it
    std::uint8_t reserved = 0;
    ByteView policy; ///< TP Data: the number of its first payload, then a chain (wire/message.h)

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Ticket Type", p.type, &registry::ticketType);
        c.number("Subtype", p.subtype);
        c.number("Version", p.version);
        c.bits("PRF Func", p.prf, 7, &registry::prfFunction);
        c.bits("D", p.d, 1);
        c.bits("E", p.e, 1);
        c.bits("F", p.f, 1);
        c.bits("G", p.g, 1);
        c.bits("H", p.h, 1);
        c.bits("I", p.i, 1);
        c.bits("J", p.j, 1);
        c.bits("K", p.k, 1);
        c.bits("L", p.l, 1);
        c.bits("M", p.m, 1);
        c.bits("N", p.n, 1);
        c.bits("O", p.o, 1);
        c.bits("Reserved", p.reserved, 5);
        c.octets("TP Data", p.policy, c.length("TP Data length", p.policy.size(), 16));
    }
};

/// A ticket policy that is wished for.
struct TicketPolicy
{
    static constexpr PayloadName name{16, "TP", "RFC 6043 6.10"};
    TicketTerms terms;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        TicketTerms::fields(p.terms, c);
    }
};

struct Ticket
{
    static constexpr PayloadName name{17, "TICKET", "RFC 6043 6.10"};
    TicketTerms terms;
    ByteView ticketData;    ///< for the MIKEY base ticket a chain that begins with THDR (RFC 6043 A.1)
    ByteView initiatorData; ///< empty without key forking; else a numbered chain of Vi and Vr

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        TicketTerms::fields(p.terms, c);
        c.octets("Ticket Data", p.ticketData, c.length("Ticket Data length", p.ticketData.size(), 16));
        c.octets("Initiator Data", p.initiatorData, c.length("Initiator Data length", p.initiatorData.size(), 16));
    }
};

/// The header of Ticket Data. RFC 6043 gives it no number, since nothing ever points to it: it is always the first.
struct TicketHeader
{
    static constexpr PayloadName name{0, "THDR", "RFC 6043 A.1"};
    ByteView data; ///< not interpreted

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.octets("THDR Data", p.data, c.length("THDR Data length", p.data.size(), 16));
    }
};

} // namespace mikey
