// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QComboBox>

class QStandardItemModel;

namespace ui {

bool sameMethods(const std::vector<call::MethodChoice> &a, const std::vector<call::MethodChoice> &b);

/// How keys are to be agreed: "Automatic", then every method of the table. A method that is not possible is not hidden
/// but disabled, and its tool tip says why.
class MethodBox : public QComboBox
{
    Q_OBJECT
public:
    explicit MethodBox(QWidget *parent = nullptr);

    /// What was chosen stays chosen, also when it is not possible any more: calling will tell why.
    void setMethods(const std::vector<call::MethodChoice> &methods);
    /// Name in the method table; empty: automatic.
    QString method() const { return currentData().toString(); }

    void showPopup() override;

Q_SIGNALS:
    void aboutToOpen();

private:
    void describeCurrent();

    QStandardItemModel *m_choices;
    std::vector<call::MethodChoice> m_methods;
};

} // namespace ui
