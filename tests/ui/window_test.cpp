// SPDX-License-Identifier: Apache-2.0
// The window against snapshots made by hand.
#include "main_window.h"
#include "samples.h"
#include "theme.h"

#include <QApplication>
#include <QTest>

class WindowTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void pictures_data();
    void pictures();
};

void WindowTest::pictures_data()
{
    QTest::addColumn<int>("theme");
    QTest::newRow("light") << int(ui::Theme::Light);
    QTest::newRow("dark") << int(ui::Theme::Dark);
}

void WindowTest::pictures()
{
    QFETCH(int, theme);
    ui::applyTheme(*qApp, ui::Theme(theme));
    const std::pair<QString, call::PhoneSnapshot> states[] = {
        {QStringLiteral("idle"), samples::phone()},
        {QStringLiteral("ringing"), samples::phone({samples::ringing()})},
        {QStringLiteral("incoming"), samples::phone({samples::incoming()})},
        {QStringLiteral("established"), samples::phone({samples::established()})},
        {QStringLiteral("unverified"), samples::phone({samples::established(call::Security::Level::Unverified)})},
        {QStringLiteral("ended"), samples::phone({samples::ended()})},
        {QStringLiteral("wrong-key"), samples::phone({samples::wrongKey()})},
        {QStringLiteral("hostile"), samples::phone({samples::hostile(samples::established())})},
    };
    for (const auto &[name, phone] : states) {
        for (const bool small : {false, true}) {
            ui::MainWindow window;
            window.resize(small ? QSize(940, 700) : QSize(1280, 800));
            window.setKeyPanelVisible(true);
            window.setSnapshot(phone);
            window.show();
            QVERIFY(QTest::qWaitForWindowExposed(&window));
            samples::picture(window, QStringLiteral("%1-%2%3").arg(name, QLatin1String(QTest::currentDataTag()),
                                                                   small ? QStringLiteral("-small") : QString()));
        }
    }
}

QTEST_MAIN(WindowTest)
#include "window_test.moc"
