// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <QDateTime>
#include <QJsonDocument>

#include <cstdio>

namespace kmsd {

void logLine(const char *event, QJsonObject members)
{
    members[QStringLiteral("event")] = QLatin1String(event);
    members[QStringLiteral("time")] = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
    const auto line = QJsonDocument(members).toJson(QJsonDocument::Compact) + '\n';
    std::fwrite(line.data(), 1, static_cast<std::size_t>(line.size()), stderr); // one call: lines stay whole
}

} // namespace kmsd
