// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QWidget>

class QLabel;

namespace ui {

class ActionButton;
class Actions;
class PeerHeader;
class SecurityView;

/// A call that is over: what happened, why, what to check, and how it was protected.
class EndedView : public QWidget
{
    Q_OBJECT
public:
    explicit EndedView(Actions &actions, QWidget *parent = nullptr);

    void setCall(const call::CallSnapshot &call);

private:
    PeerHeader *m_peer;
    QLabel *m_headline;
    QLabel *m_reason;
    QLabel *m_advice;
    QLabel *m_codes;
    SecurityView *m_security;
    ActionButton *m_again;
};

/// "The call failed", "Missed call", "Call ended after 00:27"
QString outcomeInWords(const call::CallSnapshot &call);

} // namespace ui
