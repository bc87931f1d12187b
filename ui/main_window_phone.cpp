// SPDX-License-Identifier: Apache-2.0
// The one place where the window meets the phone.
#include "main_window.h"

#include "call/phone.h"

namespace ui {

MainWindow::MainWindow(call::Phone &phone, QWidget *parent) : MainWindow(parent)
{
    connect(&phone, &call::Phone::changed, this, [this, &phone] { setSnapshot(phone.snapshot()); });
    connect(this, &MainWindow::dialRequested, &phone,
            [this, &phone](const QString &to, const QString &method, const QString &identity) {
                if (const auto result = phone.dial(to, method, identity); result.call == 0)
                    showTrouble(result.trouble);
            });
    connect(this, &MainWindow::answerRequested, &phone, [&phone](int call) { phone.answer(call); });
    connect(this, &MainWindow::rejectRequested, &phone, [&phone](int call) { phone.reject(call); });
    connect(this, &MainWindow::hangupRequested, &phone, [&phone](int call) { phone.hangup(call); });
    connect(this, &MainWindow::muteRequested, &phone, [&phone](int call, bool muted) { phone.setMuted(call, muted); });
    connect(this, &MainWindow::renewRequested, &phone, [this, &phone](int call) {
        if (!phone.renewKeys(call))
            showRenewalTrouble(tr("The keys cannot be renewed now."));
    });
    connect(&phone, &call::Phone::keysRenewed, this, &MainWindow::showKeysRenewed);
    setMethodSource([&phone](const Destination &to) { return phone.methodsFor(to.to, to.identity); });
    setSnapshot(phone.snapshot());
}

} // namespace ui
