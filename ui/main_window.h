// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dial_bar.h"

#include "call/snapshot.h"

#include <QDateTime>
#include <QMainWindow>
#include <QPointer>

#include <functional>
#include <optional>

class QDockWidget;
class QListView;
class QMessageBox;
class QStackedWidget;
class QTimer;

namespace call {
class Phone;
}

namespace ui {

class Actions;
class CallsModel;
class CallView;
struct CertificateChange;
class EndedView;
class IdentityDialog;
class IdentityStore;
class IdleView;
class IncomingPanel;
class KeyPanel;
class NoticeBar;

/// The window of one phone. It draws snapshots and says by signals what the user wants; it knows no protocol.
class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    /// Without a phone: for whoever feeds snapshots and takes the signals itself.
    explicit MainWindow(QWidget *parent = nullptr);
    /// Joined with `phone`, which must outlive the window.
    explicit MainWindow(call::Phone &phone, QWidget *parent = nullptr);

    ~MainWindow() override;

    QSize minimumSizeHint() const override;

    void setSnapshot(const call::PhoneSnapshot &phone);
    void setKeyPanelVisible(bool visible);
    /// What the method box asks for the address typed.
    void setMethodSource(MethodSource source);
    /// A sentence at the top of the window, until something else is dialled.
    void showTrouble(const QString &sentence);
    /// Enables the dialog of identity and certificates, and accepting a changed certificate. The store must outlive the
    /// window.
    void setIdentityStore(IdentityStore &store);
    /// The keys of that call were renewed. Told to the user who asked for it.
    void showKeysRenewed(int call);
    /// The renewal that was asked for last did not come about.
    void showRenewalTrouble(const QString &sentence);
    /// Moves what counts seconds; the window does it by itself while it is shown and a call goes on.
    void tick(const QDateTime &now);

Q_SIGNALS:
    /// `identity`: whom MIKEY has to authenticate if that is not `to`; else empty.
    void dialRequested(const QString &to, const QString &method, const QString &identity);
    void answerRequested(int call);
    void rejectRequested(int call);
    void hangupRequested(int call);
    void muteRequested(int call, bool muted);
    void renewRequested(int call);

protected:
    void closeEvent(QCloseEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void buildMenus();
    void buildMiddle();
    void buildDocks();
    void connectActions();

    void noteNewCalls();
    void runClock();
    void refresh();
    void refreshMiddle();
    void refreshActions();
    void refreshNotice();
    void fitDocks();
    /// Hands Enter and Esc to the command that has them in this situation.
    void updateKeys();

    const call::CallSnapshot *find(int callId) const;
    const call::CallSnapshot *live() const;
    const call::CallSnapshot *incoming() const;
    const call::CallSnapshot *shown() const { return find(m_shownId); }

    void dial(const Destination &destination, const QString &method);
    void renew();
    void followRenewal();
    void tell(const QString &sentence);
    void showIdentity();
    std::optional<CertificateChange> changeOf(const call::CallSnapshot &call) const;
    void acceptCertificate();
    void storeChange(const CertificateChange &change);
    void askToEnd();
    void dismiss();
    void ask(const QString &question, const QString &yes, std::function<void()> then);
    void showAbout();

    call::PhoneSnapshot m_phone;
    int m_shownId = 0;  ///< the call whose exchange the key panel shows
    int m_newestId = 0; ///< to tell a new call from a known one
    int m_liveId = 0;
    QString m_trouble;
    QString m_news;
    QTimer *m_newsPass;
    struct Renewal
    {
        int call = 0; ///< 0: none was asked for
        QStringList warningsBefore;
    };
    Renewal m_renewal;
    IdentityStore *m_store = nullptr;
    QPointer<IdentityDialog> m_identityDialog;
    bool m_closing = false;
    QTimer *m_clock;

    Actions *m_actions;
    DialBar *m_dialBar;
    NoticeBar *m_notice;
    IncomingPanel *m_incoming;
    QWidget *m_incomingFrame;
    QStackedWidget *m_middle;
    IdleView *m_idleView;
    CallView *m_callView;
    EndedView *m_endedView;
    CallsModel *m_calls;
    QListView *m_callList;
    QDockWidget *m_callListDock;
    KeyPanel *m_keyPanel;
    QDockWidget *m_keyPanelDock;
    QMessageBox *m_question = nullptr;
};

} // namespace ui
