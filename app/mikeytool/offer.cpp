// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_file.h"
#include "exchange_file.h"
#include "message_io.h"
#include "methods/method.h"
#include "verb.h"

#include <algorithm>

namespace tool {

namespace {

/// What is wrong with the request, and whether that is its form.
struct Fault
{
    ExitStatus status;
    QString sentence;
};

Fault misused(const QString &sentence)
{
    return {Usage, sentence};
}

std::optional<Fault> readPolicy(const Arguments &arguments, const mikey::Endpoint &endpoint, mikey::Offer &offer)
{
    if (!arguments.isSet("policy"))
        return std::nullopt;
    for (const auto &name : arguments.value("policy").split(QLatin1Char(','))) {
        const auto *suite = mikey::srtpSuite(name.trimmed().toStdString());
        if (!suite)
            return misused(QStringLiteral("--policy: there is no suite \"%1\"").arg(name));
        if (!endpoint.takes(*suite))
            return Fault{Refused, QStringLiteral("%1 does not encrypt; the endpoint file does not accept that "
                                                 "(accept.null_encryption)")
                                      .arg(name)};
        if (std::find(offer.suites.begin(), offer.suites.end(), suite) != offer.suites.end())
            return misused(QStringLiteral("--policy: %1 stands there twice").arg(name));
        offer.suites.push_back(suite);
    }
    return std::nullopt;
}

std::optional<Fault> readStreams(const Arguments &arguments, mikey::Offer &offer)
{
    constexpr unsigned most = 127; // two crypto sessions each, counted in one octet (RFC 3830 6.1)
    bool isNumber = true;
    if (arguments.isSet("streams"))
        offer.streams = arguments.value("streams").toUInt(&isNumber);
    if (isNumber && offer.streams >= 1 && offer.streams <= most)
        return std::nullopt;
    return misused(QStringLiteral("--streams is a number from 1 to %1").arg(most));
}

mikey::Result<mikey::Offer, Fault> readOffer(const Arguments &arguments, const mikey::Endpoint &endpoint)
{
    mikey::Offer offer;
    offer.peer = account::identityOf(arguments.value("to"));
    offer.sdpProtocols = {"mikey"};
    if (offer.peer.empty())
        return misused(QStringLiteral("--to %1 is no identity such as sip:bob@example.org").arg(arguments.value("to")));
    const auto v = arguments.value("v-flag");
    if (arguments.isSet("v-flag") && v != QLatin1String("on") && v != QLatin1String("off"))
        return misused(QStringLiteral("--v-flag is on or off"));
    offer.v = v != QLatin1String("off");
    if (auto fault = readStreams(arguments, offer))
        return std::move(*fault);
    if (auto fault = readPolicy(arguments, endpoint, offer))
        return std::move(*fault);
    return offer;
}

} // namespace

int offer(const Arguments &arguments)
{
    const auto *method = mikey::method(arguments.value("method").toStdString());
    if (!method)
        return fail(
            Usage,
            QStringLiteral("there is no method \"%1\"; `mikeytool methods` lists them").arg(arguments.value("method")));
    if (!method->available())
        return fail(Refused, QStringLiteral("method %1 is not supported yet").arg(arguments.value("method")));
    auto loaded = account::loadEndpointFile(arguments.value("endpoint"), arguments.at());
    if (!loaded)
        return fail(Usage, loaded.error());
    for (const auto &warning : loaded->warnings)
        warn(warning);
    const auto wanted = readOffer(arguments, loaded->endpoint);
    if (!wanted)
        return fail(wanted.error().status, wanted.error().sentence);
    if (const auto trouble = checkOutputs(arguments))
        return fail(Usage, *trouble);
    ExchangeFile file(arguments.value("state"));
    if (const auto trouble = file.begin())
        return fail(Usage, *trouble);

    mikey::EndpointState state;
    mikey::SystemRandom random;
    const auto initiator = method->initiate({loaded->endpoint, state, random}, *wanted, arguments.at());
    if (!initiator)
        return fail(Refused, QString::fromStdString(initiator.error().reason));
    const auto &message = (*initiator)->message();
    auto trouble =
        file.save({arguments.value("method"), std::move(loaded->endpoint), message, (*initiator)->save(), false});
    if (!trouble)
        trouble = writeOut(arguments, message);
    if (!trouble)
        trouble = trace(arguments, message);
    if (trouble)
        return fail(Usage, *trouble);
    if (!arguments.isSet("out"))
        print(QByteArray(reinterpret_cast<const char *>(message.data()), static_cast<qsizetype>(message.size()))
                  .toBase64() +
              '\n');
    return Done;
}

} // namespace tool
