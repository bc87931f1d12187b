// SPDX-License-Identifier: Apache-2.0
// Where things stand in the main window.
#include "main_window.h"

#include "actions.h"
#include "call_view.h"
#include "calls_model.h"
#include "dial_bar.h"
#include "empty_state.h"
#include "ended_view.h"
#include "idle_view.h"
#include "incoming_panel.h"
#include "key_panel.h"
#include "notice_bar.h"
#include "page.h"
#include "theme.h"
#include "widgets.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QListView>
#include <QMenuBar>
#include <QStackedWidget>
#include <QToolBar>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {

namespace {

/// Below this width the list of calls gives way to the key panel.
constexpr int roomForAll = 1100;
constexpr int keyPanelWidth = 560, leastKeyPanelWidth = 320, callListWidth = 190;
/// What the middle keeps before the key panel gets its full width.
constexpr int middleWidth = 404;

QDockWidget *makeDock(QWidget *content, const QString &title, const QString &name, QMainWindow *window)
{
    auto *dock = new QDockWidget(title, window);
    dock->setObjectName(name);
    dock->setWidget(content);
    dock->setContextMenuPolicy(Qt::PreventContextMenu);
    return dock;
}

} // namespace

void MainWindow::buildMiddle()
{
    auto *bar = new QToolBar(tr("Dial"), this);
    bar->setObjectName(QStringLiteral("dialToolBar"));
    bar->setMovable(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->addWidget(m_dialBar);
    addToolBar(Qt::TopToolBarArea, bar);
    setContextMenuPolicy(Qt::NoContextMenu); // the bar is not to be hidden

    auto *middle = new QWidget(this);
    m_notice = new NoticeBar(middle);
    m_incomingFrame = new QWidget(middle);
    m_incoming = new IncomingPanel(*m_actions, m_incomingFrame);
    m_middle = new QStackedWidget(middle);
    m_idleView = new IdleView(m_middle);
    m_callView = new CallView(*m_actions, m_middle);
    m_endedView = new EndedView(*m_actions, m_middle);
    for (QWidget *view :
         {static_cast<QWidget *>(m_idleView), static_cast<QWidget *>(m_callView), static_cast<QWidget *>(m_endedView)})
        m_middle->addWidget(view);

    QBoxLayout *frame = centred(m_incoming);
    frame->setContentsMargins(space::large, space::large, space::large, space::small);
    m_incomingFrame->setLayout(frame);
    auto *layout = new QVBoxLayout(middle);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_notice);
    layout->addWidget(m_incomingFrame, 0, Qt::AlignTop);
    layout->addWidget(m_middle, 1);
    setCentralWidget(middle);
}

void MainWindow::buildDocks()
{
    m_calls = new CallsModel(this);
    m_callList = new QListView(this);
    describe(m_callList, "calls", tr("Calls of this session"),
             tr("The calls of this session; select one to see its exchange again"));
    m_callList->setModel(m_calls);
    m_callList->setFrameShape(QFrame::NoFrame);
    m_callList->setIconSize({16, 16});
    m_callList->setUniformItemSizes(true);
    m_callList->setSpacing(space::tiny / 2);
    m_callList->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_callList->setMinimumWidth(140);
    setEmptyText(m_callList, tr("No calls yet"));
    m_callListDock = makeDock(m_callList, tr("Calls"), QStringLiteral("callListDock"), this);
    m_callListDock->setFeatures(QDockWidget::NoDockWidgetFeatures);
    addDockWidget(Qt::LeftDockWidgetArea, m_callListDock);

    m_keyPanel = new KeyPanel(this);
    m_keyPanel->setMinimumWidth(leastKeyPanelWidth);
    m_keyPanelDock = makeDock(m_keyPanel, tr("Key panel"), QStringLiteral("keyPanelDock"), this);
    m_keyPanelDock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetFloatable);
    addDockWidget(Qt::RightDockWidgetArea, m_keyPanelDock);
    resizeDocks({m_callListDock, m_keyPanelDock}, {callListWidth, keyPanelWidth}, Qt::Horizontal);
    m_keyPanelDock->hide();
    // What stands in the way when the window gets narrow goes by itself (fitDocks), so it must not set the limit.
    layout()->setSizeConstraint(QLayout::SetNoConstraint);
    setMinimumSize(minimumSizeHint());
    m_actions->callList->setChecked(true);
}

void MainWindow::buildMenus()
{
    QMenu *calls = menuBar()->addMenu(tr("&Call"));
    calls->addActions({m_actions->dialField, m_actions->call});
    calls->addSeparator();
    calls->addActions({m_actions->answer, m_actions->decline, m_actions->end, m_actions->mute, m_actions->dismiss});
    calls->addSeparator();
    calls->addAction(m_actions->quit);

    menuBar()->addMenu(tr("&Keys"))->addActions({m_actions->renewKeys, m_actions->identity});

    QMenu *view = menuBar()->addMenu(tr("&View"));
    view->addActions({m_actions->keyPanel, m_actions->showExchange, m_actions->showPayloads, m_actions->showKeys});
    view->addSeparator();
    view->addAction(m_actions->callList);
    QMenu *themes = view->addMenu(tr("&Theme"));
    auto *group = new QActionGroup(this);
    const std::pair<Theme, QString> choices[] = {
        {Theme::System, tr("&As the desktop")}, {Theme::Light, tr("&Light")}, {Theme::Dark, tr("&Dark")}};
    for (const auto &[theme, name] : choices) {
        QAction *action = group->addAction(name);
        action->setCheckable(true);
        action->setChecked(theme == appliedTheme());
        connect(action, &QAction::triggered, qApp, [theme = theme] { applyTheme(*qApp, theme); });
    }
    themes->addActions(group->actions());

    menuBar()->addMenu(tr("&Help"))->addAction(m_actions->about);
    addAction(m_actions->askEnd); // in no menu, but its key must work
}

void MainWindow::setKeyPanelVisible(bool visible)
{
    m_actions->keyPanel->setChecked(visible);
    m_keyPanelDock->setVisible(visible);
    for (QAction *action : {m_actions->showExchange, m_actions->showPayloads, m_actions->showKeys})
        action->setEnabled(visible);
    fitDocks();
}

void MainWindow::fitDocks()
{
    const bool fits = width() >= roomForAll || !m_actions->keyPanel->isChecked();
    m_callListDock->setVisible(fits && m_actions->callList->isChecked());
    const int left = m_callListDock->isVisibleTo(this) ? callListWidth : 0;
    // Wider than usual only if the user made it so.
    const int most = std::max(keyPanelWidth, m_keyPanelDock->width());
    const int panel = std::clamp(width() - left - middleWidth, leastKeyPanelWidth, most);
    resizeDocks({m_keyPanelDock}, {panel}, Qt::Horizontal);
}

QSize MainWindow::minimumSizeHint() const
{
    return {640, 400}; // two beside each other on a small screen, or one at twice the scale
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    fitDocks();
}

} // namespace ui
