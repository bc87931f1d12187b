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

/// The top of the window: who we are and where we listen, whom to call, by which method, "Call".
class DialBar : public QWidget
{
    Q_OBJECT
public:
    explicit DialBar(Actions &actions, QWidget *parent = nullptr);

    void setPhone(const call::PhoneSnapshot &phone);

    /// Trimmed; empty when there is nothing to dial.
    QString address() const;
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
