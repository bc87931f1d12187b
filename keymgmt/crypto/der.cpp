// SPDX-License-Identifier: Apache-2.0
#include "crypto/der.h"

#include <algorithm>

namespace mikey::der {

namespace {

constexpr std::uint8_t longForm = 0x80;
constexpr std::size_t shortest = 0x80; ///< lengths from here on have the long form

void appendLength(Bytes &to, std::size_t length)
{
    if (length < shortest) {
        to.push_back(static_cast<std::uint8_t>(length));
        return;
    }
    Bytes digits;
    for (; length > 0; length >>= 8)
        digits.insert(digits.begin(), static_cast<std::uint8_t>(length));
    to.push_back(static_cast<std::uint8_t>(longForm | digits.size()));
    append(to, digits);
}

} // namespace

Bytes element(Tag tag, ByteView contents)
{
    Bytes out{static_cast<std::uint8_t>(tag)};
    appendLength(out, contents.size());
    append(out, contents);
    return out;
}

Bytes integer(ByteView number)
{
    const auto first = std::find_if(number.begin(), number.end(), [](auto octet) { return octet != 0; });
    Bytes contents(first, number.end());
    if (contents.empty() || (contents.front() & 0x80))
        contents.insert(contents.begin(), 0);
    return element(Tag::Integer, contents);
}

Bytes sequence(std::initializer_list<ByteView> elements)
{
    Bytes contents;
    for (const auto one : elements)
        append(contents, one);
    return element(Tag::Sequence, contents);
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
