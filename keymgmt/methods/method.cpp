// SPDX-License-Identifier: Apache-2.0
#include "methods/method.h"

#include "methods/csb.h"
#include "methods/dh.h"
#include "methods/dhhmac.h"
#include "methods/ibake.h"
#include "methods/pk.h"
#include "methods/psk.h"
#include "methods/reply.h"
#include "methods/rsar.h"
#include "methods/sakke.h"
#include "methods/ticket.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr Method table[] = {
    {"psk", "Pre-shared key", "RFC 3830 3.1", "a key shared with the peer beforehand", "a shared key", false, "", true,
     false, "1 or 2", "½ or 1", DataType::PskInit, DataType::PskInit, &psk::initiate, &psk::update, &psk::resume,
     &psk::responder, &psk::obstacle},
    {"pk", "Public key", "RFC 3830 3.2", "certificates; the peer's known beforehand", "a certificate", false, "", true,
     true, "1 or 2", "½ or 1", DataType::PkInit, DataType::PkInit, &pk::initiate, &pk::update, &pk::resume,
     &pk::responder, &pk::obstacle},
    {"dh", "Signed Diffie-Hellman", "RFC 3830 3.3", "certificates", "a certificate", true, "", false, false, "2", "1",
     DataType::DhInit, DataType::DhInit, &dh::initiate, &dh::update, &dh::resume, &dh::responder, &dh::obstacle},
    {"dh-hmac", "Diffie-Hellman with shared key", "RFC 4650", "a key shared with the peer beforehand", "a shared key",
     true, "", false, false, "2", "1", DataType::DhHmacInit, DataType::DhHmacInit, &dhhmac::initiate, &dhhmac::update,
     &dhhmac::resume, &dhhmac::responder, &dhhmac::obstacle},
    {"rsa-r", "Public key, reverse mode", "RFC 4738", "certificates", "a certificate", false, "", true, false, "2", "1",
     DataType::RsaRInit, DataType::RsaRInit, &rsar::initiate, &rsar::update, &rsar::resume, &rsar::responder,
     &rsar::obstacle},
    {"ticket", "Ticket", "RFC 6043", "accounts at a key management service", "the key management service", false, "",
     true, true, "2, and 4 with the KMS", "1, and 2 with the KMS", DataType::TransferInit, DataType::TransferInit,
     &ticket::initiate, &ticket::update, &ticket::resume, &ticket::responder, &ticket::obstacle},
    {"ibake", "Identity-based authenticated key exchange", "RFC 6267", "private keys from a key management service",
     "an identity-based key", true, "", false, true, "4", "2", DataType::IbakeInit1, DataType::IbakeInit2,
     &ibake::initiate, &ibake::update, &ibake::resume, &ibake::responder, &ibake::obstacle},
    {"sakke", "Identity-based encryption (SAKKE)", "RFC 6509", "private keys from a key management service",
     "an identity-based signature", false, "its keys are worth 112 bits, whatever the cipher (RFC 6509 6)", true, true,
     "1", "½", DataType::SakkeInit, DataType::SakkeInit, &sakke::initiate, &sakke::update, &sakke::resume,
     &sakke::responder, &sakke::obstacle},
};

Step refuse(const Message &message, Error error, const Endpoint &endpoint)
{
    Step step;
    step.send = errorMessage(message, error, endpoint);
    step.error = std::move(error);
    return step;
}

/// RFC 4738 3.5, RFC 6509 2.2.2: what cannot be parsed is told by a number of its own.
ErrorNumber faultNumber(DataType dataType, ErrorNumber number)
{
    const bool unspecific = number == ErrorNumber::Unspecified;
    const bool told = dataType == DataType::RsaRInit || dataType == DataType::SakkeInit;
    return told && unspecific ? ErrorNumber::UnsupportedMessage : number;
}

} // namespace

std::span<const Method> methods()
{
    return table;
}

const Method *method(std::string_view name)
{
    const auto it =
        std::find_if(std::begin(table), std::end(table), [name](const Method &m) { return m.name == name; });
    return it == std::end(table) ? nullptr : it;
}

const Method *methodSending(DataType dataType)
{
    const auto it = std::find_if(std::begin(table), std::end(table), [dataType](const Method &m) {
        return m.firstMessage == dataType || m.laterMessage == dataType;
    });
    return it == std::end(table) ? nullptr : it;
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    const auto *row = method(csb.method);
    if (!row || !row->available())
        return Error::local("the method of the bundle is not known here");
    if (!csb.envelopeKey.empty())
        return psk::update(context, csb, renewal, now);
    return row->update(context, csb, renewal, now);
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, DataType sent, ByteView saved)
{
    const auto *row = methodSending(sent);
    if (!row || !row->available())
        return Error::local("the method of the exchange is not known here");
    return row->resume(context, saved);
}

Step respond(Context context, ByteView octets, const Arrival &arrival, NtpTime now)
{
    Message partial;
    const auto message = decode(octets, &partial);
    // The data type is told before anything else: what cannot be decoded may be a message of another RFC.
    const auto dataType = message ? message->header.dataType : partial.header.dataType;
    const auto *row = methodSending(dataType);
    const bool known = row && row->available();
    if (octets.size() >= 2 && octets[0] == Header::supportedVersion && !known) {
        const auto name = messageName(static_cast<std::uint8_t>(dataType));
        if (dataType == DataType::Error)
            return refuse(partial, Error::discarded("an error message begins no exchange"), context.endpoint);
        return refuse(message ? *message : partial,
                      Error::of(ErrorNumber::InvalidDataType, name + " cannot begin an exchange here"),
                      context.endpoint);
    }
    if (!message)
        return refuse(partial,
                      Error::of(faultNumber(dataType, message.error().error),
                                "the message is damaged at octet " + std::to_string(message.error().offset) + ": " +
                                    message.error().reason),
                      context.endpoint);
    const std::shared_ptr<Responder> responder = row->responder(context);
    auto step = responder->receive(*message, arrival, now);
    if (responder->kmsRequest())
        step.asking = responder;
    return step;
}

} // namespace mikey
