// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QWidget>

class QLabel;

namespace ui {

class ActionButton;
class Actions;
class ElidedLabel;
class LevelMeter;
class PeerHeader;
class SecurityView;

/// A call that is being placed or is running: who, how protected, how long, how loud. "End" stays where it is
/// throughout.
class CallView : public QWidget
{
    Q_OBJECT
public:
    explicit CallView(Actions &actions, QWidget *parent = nullptr);

    void setCall(const call::CallSnapshot &call);
    /// Moves the timer and the countdown to the next renewal; called by the window once a second.
    void tick(const QDateTime &now);

private:
    QWidget *makeMeters();

    QDateTime m_establishedAt;
    PeerHeader *m_peer;
    SecurityView *m_security;
    QLabel *m_state;
    QLabel *m_timer;
    QWidget *m_meters;
    LevelMeter *m_levelIn;
    LevelMeter *m_levelOut;
    ElidedLabel *m_peerLevelName;
    QLabel *m_quality;
    ActionButton *m_mute;
};

} // namespace ui
