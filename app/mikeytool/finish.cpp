// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_state.h"
#include "exchange_file.h"
#include "fetched.h"
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
account::Loaded<Played> play(const Arguments &arguments, const mikey::Endpoint &endpoint, mikey::Initiator &initiator)
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
    const auto fetched = fetchedFor(endpoint, message->octets);
    return Played{initiator.receive(message->octets, arguments.at(), fetched), message->octets};
}

/// Keeps the bundle where it stood: in this file, or in the state file of a responder that updated it.
std::optional<QString> keepBundle(const Arguments &arguments, SavedExchange &exchange, const mikey::Csb &bundle)
{
    if (exchange.stateFile.isEmpty()) {
        exchange.bundle = bundle.clone();
        return std::nullopt;
    }
    exchange.bundle.reset();
    account::StateFile file(exchange.stateFile);
    const auto state = file.load(arguments.at(), exchange.endpoint.accept.clockSkewSeconds);
    if (!state)
        return state.error();
    file.keep(bundle);
    return file.save(*state);
}

/// Saves how far the exchange came. An answer that was refused changes nothing: it may be forged, and the true one may
/// still come.
std::optional<QString> keep(const Arguments &arguments, const ExchangeFile &file, SavedExchange &exchange,
                            const mikey::Initiator &initiator, const mikey::Step &step)
{
    if (step.error)
        return std::nullopt;
    exchange.complete = step.agreement.has_value();
    exchange.initiator = exchange.complete ? mikey::Secret() : initiator.save();
    std::optional<QString> trouble;
    if (exchange.complete)
        trouble = keepBundle(arguments, exchange, *step.agreement->csb);
    return trouble ? trouble : file.save(exchange);
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
    const auto begun = mikey::decode(exchange->message);
    if (!begun)
        return fail(Usage, QStringLiteral("%1: the saved exchange is damaged").arg(path));
    mikey::EndpointState state;
    mikey::SystemRandom random;
    // By the type of its message: updates of bundles with public keys may be pre-shared key messages.
    const auto resumed =
        mikey::resume({exchange->endpoint, state, random}, begun->header.dataType, exchange->initiator.view());
    if (!resumed)
        return fail(Usage, QStringLiteral("%1: %2").arg(path, QString::fromStdString(resumed.error().reason)));
    auto &initiator = **resumed;
    const auto played = play(arguments, exchange->endpoint, initiator);
    if (!played)
        return fail(Usage, played.error());
    if (const auto trouble = keep(arguments, file, *exchange, initiator, played->step))
        return fail(Usage, *trouble);
    return report(arguments, played->step, played->received, exchange->message);
}

} // namespace tool
