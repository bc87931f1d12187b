// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_file.h"
#include "exchange_file.h"
#include "kms_rounds.h"
#include "message_io.h"
#include "methods/method.h"
#include "option_values.h"
#include "verb.h"

namespace tool {

namespace {

constexpr Word<mikey::EnvelopeCache> caches[] = {
    {"none", mikey::EnvelopeCache::None}, {"always", mikey::EnvelopeCache::Always}, {"csb", mikey::EnvelopeCache::Csb}};
constexpr Word<mikey::DhGroup> groups[] = {
    {"5", mikey::DhGroup::Oakley5}, {"2", mikey::DhGroup::Oakley2}, {"1", mikey::DhGroup::Oakley1}};

constexpr Word<std::uint8_t> curves[] = {
    {"p-256", mikey::p256Curve}, {"p-384", mikey::p384Curve}, {"p-521", mikey::p521Curve}};

/// Options that only some methods have.
constexpr Word<const char *> methodsOf[] = {
    {"cache", "pk"}, {"group", "dh dh-hmac"}, {"curve", "ibake"}, {"join", "rsa-r"}, {"listen-only", "rsa-r"}};

std::optional<Fault> checkMethodHas(const Arguments &arguments)
{
    for (const auto &[name, methods] : methodsOf) {
        const auto known = QString::fromLatin1(methods).split(QLatin1Char(' '));
        if (arguments.isSet(name) && !known.contains(arguments.value("method")))
            return misused(QStringLiteral("--%1 is an option of %2 only")
                               .arg(QLatin1String(name), known.join(QStringLiteral(" and "))));
    }
    return std::nullopt;
}

/// What belongs to one method.
std::optional<Fault> readChoices(const Arguments &arguments, const mikey::Endpoint &endpoint, mikey::Offer &offer)
{
    auto fault = checkMethodHas(arguments);
    if (!fault)
        fault = readWord(arguments, "cache", caches, offer.cache);
    if (!fault)
        fault = readWord(arguments, "group", groups, offer.group);
    if (!fault)
        fault = readWord(arguments, "curve", curves, offer.curve);
    if (fault)
        return fault;
    if (mikey::isWeak(offer.group) && !endpoint.accept.weakGroups)
        return Fault{Refused, QStringLiteral("group %1 is too weak; the endpoint file does not accept such "
                                             "(accept.weak_groups)")
                                  .arg(arguments.value("group"))};
    offer.join = arguments.isSet("join");
    offer.listenOnly = arguments.isSet("listen-only");
    if (offer.join && arguments.isSet("policy"))
        return misused(QStringLiteral("--policy: the policy of a group is its key server's (RFC 4738 3.2)"));
    return std::nullopt;
}

mikey::Result<mikey::Offer, Fault> readOffer(const Arguments &arguments, const mikey::Endpoint &endpoint)
{
    mikey::Offer offer;
    offer.peer = account::identityOf(arguments.value("to"));
    offer.sdpProtocols = {"mikey"};
    if (offer.peer.empty())
        return misused(QStringLiteral("--to %1 is no identity such as sip:bob@example.org").arg(arguments.value("to")));
    const auto v = readSwitch(arguments, "v-flag", true);
    const auto streams = readNumber(arguments, "streams", {1, mostLines, 1});
    if (!v || !streams)
        return misused(v ? streams.error() : v.error());
    offer.v = *v;
    offer.streams = *streams;
    if (auto fault = readChoices(arguments, endpoint, offer))
        return std::move(*fault);
    auto suites = readPolicy(arguments, endpoint);
    if (!suites)
        return std::move(suites.error());
    offer.suites = std::move(*suites);
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
    const auto step = consultKms(arguments, loaded->kms, **initiator, {});
    if (!step)
        return fail(Usage, step.error());
    if (step->error)
        return fail(Refused, QString::fromStdString(step->error->reason));
    const auto &message = (*initiator)->message();
    auto trouble =
        file.save({arguments.value("method"), std::move(loaded->endpoint), message, (*initiator)->save(), false});
    if (!trouble)
        trouble = tellFirst(arguments, message);
    return trouble ? fail(Usage, *trouble) : Done;
}

} // namespace tool
