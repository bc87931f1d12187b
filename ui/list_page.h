// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

#include <vector>

class QPushButton;
class QStandardItemModel;
class QTableView;

namespace ui {

/// A page of the identity dialog: what it is about, a list of things, and buttons to add one and to remove the one
/// selected, or what the texts say else.
class ListPage : public QWidget
{
    Q_OBJECT
public:
    struct Texts
    {
        const char *name; ///< objectName of the list; the buttons are "<name>Add" and "<name>Remove"
        QString title;    ///< accessible name of the list
        QString about;    ///< stands above it
        QString empty;    ///< stands in it while there is nothing
        QStringList columns;
        QString add, addExplained;
        QString remove, removeExplained;
    };
    struct Row
    {
        QString id; ///< what removeRequested() names; empty: the row is only to be looked at
        QStringList cells;
        QString toolTip;
        bool trouble = false; ///< gets an icon; the words are in a cell
    };

    ListPage(const Texts &texts, QWidget *parent);

    /// Cells and tool tips are shown as plain text; the caller has passed what strangers chose through plain().
    void setRows(const std::vector<Row> &rows);

Q_SIGNALS:
    void addRequested();
    void removeRequested(const QString &id);

private:
    void setUpTable(const Texts &texts);
    QString selectedId() const;

    QStandardItemModel *m_model;
    QTableView *m_table;
    QPushButton *m_add;
    QPushButton *m_remove;
};

} // namespace ui
