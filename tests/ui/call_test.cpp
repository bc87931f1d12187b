// SPDX-License-Identifier: Apache-2.0
// A whole call through the windows: Alice's dials, Bob's rings and is answered by a click, both show the same keys.
#include "keys_model.h"
#include "main_window.h"
#include "samples.h"
#include "theme.h"

#include "account/credentials.h"
#include "audio/virtual_endpoints.h"
#include "call/clock.h"
#include "call/phone.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QTableView>
#include <QTest>
#include <QTreeView>

namespace {

/// A phone on loopback with its window.
struct Side
{
    explicit Side(mikey::Endpoint endpoint) : phone(std::move(endpoint), {}, config())
    {
        const auto trouble = phone.listen(sip::Transport::Udp, QHostAddress(QHostAddress::LocalHost), 0);
        if (trouble)
            qFatal("%s", qPrintable(*trouble));
        window.setKeyPanelVisible(true);
        window.show();
    }

    static call::Phone::Config config()
    {
        call::Phone::Config config;
        config.statisticsIntervalMs = 50;
        config.openAudio = [] {
            return media::AudioEndpoints{std::make_shared<media::ToneMicrophone>(),
                                         std::make_shared<media::NullSpeaker>()};
        };
        return config;
    }

    template <typename T>
    T *get(const char *name) const
    {
        T *found = window.findChild<T *>(QLatin1String(name));
        if (!found)
            qFatal("no %s", name);
        return found;
    }

    void click(const char *button) { QTest::mouseClick(get<QAbstractButton>(button), Qt::LeftButton); }
    bool shows(const char *view) const { return get<QWidget>(view)->isVisible(); }
    QAbstractItemModel *keys() const { return get<QTableView>("keys")->model(); }
    QString key(int row, int column) const { return keys()->index(row, column).data().toString(); }
    /// Of the newest key: rows are newest first.
    QString cell(const QString &stream, int column) const
    {
        for (int row = 0; row < keys()->rowCount(); ++row) {
            if (key(row, ui::KeysModel::Stream) == stream)
                return key(row, column);
        }
        return {};
    }

    call::Phone phone;
    ui::MainWindow window{phone};
};

QString directAddress(const Side &side, const QString &identity)
{
    const call::ListeningPoint &point = side.phone.snapshot().listening.front();
    return QStringLiteral("%1 at %2:%3").arg(identity, point.address).arg(point.port);
}

} // namespace

class CallTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void wholeCall();
    void declined();
    void wrongKey();
    void unknownPeer();
    void renewedByTheUser();

private:
    void dialBob();

    std::unique_ptr<Side> m_alice, m_bob;
};

void CallTest::init()
{
    ui::applyTheme(*qApp, ui::Theme::Light);
    mikey::SystemRandom random;
    auto endpoints = account::makeDemoEndpoints({"sip:alice@example.org", "sip:bob@example.org"}, random);
    m_alice = std::make_unique<Side>(std::move(endpoints[0]));
    m_bob = std::make_unique<Side>(std::move(endpoints[1]));
}

void CallTest::cleanup()
{
    m_alice.reset();
    m_bob.reset();
}

void CallTest::dialBob()
{
    auto *address = m_alice->get<QLineEdit>("address");
    address->setText(directAddress(*m_bob, QStringLiteral("bob@example.org")));
    QTest::keyClick(address, Qt::Key_Return);
}

void CallTest::wholeCall()
{
    dialBob();
    QTRY_VERIFY(m_bob->shows("incomingPanel"));
    QTRY_COMPARE(m_alice->get<QLabel>("callState")->text(), QStringLiteral("Ringing…"));
    m_bob->click("answerButton");
    for (const Side *side : {m_alice.get(), m_bob.get()}) {
        QTRY_VERIFY(side->shows("callTimer"));
        QCOMPARE(side->get<QWidget>("callView")->findChild<QLabel *>(QStringLiteral("securityHeadline"))->text(),
                 QStringLiteral("Encrypted and verified"));
        QVERIFY(side->get<QTreeView>("payloads")->model()->rowCount() >= 5);
        QCOMPARE(side->keys()->rowCount(), 2);
    }
    // The key panels agree: what one side sends with, the other receives with.
    for (const int column : {ui::KeysModel::Session, ui::KeysModel::Ssrc, ui::KeysModel::Key, ui::KeysModel::Suite}) {
        QTRY_COMPARE(m_alice->cell(QStringLiteral("sends"), column), m_bob->cell(QStringLiteral("receives"), column));
        QTRY_COMPARE(m_alice->cell(QStringLiteral("receives"), column), m_bob->cell(QStringLiteral("sends"), column));
    }
    QTRY_VERIFY(m_alice->cell(QStringLiteral("receives"), ui::KeysModel::Packets).toInt() > 5); // packets run
    QTRY_VERIFY(m_bob->get<QProgressBar>("levelOut")->value() > -40);                           // the tone is heard
    samples::picture(m_alice->window, QStringLiteral("real-call-alice"));
    m_bob->get<QTreeView>("payloads")->expandAll();
    m_bob->window.resize(940, 700);
    samples::picture(m_bob->window, QStringLiteral("real-call-bob"));

    m_alice->click("muteButton");
    QTRY_VERIFY(m_alice->phone.snapshot().calls.back().muted);
    QTRY_VERIFY(m_alice->get<QAbstractButton>("muteButton")->isChecked());

    m_alice->click("endButton");
    QTRY_VERIFY(m_alice->shows("endedView"));
    QTRY_VERIFY(m_bob->shows("endedView"));
    QVERIFY(m_bob->get<QLabel>("endedHeadline")->text().startsWith(QStringLiteral("Call ended after")));
    QVERIFY(!m_alice->phone.hasLiveCalls() && !m_bob->phone.hasLiveCalls());
}

void CallTest::declined()
{
    dialBob();
    QTRY_VERIFY(m_bob->shows("incomingPanel"));
    m_bob->click("declineButton");
    QTRY_VERIFY(m_alice->shows("endedView"));
    QTRY_VERIFY(!m_bob->shows("incomingPanel"));
    samples::picture(m_alice->window, QStringLiteral("real-declined"));
}

void CallTest::wrongKey()
{
    mikey::SystemRandom random;
    auto others = account::makeDemoEndpoints({"sip:alice@example.org", "sip:bob@example.org"}, random);
    m_bob = std::make_unique<Side>(std::move(others[1]));
    dialBob();
    for (const Side *side : {m_alice.get(), m_bob.get()}) {
        QTRY_VERIFY(side->shows("endedView"));
        QCOMPARE(side->get<QLabel>("endedHeadline")->text(), QStringLiteral("The call failed"));
        QVERIFY(side->get<QLabel>("endedCodes")->text().contains(QStringLiteral("Authentication failure")));
        QVERIFY(side->get<QLabel>("endedAdvice")->text().contains(QStringLiteral("shared key")));
        QCOMPARE(side->keys()->rowCount(), 0);
    }
    samples::picture(m_alice->window, QStringLiteral("real-wrong-key-alice"));
    samples::picture(m_bob->window, QStringLiteral("real-wrong-key-bob"));
}

void CallTest::unknownPeer()
{
    auto *address = m_alice->get<QLineEdit>("address");
    address->setText(QStringLiteral("sip:mallory@example.net"));
    QTest::keyClick(address, Qt::Key_Return);
    QVERIFY(m_alice->shows("notice"));
    QVERIFY(!m_alice->get<QLabel>("noticeText")->text().isEmpty());
    samples::picture(m_alice->window, QStringLiteral("real-unknown-peer"));
}

/// A call with Diffie-Hellman and certificates, whose keys Alice renews.
void CallTest::renewedByTheUser()
{
    mikey::SystemRandom random;
    const auto now = call::ntpNow();
    auto authority = account::makeDemoAuthority(now);
    auto endpoints =
        account::makeDemoEndpoints({"sip:alice@example.org", "sip:bob@example.org"}, random, authority, now);
    for (auto &endpoint : endpoints) // else it would be preferred
        endpoint.ibake = {};
    m_alice = std::make_unique<Side>(std::move(endpoints[0]));
    m_bob = std::make_unique<Side>(std::move(endpoints[1]));
    dialBob();
    QTRY_VERIFY(m_bob->shows("incomingPanel"));
    QTRY_COMPARE(m_alice->get<QLabel>("callState")->text(), QStringLiteral("Ringing…"));
    m_bob->click("answerButton");
    for (const Side *side : {m_alice.get(), m_bob.get()}) {
        QTRY_VERIFY(side->shows("callTimer"));
        QCOMPARE(side->phone.snapshot().calls.back().security.method, QStringLiteral("dh"));
        QCOMPARE(side->get<QWidget>("callView")->findChild<QLabel *>(QStringLiteral("securityHeadline"))->text(),
                 QStringLiteral("Encrypted and verified"));
    }
    const auto before = m_alice->cell(QStringLiteral("sends"), ui::KeysModel::Key);
    m_alice->get<QAction>("renewKeys")->trigger();
    QTRY_VERIFY(m_alice->get<QLabel>("noticeText")->text().startsWith(QStringLiteral("New keys are in use")));
    for (const Side *side : {m_alice.get(), m_bob.get()}) // the old one is kept for late packets
        QTRY_COMPARE(side->keys()->rowCount(), 3);
    const auto after = m_alice->cell(QStringLiteral("sends"), ui::KeysModel::Key);
    QVERIFY(!before.isEmpty() && after != before);
    for (const int column : {ui::KeysModel::Key, ui::KeysModel::Mki, ui::KeysModel::Generation}) {
        QTRY_COMPARE(m_bob->cell(QStringLiteral("receives"), column), m_alice->cell(QStringLiteral("sends"), column));
        QTRY_COMPARE(m_alice->cell(QStringLiteral("receives"), column), m_bob->cell(QStringLiteral("sends"), column));
    }
    QTRY_VERIFY(m_bob->cell(QStringLiteral("receives"), ui::KeysModel::Packets).toInt() > 5);
    samples::picture(m_alice->window, QStringLiteral("real-renewed-alice"));
    samples::picture(m_bob->window, QStringLiteral("real-renewed-bob"));
}

QTEST_MAIN(CallTest)
#include "call_test.moc"
