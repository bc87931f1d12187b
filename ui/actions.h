// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

class QAction;

namespace ui {

/// Every command of the window, once: menus, buttons and keys share these. The window connects them to the phone.
/// Enter and Esc belong to whichever command has them at the time; the window says which (see
/// MainWindow::updateKeys()).
class Actions : public QObject
{
    Q_OBJECT
public:
    explicit Actions(QObject *parent);

    QAction *call; ///< dial what the dial field holds
    QAction *dialField;
    QAction *answer;
    QAction *decline;
    QAction *end;
    QAction *askEnd;            ///< the same by key: in a call it asks first
    QAction *mute;              ///< checkable
    QAction *renewKeys;         ///< agree on new keys while the call goes on
    QAction *identity;          ///< open the dialog of identity and certificates
    QAction *acceptCertificate; ///< the changed one over which the call shown was refused
    QAction *dismiss;           ///< close the view of a call that has ended
    QAction *again;             ///< call the same address again
    QAction *keyPanel;          ///< checkable
    QAction *callList;          ///< checkable
    QAction *showExchange;
    QAction *showPayloads;
    QAction *showKeys;
    QAction *quit;
    QAction *about;

    /// The key that is shown beside the name of a command on its button; empty: none.
    static QString keyHint(const QAction *action);
};

} // namespace ui
