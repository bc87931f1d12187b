// SPDX-License-Identifier: Apache-2.0
#include "exchange_file.h"
#include "message_io.h"
#include "methods/method.h"
#include "report.h"
#include "verb.h"

#include <cstdio>
#include <unistd.h>

namespace tool {

namespace {

mikey::Step refusal(mikey::Error error)
{
    mikey::Step step;
    step.error = std::move(error);
    return step;
}

/// The keys of an exchange that awaits no answer (V = 0).
mikey::Step withoutAnswer(const mikey::Initiator &initiator)
{
    auto agreement = initiator.provisional();
    if (!agreement)
        return refusal(agreement.error());
    mikey::Step step;
    step.agreement = std::move(*agreement);
    return step;
}

bool awaitsAnswer(const mikey::Initiator &initiator)
{
    const auto agreement = initiator.provisional();
    return !agreement || agreement->v;
}

/// Nobody has to type an end of input where no message is due.
bool readsFromTerminal(const Arguments &arguments)
{
    return !arguments.namesFile() && isatty(fileno(stdin));
}

/// What came of the exchange, and of which answer.
struct Played
{
    mikey::Step step;
    mikey::Bytes received;
};

/// Hands the answer to the initiator, if there is one or one is due.
account::Loaded<Played> play(const Arguments &arguments, mikey::Initiator &initiator)
{
    const bool due = awaitsAnswer(initiator);
    const auto input = !due && readsFromTerminal(arguments) ? QByteArray() : readInput(arguments);
    if (!input)
        return input.error();
    if (input->isEmpty())
        return Played{
            due ? refusal(mikey::Error::local("an answer is due, and none was given")) : withoutAnswer(initiator), {}};
    const auto message = messageIn(*input);
    if (!message)
        return Played{refusal(message.error()), {}};
    return Played{initiator.receive(message->octets, arguments.at()), message->octets};
}

/// Saves how far the exchange came. An answer that was refused changes nothing: it may be forged, and the true one may
/// still come.
std::optional<QString> keep(const ExchangeFile &file, SavedExchange &exchange, const mikey::Initiator &initiator,
                            const mikey::Step &step)
{
    if (step.error)
        return std::nullopt;
    exchange.complete = step.agreement.has_value();
    exchange.initiator = exchange.complete ? mikey::Secret() : initiator.save();
    return file.save(exchange);
}

} // namespace

int finish(const Arguments &arguments)
{
    if (const auto trouble = checkOutputs(arguments))
        return fail(Usage, *trouble);
    const auto path = arguments.value("state");
    ExchangeFile file(path);
    auto exchange = file.load();
    if (!exchange)
        return fail(Usage, exchange.error());
    if (exchange->complete)
        return report(arguments,
                      refusal(mikey::Error::discarded("this exchange is complete; an answer is taken only once")), {},
                      exchange->message);
    const auto *method = mikey::method(exchange->method.toStdString());
    if (!method || !method->available())
        return fail(Usage, QStringLiteral("%1: method %2 is not supported").arg(path, exchange->method));
    mikey::EndpointState state;
    mikey::SystemRandom random;
    const auto resumed = method->resume({exchange->endpoint, state, random}, exchange->initiator.view());
    if (!resumed)
        return fail(Usage, QStringLiteral("%1: %2").arg(path, QString::fromStdString(resumed.error().reason)));
    auto &initiator = **resumed;
    const auto played = play(arguments, initiator);
    if (!played)
        return fail(Usage, played.error());
    if (const auto trouble = keep(file, *exchange, initiator, played->step))
        return fail(Usage, *trouble);
    return report(arguments, played->step, played->received, exchange->message);
}

} // namespace tool
