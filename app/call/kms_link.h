// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/kms_access.h"
#include "account/played_kms.h"
#include "methods/exchange.h"

#include <QString>

#include <functional>
#include <optional>

namespace call {

/// What came of a question to a key management service.
struct KmsAnswer
{
    std::optional<mikey::Bytes> message; ///< MIKEY; it may be an error message
    QString trouble;                     ///< else a sentence: why there is none
};

/// Asks a key management service and hands over its answer, at once or later, on the thread that asked. Never blocks.
using AskKms = std::function<void(const mikey::KmsRequest &request, std::function<void(const KmsAnswer &)> then)>;

/// Asks a service played in this process, which has to outlive who asks.
AskKms askKmsOf(account::PlayedKms &service);

/// Asks the service of an endpoint file; null where it names none. For one phone, which has to go before `context`.
AskKms askKmsOf(const account::KmsSource &source, QObject *context);

} // namespace call
