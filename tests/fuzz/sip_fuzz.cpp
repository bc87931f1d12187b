// SPDX-License-Identifier: Apache-2.0
// SIP messages: what the parser takes survives being written and read again, a stream is cut as a datagram is read, and
// a user agent in the middle of a call lives through the message.
#include "sip/parser.h"
#include "sip/serialiser.h"
#include "sip/user_agent_core.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sip;

void require(bool condition)
{
    if (!condition)
        std::abort();
}

template <typename Kind>
void checkRoundTrip(const Kind &message)
{
    const auto text = serialise(message);
    const auto again = parseDatagram(text);
    // Canonical names and decimal lengths can make a message a little longer than what was read.
    if (again.fault && text.size() > ParserLimits::head)
        return;
    require(!again.fault);
    require(serialise(std::get<Kind>(again.message)) == text);
}

void checkParser(std::string_view input)
{
    const auto parsed = parseDatagram(input);
    if (!parsed.fault && parsed.request())
        checkRoundTrip(*parsed.request());
    else if (!parsed.fault && parsed.response())
        checkRoundTrip(*parsed.response());
    StreamParser stream;
    for (std::size_t at = 0; at < input.size(); at += 100) {
        stream.append(input.substr(at, 100));
        while (stream.next()) {
        }
    }
}

/// A core with a call that rings, one that is up, and one it makes; the message comes in, then time passes.
void checkUserAgent(std::string_view input)
{
    std::uint64_t random = 7;
    UserAgentCore core(
        {.identity = *Uri::parse("sip:b@192.0.2.2"), .maxSessions = 8, .random = [&] { return random++; }});
    core.addListening(Transport::Udp, "192.0.2.2", 5060);
    const Flow flow{.localHost = "192.0.2.2", .remoteHost = "192.0.2.9", .remotePort = 5060};
    Time now{};
    core.invite(*Uri::parse("sip:a@192.0.2.9"), flow, {"application/sdp", "v=0"}, now);
    const std::string invite = "INVITE sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
                               "From: <sip:a@h>;tag=a\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
                               "Contact: <sip:a@192.0.2.9>\r\n\r\n";
    core.receive(parseDatagram(invite), flow, now);
    core.accept(2, {"application/sdp", "v=0"}, now);
    for (int i = 0; i < 40; ++i) {
        if (i % 10 == 0)
            core.receive(parseDatagram(input), flow, now);
        core.takeOutputs();
        now += std::chrono::seconds(10);
        core.expire(now);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char *>(data), size);
    checkParser(input);
    checkUserAgent(input);
    return 0;
}
