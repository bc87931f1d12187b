// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace media {

/// Why something could not be done, as a sentence for people. It never holds key material.
struct Error
{
    std::string sentence;
};

/// A value or the Error that stands in its place.
template <class T>
class Result
{
public:
    Result(T value) : m_content(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : m_content(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return m_content.index() == 0; }

    T &operator*() { return value(); }
    T *operator->() { return &value(); }

    T &value()
    {
        assert(m_content.index() == 0);
        return *std::get_if<0>(&m_content);
    }

    const Error &error() const
    {
        assert(m_content.index() == 1);
        return *std::get_if<1>(&m_content);
    }

private:
    std::variant<T, Error> m_content;
};

} // namespace media
