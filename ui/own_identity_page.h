// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity_store.h"

#include <QWidget>

class QFormLayout;
class QLabel;
class QPushButton;

namespace ui {

class ElidedLabel;
class WarningList;

/// Who we are, our certificate and what is wrong with it, and the ways to get another one.
class OwnIdentityPage : public QWidget
{
    Q_OBJECT
public:
    explicit OwnIdentityPage(QWidget *parent = nullptr);

    void setState(const IdentityState &state);
    /// While a certificate is being made or imported there is no other way to begin one.
    void setBusy(bool busy);

Q_SIGNALS:
    void importPemRequested();
    void importPkcs12Requested();
    void makeRequested();

private:
    QWidget *makeFacts();
    QWidget *makeButtons();
    QLabel *addFact(QFormLayout *form, const char *name, const QString &title);
    QPushButton *addButton(const char *name, const QString &text, const QString &explanation);

    ElidedLabel *m_identity;
    QLabel *m_none;
    WarningList *m_troubles;
    QWidget *m_facts;
    QLabel *m_speaksFor;
    QLabel *m_subject;
    QLabel *m_issuer;
    QLabel *m_validity;
    QLabel *m_fingerprint;
    QPushButton *m_copy;
    QList<QPushButton *> m_ways;
};

} // namespace ui
