// SPDX-License-Identifier: Apache-2.0
#include "main_window.h"

#include "actions.h"
#include "call_view.h"
#include "calls_model.h"
#include "dial_bar.h"
#include "ended_view.h"
#include "idle_view.h"
#include "incoming_panel.h"
#include "key_panel.h"
#include "notice_bar.h"
#include "peer_header.h"
#include "text.h"
#include "theme.h"

#include <QAction>
#include <QApplication>
#include <QCloseEvent>
#include <QDateTime>
#include <QListView>
#include <QMessageBox>
#include <QPushButton>
#include <QScreen>
#include <QStackedWidget>
#include <QTimer>

#include <chrono>

namespace ui {

namespace {

bool isLive(const call::CallSnapshot &call)
{
    return call.phase != call::Phase::Ended && call.phase != call::Phase::Incoming;
}

template <typename Condition>
const call::CallSnapshot *newest(const call::PhoneSnapshot &phone, Condition condition)
{
    const auto found = std::find_if(phone.calls.rbegin(), phone.calls.rend(), condition);
    return found == phone.calls.rend() ? nullptr : &*found;
}

} // namespace

MainWindow::MainWindow(QWidget *parent)
    : QMainWindow(parent), m_actions(new Actions(this)), m_dialBar(new DialBar(*m_actions, this))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Latchkey"));
    buildMiddle();
    buildDocks();
    buildMenus();
    connectActions();
    resize(QSize(1280, 800).boundedTo(screen()->availableSize()));

    m_clock = new QTimer(this);
    m_clock->setTimerType(Qt::PreciseTimer);
    m_newsPass = new QTimer(this);
    m_newsPass->setSingleShot(true);
    m_newsPass->setInterval(std::chrono::seconds(12));
    connect(m_newsPass, &QTimer::timeout, this, [this] { tell({}); });
    connect(m_clock, &QTimer::timeout, this, [this] { tick(QDateTime::currentDateTimeUtc()); });
    connect(qApp, &QApplication::focusChanged, this, &MainWindow::updateKeys);
    refresh();
    m_dialBar->focusAddress();
}

MainWindow::~MainWindow()
{
    // The focus moves while the children are destroyed, when this is a MainWindow no more.
    disconnect(qApp, nullptr, this, nullptr);
}

void MainWindow::connectActions()
{
    connect(m_actions->call, &QAction::triggered, this,
            [this] { dial(m_dialBar->destination(), m_dialBar->method()); });
    connect(m_actions->again, &QAction::triggered, this, [this] {
        if (const auto *call = shown())
            dial(destinationOf(QStringLiteral("%1 at %2").arg(call->peer, call->address)), call->security.method);
    });
    connect(m_actions->answer, &QAction::triggered, this, [this] {
        if (const auto *call = incoming())
            Q_EMIT answerRequested(call->id);
    });
    connect(m_actions->decline, &QAction::triggered, this, [this] {
        if (const auto *call = incoming())
            Q_EMIT rejectRequested(call->id);
    });
    connect(m_actions->end, &QAction::triggered, this, [this] {
        if (const auto *call = live())
            Q_EMIT hangupRequested(call->id);
    });
    connect(m_actions->mute, &QAction::triggered, this, [this](bool muted) {
        if (const auto *call = live())
            Q_EMIT muteRequested(call->id, muted);
    });
    connect(m_actions->renewKeys, &QAction::triggered, this, &MainWindow::renew);
    connect(m_actions->identity, &QAction::triggered, this, &MainWindow::showIdentity);
    connect(m_actions->acceptCertificate, &QAction::triggered, this, &MainWindow::acceptCertificate);
    connect(m_actions->askEnd, &QAction::triggered, this, &MainWindow::askToEnd);
    connect(m_actions->dismiss, &QAction::triggered, this, &MainWindow::dismiss);
    connect(m_actions->keyPanel, &QAction::toggled, this, &MainWindow::setKeyPanelVisible);
    connect(m_actions->callList, &QAction::toggled, this, &MainWindow::fitDocks);
    connect(m_actions->dialField, &QAction::triggered, m_dialBar, &DialBar::focusAddress);
    connect(m_actions->showExchange, &QAction::triggered, m_keyPanel, &KeyPanel::focusExchange);
    connect(m_actions->showPayloads, &QAction::triggered, m_keyPanel, &KeyPanel::focusPayloads);
    connect(m_actions->showKeys, &QAction::triggered, m_keyPanel, &KeyPanel::focusKeys);
    connect(m_actions->quit, &QAction::triggered, this, &QWidget::close);
    connect(m_actions->about, &QAction::triggered, this, &MainWindow::showAbout);
    connect(m_dialBar, &DialBar::edited, this, [this] {
        refreshActions();
        updateKeys();
    });
    connect(m_callList, &QListView::clicked, this, [this](const QModelIndex &index) {
        m_shownId = index.data(CallsModel::CallIdRole).toInt();
        refresh();
    });
}

void MainWindow::tick(const QDateTime &now)
{
    m_callView->tick(now);
    m_keyPanel->tick(now);
}

void MainWindow::showEvent(QShowEvent *event)
{
    QMainWindow::showEvent(event);
    runClock();
}

void MainWindow::hideEvent(QHideEvent *event)
{
    QMainWindow::hideEvent(event);
    runClock();
}

/// One timer for all that counts seconds, and only while there is something to count and someone may see it.
void MainWindow::runClock()
{
    const bool wanted = live() && isVisible();
    if (wanted && !m_clock->isActive())
        m_clock->start(std::chrono::seconds(1));
    else if (!wanted)
        m_clock->stop();
}

void MainWindow::setSnapshot(const call::PhoneSnapshot &phone)
{
    m_phone = phone;
    noteNewCalls();
    followRenewal();
    refresh();
}

/// A new call is the one to look at, unless another is going on.
void MainWindow::noteNewCalls()
{
    const int liveId = live() ? live()->id : 0;
    for (const call::CallSnapshot &call : m_phone.calls) {
        if (call.id <= m_newestId)
            continue;
        m_newestId = call.id;
        if (liveId == 0 || liveId == call.id)
            m_shownId = call.id;
        if (call.phase == call::Phase::Incoming)
            QApplication::alert(this);
    }
    if (liveId != m_liveId && liveId != 0)
        m_shownId = liveId;
}

void MainWindow::refresh()
{
    m_dialBar->setPhone(m_phone);
    m_idleView->setPhone(m_phone);
    m_calls->setCalls(m_phone.calls);
    m_callList->setCurrentIndex(m_calls->indexOfCall(m_shownId));
    refreshNotice();
    if (const auto *call = shown())
        m_keyPanel->setCall(*call, personOf(m_phone.identity));
    else
        m_keyPanel->clear();
    setWindowTitle(m_phone.identity.isEmpty() ? tr("Latchkey")
                                              : tr("%1 – Latchkey").arg(shortAddress(m_phone.identity)));
    refreshMiddle();
    refreshActions();
    updateKeys();
}

void MainWindow::refreshMiddle()
{
    const call::CallSnapshot *ringing = incoming();
    if (ringing)
        m_incoming->setCall(*ringing);
    m_incomingFrame->setVisible(ringing != nullptr);

    const bool typing = m_dialBar->isTyping();
    if (const auto *call = live()) {
        m_callView->setCall(*call);
        m_callView->tick(QDateTime::currentDateTimeUtc());
        m_middle->setCurrentWidget(m_callView);
        // So that M mutes and is not written into the dial field.
        if (call->id != m_liveId && !typing)
            m_callView->setFocus();
    } else if (shown() && shown()->phase == call::Phase::Ended) {
        m_endedView->setCall(*shown(), changeOf(*shown()));
        m_middle->setCurrentWidget(m_endedView);
    } else {
        m_middle->setCurrentWidget(m_idleView);
    }
    m_middle->setVisible(!ringing || m_middle->currentWidget() != m_idleView);
    m_liveId = live() ? live()->id : 0;
    runClock();
    if (m_question && !live() && !ringing)
        m_question->reject(); // nothing left to ask about
}

void MainWindow::refreshActions()
{
    const call::CallSnapshot *call = live();
    const bool running = call && call->phase == call::Phase::Established;
    const bool free = !call && !incoming();
    m_actions->call->setEnabled(free && !m_dialBar->destination().to.isEmpty());
    m_actions->answer->setEnabled(incoming());
    m_actions->decline->setEnabled(incoming());
    m_actions->end->setEnabled(call);
    m_actions->askEnd->setEnabled(call);
    m_actions->mute->setEnabled(running);
    m_actions->mute->setChecked(running && call->muted);
    m_actions->renewKeys->setEnabled(running);
    m_actions->identity->setEnabled(m_store);
    m_actions->dismiss->setEnabled(m_middle->currentWidget() == m_endedView);
    const bool placed = shown() && shown()->direction == call::Direction::Outgoing; // else we know no address to dial
    m_actions->again->setEnabled(free && placed && m_actions->dismiss->isEnabled());
}

void MainWindow::updateKeys()
{
    const auto *focused = qobject_cast<const QPushButton *>(QApplication::focusWidget());
    const bool otherButton = focused && focused->autoDefault(); // Enter presses it
    const bool ringing = incoming() && !m_dialBar->isTyping();
    const auto give = [](QAction *action, bool has, const QList<QKeySequence> &keys) {
        const QList<QKeySequence> wanted = has ? keys : QList<QKeySequence>();
        if (action->shortcuts() != wanted)
            action->setShortcuts(wanted);
    };
    const QList<QKeySequence> enter{Qt::Key_Return, Qt::Key_Enter}, escape{Qt::Key_Escape};
    give(m_actions->answer, ringing && !otherButton, enter);
    give(m_actions->decline, ringing, escape);
    give(m_actions->askEnd, !incoming() && live(), escape);
    give(m_actions->dismiss, !incoming() && !live() && m_actions->dismiss->isEnabled(), escape);
}

const call::CallSnapshot *MainWindow::find(int callId) const
{
    return newest(m_phone, [callId](const call::CallSnapshot &call) { return call.id == callId; });
}

const call::CallSnapshot *MainWindow::live() const
{
    return newest(m_phone, isLive);
}

const call::CallSnapshot *MainWindow::incoming() const
{
    return newest(m_phone, [](const call::CallSnapshot &call) { return call.phase == call::Phase::Incoming; });
}

void MainWindow::setMethodSource(MethodSource source)
{
    m_dialBar->setMethodSource(std::move(source));
}

void MainWindow::dial(const Destination &destination, const QString &method)
{
    if (destination.to.isEmpty() || live() || incoming())
        return;
    m_trouble.clear();
    m_news.clear();
    refreshNotice();
    Q_EMIT dialRequested(destination.to, method, destination.identity);
    if (m_trouble.isEmpty())
        m_dialBar->clearAddress();
}

void MainWindow::showTrouble(const QString &sentence)
{
    m_trouble = plain(sentence, sentenceLimit);
    refreshNotice();
}

void MainWindow::refreshNotice()
{
    const QString inCall = live() ? live()->media.audioTrouble : QString();
    const QString audio = inCall.isEmpty() ? m_phone.audioTrouble : inCall;
    const QString trouble = m_trouble.isEmpty() ? plain(audio, sentenceLimit) : m_trouble;
    if (trouble.isEmpty())
        m_notice->setText(m_news, Tone::Neutral);
    else
        m_notice->setText(trouble, Tone::Caution);
}

void MainWindow::askToEnd()
{
    const auto *call = live();
    if (!call || call->phase != call::Phase::Established)
        return m_actions->end->trigger();
    ask(tr("End the call with %1?").arg(isolated(personOf(call->peer))), tr("End the call"),
        [this] { m_actions->end->trigger(); });
}

void MainWindow::dismiss()
{
    m_shownId = 0;
    refresh();
    m_dialBar->focusAddress();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (m_closing || (!live() && !incoming()))
        return event->accept();
    event->ignore();
    ask(tr("A call is going on. End it and close the window?"), tr("End and close"), [this] {
        m_closing = true;
        m_actions->decline->trigger();
        m_actions->end->trigger();
        close();
    });
}

void MainWindow::ask(const QString &question, const QString &yes, std::function<void()> then)
{
    if (m_question)
        return;
    m_question = new QMessageBox(QMessageBox::Question, tr("Latchkey"), {}, QMessageBox::Cancel, this);
    m_question->setObjectName(QStringLiteral("question"));
    m_question->setAttribute(Qt::WA_DeleteOnClose);
    m_question->setTextFormat(Qt::PlainText);
    m_question->setText(question);
    QPushButton *agree = m_question->addButton(yes, QMessageBox::AcceptRole);
    agree->setObjectName(QStringLiteral("agree"));
    m_question->setDefaultButton(agree);
    connect(m_question, &QDialog::finished, this, [this, agree, then = std::move(then)] {
        const bool agreed = m_question->clickedButton() == agree;
        m_question = nullptr;
        if (agreed)
            then();
    });
    m_question->open();
}

void MainWindow::showAbout()
{
    auto *box = new QMessageBox(QMessageBox::NoIcon, tr("About Latchkey"), {}, QMessageBox::Close, this);
    box->setObjectName(QStringLiteral("aboutBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setIconPixmap(windowIcon().pixmap(64));
    box->setTextFormat(Qt::PlainText);
    box->setText(tr("Latchkey %1").arg(QCoreApplication::applicationVersion()));
    box->setInformativeText(
        tr("Secure calls with MIKEY key management (RFC 3830). Each call is encrypted or does not take "
           "place, and the key panel (F9) shows how.\n\nApache License 2.0"));
    box->open();
}

} // namespace ui
