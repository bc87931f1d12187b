// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"
#include "wire/inspection.h"
#include "wire/registry.h"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The two visitors of a field list. A payload names its fields once, in wire order (wire/payloads.h); Reader decodes
/// them and, given a record, also notes name, place and meaning of each for the inspector; Writer encodes them.
namespace mikey {

/// A field that may hold an enumeration or a number.
template <class T>
concept WireNumber = std::unsigned_integral<T> || std::is_enum_v<T>;

/// How octets are to be shown to people.
enum class Shown { Hex, Text, Time };

/// Decodes fields from octets. Octet fields become views into the message: nothing is copied. After the first fault
/// every further read does nothing, so descriptions need no error handling of their own.
class Reader
{
public:
    struct Trouble
    {
        std::size_t offset;
        std::string reason;
        ErrorNumber error;
    };

    Reader(ByteView octets, std::size_t offset, std::vector<InspectedField> *record = nullptr)
        : m_octets(octets), m_offset(offset), m_record(record)
    {
    }

    template <WireNumber T>
    void number(std::string_view name, T &value, const Registry *meaning = nullptr)
    {
        bits(name, value, 8 * sizeof(T), meaning);
    }
    template <WireNumber T>
    void bits(std::string_view name, T &value, unsigned width, const Registry *meaning = nullptr)
    {
        value = static_cast<T>(take(name, width, meaning));
    }
    /// Reads the length of an octet field; the size given is what Writer writes.
    std::size_t length(std::string_view name, std::size_t, unsigned width)
    {
        return static_cast<std::size_t>(take(name, width, nullptr));
    }
    void octets(std::string_view name, ByteView &value, std::size_t length, Shown shown = Shown::Hex);
    /// Octets whose length a value of the registry implies; a value that implies none is a fault.
    template <WireNumber T>
    void implied(std::string_view name, ByteView &value, const Registry &registry, T by, Shown shown = Shown::Hex)
    {
        if (const auto n = registry.impliedOctets(static_cast<std::uint64_t>(by)))
            octets(name, value, *n, shown);
        else
            fail(std::string(registry.title) + " is " + registry.nameOf(static_cast<std::uint64_t>(by)) +
                     ", so the length of " + std::string(name) + " is not known",
                 registry.whenUnknown);
    }
    /// One Type/Length/Value parameter of a security policy (RFC 3830 6.10). The inspector is told the value under the
    /// name of its type.
    template <WireNumber T>
    void parameter(T &type, ByteView &value, const Registry *types, const Registry *(*valuesOf)(T))
    {
        number("Type", type, types);
        const auto octetsOfValue = length("Length", 0, 8);
        const auto at = m_offset;
        auto *record = std::exchange(m_record, nullptr);
        octets("Value", value, octetsOfValue);
        m_record = record;
        if (m_record && !m_trouble)
            recordParameter(at, static_cast<std::uint64_t>(type), value, types, valuesOf ? valuesOf(type) : nullptr);
    }
    /// A list of `count` items.
    template <class Item>
    void repeat(std::vector<Item> &items, std::size_t count)
    {
        for (std::size_t i = 0; i < count && !m_trouble; ++i) {
            m_suffix = i + 1;
            Item::fields(items.emplace_back(), *this);
        }
        m_suffix = 0;
    }
    /// A list inside an item of another list, whose number its fields keep.
    template <class Item>
    void repeatInner(std::vector<Item> &items, std::size_t count)
    {
        for (std::size_t i = 0; i < count && !m_trouble; ++i)
            Item::fields(items.emplace_back(), *this);
    }
    /// Zero octets up to a multiple of `unit`, after `octets` of the payload.
    void padding(std::size_t octets, std::size_t unit)
    {
        ByteView zeros;
        if (octets % unit)
            this->octets("padding", zeros, unit - octets % unit);
    }
    /// A list that fills `length` octets.
    template <class Item, class... Context>
    void fill(std::vector<Item> &items, std::size_t length, Context... context)
    {
        if (!available(length))
            return;
        const auto end = m_offset + length;
        const auto whole = std::exchange(m_octets, m_octets.first(end));
        while (m_offset < end && !m_trouble)
            Item::fields(items.emplace_back(), *this, context...);
        m_octets = whole;
    }
    void fail(std::string reason, ErrorNumber error = ErrorNumber::Unspecified);

    /// The message is one of DH-HMAC (RFC 4650).
    void setDhHmac(bool dhHmac) { m_dhHmac = dhHmac; }
    /// Just an HMAC-SHA-1 is left of a message of DH-HMAC.
    bool isDhHmacMacNext() const { return m_dhHmac && left() == 20; }

    std::size_t offset() const { return m_offset; }
    std::size_t left() const { return m_octets.size() - m_offset; }
    const std::optional<Trouble> &trouble() const { return m_trouble; }

private:
    bool available(std::size_t length);
    std::uint64_t take(std::string_view name, unsigned width, const Registry *meaning);
    void recordNumber(std::string_view name, std::size_t at, std::size_t length, std::uint64_t value,
                      const Registry *meaning);
    void recordOctets(std::string_view name, ByteView value, Shown shown);
    void recordParameter(std::size_t at, std::uint64_t type, ByteView value, const Registry *types,
                         const Registry *values);

    ByteView m_octets;
    std::size_t m_offset;
    unsigned m_bit = 0; ///< bits already taken of the octet at m_offset
    std::size_t m_suffix = 0;
    std::vector<InspectedField> *m_record;
    bool m_dhHmac = false;
    std::optional<Trouble> m_trouble;
};

/// Encodes fields; the counterpart of Reader. Lengths are the caller's duty: a field that is too long for its length
/// field is a bug of the program, which fits() rules out before.
class Writer
{
public:
    explicit Writer(Bytes &out) : m_out(out) {}

    template <WireNumber T>
    void number(std::string_view name, const T &value, const Registry * = nullptr)
    {
        bits(name, value, 8 * sizeof(T));
    }
    template <WireNumber T>
    void bits(std::string_view, const T &value, unsigned width, const Registry * = nullptr)
    {
        put(static_cast<std::uint64_t>(value), width);
    }
    std::size_t length(std::string_view, std::size_t size, unsigned width)
    {
        if (size >> width)
            m_fits = false;
        put(size, width);
        return size;
    }
    void octets(std::string_view, const ByteView &value, std::size_t, Shown = Shown::Hex) { append(m_out, value); }
    template <WireNumber T>
    void implied(std::string_view, const ByteView &value, const Registry &, T, Shown = Shown::Hex)
    {
        append(m_out, value);
    }
    template <WireNumber T>
    void parameter(const T &type, const ByteView &value, const Registry *, const Registry *(*)(T))
    {
        number("Type", type);
        octets("Value", value, length("Length", value.size(), 8));
    }
    template <class Item>
    void repeat(const std::vector<Item> &items, std::size_t)
    {
        fill(items, 0);
    }
    template <class Item>
    void repeatInner(const std::vector<Item> &items, std::size_t)
    {
        fill(items, 0);
    }
    void padding(std::size_t octets, std::size_t unit) { m_out.resize(m_out.size() + (unit - octets % unit) % unit); }
    template <class Item, class... Context>
    void fill(const std::vector<Item> &items, std::size_t, Context... context)
    {
        for (const auto &item : items)
            Item::fields(item, *this, context...);
    }
    void fail(const std::string &, ErrorNumber = ErrorNumber::Unspecified) { m_fits = false; }
    static constexpr bool isDhHmacMacNext() { return false; }

    /// False once something was written that its length field cannot tell, or that no decoder would understand.
    bool fits() const { return m_fits; }

private:
    void put(std::uint64_t value, unsigned width);

    Bytes &m_out;
    std::uint64_t m_pending = 0; ///< bits of an octet not yet whole
    unsigned m_pendingBits = 0;
    bool m_fits = true;
};

} // namespace mikey
