// SPDX-License-Identifier: Apache-2.0
// The window against snapshots made by hand. $LATCHKEY_SCREENSHOTS names a folder for pictures of every state.
#include "hex_view.h"
#include "keys_model.h"
#include "level_meter.h"
#include "main_window.h"
#include "payload_model.h"
#include "samples.h"
#include "theme.h"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMessageBox>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QTreeView>

#include <set>

using Level = call::Security::Level;

class WindowTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void everyStateInBothThemes_data();
    void everyStateInBothThemes();
    void idleSaysWhatToDo();
    void enterDials();
    void destinationApartFromIdentity();
    void methodsAreOffered();
    void methodsFollowTheAddress();
    void troubleOfDialling();
    void incomingByKey();
    void incomingByClick();
    void incomingLeavesTypingAlone();
    void enterOnDeclineDeclines();
    void securityIsTold();
    void muteByKeyAndByClick();
    void renewalByKeyAndByClick();
    void renewalTellsItsResult();
    void secondsTick();
    void detailsOnDemand();
    void ownCertificateIsTold();
    void endByClickAtOnce();
    void endByKeyAsks();
    void questionGoesWithTheCall();
    void closingAsksOnce();
    void failureIsExplained();
    void callAgain();
    void meters();
    void fieldShowsItsOctets();
    void octetShowsItsField();
    void octetsByKey();
    void updatesKeepSelectionAndScrolling();
    void sameMessageInspectedAnewKeepsField();
    void earlierCallsStay();
    void panelsByKey();
    void narrowWindowDropsTheCallList();
    void everyControlIsNamed();
    void tabVisitsEveryControl();
    void hostileTextStaysText();
    void audioTroubleIsTold();

private:
    template <typename T>
    T *get(const char *name) const
    {
        T *found = m_window->findChild<T *>(QLatin1String(name));
        if (!found)
            qFatal("no %s", name);
        return found;
    }
    QString text(const char *name) const { return get<QLabel>(name)->text(); }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QWidget *target = QApplication::focusWidget() ? QApplication::focusWidget() : m_window.get();
        QTest::keyClick(target, key, modifiers);
    }
    void click(const char *name) { QTest::mouseClick(get<QAbstractButton>(name), Qt::LeftButton); }
    QMessageBox *question() const { return m_window->findChild<QMessageBox *>(QStringLiteral("question")); }
    void show(std::vector<call::CallSnapshot> calls) { m_window->setSnapshot(samples::phone(std::move(calls))); }

    std::unique_ptr<ui::MainWindow> m_window;
};

void WindowTest::init()
{
    ui::applyTheme(*qApp, ui::Theme::Light);
    m_window = std::make_unique<ui::MainWindow>();
    m_window->setKeyPanelVisible(true);
    show({});
    m_window->resize(1280, 800);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
}

void WindowTest::cleanup()
{
    m_window.reset();
}

void WindowTest::everyStateInBothThemes_data()
{
    QTest::addColumn<std::vector<call::CallSnapshot>>("calls");
    using Calls = std::vector<call::CallSnapshot>;
    call::CallSnapshot muted = samples::established(Level::Weak);
    muted.muted = true;
    call::CallSnapshot second = samples::incoming();
    second.id = 2;
    QTest::newRow("idle") << Calls{};
    QTest::newRow("ringing") << Calls{samples::ringing()};
    QTest::newRow("incoming") << Calls{samples::incoming()};
    QTest::newRow("established") << Calls{samples::established()};
    QTest::newRow("unverified") << Calls{samples::established(Level::Unverified)};
    QTest::newRow("weak-muted") << Calls{muted};
    QTest::newRow("renewed") << Calls{samples::renewed()};
    QTest::newRow("first-use") << Calls{samples::firstUse()};
    QTest::newRow("changed-certificate") << Calls{samples::changedCertificate()};
    QTest::newRow("ended") << Calls{samples::ended()};
    QTest::newRow("incoming-after-call") << Calls{samples::ended(), second};
    QTest::newRow("wrong-key") << Calls{samples::wrongKey()};
    QTest::newRow("hostile") << Calls{samples::hostile(samples::established())};
    QTest::newRow("hostile-incoming") << Calls{samples::hostile(samples::incoming())};
    QTest::newRow("hostile-failure") << Calls{samples::hostile(samples::wrongKey())};
}

void WindowTest::everyStateInBothThemes()
{
    QFETCH(std::vector<call::CallSnapshot>, calls);
    show(calls);
    for (const auto &[theme, name] : {std::pair(ui::Theme::Light, "light"), std::pair(ui::Theme::Dark, "dark")}) {
        ui::applyTheme(*qApp, theme);
        QCoreApplication::processEvents(); // Qt tells the widgets of the new palette by events
        for (const QSize size : {QSize(1280, 800), QSize(940, 700), QSize(640, 400)}) {
            m_window->resize(size);
            QCOMPARE(m_window->size(), size);
            QVERIFY2(QRect({}, size).contains(m_window->centralWidget()->geometry()), "the middle is in sight");
            QVERIFY2(QRect({}, size).contains(get<QWidget>("keyPanelDock")->geometry()), "the key panel is in sight");
            const QString file =
                QStringLiteral("%1-%2-%3").arg(QLatin1String(QTest::currentDataTag()), QLatin1String(name));
            m_window->tick(samples::later());
            samples::picture(*m_window, file.arg(size.width()));
            const QImage image = m_window->grab().toImage();
            QCOMPARE(image.pixelColor(image.width() / 2, 2).lightness() < 128, theme == ui::Theme::Dark);
            std::set<QRgb> colors;
            for (int y = 0; y < image.height(); y += 16) {
                for (int x = 0; x < image.width(); x += 5)
                    colors.insert(image.pixel(x, y));
            }
            QVERIFY2(colors.size() > 10, "something is drawn");
        }
    }
}

void WindowTest::idleSaysWhatToDo()
{
    QVERIFY(get<QWidget>("idleView")->isVisible());
    QVERIFY(text("reach").contains(QStringLiteral("127.0.0.1:5060 (udp, tcp)")));
    QVERIFY(!get<QAbstractButton>("callButton")->isEnabled());
    QCOMPARE(QApplication::focusWidget(), get<QWidget>("address"));
}

void WindowTest::enterDials()
{
    QSignalSpy dialled(m_window.get(), &ui::MainWindow::dialRequested);
    key(Qt::Key_Return);
    QCOMPARE(dialled.count(), 0);
    QTest::keyClicks(get<QLineEdit>("address"), QStringLiteral(" sip:bob@example.org "));
    QVERIFY(get<QAbstractButton>("callButton")->isEnabled());
    key(Qt::Key_Return);
    QCOMPARE(dialled.count(), 1);
    QCOMPARE(dialled.first().at(0).toString(), QStringLiteral("sip:bob@example.org"));
    QCOMPARE(dialled.first().at(1).toString(), QString());
    QVERIFY(get<QLineEdit>("address")->text().isEmpty());

    show({samples::calling()});
    QVERIFY(get<QWidget>("callView")->isVisible());
    QVERIFY(!get<QLineEdit>("address")->hasFocus());
    QVERIFY(!get<QAbstractButton>("callButton")->isEnabled());
    QCOMPARE(text("callState"), QStringLiteral("Calling…"));
    show({samples::ringing()});
    QCOMPARE(text("callState"), QStringLiteral("Ringing…"));
    QCOMPARE(text("securityHeadline"), QStringLiteral("Will be encrypted"));
}

void WindowTest::destinationApartFromIdentity()
{
    QSignalSpy dialled(m_window.get(), &ui::MainWindow::dialRequested);
    get<QLineEdit>("address")->setText(QStringLiteral("bob@example.org at 192.0.2.7:5060"));
    click("callButton");
    QCOMPARE(dialled.count(), 1);
    QCOMPARE(dialled.first(), (QVariantList{QStringLiteral("sip:bob@192.0.2.7:5060"), QString(),
                                            QStringLiteral("sip:bob@example.org")}));
}

void WindowTest::methodsAreOffered()
{
    auto *methods = get<QComboBox>("method");
    QCOMPARE(methods->count(), 1 + int(samples::phone().methods.size()));
    QVERIFY(methods->model()->flags(methods->model()->index(1, 0)).testFlag(Qt::ItemIsEnabled));
    for (int row = 2; row < methods->count(); ++row) {
        QVERIFY(!methods->model()->flags(methods->model()->index(row, 0)).testFlag(Qt::ItemIsEnabled));
        QVERIFY(methods->itemData(row, Qt::ToolTipRole).toString().contains(QStringLiteral("Not supported yet.")));
    }
    methods->setCurrentIndex(1);
    call::PhoneSnapshot later = samples::phone();
    later.methods[1].available = true;
    m_window->setSnapshot(later);
    QCOMPARE(methods->currentText(), QStringLiteral("Pre-shared key"));
    QVERIFY(methods->model()->flags(methods->model()->index(2, 0)).testFlag(Qt::ItemIsEnabled));

    QSignalSpy dialled(m_window.get(), &ui::MainWindow::dialRequested);
    get<QLineEdit>("address")->setText(QStringLiteral("sip:bob@example.org"));
    click("callButton");
    QCOMPARE(dialled.first().at(1).toString(), QStringLiteral("psk"));
}

void WindowTest::methodsFollowTheAddress()
{
    QStringList askedFor;
    m_window->setMethodSource([&](const ui::Destination &to) {
        askedFor << to.to;
        auto methods = samples::phone().methods;
        for (call::MethodChoice &method : methods) {
            method.available = to.to.contains(u"carol") == (method.name == u"pk");
            method.whyNot = method.available ? QString() : QStringLiteral("There is no <key> for this peer.");
        }
        return methods;
    });
    auto *methods = get<QComboBox>("method");
    const auto isOffered = [&](int row) {
        return methods->model()->flags(methods->model()->index(row, 0)).testFlag(Qt::ItemIsEnabled);
    };
    QVERIFY(askedFor.isEmpty()); // nothing to ask about yet
    auto *address = get<QLineEdit>("address");
    QTest::keyClicks(address, QStringLiteral("sip:carol@example.org"));
    QTRY_VERIFY(isOffered(2));
    QVERIFY(askedFor.size() < 5); // not for each letter
    QVERIFY(!isOffered(1));
    QVERIFY(methods->itemData(1, Qt::ToolTipRole).toString().contains(QStringLiteral("no &lt;key&gt; for this peer")));
    methods->setCurrentIndex(2);

    address->setText(QStringLiteral("sip:bob@example.org"));
    methods->showPopup(); // does not wait
    QVERIFY(isOffered(1) && !isOffered(2));
    methods->hidePopup();
    QCOMPARE(methods->currentText(), QStringLiteral("Public key")); // the choice is the user's
    QVERIFY(methods->toolTip().contains(QStringLiteral("for this peer")));
    QVERIFY(isOffered(0));
}

void WindowTest::troubleOfDialling()
{
    connect(m_window.get(), &ui::MainWindow::dialRequested, this, [this](const QString &to) {
        if (to == u"nonsense")
            m_window->showTrouble(QStringLiteral("<b>That</b> is no address."));
    });
    auto *address = get<QLineEdit>("address");
    address->setText(QStringLiteral("nonsense"));
    key(Qt::Key_Return);
    QVERIFY(get<QWidget>("notice")->isVisible());
    QCOMPARE(text("noticeText"), QStringLiteral("<b>That</b> is no address."));
    QCOMPARE(address->text(), QStringLiteral("nonsense")); // to be corrected
    address->setText(QStringLiteral("sip:bob@example.org"));
    key(Qt::Key_Return);
    QVERIFY(!get<QWidget>("notice")->isVisible());
}

void WindowTest::incomingByKey()
{
    QSignalSpy answered(m_window.get(), &ui::MainWindow::answerRequested);
    QSignalSpy rejected(m_window.get(), &ui::MainWindow::rejectRequested);
    show({samples::incoming()});
    QVERIFY(get<QWidget>("incomingPanel")->isVisible());
    QCOMPARE(QApplication::focusWidget(), get<QWidget>("address"));
    QVERIFY(text("securitySentence").size() > 0);
    key(Qt::Key_Escape);
    QCOMPARE(rejected.count(), 1);
    key(Qt::Key_Return);
    QCOMPARE(answered.count(), 1);
    QCOMPARE(answered.first().first().toInt(), 1);

    call::CallSnapshot call = samples::established();
    call.direction = call::Direction::Incoming;
    show({call});
    QVERIFY(!get<QWidget>("incomingPanel")->isVisible());
    key(Qt::Key_Return);
    QCOMPARE(answered.count(), 1);
}

void WindowTest::incomingByClick()
{
    QSignalSpy answered(m_window.get(), &ui::MainWindow::answerRequested);
    QSignalSpy rejected(m_window.get(), &ui::MainWindow::rejectRequested);
    show({samples::incoming()});
    click("answerButton");
    QCOMPARE(answered.count(), 1);
    click("declineButton");
    QCOMPARE(rejected.count(), 1);
}

void WindowTest::incomingLeavesTypingAlone()
{
    QSignalSpy answered(m_window.get(), &ui::MainWindow::answerRequested);
    QSignalSpy rejected(m_window.get(), &ui::MainWindow::rejectRequested);
    auto *address = get<QLineEdit>("address");
    QTest::keyClicks(address, QStringLiteral("sip:m"));
    show({samples::incoming()});
    QVERIFY(address->hasFocus());
    QTest::keyClicks(address, QStringLiteral("m"));
    key(Qt::Key_Return);
    key(Qt::Key_Escape);
    QCOMPARE(address->text(), QStringLiteral("sip:mm"));
    QCOMPARE(answered.count() + rejected.count(), 0);
    address->clear();
    key(Qt::Key_Return);
    QCOMPARE(answered.count(), 1);
}

void WindowTest::enterOnDeclineDeclines()
{
    QSignalSpy answered(m_window.get(), &ui::MainWindow::answerRequested);
    QSignalSpy rejected(m_window.get(), &ui::MainWindow::rejectRequested);
    show({samples::incoming()});
    get<QWidget>("declineButton")->setFocus();
    key(Qt::Key_Return);
    QCOMPARE(answered.count(), 0);
    QCOMPARE(rejected.count(), 1);
}

void WindowTest::securityIsTold()
{
    const auto *callView = get<QWidget>("callView");
    const auto headline = [&] { return callView->findChild<QLabel *>(QStringLiteral("securityHeadline"))->text(); };
    show({samples::established()});
    QCOMPARE(headline(), QStringLiteral("Encrypted and verified"));
    show({samples::established(Level::Unverified)});
    QCOMPARE(headline(), QStringLiteral("Encrypted, nobody verified"));
    show({samples::established(Level::Weak)});
    QCOMPARE(headline(), QStringLiteral("Weakly protected"));
}

void WindowTest::muteByKeyAndByClick()
{
    QSignalSpy muted(m_window.get(), &ui::MainWindow::muteRequested);
    show({samples::ringing()});
    call::CallSnapshot call = samples::established();
    show({call});
    key(Qt::Key_M);
    QCOMPARE(muted.count(), 1);
    QCOMPARE(muted.last(), (QVariantList{1, true}));
    call.muted = true;
    show({call});
    QVERIFY(get<QAbstractButton>("muteButton")->isChecked());
    QCOMPARE(text("callState"), QStringLiteral("Muted: \u2068bob\u2069 does not hear you"));
    click("muteButton");
    QCOMPARE(muted.last(), (QVariantList{1, false}));
}

void WindowTest::renewalByKeyAndByClick()
{
    QSignalSpy renewed(m_window.get(), &ui::MainWindow::renewRequested);
    show({samples::ringing()});
    key(Qt::Key_R, Qt::ControlModifier);
    QCOMPARE(renewed.count(), 0);
    show({samples::established()});
    key(Qt::Key_R, Qt::ControlModifier);
    QCOMPARE(renewed.count(), 1);
    click("renewKeysButton");
    QCOMPARE(renewed.count(), 2);
    QCOMPARE(renewed.last().first().toInt(), 1);
}

void WindowTest::renewalTellsItsResult()
{
    call::CallSnapshot call = samples::established();
    call.security.warnings = {QStringLiteral("An old warning.")};
    show({call});
    m_window->showKeysRenewed(1); // in the course of things
    QVERIFY(!get<QWidget>("notice")->isVisible());

    click("renewKeysButton");
    QVERIFY(text("noticeText").contains(QStringLiteral("Agreeing on new keys")));
    m_window->showKeysRenewed(2); // another call's
    QVERIFY(text("noticeText").contains(QStringLiteral("Agreeing on new keys")));
    m_window->showKeysRenewed(1);
    QVERIFY(text("noticeText").contains(QStringLiteral("New keys are in use")));
    samples::picture(*m_window, QStringLiteral("keys-renewed"));

    click("renewKeysButton");
    call.security.warnings << QStringLiteral("The peer refused to renew the keys.");
    show({call});
    QCOMPARE(text("noticeText"), QStringLiteral("The peer refused to renew the keys."));

    click("renewKeysButton");
    show({samples::ended()});
    QVERIFY(!get<QWidget>("notice")->isVisible());
}

void WindowTest::secondsTick()
{
    call::CallSnapshot call = samples::renewed();
    show({call});
    auto *keys = get<QTableView>("keys");
    const auto widths = [&] {
        std::vector<int> all;
        for (int column = 0; column < keys->model()->columnCount(); ++column)
            all.push_back(keys->columnWidth(column));
        return all;
    };
    m_window->tick(samples::later());
    QCoreApplication::processEvents();
    const auto before = widths();
    QVERIFY(text("keysLife").contains(QStringLiteral("next in 14:32.")));
    auto *sentence = get<QWidget>("callView")->findChild<QLabel *>(QStringLiteral("securityKeys"));
    QVERIFY(sentence->text().contains(QStringLiteral("next in 14:32.")));
    const QRect place = sentence->geometry();
    const QString told =
        get<QWidget>("callView")->findChild<QWidget *>(QStringLiteral("security"))->accessibleDescription();
    m_window->tick(samples::later().addSecs(33));
    QCoreApplication::processEvents();
    QVERIFY(text("keysLife").contains(QStringLiteral("next in 13:59.")));
    QVERIFY(sentence->text().contains(QStringLiteral("next in 13:59.")));
    QCOMPARE(widths(), before); // nothing jumps
    QCOMPARE(sentence->geometry(), place);
    QCOMPARE(get<QWidget>("callView")->findChild<QWidget *>(QStringLiteral("security"))->accessibleDescription(), told);

    call.phase = call::Phase::Ended;
    call.endedAt = samples::later();
    show({call});
    m_window->tick(samples::later().addSecs(1000)); // a call that is over gets no older
    QCOMPARE(keys->model()->index(2, ui::KeysModel::Age).data().toString(), QStringLiteral("12 s"));
    QVERIFY(!text("keysLife").contains(QStringLiteral("next")));
}

void WindowTest::detailsOnDemand()
{
    show({samples::renewed()});
    const auto *view = get<QWidget>("callView");
    auto *button = view->findChild<QAbstractButton *>(QStringLiteral("securityDetailsButton"));
    const auto *fingerprint = view->findChild<QLabel *>(QStringLiteral("securityFingerprint"));
    QVERIFY(button->isVisible() && !fingerprint->isVisible());
    button->click();
    QVERIFY(fingerprint->isVisible());
    QVERIFY(fingerprint->text().startsWith(QStringLiteral("9C1F 03AA")));
    m_window->tick(samples::later());
    samples::picture(*m_window, QStringLiteral("details"));
    show({samples::established()}); // verified by a shared key
    QVERIFY(!fingerprint->isVisible());
}

void WindowTest::ownCertificateIsTold()
{
    QVERIFY(!get<QWidget>("certificate")->isVisible());
    call::PhoneSnapshot phone = samples::phone();
    phone.certificate = QStringLiteral("sip:alice@example.org, by Example CA, until 2026-11-25");
    phone.certificateTroubles = {QStringLiteral("Your certificate has expired.")};
    m_window->setSnapshot(phone);
    QVERIFY(text("certificate").contains(phone.certificate));
    const auto *trouble = get<QWidget>("idleView")->findChild<QLabel *>(QStringLiteral("warningText"));
    QVERIFY(trouble);
    QTRY_VERIFY(trouble->isVisible());
    samples::picture(*m_window, QStringLiteral("idle-certificate"));
}

void WindowTest::endByClickAtOnce()
{
    QSignalSpy ended(m_window.get(), &ui::MainWindow::hangupRequested);
    show({samples::established()});
    click("endButton");
    QCOMPARE(ended.count(), 1);
    QVERIFY(!question());
}

void WindowTest::endByKeyAsks()
{
    QSignalSpy ended(m_window.get(), &ui::MainWindow::hangupRequested);
    show({samples::ringing()});
    key(Qt::Key_Escape); // not yet in a call: no question
    QCOMPARE(ended.count(), 1);

    show({samples::established()});
    key(Qt::Key_Escape);
    QTRY_VERIFY(question() && question()->isVisible());
    QTest::keyClick(question(), Qt::Key_Escape);
    QTRY_VERIFY(!question());
    QCOMPARE(ended.count(), 1);

    m_window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    key(Qt::Key_Escape);
    QTRY_VERIFY(question() && question()->isVisible());
    QTest::keyClick(question(), Qt::Key_Return);
    QCOMPARE(ended.count(), 2);
}

void WindowTest::questionGoesWithTheCall()
{
    QSignalSpy ended(m_window.get(), &ui::MainWindow::hangupRequested);
    show({samples::established()});
    key(Qt::Key_Escape);
    QTRY_VERIFY(question() && question()->isVisible());
    show({samples::ended()});
    QTRY_VERIFY(!question());
    QCOMPARE(ended.count(), 0);
}

void WindowTest::closingAsksOnce()
{
    QSignalSpy ended(m_window.get(), &ui::MainWindow::hangupRequested);
    show({samples::established()});
    QVERIFY(!m_window->close());
    QVERIFY(m_window->isVisible());
    QVERIFY(!m_window->close());
    QCOMPARE(m_window->findChildren<QMessageBox *>().size(), 1);
    QTest::mouseClick(question()->findChild<QAbstractButton *>(QStringLiteral("agree")), Qt::LeftButton);
    QTRY_VERIFY(!m_window->isVisible());
    QCOMPARE(ended.count(), 1);
}

void WindowTest::failureIsExplained()
{
    show({samples::calling()});
    show({samples::wrongKey()});
    QVERIFY(get<QWidget>("endedView")->isVisible());
    QCOMPARE(text("endedHeadline"), QStringLiteral("The call failed"));
    QCOMPARE(text("endedReason"), samples::wrongKey().reason);
    QCOMPARE(text("endedAdvice"), samples::wrongKey().advice);
    QCOMPARE(text("endedCodes"), QStringLiteral("MIKEY error 0, Authentication failure  ·  SIP status 488"));
    const auto *security = get<QWidget>("endedView")->findChild<QLabel *>(QStringLiteral("securityHeadline"));
    QCOMPARE(security->text(), QStringLiteral("Refused"));
    QVERIFY(get<QTreeView>("payloads")->model()->rowCount() > 0); // the exchange stays to inspect
    key(Qt::Key_Escape);
    QVERIFY(get<QWidget>("idleView")->isVisible());
    QCOMPARE(QApplication::focusWidget(), get<QWidget>("address"));
}

void WindowTest::callAgain()
{
    QSignalSpy dialled(m_window.get(), &ui::MainWindow::dialRequested);
    show({samples::wrongKey()});
    click("againButton");
    QCOMPARE(dialled.count(), 1);
    QCOMPARE(dialled.first(), (QVariantList{QStringLiteral("sip:bob@192.0.2.7:5060"), QStringLiteral("psk"),
                                            QStringLiteral("sip:bob@example.org")}));
}

void WindowTest::meters()
{
    call::CallSnapshot call = samples::established();
    show({call});
    auto *in = get<ui::LevelMeter>("levelIn");
    QCOMPARE(in->value(), -22);
    QCOMPARE(in->text(), QStringLiteral("-22 dB"));
    call.media.levelInDb = -96;
    show({call});
    QCOMPARE(in->text(), QStringLiteral("silent"));
    in->setLevel(std::numeric_limits<double>::quiet_NaN());
    QCOMPARE(in->value(), -60);
    in->setLevel(20);
    QCOMPARE(in->value(), 0);
}

void WindowTest::fieldShowsItsOctets()
{
    show({samples::established()});
    auto *tree = get<QTreeView>("payloads");
    auto *hex = get<ui::HexView>("octets");
    const auto *model = qobject_cast<const ui::PayloadModel *>(tree->model());
    QCOMPARE(hex->octets(), samples::established().exchange.front().mikeyOctets); // the first MIKEY message by itself
    for (int row = 0; row < model->rowCount(); ++row) {
        const QModelIndex payload = model->index(row, 0);
        for (int child = 0; child < model->rowCount(payload); ++child) {
            const QModelIndex field = model->index(child, 0, payload);
            tree->setCurrentIndex(field);
            QCOMPARE(hex->highlight().offset, field.data(ui::PayloadModel::OffsetRole).toInt());
            QCOMPARE(hex->highlight().length, field.data(ui::PayloadModel::LengthRole).toInt());
            QVERIFY(hex->viewport()->rect().intersects(hex->octetRect(hex->highlight().offset)) ||
                    hex->highlight().length == 0);
            QVERIFY(text("fieldDetail").remove(QChar(0x200b)).contains(QStringLiteral("RFC 3830")));
        }
    }
}

void WindowTest::octetShowsItsField()
{
    show({samples::established()});
    auto *tree = get<QTreeView>("payloads");
    auto *hex = get<ui::HexView>("octets");
    for (const int octet : {0, 2, 30, 60}) {
        const QRect place = hex->octetRect(octet);
        if (!hex->viewport()->rect().contains(place))
            continue;
        QTest::mouseClick(hex->viewport(), Qt::LeftButton, {}, place.center());
        const QModelIndex current = tree->currentIndex();
        QVERIFY(current.parent().isValid());
        const int offset = current.data(ui::PayloadModel::OffsetRole).toInt();
        const int length = current.data(ui::PayloadModel::LengthRole).toInt();
        QVERIFY(offset <= octet && octet < offset + length);
        QCOMPARE(hex->highlight(), (ui::OctetRange{offset, length}));
        QVERIFY(tree->viewport()->rect().intersects(tree->visualRect(current)));
    }
    QTest::mouseClick(hex->viewport(), Qt::LeftButton, {}, hex->octetRect(2).center());
    QCOMPARE(tree->currentIndex().parent().data().toString(), QStringLiteral("HDR"));
}

void WindowTest::octetsByKey()
{
    show({samples::established()});
    auto *hex = get<ui::HexView>("octets");
    hex->setFocus();
    key(Qt::Key_Right);
    QCOMPARE(hex->highlight(), (ui::OctetRange{1, 1})); // the data type, within HDR
    for (int i = 0; i < 100; ++i)
        key(Qt::Key_Down);
    const int last = int(hex->octets().size()) - 1;
    QVERIFY(hex->highlight().contains(last));
    for (int i = 0; i < 300; ++i)
        key(Qt::Key_Left);
    QVERIFY(hex->highlight().contains(0));
}

void WindowTest::updatesKeepSelectionAndScrolling()
{
    call::CallSnapshot call = samples::established();
    show({call});
    auto *ladder = get<QTreeView>("exchange");
    auto *tree = get<QTreeView>("payloads");
    auto *keys = get<QTableView>("keys");
    ladder->setCurrentIndex(ladder->model()->index(2, 0));
    tree->expandAll();
    tree->verticalScrollBar()->setValue(5);
    const QPersistentModelIndex field = tree->model()->index(1, 0, tree->model()->index(0, 0));
    tree->setCurrentIndex(field);
    tree->verticalScrollBar()->setValue(3);
    keys->setCurrentIndex(keys->model()->index(1, 3));
    keys->horizontalScrollBar()->setValue(20);
    QCoreApplication::processEvents();
    const int scrolled = tree->verticalScrollBar()->value(), sideways = keys->horizontalScrollBar()->value();

    for (int i = 0; i < 20; ++i) {
        for (call::KeyRow &row : call.keys)
            row.packets += 50;
        call.exchange.push_back(call.exchange.back());
        show({call});
    }
    QCoreApplication::processEvents();
    QCOMPARE(ladder->currentIndex().row(), 2);
    QCOMPARE(tree->currentIndex(), QModelIndex(field));
    QCOMPARE(tree->verticalScrollBar()->value(), scrolled);
    QCOMPARE(keys->currentIndex().row(), 1);
    QCOMPARE(keys->horizontalScrollBar()->value(), sideways);
    QCOMPARE(keys->model()->index(0, ui::KeysModel::Packets).data().toString(), QStringLiteral("2\u202f340"));
}

void WindowTest::sameMessageInspectedAnewKeepsField()
{
    call::CallSnapshot call = samples::ringing();
    show({call});
    auto *tree = get<QTreeView>("payloads");
    auto *hex = get<ui::HexView>("octets");
    tree->setCurrentIndex(tree->model()->index(2, 0, tree->model()->index(0, 0)));
    const ui::OctetRange range = hex->highlight();
    call.exchange.front().inspected = std::make_shared<mikey::InspectedMessage>(*call.exchange.front().inspected);
    show({call});
    QCOMPARE(hex->highlight(), range);
    QCOMPARE(tree->currentIndex().data(ui::PayloadModel::OffsetRole).toInt(), range.offset);
}

void WindowTest::earlierCallsStay()
{
    call::CallSnapshot second = samples::established();
    second.id = 2;
    second.exchange.resize(1);
    show({samples::wrongKey(), second});
    auto *calls = get<QListView>("calls");
    auto *ladder = get<QTreeView>("exchange");
    QCOMPARE(calls->model()->rowCount(), 2);
    QCOMPARE(calls->currentIndex().row(), 0);
    QCOMPARE(ladder->model()->rowCount(), 1);
    QTest::mouseClick(calls->viewport(), Qt::LeftButton, {}, calls->visualRect(calls->model()->index(1, 0)).center());
    QCOMPARE(ladder->model()->rowCount(), 3);
    QVERIFY(get<QWidget>("callView")->isVisible()); // "End" stays within reach
    QVERIFY(get<QAbstractButton>("endButton")->isVisible());
}

void WindowTest::panelsByKey()
{
    show({samples::established()});
    key(Qt::Key_1, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget(), get<QWidget>("exchange"));
    key(Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget(), get<QWidget>("payloads"));
    key(Qt::Key_3, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget(), get<QWidget>("keys"));
    key(Qt::Key_N, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget(), get<QWidget>("address"));
    key(Qt::Key_F9);
    QVERIFY(!get<QWidget>("keyPanelDock")->isVisible());
    key(Qt::Key_F9);
    QVERIFY(get<QWidget>("keyPanelDock")->isVisible());
    key(Qt::Key_F8);
    QVERIFY(!get<QWidget>("callListDock")->isVisible());
}

void WindowTest::narrowWindowDropsTheCallList()
{
    QVERIFY(get<QWidget>("callListDock")->isVisible());
    m_window->resize(640, 480);
    QCOMPARE(m_window->size(), QSize(640, 480));
    m_window->resize(940, 700);
    QVERIFY(!get<QWidget>("callListDock")->isVisible());
    m_window->setKeyPanelVisible(false);
    QVERIFY(get<QWidget>("callListDock")->isVisible());
}

void WindowTest::everyControlIsNamed()
{
    show({samples::established()});
    for (const QWidget *widget : m_window->findChildren<QWidget *>()) {
        const bool control = widget->focusPolicy() != Qt::NoFocus && widget->isVisible();
        if (!control || qobject_cast<const QLabel *>(widget) || widget->objectName().startsWith(u"qt_"))
            continue;
        const QString what = QLatin1String(widget->metaObject()->className()) + u' ' + widget->objectName();
        QVERIFY2(!widget->objectName().isEmpty(), qPrintable(what));
        QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(what));
        const auto *area = qobject_cast<const QAbstractScrollArea *>(widget);
        QVERIFY2(!(area ? area->viewport()->toolTip() : widget->toolTip()).isEmpty(), qPrintable(what));
        QVERIFY2(!(area ? area->viewport()->whatsThis() : widget->whatsThis()).isEmpty(), qPrintable(what));
    }
}

void WindowTest::tabVisitsEveryControl()
{
    show({samples::established()});
    get<QWidget>("address")->setFocus();
    QStringList visited;
    for (int i = 0; i < 40; ++i) {
        const QWidget *focused = QApplication::focusWidget();
        if (i > 0 && focused == get<QWidget>("address"))
            break;
        visited << focused->objectName();
        key(Qt::Key_Tab);
    }
    const QStringList expected{
        QStringLiteral("address"),    QStringLiteral("method"),          QStringLiteral("securityDetailsButton"),
        QStringLiteral("muteButton"), QStringLiteral("renewKeysButton"), QStringLiteral("keyPanelButton"),
        QStringLiteral("endButton"),  QStringLiteral("calls"),           QStringLiteral("exchange"),
        QStringLiteral("payloads"),   QStringLiteral("octets"),          QStringLiteral("keys")};
    QCOMPARE(visited, expected);
}

void WindowTest::hostileTextStaysText()
{
    for (const auto &sample : {samples::established(), samples::incoming(), samples::wrongKey()}) {
        show({samples::hostile(sample)});
        for (const QLabel *label : m_window->findChildren<QLabel *>()) {
            QVERIFY2(label->pixmap().isNull() == false || label->textFormat() == Qt::PlainText,
                     qPrintable(label->text()));
            QVERIFY(!label->text().contains(QChar(0x202e)));
            QVERIFY(label->text().size() < 1500);
        }
        for (const QWidget *widget : m_window->findChildren<QWidget *>()) {
            QVERIFY2(!widget->toolTip().contains(QStringLiteral("<b>")), qPrintable(widget->toolTip()));
            QVERIFY2(!widget->accessibleName().contains(QChar(0x202e)), qPrintable(widget->accessibleName()));
        }
    }
}

void WindowTest::audioTroubleIsTold()
{
    call::PhoneSnapshot phone = samples::phone();
    phone.audioTrouble = QStringLiteral("No usable sound device was found.");
    m_window->setSnapshot(phone);
    QVERIFY(get<QWidget>("notice")->isVisible());
    QCOMPARE(text("noticeText"), phone.audioTrouble);
    show({});
    QVERIFY(!get<QWidget>("notice")->isVisible());
    call::CallSnapshot call = samples::established();
    call.media.audioTrouble = QStringLiteral("The microphone went away.");
    show({call});
    QCOMPARE(text("noticeText"), call.media.audioTrouble);
}

QTEST_MAIN(WindowTest)
#include "window_test.moc"
