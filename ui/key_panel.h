// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"
#include "security_words.h"

#include <QDateTime>
#include <QWidget>

class QLabel;
class QModelIndex;
class QTableView;
class QTreeView;

namespace ui {

class ExchangeModel;
class HexView;
class KeysModel;
class LadderView;
class PayloadModel;

/// The exchange of one call, the payloads of the message selected with its octets, and the keys. Tree and octets are
/// linked both ways. Selection and scrolling outlive updates; the first MIKEY message selects itself.
class KeyPanel : public QWidget
{
    Q_OBJECT
public:
    explicit KeyPanel(QWidget *parent = nullptr);

    /// `us` names our lane of the ladder.
    void setCall(const call::CallSnapshot &call, const QString &us);
    void clear();
    /// Moves the ages of the keys and the countdown to their renewal.
    void tick(const QDateTime &now);

    void focusExchange();
    void focusPayloads();
    void focusKeys();

private:
    QWidget *makeExchange();
    QWidget *makePayloads();
    QWidget *makeKeys();
    void showMessage(const QModelIndex &step);
    void showField(const QModelIndex &field);
    void selectOctet(int octet);
    void selectFirstMikey();
    void showKeysLife(const QDateTime &now);

    int m_callId = 0;
    call::Security m_security;
    QDateTime m_endedAt; ///< invalid while the call runs
    Tense m_endedTense = Tense::Past;
    ExchangeModel *m_exchange;
    PayloadModel *m_payloads;
    KeysModel *m_keys;
    LadderView *m_ladder;
    QTreeView *m_tree;
    HexView *m_hex;
    QTableView *m_table;
    QLabel *m_keysLife;
    QLabel *m_payloadTitle;
    QLabel *m_detail;
};

} // namespace ui
