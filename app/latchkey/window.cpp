// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include "demo.h"

#include <QApplication>

int runWindow(call::Phone &, const Options &)
{
    return 1;
}

int runWindowDemo(const Options &)
{
    return 1;
}
