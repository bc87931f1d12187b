// SPDX-License-Identifier: Apache-2.0
#include "crypto/der.h"

#include <algorithm>

namespace mikey::der {

namespace {

constexpr std::uint8_t longForm = 0x80;
constexpr std::size_t shortest = 0x80; ///< lengths from here on have the long form

Bytes lengthOctets(std::size_t length)
{
    if (length < shortest)
        return {static_cast<std::uint8_t>(length)};
    Bytes octets;
    for (; length > 0; length >>= 8)
        octets.insert(octets.begin(), static_cast<std::uint8_t>(length));
    octets.insert(octets.begin(), static_cast<std::uint8_t>(longForm | octets.size()));
    return octets;
}

Bytes elementOf(Tag tag, std::initializer_list<ByteView> contents)
{
    std::size_t size = 0;
    for (const auto part : contents)
        size += part.size();
    const auto length = lengthOctets(size);
    Bytes out;
    out.reserve(1 + length.size() + size); // so that nothing is copied to another place
    out.push_back(static_cast<std::uint8_t>(tag));
    append(out, length);
    for (const auto part : contents)
        append(out, part);
    return out;
}

} // namespace

Bytes element(Tag tag, ByteView contents)
{
    return elementOf(tag, {contents});
}

Bytes integer(ByteView number)
{
    static constexpr std::uint8_t zero[]{0};
    const auto first = std::find_if(number.begin(), number.end(), [](auto octet) { return octet != 0; });
    const ByteView digits(first, number.end());
    const bool needsZero = digits.empty() || (digits.front() & 0x80);
    return elementOf(Tag::Integer, {needsZero ? ByteView(zero) : ByteView(), digits});
}

Bytes sequence(std::initializer_list<ByteView> elements)
{
    return elementOf(Tag::Sequence, elements);
}

std::optional<ByteView> Reader::element(Tag tag)
{
    if (m_rest.size() < 2 || m_rest[0] != static_cast<std::uint8_t>(tag))
        return std::nullopt;
    std::size_t length = m_rest[1], head = 2;
    if (length & longForm) {
        const std::size_t digits = length & 0x7f;
        if (digits == 0 || digits > 3 || m_rest.size() < 2 + digits || m_rest[2] == 0)
            return std::nullopt;
        length = 0;
        for (std::size_t i = 0; i < digits; ++i)
            length = length << 8 | m_rest[2 + i];
        head += digits;
        if (length < shortest)
            return std::nullopt;
    }
    if (m_rest.size() - head < length)
        return std::nullopt;
    const auto contents = m_rest.subspan(head, length);
    m_rest = m_rest.subspan(head + length);
    return contents;
}

std::optional<ByteView> Reader::integer()
{
    const auto contents = element(Tag::Integer);
    if (!contents || contents->empty() || (contents->front() & 0x80))
        return std::nullopt;
    if (contents->size() == 1 || contents->front() != 0)
        return contents;
    if (!((*contents)[1] & 0x80)) // a zero that need not be there
        return std::nullopt;
    return contents->subspan(1);
}

} // namespace mikey::der
