// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QFrame>

namespace ui {

class Actions;
class ElidedLabel;
class SecurityView;

/// Somebody calls: who, from where, by which method, how far verified. Stands above whatever else is shown, for exactly
/// as long as it rings, and takes no focus.
class IncomingPanel : public QFrame
{
    Q_OBJECT
public:
    explicit IncomingPanel(Actions &actions, QWidget *parent = nullptr);

    void setCall(const call::CallSnapshot &call);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    ElidedLabel *m_who;
    ElidedLabel *m_address;
    SecurityView *m_security;
};

} // namespace ui
