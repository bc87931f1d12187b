// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <variant>

namespace mikey {

/// A value, or why there is none. Errors that a peer or a user can cause are values; exceptions are for bugs.
template <class T, class E>
class Result
{
public:
    Result(T value) : m_value(std::in_place_index<0>, std::move(value)) {}
    Result(E error) : m_value(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return m_value.index() == 0; }
    T &operator*() { return std::get<0>(m_value); }
    const T &operator*() const { return std::get<0>(m_value); }
    T *operator->() { return &std::get<0>(m_value); }
    const T *operator->() const { return &std::get<0>(m_value); }
    E &error() { return std::get<1>(m_value); }
    const E &error() const { return std::get<1>(m_value); }

private:
    std::variant<T, E> m_value;
};

} // namespace mikey
