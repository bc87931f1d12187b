// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_file.h"
#include "account/endpoint_state.h"
#include "message_io.h"
#include "methods/method.h"
#include "report.h"
#include "verb.h"

namespace tool {

namespace {

/// Keeps the bundle as the message left it, in place of what stood under its ID.
void keepBundle(std::vector<mikey::Csb> &bundles, const mikey::Step &step)
{
    if (!step.agreement || !step.agreement->csb)
        return;
    const auto &now = *step.agreement->csb;
    std::erase_if(bundles, [&](const auto &csb) {
        return csb.csbId == now.csbId && csb.peer().canonical() == now.peer().canonical();
    });
    bundles.push_back(step.agreement->csb->clone());
}

/// Handles the message with what earlier runs remembered, and remembers it before anything is told.
account::Loaded<mikey::Step> handle(const Arguments &arguments, const mikey::Endpoint &endpoint,
                                    const account::FoundMessage &message)
{
    mikey::SystemRandom random;
    mikey::EndpointState state;
    mikey::Arrival arrival{arguments.value("peer").trimmed().toStdString(), message.sdpProtocols};
    const auto respond = [&] {
        return mikey::respond({endpoint, state, random}, message.octets, arrival, arguments.at());
    };
    if (!arguments.isSet("state"))
        return respond();
    account::StateFile file(arguments.value("state"));
    auto remembered = file.load(arguments.at(), endpoint.accept.clockSkewSeconds);
    if (!remembered)
        return remembered.error();
    state = std::move(*remembered);
    for (const auto &csb : file.bundles())
        arrival.bundles.push_back(&csb);
    auto step = respond();
    keepBundle(file.bundles(), step);
    if (auto trouble = file.save(state))
        return std::move(*trouble);
    return step;
}

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
    const auto step = handle(arguments, loaded->endpoint, *message);
    if (!step)
        return fail(Usage, step.error());
    return report(arguments, *step, message->octets, message->octets);
}

} // namespace tool
