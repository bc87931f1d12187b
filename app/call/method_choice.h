// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/method.h"

#include <QString>

#include <vector>

/// Which methods a call may use, and what follows when the peer does not take one.
namespace call {

/// The methods for the peer in the order "Automatic" tries them: forward secrecy first, then what proves most. Only
/// those that this program has, that the contact allows, and that nothing here stands in the way of.
std::vector<const mikey::Method *> automaticMethods(const mikey::Endpoint &endpoint, const std::string &peer);

/// What stands in the way of the method with the peer: a sentence; empty if nothing does.
QString obstacleTo(const mikey::Method &method, const mikey::Endpoint &endpoint, const std::string &peer);

/// Why no method will do: what is missing for each.
QString nothingPossible(const mikey::Endpoint &endpoint, const std::string &peer);

/// Whether the error says that the peer cannot use the method, and another one may do: an unknown ID, certificate or
/// data type. Never an authentication failure: who can forge that must not choose the method.
bool asksForAnotherMethod(const mikey::Error &error);

/// What the user has to know when `next` takes the place of `refused`.
QString fallbackWarning(const mikey::Method &refused, const mikey::Method &next);

/// The suites to try once more with, after an error that tells those the peer takes: ours among them, in our order.
/// Empty: there is no point in it.
std::vector<const mikey::SrtpSuite *> commonSuites(const mikey::Error &error, const mikey::Endpoint &endpoint);

} // namespace call
