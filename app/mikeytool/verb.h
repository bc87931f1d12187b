// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.h"

/// The verbs. Each takes arguments whose form was checked, prints, and returns an exit status.
namespace tool {

int decode(const Arguments &arguments);
int methods(const Arguments &arguments);
int offer(const Arguments &arguments);
int respond(const Arguments &arguments);
int finish(const Arguments &arguments);
int rekey(const Arguments &arguments);
int kms(const Arguments &arguments);
int newCredentials(const Arguments &arguments);
int enrolCredentials(const Arguments &arguments);
int compare(const Arguments &arguments);
int vectors(const Arguments &arguments);

} // namespace tool
