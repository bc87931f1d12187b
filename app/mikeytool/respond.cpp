// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_file.h"
#include "account/endpoint_state.h"
#include "exchange_file.h"
#include "fetched.h"
#include "group_keys.h"
#include "kms_rounds.h"
#include "message_io.h"
#include "methods/method.h"
#include "option_values.h"
#include "report.h"
#include "verb.h"

namespace tool {

namespace {

/// The keys of the group that `--group-keys` names, if it does.
mikey::Result<std::optional<mikey::GroupKeys>, Fault> groupKeys(const Arguments &arguments,
                                                                const mikey::Endpoint &endpoint)
{
    const auto suites = readPolicy(arguments, endpoint);
    if (!suites)
        return suites.error();
    if (!arguments.isSet("group-keys") && !suites->empty())
        return misused(QStringLiteral("--policy: the caller offers policies; that of a group goes with --group-keys"));
    if (!arguments.isSet("group-keys"))
        return std::optional<mikey::GroupKeys>();
    const auto &wanted = suites->empty() ? *endpoint.preferredSuites().front() : *suites->front();
    mikey::SystemRandom random;
    auto group = GroupFile(arguments.value("group-keys")).loadOrMake(wanted, random);
    if (!group)
        return misused(group.error());
    if (!suites->empty() && group->suite != &wanted)
        return misused(QStringLiteral("--policy: the group has another suite already"));
    return std::optional(std::move(*group));
}

/// One message, and what it is handled with.
class Handling
{
public:
    /// `group` may be null.
    Handling(const Arguments &arguments, const account::LoadedEndpoint &loaded, const account::FoundMessage &message,
             const mikey::GroupKeys *group)
        : m_arguments(arguments), m_endpoint(loaded.endpoint), m_kms(loaded.kms),
          m_message(message), m_arrival{arguments.value("peer").trimmed().toStdString(), message.sdpProtocols}
    {
        m_arrival.group = group;
        m_arrival.fetched = fetchedFor(m_endpoint, message.octets);
    }

    /// With what earlier runs remembered; it remembers before anything is told.
    account::Loaded<mikey::Step> handle()
    {
        const auto path = m_arguments.value("state");
        if (path.isEmpty())
            return respond();
        return isExchangeFile(path) ? handleUpdate(ExchangeFile(path)) : handleAsEndpoint(account::StateFile(path));
    }

private:
    account::Loaded<mikey::Step> respond()
    {
        auto step = mikey::respond({m_endpoint, m_state, m_random}, m_message.octets, m_arrival, m_arguments.at());
        if (!step.asking)
            return step;
        if (auto trouble = trace(m_arguments, m_message.octets)) // it came before what is asked now
            return std::move(*trouble);
        const auto asking = step.asking;
        return consultKms(m_arguments, m_kms, *asking, std::move(step));
    }

    account::Loaded<mikey::Step> handleAsEndpoint(account::StateFile file)
    {
        auto remembered = file.load(m_arguments.at(), m_endpoint.accept.clockSkewSeconds);
        if (!remembered)
            return remembered.error();
        m_state = std::move(*remembered);
        for (const auto &csb : file.bundles())
            m_arrival.bundles.push_back(&csb);
        auto step = respond();
        if (!step)
            return step;
        if (step->agreement)
            file.keep(*step->agreement->csb);
        if (auto trouble = file.save(m_state))
            return std::move(*trouble);
        return step;
    }

    /// The bundle is one that we began: the file is that of `offer`, and its exchange is complete.
    account::Loaded<mikey::Step> handleUpdate(ExchangeFile file)
    {
        auto exchange = file.load();
        if (!exchange)
            return exchange.error();
        const auto message = mikey::decode(m_message.octets);
        if (!exchange->bundle || (message && message->header.csbId != exchange->bundle->csbId))
            return mikey::Step{{}, {}, mikey::Error::discarded("the file holds no bundle that this could update"), {}};
        m_arrival.bundles = {&*exchange->bundle};
        auto step = respond();
        if (!step || !step->agreement || !step->agreement->renewal)
            return step;
        exchange->bundle = step->agreement->csb->clone();
        if (auto trouble = file.save(*exchange))
            return std::move(*trouble);
        return step;
    }

    const Arguments &m_arguments;
    const mikey::Endpoint &m_endpoint;
    const account::KmsSource &m_kms;
    const account::FoundMessage &m_message;
    mikey::Arrival m_arrival;
    mikey::EndpointState m_state;
    mikey::SystemRandom m_random;
};

} // namespace

int respond(const Arguments &arguments)
{
    const auto loaded = account::loadEndpointFile(arguments.value("endpoint"), arguments.at());
    if (!loaded)
        return fail(Usage, loaded.error());
    for (const auto &warning : loaded->warnings)
        warn(warning);
    if (const auto trouble = checkOutputs(arguments))
        return fail(Usage, *trouble);
    const auto input = readInput(arguments);
    if (!input)
        return fail(Usage, input.error());
    const auto message = messageIn(*input);
    if (!message)
        return report(arguments, {{}, {}, message.error(), {}}, {}, {});
    const auto group = groupKeys(arguments, loaded->endpoint);
    if (!group)
        return fail(group.error().status, group.error().sentence);
    const auto *keys = *group ? &**group : nullptr;
    const auto step = Handling(arguments, *loaded, *message, keys).handle();
    if (!step)
        return fail(Usage, step.error());
    return report(arguments, *step, message->octets, message->octets);
}

} // namespace tool
