// SPDX-License-Identifier: Apache-2.0
#include "wire/codec.h"

#include "wire/text.h"

namespace mikey {

bool Reader::available(std::size_t length)
{
    if (m_trouble)
        return false;
    if (length <= left())
        return true;
    fail("needs " + std::to_string(length) + " octets, " + std::to_string(left()) + " are left");
    return false;
}

void Reader::fail(std::string reason, ErrorNumber error)
{
    if (!m_trouble)
        m_trouble = Trouble{m_offset, std::move(reason), error};
}

std::uint64_t Reader::take(std::string_view name, unsigned width, const Registry *meaning)
{
    const std::size_t octets = (m_bit + width + 7) / 8;
    if (m_trouble)
        return 0;
    if (octets > left()) {
        fail("the message ends within " + std::string(name));
        return 0;
    }
    const auto at = m_offset;
    std::uint64_t value = 0;
    for (unsigned done = 0; done < width;) {
        const unsigned bits = std::min(8 - m_bit, width - done);
        const unsigned octet = m_octets[m_offset];
        value = (value << bits) | ((octet >> (8 - m_bit - bits)) & ((1u << bits) - 1));
        done += bits;
        m_bit += bits;
        if (m_bit == 8) {
            m_bit = 0;
            ++m_offset;
        }
    }
    if (m_record)
        recordNumber(name, at, octets, value, meaning);
    return value;
}

void Reader::octets(std::string_view name, ByteView &value, std::size_t length, Shown shown)
{
    if (m_trouble)
        return;
    if (length > left()) {
        fail(std::string(name) + " needs " + std::to_string(length) + " octets, " + std::to_string(left()) +
             " are left");
        return;
    }
    value = m_octets.subspan(m_offset, length);
    if (m_record)
        recordOctets(name, value, shown);
    m_offset += length;
}

void Reader::recordNumber(std::string_view name, std::size_t at, std::size_t length, std::uint64_t value,
                          const Registry *meaning)
{
    InspectedField field{std::string(name), at, length, value, {}};
    if (m_suffix)
        field.name += "_" + std::to_string(m_suffix);
    if (meaning)
        field.text = meaning->nameOf(value);
    else
        field.text = length == 4 ? hexOf32(static_cast<std::uint32_t>(value)) : std::to_string(value);
    m_record->push_back(std::move(field));
}

void Reader::recordOctets(std::string_view name, ByteView value, Shown shown)
{
    InspectedField field{std::string(name), m_offset, value.size(), Bytes(value.begin(), value.end()), {}};
    if (shown == Shown::Text)
        field.text = printable(value);
    else if (shown == Shown::Time)
        field.text = ntpTimeText(value);
    else
        field.text = value.empty() ? "empty" : hex(value);
    m_record->push_back(std::move(field));
}

void Reader::recordParameter(std::size_t at, std::uint64_t type, ByteView value, const Registry *types,
                             const Registry *values)
{
    InspectedField field;
    field.name = types ? types->nameOf(type) : "parameter " + std::to_string(type);
    field.offset = at;
    field.length = value.size();
    if (value.empty() || value.size() > 8) {
        field.value = Bytes(value.begin(), value.end());
        field.text = value.empty() ? "empty" : hex(value);
    } else {
        std::uint64_t number = 0;
        for (const auto octet : value)
            number = number << 8 | octet;
        field.value = number;
        field.text = values ? values->nameOf(number) : std::to_string(number);
    }
    m_record->push_back(std::move(field));
}

void Writer::put(std::uint64_t value, unsigned width)
{
    while (width) {
        const unsigned bits = std::min(8 - m_pendingBits, width);
        width -= bits;
        m_pending = (m_pending << bits) | ((value >> width) & ((1u << bits) - 1));
        m_pendingBits += bits;
        if (m_pendingBits == 8) {
            m_out.push_back(static_cast<std::uint8_t>(m_pending));
            m_pending = 0;
            m_pendingBits = 0;
        }
    }
}

} // namespace mikey
