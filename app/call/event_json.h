// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QJsonArray>
#include <QJsonObject>

/// Snapshots as the JSON of headless mode's events.
namespace call {

QJsonObject toJson(const ListeningPoint &point);
QJsonObject toJson(const MikeyError &error);
QJsonObject toJson(const KeyRow &key);
QJsonArray toJson(const std::vector<KeyRow> &keys);
QJsonObject toJson(const MediaStats &media);
QJsonObject toJson(const CallSnapshot &call);   ///< everything known of a call
QJsonObject toJson(const PhoneSnapshot &phone); ///< everything known of the phone and its calls

QString nameOf(Phase phase);
QString nameOf(EndedBy by);

} // namespace call
