// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_file.h"
#include "account/endpoint_state.h"
#include "exchange_file.h"
#include "message_io.h"
#include "methods/method.h"
#include "option_values.h"
#include "verb.h"

#include <QFileInfo>

#include <algorithm>

namespace tool {

namespace {

using Keys = mikey::Renewal::Keys;

constexpr Word<Keys> keyWords[] = {{"tgk", Keys::NewTgk}, {"tek", Keys::NewTek}, {"same", Keys::Same}};

account::Loaded<mikey::Renewal> readRenewal(const Arguments &arguments)
{
    mikey::Renewal renewal;
    renewal.sdpProtocols = {"mikey"};
    if (auto fault = readWord(arguments, "keys", keyWords, renewal.keys))
        return std::move(fault->sentence);
    const auto added = readNumber(arguments, "add-streams", {0, mostLines, 0});
    if (!added)
        return added.error();
    renewal.addedStreams = *added;
    const auto v = readSwitch(arguments, "v-flag", true);
    if (!v)
        return v.error();
    renewal.v = *v;
    return renewal;
}

/// Makes the update of a bundle, and the exchange that awaits its answer.
mikey::Outcome<SavedExchange> begin(const Arguments &arguments, mikey::Endpoint endpoint, mikey::EndpointState &state,
                                    const mikey::Csb &bundle, const mikey::Renewal &renewal)
{
    if (bundle.self().canonical() != endpoint.identity)
        return mikey::Error::local("the bundle is one of " + bundle.self().canonical() + ", not of " +
                                   endpoint.identity);
    mikey::SystemRandom random;
    const auto initiator = mikey::update({endpoint, state, random}, bundle, renewal, arguments.at());
    if (!initiator)
        return initiator.error();
    if ((*initiator)->kmsRequest())
        return mikey::Error::local("the ticket policy forbids new keys in an update; a new offer brings them");
    return SavedExchange{QString::fromStdString(bundle.method),
                         std::move(endpoint),
                         (*initiator)->message(),
                         (*initiator)->save(),
                         false,
                         bundle.clone()};
}

int refused(const mikey::Error &error)
{
    return fail(Refused, QString::fromStdString(error.reason));
}

int tell(const Arguments &arguments, const ExchangeFile &file, const SavedExchange &exchange)
{
    auto trouble = file.save(exchange);
    if (!trouble)
        trouble = tellFirst(arguments, exchange.message);
    return trouble ? fail(Usage, *trouble) : Done;
}

/// S is the file of an exchange that we began. The answer is awaited there too.
int rekeyOwn(const Arguments &arguments, mikey::Endpoint endpoint, const mikey::Renewal &renewal)
{
    ExchangeFile file(arguments.value("state"));
    const auto before = file.load();
    if (!before)
        return fail(Usage, before.error());
    if (!before->bundle)
        return fail(Refused, QStringLiteral("%1: the exchange is not complete, so there is no bundle to update")
                                 .arg(arguments.value("state")));
    mikey::EndpointState state;
    const auto exchange = begin(arguments, std::move(endpoint), state, *before->bundle, renewal);
    return exchange ? tell(arguments, file, *exchange) : refused(exchange.error());
}

/// S is the state of a responder, which keeps the bundle; the exchange has a file of its own.
int rekeyAsResponder(const Arguments &arguments, mikey::Endpoint endpoint, const mikey::Renewal &renewal)
{
    const auto path = arguments.value("state");
    bool isNumber = false;
    const auto csbId = arguments.value("csb").toUInt(&isNumber, 16);
    if (!isNumber)
        return fail(Usage, QStringLiteral("--csb is a CSB ID in hex, such as 1a2b3c4d"));
    account::StateFile stateFile(path);
    auto state = stateFile.load(arguments.at(), endpoint.accept.clockSkewSeconds);
    if (!state)
        return fail(Usage, state.error());
    const auto &bundles = stateFile.bundles();
    const auto bundle =
        std::find_if(bundles.begin(), bundles.end(), [csbId](const auto &csb) { return csb.csbId == csbId; });
    if (bundle == bundles.end())
        return fail(Refused, QStringLiteral("%1: there is no bundle %2").arg(path, arguments.value("csb")));
    ExchangeFile file(arguments.value("exchange"));
    if (const auto trouble = file.begin())
        return fail(Usage, *trouble);
    auto exchange = begin(arguments, std::move(endpoint), *state, *bundle, renewal);
    if (!exchange)
        return refused(exchange.error());
    exchange->bundle.reset();
    exchange->stateFile = QFileInfo(path).absoluteFilePath();
    if (const auto trouble = stateFile.save(*state))
        return fail(Usage, *trouble);
    return tell(arguments, file, *exchange);
}

} // namespace

int rekey(const Arguments &arguments)
{
    if (arguments.isSet("csb") != arguments.isSet("exchange"))
        return fail(Usage, QStringLiteral("--csb and --exchange go together, and with the state file of a responder"));
    const auto renewal = readRenewal(arguments);
    if (!renewal)
        return fail(Usage, renewal.error());
    auto loaded = account::loadEndpointFile(arguments.value("endpoint"), arguments.at());
    if (!loaded)
        return fail(Usage, loaded.error());
    for (const auto &warning : loaded->warnings)
        warn(warning);
    if (const auto trouble = checkOutputs(arguments))
        return fail(Usage, *trouble);
    const auto begun = arguments.isSet("csb") ? &rekeyAsResponder : &rekeyOwn;
    return begun(arguments, std::move(loaded->endpoint), *renewal);
}

} // namespace tool
