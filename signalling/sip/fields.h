// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/uri.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Header field values with a structure of their own (RFC 3261 section 20).
namespace sip {

struct Via
{
    std::string transport = "UDP"; ///< as written
    std::string host;              ///< sent-by, IPv6 without brackets
    std::uint16_t port = 0;        ///< 0: not given
    Parameters parameters;

    static std::optional<Via> parse(std::string_view text);
    std::string toString() const;

    std::string_view parameter(std::string_view name) const; ///< its value; empty when absent or without
    std::string_view branch() const { return parameter("branch"); }
    void setParameter(std::string_view name, std::string value);
};

/// Value of From, To, Contact, Route and Record-Route.
struct NameAddress
{
    std::string displayName;
    Uri uri;
    Parameters parameters;

    static std::optional<NameAddress> parse(std::string_view text);
    std::string toString() const;

    std::string_view tag() const;
};

struct CSeq
{
    std::uint32_t number = 0;
    std::string method;

    static std::optional<CSeq> parse(std::string_view text);
    std::string toString() const;
    bool operator==(const CSeq &) const = default;
};

/// Value of RAck (RFC 3262 section 7.2): which reliable provisional response a PRACK acknowledges.
struct RAck
{
    std::uint32_t rseq = 0; ///< RSeq of the response, at least 1
    CSeq cseq;              ///< of its request

    static std::optional<RAck> parse(std::string_view text);
    std::string toString() const;
    bool operator==(const RAck &) const = default;
};

/// Value of RSeq (RFC 3262 section 7.1); none if it is no number from 1 on.
std::optional<std::uint32_t> parseRSeq(std::string_view text);

/// Value of Reason (RFC 3326): why a request is sent.
struct Reason
{
    std::string protocol = "SIP";
    int cause = 0;
    std::string text;

    static std::optional<Reason> parse(std::string_view text);
    std::string toString() const;
};

/// Value of Warning.
struct Warning
{
    int code = 399;
    std::string agent; ///< who warns: host or pseudonym
    std::string text;

    static std::optional<Warning> parse(std::string_view text);
    std::string toString() const;
};

/// What begins the branches of RFC 3261 (section 8.1.1.7).
inline constexpr std::string_view branchCookie = "z9hG4bK";

} // namespace sip
