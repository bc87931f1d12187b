// SPDX-License-Identifier: Apache-2.0
#include "kms_rounds.h"

#include "message_io.h"

namespace tool {

account::Loaded<mikey::Step> consultKms(const Arguments &arguments, const account::KmsSource &source,
                                        mikey::KmsUser &user, mikey::Step step)
{
    while (const auto request = user.kmsRequest()) {
        if (auto trouble = trace(arguments, request->message))
            return std::move(*trouble);
        const auto told = account::askKmsAndWait(source, *request, arguments.at());
        if (!told) {
            step = {};
            step.error = mikey::Error::local(told.error().toStdString());
            return step;
        }
        if (auto trouble = trace(arguments, *told))
            return std::move(*trouble);
        step = user.kmsAnswered(*told, arguments.at());
    }
    return step;
}

} // namespace tool
