// SPDX-License-Identifier: Apache-2.0
#include "list_page.h"

#include "empty_state.h"
#include "icons.h"
#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStandardItemModel>
#include <QTableView>
#include <QVBoxLayout>

namespace ui {

namespace {

QList<QStandardItem *> itemsOf(const ListPage::Row &row)
{
    QList<QStandardItem *> items;
    for (const QString &cell : row.cells) {
        auto *item = new QStandardItem(cell);
        item->setToolTip(toolTip(row.toolTip));
        item->setEditable(false);
        items << item;
    }
    items.front()->setData(row.id, Qt::UserRole);
    items.front()->setIcon(
        icon(row.trouble ? QStringLiteral("warning") : QStringLiteral("certificate"), QPalette::Text));
    return items;
}

} // namespace

ListPage::ListPage(const Texts &texts, QWidget *parent)
    : QWidget(parent), m_model(new QStandardItemModel(this)), m_table(new QTableView(this)),
      m_add(new QPushButton(texts.add, this)), m_remove(new QPushButton(texts.remove, this))
{
    QLabel *about = secondaryLabel(this, texts.about);
    about->setWordWrap(true);
    setUpTable(texts);
    const QByteArray name(texts.name);
    describe(m_add, (name + "Add").constData(), texts.add, texts.addExplained);
    describe(m_remove, (name + "Remove").constData(), texts.remove, texts.removeExplained);
    for (QPushButton *button : {m_add, m_remove})
        button->setAutoDefault(false);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::small);
    buttons->addWidget(m_add);
    buttons->addWidget(m_remove);
    buttons->addStretch(1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::large, space::large, space::large, space::large);
    layout->setSpacing(space::medium);
    layout->addWidget(about);
    layout->addWidget(m_table, 1);
    layout->addLayout(buttons);

    connect(m_add, &QPushButton::clicked, this, &ListPage::addRequested);
    connect(m_remove, &QPushButton::clicked, this, [this] { Q_EMIT removeRequested(selectedId()); });
    const auto update = [this] { m_remove->setEnabled(!selectedId().isEmpty()); };
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, update);
    connect(m_model, &QAbstractItemModel::rowsRemoved, this, update);
    update();
}

void ListPage::setUpTable(const Texts &texts)
{
    m_model->setHorizontalHeaderLabels(texts.columns);
    for (int column = 0; column < texts.columns.size(); ++column)
        m_model->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    describe(m_table, texts.name, texts.title, texts.about);
    m_table->setModel(m_model);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTabKeyNavigation(false);
    m_table->setIconSize({20, 20});
    m_table->setMinimumHeight(72);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + space::medium);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setStretchLastSection(true);
    setEmptyText(m_table, texts.empty);
}

void ListPage::setRows(const std::vector<Row> &rows)
{
    const QString selected = selectedId();
    m_model->setRowCount(0);
    for (const Row &row : rows) {
        m_model->appendRow(itemsOf(row));
        if (row.id == selected)
            m_table->setCurrentIndex(m_model->index(m_model->rowCount() - 1, 0));
    }
    if (!rows.empty())
        m_table->resizeColumnsToContents();
}

QString ListPage::selectedId() const
{
    const QModelIndex current = m_table->currentIndex();
    return current.isValid() ? current.siblingAtColumn(0).data(Qt::UserRole).toString() : QString();
}

} // namespace ui
