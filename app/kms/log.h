// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonObject>

/// Lines of JSON on standard error, one an event. What is written never holds keys, tokens or bodies. Any thread.
namespace kmsd {

void logLine(const char *event, QJsonObject members = {});

} // namespace kmsd
