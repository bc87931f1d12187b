// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"

#include <QStringList>

/// The sub-commands of those who run the service. Each works on the database while services run on it, prints JSON to
/// standard output, and returns an exit status.
namespace kmsd {

/// `user add URI`, `revoke URI`, `rotate`, `export-audit [AFTER]`. None if there is no such command.
std::optional<int> administrate(const QStringList &words, const Config &config, const mikey::Secret &key);

} // namespace kmsd
