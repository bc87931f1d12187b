// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

namespace mikey {

/// One row of the table of methods. Window, tool, tests and benchmarks iterate over the table; a method is a file pair
/// and its row.
struct Method
{
    std::string_view name;  ///< as in commands and files: "psk"
    std::string_view title; ///< for people: "Pre-shared key"
    std::string_view rfc;
    std::string_view needs;      ///< for people: what both sides must hold
    std::string_view verifiedBy; ///< what authenticates the peer: "a shared key"
    bool forwardSecrecy;
    std::string_view caution;    ///< for people: what its keys are worth, where that may be less than the cipher's
    bool group;                  ///< can give one key to several
    bool deferred;               ///< can be delivered to someone who is away
    std::string_view messages;   ///< "1 or 2"
    std::string_view roundTrips; ///< "½ or 1"
    DataType firstMessage;       ///< data type that begins the exchange at the responder
    DataType laterMessage;       ///< the initiator's last; the first, if that is its only one

    /// Null until the method is there.
    Outcome<std::unique_ptr<Initiator>> (*initiate)(Context, const Offer &, NtpTime now);
    /// Begins an update of a bundle that the method made (RFC 3830 4.5).
    Outcome<std::unique_ptr<Initiator>> (*update)(Context, const Csb &, const Renewal &, NtpTime now);
    Outcome<std::unique_ptr<Initiator>> (*resume)(Context, ByteView saved);
    std::unique_ptr<Responder> (*responder)(Context);
    /// Why this endpoint cannot use the method with the peer; none if it can. Null until the method is there.
    std::optional<std::string> (*obstacle)(const Endpoint &, const std::string &peer);

    bool available() const { return initiate != nullptr; }
};

std::span<const Method> methods();
const Method *method(std::string_view name);
const Method *methodSending(DataType dataType); ///< null if no method's initiator sends such a message to its peer

/// Begins an update of a bundle that stands: in the form of its method, or under the envelope key that both sides keep
/// (RFC 3830 4.5). The initiator's answers are those of the method.
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);

/// Goes on with an exchange that Initiator::save() kept. `sent`: the data type of the initiator's last message.
Outcome<std::unique_ptr<Initiator>> resume(Context context, DataType sent, ByteView saved);

/// Plays the responder on a message of the initiator: decodes it, finds its method and hands it over. Errors come with
/// the MIKEY error message to send where one is due (RFC 3830 5.1.2).
Step respond(Context context, ByteView octets, const Arrival &arrival, NtpTime now);

} // namespace mikey
