// SPDX-License-Identifier: Apache-2.0
#include "goodbye.h"

#include <QEventLoop>
#include <QTimer>

void sayGoodbye(call::Phone &phone)
{
    constexpr int patienceMs = 2000;
    phone.shutDown();
    if (phone.isQuiet())
        return;
    QEventLoop loop;
    QObject::connect(&phone, &call::Phone::quiet, &loop, &QEventLoop::quit);
    QTimer::singleShot(patienceMs, &loop, &QEventLoop::quit);
    loop.exec();
}
