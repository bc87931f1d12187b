// SPDX-License-Identifier: Apache-2.0
#include "call/kms_link.h"

#include "call/clock.h"

#include <QCoreApplication>

namespace call {

AskKms askKmsOf(account::PlayedKms &service)
{
    return [&service](const mikey::KmsRequest &request, const std::function<void(const KmsAnswer &)> &then) {
        if (auto answer = service.answer(request.message, ntpNow()); answer.message)
            then({std::move(answer.message), {}});
        else
            then({std::nullopt, QCoreApplication::translate("call", "the key management service gave no answer")});
    };
}

AskKms askKmsOf(const account::KmsSource &source, QObject *context)
{
    if (!source.isSet())
        return nullptr;
    const auto access = std::make_shared<account::KmsClient>(source);
    return [access, context](const mikey::KmsRequest &request, std::function<void(const KmsAnswer &)> then) {
        // Who asks may be given another service meanwhile; this one stays until it has answered, and goes in a later
        // turn, as it cannot end inside its own signal.
        access->ask(request, context, [access, then](const account::KmsTold &told) {
            QMetaObject::invokeMethod(
                qApp, [access] {}, Qt::QueuedConnection);
            then(told ? KmsAnswer{*told, {}} : KmsAnswer{std::nullopt, told.error()});
        });
    };
}

} // namespace call
