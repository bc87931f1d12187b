// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/kms_access.h"
#include "arguments.h"

/// Questions to a key management service, for verbs that play one side of an exchange.
namespace tool {

/// Asks until `user` can go on; the last step is what to do then, `step` where nothing is to be asked. Every message
/// goes to `--trace`. A sentence: a file could not be written. A service that cannot be reached is an error of the
/// step.
account::Loaded<mikey::Step> consultKms(const Arguments &arguments, const account::KmsSource &source,
                                        mikey::KmsUser &user, mikey::Step step);

} // namespace tool
