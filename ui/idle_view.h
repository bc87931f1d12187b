// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QWidget>

class QLabel;

namespace ui {

class WarningList;

/// No call: says what to do, where others reach this side, and what they would not take of our certificate.
class IdleView : public QWidget
{
    Q_OBJECT
public:
    explicit IdleView(QWidget *parent = nullptr);

    void setPhone(const call::PhoneSnapshot &phone);

protected:
    void changeEvent(QEvent *event) override;

private:
    void drawIcon();

    QLabel *m_icon;
    QLabel *m_reach;
    QLabel *m_certificate;
    WarningList *m_troubles;
};

/// "127.0.0.1:5060 (udp, tcp)"; empty when nothing listens.
QString listeningInWords(const call::PhoneSnapshot &phone);

} // namespace ui
