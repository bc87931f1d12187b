// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QWidget>

class QComboBox;
class QLineEdit;
class QStandardItemModel;

namespace ui {

class Actions;
class ElidedLabel;

/// Whom to call, as the dial field understands it: "sip:bob@example.org", or "bob@example.org at 192.0.2.7:5060" for
/// someone whose computer is named apart from who they are, as the window itself shows a peer.
struct Destination
{
    QString to;       ///< SIP URI or address without scheme
    QString identity; ///< whom MIKEY has to authenticate; empty: that is `to`
};

Destination destinationOf(const QString &text);

/// The top of the window: who we are and where we listen, whom to call, by which method, "Call".
class DialBar : public QWidget
{
    Q_OBJECT
public:
    explicit DialBar(Actions &actions, QWidget *parent = nullptr);

    void setPhone(const call::PhoneSnapshot &phone);

    /// `to` is empty when there is nothing to dial.
    Destination destination() const;
    /// Name in the method table; empty: automatic.
    QString method() const;
    void clearAddress();
    void focusAddress();
    /// The user is writing an address: keys are meant for it.
    bool isTyping() const;

Q_SIGNALS:
    void edited();

private:
    void setMethods(const std::vector<call::MethodChoice> &methods);

    ElidedLabel *m_identity;
    ElidedLabel *m_listening;
    QLineEdit *m_address;
    QComboBox *m_method;
    QStandardItemModel *m_choices; ///< "Automatic" and the rows of the method table
    std::vector<call::MethodChoice> m_methods;
};

} // namespace ui
