// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "certificate_change.h"

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

    /// `change` is the changed certificate over which the call was refused, if that is why.
    void setCall(const call::CallSnapshot &call, const std::optional<CertificateChange> &change = {});

private:
    PeerHeader *m_peer;
    QLabel *m_headline;
    QLabel *m_reason;
    QLabel *m_advice;
    QLabel *m_codes;
    CertificateChangeView *m_change;
    SecurityView *m_security;
    ActionButton *m_again;
};

/// "The call failed", "Missed call", "Call ended after 00:27"
QString outcomeInWords(const call::CallSnapshot &call);

} // namespace ui
