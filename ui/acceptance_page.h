// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity_store.h"

#include <QWidget>

class QCheckBox;
class QVBoxLayout;

namespace ui {

/// What is taken beyond the default: each choice with what it costs.
class AcceptancePage : public QWidget
{
    Q_OBJECT
public:
    explicit AcceptancePage(QWidget *parent = nullptr);

    void setAcceptance(const Acceptance &acceptance);

Q_SIGNALS:
    void chosen(const Acceptance &acceptance);

private:
    struct Choice
    {
        QCheckBox *box;
        QWidget *frame; ///< box and explanation
    };
    Choice addChoice(QVBoxLayout *column, const char *name, const QString &title, const QString &cost);
    void choose();

    Choice m_firstUse, m_fetch, m_weakGroups, m_null;
    Acceptance m_acceptance;
};

} // namespace ui
