// SPDX-License-Identifier: Apache-2.0
#include "rtp/rtcp.h"

#include "rtp/octets.h"

#include <algorithm>
#include <cassert>

namespace media {

namespace {

enum PacketType : std::uint8_t { SR = 200, RR = 201, SDES = 202, BYE = 203 };

constexpr std::size_t reportBlockSize = 24;
constexpr std::size_t senderInfoSize = 20;
constexpr std::uint8_t cnameItem = 1;

struct Part
{
    std::uint8_t type = 0;
    unsigned count = 0; ///< of report blocks or sources
    std::span<const std::uint8_t> body;
};

/// Takes the first packet off `rest`. Nothing if it is malformed.
std::optional<Part> takePart(std::span<const std::uint8_t> &rest)
{
    if (rest.size() < 4 || rest[0] >> 6 != 2)
        return std::nullopt;
    const std::size_t size = 4 + std::size_t{4} * read16(rest.subspan(2));
    if (rest.size() < size)
        return std::nullopt;
    Part part{rest[1], rest[0] & 0x1fu, rest.subspan(4, size - 4)};
    const bool padded = rest[0] & 0x20;
    rest = rest.subspan(size);
    if (padded) { // only the last packet may be (RFC 3550 section 6.4.1)
        if (!rest.empty() || part.body.empty() || part.body.back() == 0 || part.body.back() > part.body.size())
            return std::nullopt;
        part.body = part.body.first(part.body.size() - part.body.back());
    }
    return part;
}

SenderInfo readSenderInfo(std::span<const std::uint8_t> from)
{
    SenderInfo info;
    info.ntp = std::uint64_t{read32(from)} << 32 | read32(from.subspan(4));
    info.rtpTimestamp = read32(from.subspan(8));
    info.packets = read32(from.subspan(12));
    info.octets = read32(from.subspan(16));
    return info;
}

ReportBlock readReport(std::span<const std::uint8_t> from)
{
    ReportBlock block;
    block.ssrc = read32(from);
    block.fractionLost = from[4];
    block.cumulativeLost = static_cast<std::int32_t>(read32(from.subspan(4)) << 8) >> 8;
    block.highestSequence = read32(from.subspan(8));
    block.jitter = read32(from.subspan(12));
    block.lastSr = read32(from.subspan(16));
    block.delaySinceLastSr = read32(from.subspan(20));
    return block;
}

bool readReports(const Part &part, std::uint32_t ourSsrc, RtcpCompound &compound)
{
    const std::size_t fixedSize = 4 + (part.type == SR ? senderInfoSize : 0);
    if (part.body.size() < fixedSize + part.count * reportBlockSize)
        return false;
    compound.ssrc = read32(part.body);
    if (part.type == SR)
        compound.senderInfo = readSenderInfo(part.body.subspan(4));
    for (unsigned i = 0; i < part.count; ++i) {
        const ReportBlock block = readReport(part.body.subspan(fixedSize + i * reportBlockSize));
        if (block.ssrc == ourSsrc)
            compound.report = block;
    }
    return true;
}

/// The items of one chunk up to the zero octet that ends it; `body` goes on behind the padding.
bool readChunk(std::span<const std::uint8_t> &body, RtcpCompound &compound)
{
    if (body.size() < 4)
        return false;
    const bool ofSender = read32(body) == compound.ssrc;
    std::size_t at = 4;
    while (at < body.size() && body[at] != 0) {
        if (at + 2 > body.size() || at + 2 + body[at + 1] > body.size())
            return false;
        if (ofSender && body[at] == cnameItem)
            compound.cname = {reinterpret_cast<const char *>(body.data()) + at + 2, body[at + 1]};
        at += 2 + std::size_t{body[at + 1]};
    }
    at = at / 4 * 4 + 4;
    if (at > body.size())
        return false;
    body = body.subspan(at);
    return true;
}

bool readPart(const Part &part, std::uint32_t ourSsrc, RtcpCompound &compound)
{
    if (part.type == SR || part.type == RR)
        return readReports(part, ourSsrc, compound);
    if (part.type == SDES) {
        auto body = part.body;
        for (unsigned i = 0; i < part.count; ++i) {
            if (!readChunk(body, compound))
                return false;
        }
    }
    if (part.type == BYE) {
        if (part.body.size() < std::size_t{4} * part.count)
            return false;
        for (unsigned i = 0; i < part.count; ++i)
            compound.bye |= read32(part.body.subspan(std::size_t{4} * i)) == compound.ssrc;
    }
    return true;
}

/// Appends to a buffer whose size the caller of writeRtcp() vouches for.
class Writer
{
public:
    explicit Writer(std::span<std::uint8_t> to) : m_to(to) {}

    void number(std::uint32_t value)
    {
        write32(m_to.subspan(m_size), value);
        m_size += 4;
    }
    void octet(std::uint8_t value) { m_to[m_size++] = value; }
    void head(unsigned count, PacketType type, std::size_t bodySize)
    {
        octet(static_cast<std::uint8_t>(2 << 6 | count));
        octet(type);
        write16(m_to.subspan(m_size), static_cast<std::uint32_t>(bodySize / 4));
        m_size += 2;
    }
    std::size_t size() const { return m_size; }

private:
    std::span<std::uint8_t> m_to;
    std::size_t m_size = 0;
};

void writeReport(Writer &writer, const ReportBlock &block)
{
    const std::int32_t lost = std::clamp(block.cumulativeLost, -0x800000, 0x7fffff);
    writer.number(block.ssrc);
    writer.number(std::uint32_t{block.fractionLost} << 24 | (static_cast<std::uint32_t>(lost) & 0xffffff));
    writer.number(block.highestSequence);
    writer.number(block.jitter);
    writer.number(block.lastSr);
    writer.number(block.delaySinceLastSr);
}

void writeSdes(Writer &writer, const RtcpCompound &compound)
{
    const std::string_view cname = compound.cname.substr(0, 255);
    const std::size_t itemsSize = (2 + cname.size()) / 4 * 4 + 4; // with one to four zeros at the end
    writer.head(1, SDES, 4 + itemsSize);
    writer.number(compound.ssrc);
    writer.octet(cnameItem);
    writer.octet(static_cast<std::uint8_t>(cname.size()));
    for (const char character : cname)
        writer.octet(static_cast<std::uint8_t>(character));
    for (std::size_t at = 2 + cname.size(); at < itemsSize; ++at)
        writer.octet(0);
}

} // namespace

std::optional<RtcpCompound> parseRtcp(std::span<const std::uint8_t> datagram, std::uint32_t ourSsrc)
{
    RtcpCompound compound;
    bool first = true;
    while (first || !datagram.empty()) {
        const std::optional<Part> part = takePart(datagram);
        if (!part || (first && part->type != SR && part->type != RR) || !readPart(*part, ourSsrc, compound))
            return std::nullopt;
        first = false;
    }
    return compound;
}

std::size_t writeRtcp(const RtcpCompound &compound, std::span<std::uint8_t> to)
{
    assert(to.size() >= rtcpMaxSize);
    Writer writer(to);
    const std::size_t reportsSize = compound.report ? reportBlockSize : 0;
    const unsigned reports = compound.report ? 1 : 0;
    if (compound.senderInfo)
        writer.head(reports, SR, 4 + senderInfoSize + reportsSize);
    else
        writer.head(reports, RR, 4 + reportsSize);
    writer.number(compound.ssrc);
    if (const auto &info = compound.senderInfo) {
        writer.number(static_cast<std::uint32_t>(info->ntp >> 32));
        writer.number(static_cast<std::uint32_t>(info->ntp));
        writer.number(info->rtpTimestamp);
        writer.number(info->packets);
        writer.number(info->octets);
    }
    if (compound.report)
        writeReport(writer, *compound.report);
    writeSdes(writer, compound);
    if (compound.bye) {
        writer.head(1, BYE, 4);
        writer.number(compound.ssrc);
    }
    return writer.size();
}

} // namespace media
