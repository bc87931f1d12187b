// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QWidget>

class QLabel;

namespace ui {

class ElidedLabel;

/// Who is at the other end: an initial, the identity, the address, and apart from them the name the peer gives itself.
class PeerHeader : public QWidget
{
    Q_OBJECT
public:
    explicit PeerHeader(QWidget *parent = nullptr);

    void setCall(const call::CallSnapshot &call);

private:
    class Avatar;
    Avatar *m_avatar;
    ElidedLabel *m_name;
    ElidedLabel *m_address;
    ElidedLabel *m_claim;
};

/// The part of an identity that a person goes by: "bob" of "sip:bob@example.org". Result of plain().
QString personOf(const QString &identity);

} // namespace ui
