// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QTimer>
#include <QWidget>

#include <functional>

class QLineEdit;

namespace ui {

class Actions;
class ElidedLabel;
class MethodBox;

/// Whom to call, as the dial field understands it: "sip:bob@example.org", or "bob@example.org at 192.0.2.7:5060" for
/// someone whose computer is named apart from who they are, as the window itself shows a peer.
struct Destination
{
    QString to;       ///< SIP URI or address without scheme
    QString identity; ///< whom MIKEY has to authenticate; empty: that is `to`
};

Destination destinationOf(const QString &text);

/// The methods for a destination, with what stands in the way of each. Quick: it is asked while the user types.
using MethodSource = std::function<std::vector<call::MethodChoice>(const Destination &)>;

/// The top of the window: who we are and where we listen, whom to call, by which method, "Call".
class DialBar : public QWidget
{
    Q_OBJECT
public:
    explicit DialBar(Actions &actions, QWidget *parent = nullptr);

    void setPhone(const call::PhoneSnapshot &phone);

    /// Without one, the methods of the phone's snapshot are offered whatever the address.
    void setMethodSource(MethodSource source);

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
    void refreshMethods();

    ElidedLabel *m_identity;
    ElidedLabel *m_listening;
    QLineEdit *m_address;
    MethodBox *m_method;
    MethodSource m_methodsFor;
    std::vector<call::MethodChoice> m_ofPhone; ///< while there is no address
    QTimer m_stale;                            ///< runs from a change of the address until the methods are asked for
};

} // namespace ui
