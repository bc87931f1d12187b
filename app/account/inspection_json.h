// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/inspection.h"

#include <QJsonObject>

namespace account {

/// The inspector's tree as JSON: "Result of decode" of mikeytool.
QJsonObject inspectionJson(const mikey::InspectedMessage &message);

} // namespace account
