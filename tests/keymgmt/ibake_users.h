// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms/ibake.h"
#include "methods/ibake.h"
#include "methods/ibake_message.h"
#include "methods/ibake_request.h"
#include "support.h"

#include <QtGlobal>

/// What the tests of IBAKE share: a service, and two of its users.
namespace mikey::test {

inline constexpr std::string_view serviceId = "kms.example.org";

/// A service of IBAKE. The smaller group is quicker, and made for tests.
struct IbakeService
{
    SystemRandom random;
    kms::IbakeDomain domain;
    std::shared_ptr<const ibe::Parameters> parameters;
    std::map<std::string, Secret> keys;
    kms::Memory state;

    IbakeService()
    {
        domain.kms = serviceId;
        domain.group = ibe::group("BF-2048");
        domain.master = ibe::makeMaster(*domain.group, random);
        parameters = std::make_shared<const ibe::Parameters>(*ibe::publicParameters(domain.group, domain.master));
        domain.account = [this](const std::string &identity) -> std::optional<Secret> {
            return keys.contains(identity) ? std::optional(keys.at(identity).clone()) : std::nullopt;
        };
    }

    void enrol(Side &side, NtpTime now = noon())
    {
        auto &keys_ = side.endpoint.ibake;
        keys[side.endpoint.identity] = random.secret(16);
        keys_.kms = domain.kms;
        keys_.psk = keys[side.endpoint.identity].clone();
        keys_.parameters = parameters;
        const auto request = std::move(*IbakeKeyRequest::make(side.context(), now));
        const auto answer = kms::answerKeyRequest(domain, state, request.request().message, now, random);
        const auto issued = request.open(answer.message.value_or(Bytes()));
        if (!issued)
            qFatal("%s", issued.error().reason.c_str());
        for (const auto &issue : *issued) {
            if (!keys_.add(issue.identity, issue.date, issue.block.view()))
                qFatal("a key of the service is none");
        }
    }
};

inline IbakeService &ibakeService()
{
    static IbakeService made;
    return made;
}

/// Alice and Bob, with keys.
struct IbakeUsers
{
    Side alice, bob;

    IbakeUsers()
    {
        alice.endpoint.identity = aliceId;
        bob.endpoint.identity = bobId;
        ibakeService().enrol(alice);
        ibakeService().enrol(bob);
    }
    std::unique_ptr<Initiator> offer(NtpTime now = noon(), std::uint8_t curve = p256Curve)
    {
        Offer offer;
        offer.peer = bobId;
        offer.curve = curve;
        auto made = ibake::initiate(alice.context(), offer, now);
        if (!made)
            qFatal("%s", made.error().reason.c_str());
        return std::move(*made);
    }
    static Step respond(Side &side, ByteView message, NtpTime now = noon())
    {
        const auto responder = ibake::responder(side.context());
        const auto decoded = decode(message);
        if (!decoded) {
            Step step;
            step.error = Error::discarded(decoded.error().reason);
            return step;
        }
        return responder->receive(*decoded, {}, now);
    }
};

inline Bytes flipped(ByteView octets, std::size_t at)
{
    Bytes changed(octets.begin(), octets.end());
    changed[at] ^= 1;
    return changed;
}

inline Side enrolled(const std::string &identity)
{
    Side side;
    side.endpoint.identity = identity;
    ibakeService().enrol(side);
    return side;
}

} // namespace mikey::test
