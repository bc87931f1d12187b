// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include "demo.h"
#include "goodbye.h"
#include "main_window.h"
#include "theme.h"

#include <QApplication>
#include <QScreen>
#include <QTimer>

namespace {

constexpr int meterIntervalMs = 100; ///< how often meters and figures move
constexpr int recordedSeconds = 600; ///< of speech in a demo that is looked at
constexpr int callAfterMs = 800;     ///< so that both windows are seen before the call comes

QApplication &application()
{
    return *static_cast<QApplication *>(QCoreApplication::instance());
}

/// Beside each other where the screen is wide enough, else one over the other with a step.
void place(QWidget &left, QWidget &right)
{
    const auto room = left.screen()->availableGeometry();
    const int width = std::min(room.width() / 2, 1000);
    const int height = std::min(room.height(), 800);
    if (width >= left.minimumSizeHint().width()) {
        left.setGeometry(room.x(), room.y(), width, height);
        right.setGeometry(room.x() + room.width() - width, room.y(), width, height);
    } else {
        left.move(room.topLeft());
        right.move(room.topLeft() + QPoint(60, 60));
    }
}

} // namespace

int runWindow(call::Phone &phone, ProfileIdentityStore &identities, const Options &options)
{
    ui::applyTheme(application(), ui::themeNamed(options.theme));
    ui::MainWindow window(phone);
    window.setIdentityStore(identities);
    QObject::connect(&identities, &ProfileIdentityStore::trouble, &window, &ui::MainWindow::showTrouble);
    window.show();
    if (!options.dial.isEmpty()) {
        if (const auto dialled = phone.dial(options.dial); !dialled.call)
            window.showTrouble(dialled.trouble);
    }
    const int status = QApplication::exec();
    sayGoodbye(phone);
    return status;
}

int runWindowDemo(const Options &options)
{
    ui::applyTheme(application(), ui::themeNamed(options.theme));
    DemoPair pair(true, recordedSeconds, call::Phone::Answering::Manual, meterIntervalMs);
    if (const auto trouble = pair.trouble()) {
        qCritical("latchkey: %s", qUtf8Printable(*trouble));
        return 1;
    }
    ui::MainWindow alice(*pair.alice().phone);
    ui::MainWindow bob(*pair.bob().phone);
    for (auto *window : {&alice, &bob})
        window->setKeyPanelVisible(true);
    place(alice, bob);
    alice.show();
    bob.show();
    QTimer::singleShot(callAfterMs, &alice, [&] {
        const auto dialled = pair.aliceCallsBob(options.demoMethods.front());
        if (!dialled.call)
            alice.showTrouble(dialled.trouble);
    });
    const int status = QApplication::exec();
    sayGoodbye(*pair.alice().phone);
    sayGoodbye(*pair.bob().phone);
    return status;
}
