// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTreeView>

namespace ui {

/// The messages of an ExchangeModel as a ladder: our lane at the left, the peer's at the right, an arrow for each
/// message; SIP thin, MIKEY bold.
class LadderView : public QTreeView
{
    Q_OBJECT
public:
    explicit LadderView(QWidget *parent = nullptr);

    void setModel(QAbstractItemModel *model) override;
    /// Who the lanes belong to.
    void setLanes(const QString &us, const QString &peer);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    class Header;
    Header *m_header;
};

} // namespace ui
