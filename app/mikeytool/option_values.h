// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.h"
#include "methods/exchange.h"

namespace tool {

/// What is wrong with the request, and whether that is its form.
struct Fault
{
    ExitStatus status;
    QString sentence;
};

inline Fault misused(const QString &sentence)
{
    return {Usage, sentence};
}

/// A word of an option, and what it means.
template <class Value>
struct Word
{
    const char *word;
    Value value;
};

/// Leaves `value` as it is if the option is not given.
template <class Value, std::size_t Count>
std::optional<Fault> readWord(const Arguments &arguments, const char *name, const Word<Value> (&words)[Count],
                              Value &value)
{
    if (!arguments.isSet(name))
        return std::nullopt;
    QStringList known;
    for (const auto &word : words) {
        if (arguments.value(name) == QLatin1String(word.word)) {
            value = word.value;
            return std::nullopt;
        }
        known += QLatin1String(word.word);
    }
    return misused(QStringLiteral("--%1 is one of: %2").arg(QLatin1String(name), known.join(QStringLiteral(", "))));
}

inline constexpr unsigned mostLines = 127; ///< two crypto sessions each, counted in one octet (RFC 3830 6.1)

using Suites = std::vector<const mikey::SrtpSuite *>;

/// The suites of `--policy` that the endpoint takes; none where it is not given.
mikey::Result<Suites, Fault> readPolicy(const Arguments &arguments, const mikey::Endpoint &endpoint);

} // namespace tool
