// SPDX-License-Identifier: Apache-2.0
#include "wire/pack.h"

#include "crypto/digest.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t lengthOctets = 4;
constexpr std::size_t digestOctets = 32;

void putNumber(std::span<std::uint8_t> out, std::uint64_t value)
{
    for (std::size_t i = out.size(); i-- > 0; value >>= 8)
        out[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t numberIn(ByteView octets)
{
    std::uint64_t value = 0;
    for (const auto octet : octets)
        value = value << 8 | octet;
    return value;
}

} // namespace

Packer &Packer::add(ByteView field)
{
    m_fields.emplace_back(field);
    return *this;
}

Packer &Packer::number(std::uint64_t value)
{
    std::array<std::uint8_t, 8> octets{};
    putNumber(octets, value);
    return add(ByteView(octets));
}

Secret Packer::take() const
{
    std::size_t size = digestOctets;
    for (const auto &field : m_fields)
        size += lengthOctets + field.size();
    Secret packed(size);
    auto out = packed.writable();
    for (const auto &field : m_fields) {
        putNumber(out.first(lengthOctets), field.size());
        std::copy(field.view().begin(), field.view().end(), out.begin() + lengthOctets);
        out = out.subspan(lengthOctets + field.size());
    }
    const auto digest = sha256(packed.view().first(size - digestOctets));
    std::copy(digest.begin(), digest.end(), out.begin());
    return packed;
}

Unpacker::Unpacker(ByteView packed)
{
    m_sound = packed.size() >= digestOctets;
    if (!m_sound)
        return;
    const auto digest = sha256(packed.first(packed.size() - digestOctets));
    m_sound = sameOctets(digest, packed.last(digestOctets));
    if (m_sound)
        m_rest = packed.first(packed.size() - digestOctets);
}

ByteView Unpacker::field()
{
    if (!m_sound || m_rest.size() < lengthOctets) {
        m_sound = false;
        return {};
    }
    const auto size = numberIn(m_rest.first(lengthOctets));
    if (size > m_rest.size() - lengthOctets) {
        m_sound = false;
        return {};
    }
    const auto found = m_rest.subspan(lengthOctets, size);
    m_rest = m_rest.subspan(lengthOctets + size);
    return found;
}

std::uint64_t Unpacker::number()
{
    const auto octets = field();
    if (octets.size() != sizeof(std::uint64_t))
        m_sound = false;
    return m_sound ? numberIn(octets) : 0;
}

} // namespace mikey
