// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sip {

/// Why something could not be done: the SIP status it maps to and a sentence a person understands.
struct Fault
{
    int status = 400;
    std::string sentence;
};

/// A value or the fault that prevented it.
template <typename T>
class Result
{
public:
    Result(T value) : m_outcome(std::move(value)) {}
    Result(Fault fault) : m_outcome(std::move(fault)) {}

    explicit operator bool() const { return std::holds_alternative<T>(m_outcome); }
    const T &operator*() const & { return std::get<T>(m_outcome); }
    T &operator*() & { return std::get<T>(m_outcome); }
    T &&operator*() && { return std::get<T>(std::move(m_outcome)); }
    const T *operator->() const { return &std::get<T>(m_outcome); }
    T *operator->() { return &std::get<T>(m_outcome); }
    const Fault &fault() const { return std::get<Fault>(m_outcome); }

private:
    std::variant<T, Fault> m_outcome;
};

} // namespace sip
