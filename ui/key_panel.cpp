// SPDX-License-Identifier: Apache-2.0
#include "key_panel.h"

#include "empty_state.h"
#include "exchange_model.h"
#include "hex_view.h"
#include "keys_model.h"
#include "ladder_view.h"
#include "payload_model.h"
#include "peer_header.h"
#include "security_words.h"
#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QTreeView>
#include <QVBoxLayout>

namespace ui {

namespace {

QLabel *sectionTitle(QWidget *parent, const QString &text)
{
    QLabel *title = plainLabel(parent, text);
    title->setFont(strongFont());
    title->setContentsMargins(space::small, space::small, space::small, space::tiny);
    return title;
}

QWidget *section(const QList<QWidget *> &parts)
{
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    for (QWidget *part : parts)
        layout->addWidget(part, part == parts.back() ? 1 : 0);
    return box;
}

} // namespace

KeyPanel::KeyPanel(QWidget *parent)
    : QWidget(parent), m_exchange(new ExchangeModel(this)), m_payloads(new PayloadModel(this)),
      m_keys(new KeysModel(this))
{
    setObjectName(QStringLiteral("keyPanelView"));
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeExchange());
    splitter->addWidget(makePayloads());
    splitter->addWidget(makeKeys());
    splitter->setSizes({170, 360, 170});
    splitter->setStretchFactor(1, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    auto *scroll = new QScrollArea(this); // for windows too low for all three parts
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidgetResizable(true);
    scroll->setWidget(splitter);
    layout->addWidget(scroll);

    connect(m_ladder->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &KeyPanel::showMessage);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &KeyPanel::showField);
    connect(m_hex, &HexView::octetClicked, this, &KeyPanel::selectOctet);
    connect(m_exchange, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex &first, const QModelIndex &last) {
                const QModelIndex current = m_ladder->currentIndex();
                if (current.row() >= first.row() && current.row() <= last.row())
                    showMessage(current);
            });
    showMessage({});
    showKeysLife({});
}

QWidget *KeyPanel::makeExchange()
{
    m_ladder = new LadderView(this);
    describe(m_ladder, "exchange", tr("Exchange"), tr("The messages of this call; select one to see what is in it"));
    m_ladder->setModel(m_exchange);
    m_ladder->setMinimumHeight(80);
    setEmptyText(m_ladder, tr("Place or answer a call: its messages appear here."));
    return section({sectionTitle(this, tr("Exchange")), m_ladder});
}

QWidget *KeyPanel::makePayloads()
{
    m_payloadTitle = sectionTitle(this, tr("Payloads"));
    m_payloadTitle->setObjectName(QStringLiteral("payloadTitle"));

    m_tree = new QTreeView(this);
    describe(m_tree, "payloads", tr("Payloads"), tr("The payloads and fields; select one to see its octets"));
    m_tree->setModel(m_payloads);
    m_tree->setUniformRowHeights(true);
    m_tree->setAllColumnsShowFocus(true);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setIndentation(space::large);
    m_tree->setMinimumHeight(60);
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(PayloadModel::Name, QHeaderView::ResizeToContents);
    m_tree->header()->setSectionResizeMode(PayloadModel::Value, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(PayloadModel::Octets, QHeaderView::ResizeToContents);
    setEmptyText(m_tree, tr("Select a message that carries MIKEY (in bold) to see its payloads."));

    m_detail = secondaryLabel(this);
    m_detail->setObjectName(QStringLiteral("fieldDetail"));
    m_detail->setContentsMargins(space::small, space::tiny, space::small, space::tiny);
    m_detail->setMinimumHeight(2 * m_detail->fontMetrics().lineSpacing() + 2 * space::tiny);
    m_detail->setTextInteractionFlags(Qt::TextSelectableByMouse);

    m_hex = new HexView(this);
    describe(m_hex, "octets", tr("Octets of the message"),
             tr("The octets; click one to see which field it belongs to"));
    m_hex->setMinimumHeight(60);

    auto *parts = new QSplitter(Qt::Vertical);
    parts->setChildrenCollapsible(false);
    parts->addWidget(m_tree);
    parts->addWidget(section({m_detail, m_hex}));
    parts->setSizes({200, 180});
    return section({m_payloadTitle, parts});
}

QWidget *KeyPanel::makeKeys()
{
    m_table = new QTableView(this);
    describe(m_table, "keys", tr("Keys"),
             tr("The keys of this call, one row for each stream and generation; grey are those not in use"));
    m_keysLife = secondaryLabel(this);
    describe(m_keysLife, "keysLife", {}, tr("How and when the keys in use were agreed, and when new ones are due"));
    m_keysLife->setFont(tabularFont(smallFont()));
    m_keysLife->setContentsMargins(space::small, 0, space::small, space::tiny);
    m_keysLife->setWordWrap(true);
    m_table->setModel(m_keys);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(false);
    m_table->setMinimumHeight(92);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setMinimumSectionSize(0);
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + space::tiny);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setHighlightSections(false);
    setEmptyText(m_table, tr("The keys appear here when they are agreed."));
    return section({sectionTitle(this, tr("Keys")), m_keysLife, m_table});
}

void KeyPanel::setCall(const call::CallSnapshot &call, const QString &us)
{
    if (call.id != m_callId) {
        m_callId = call.id;
        showMessage({});
    }
    m_ladder->setLanes(plain(us), personOf(call.peer));
    m_exchange->setCall(call);
    const bool firstKeys = m_keys->rowCount() == 0 && !call.keys.empty();
    m_security = call.security;
    m_endedAt = call.phase == call::Phase::Ended ? call.endedAt : QDateTime();
    m_endedTense = tenseOf(call);
    const QDateTime now = m_endedAt.isValid() ? m_endedAt : QDateTime::currentDateTimeUtc();
    m_keys->setKeys(call.keys, now, m_endedAt.isValid() ? QDateTime() : call.security.renewalDue);
    showKeysLife(now);
    if (firstKeys) // the header fits its columns to later changes by itself, but not to rows that come to an empty
                   // table
        m_table->resizeColumnsToContents();
    if (!m_ladder->currentIndex().isValid())
        selectFirstMikey();
}

void KeyPanel::clear()
{
    m_callId = 0;
    m_exchange->clear();
    m_security = {};
    m_endedAt = {};
    m_keys->setKeys({}, {});
    showKeysLife({});
    showMessage({});
}

void KeyPanel::tick(const QDateTime &now)
{
    if (!m_table->isVisible() || m_endedAt.isValid() || m_keys->rowCount() == 0)
        return;
    m_keys->tick(now);
    showKeysLife(now);
}

void KeyPanel::showKeysLife(const QDateTime &now)
{
    const Tense tense = m_endedAt.isValid() ? m_endedTense : m_keys->rowCount() ? Tense::Present : Tense::Future;
    setWrapped(m_keysLife, m_callId ? keysInWords(m_security, tense, now) : QString());
    m_keysLife->setVisible(m_callId != 0);
}

void KeyPanel::selectFirstMikey()
{
    for (int row = 0; row < m_exchange->rowCount(); ++row) {
        if (m_exchange->step(row).inspected)
            return m_ladder->setCurrentIndex(m_exchange->index(row, 0));
    }
}

void KeyPanel::showMessage(const QModelIndex &index)
{
    if (!index.isValid() || !m_exchange->step(index.row()).inspected) {
        m_payloads->setMessage(nullptr);
        m_hex->setOctets({});
        m_payloadTitle->setText(tr("Payloads"));
        m_detail->clear();
        return;
    }
    const call::ExchangeStep &step = m_exchange->step(index.row());
    if (step.inspected.get() == m_payloads->message())
        return;
    // The same octets are inspected anew once their keys are known; then the field stays selected.
    const OctetRange before = step.mikeyOctets == m_hex->octets() ? m_hex->highlight() : OctetRange();
    m_payloads->setMessage(step.inspected);
    m_hex->setOctets(step.mikeyOctets);
    m_hex->setFault(step.inspected->fault ? int(step.inspected->fault->offset) : -1);
    m_payloadTitle->setText(tr("Payloads of %1, %2").arg(plain(step.mikey), octets(step.mikeyOctets.size())));
    const QModelIndex same = m_payloads->indexOfRange(before);
    m_tree->setCurrentIndex(same.isValid() ? same : m_payloads->index(0, 0));
}

void KeyPanel::showField(const QModelIndex &index)
{
    if (!index.isValid())
        return;
    const OctetRange range = m_payloads->rangeOf(index);
    m_hex->setHighlight(range);
    const QString name = index.siblingAtColumn(PayloadModel::Name).data().toString();
    const QString value = index.siblingAtColumn(PayloadModel::Value).data().toString();
    const QString rfc = index.data(PayloadModel::RfcRole).toString();
    QString text = value == rfc ? tr("%1: %2, %3").arg(name, rfc, octets(range.length))
                                : tr("%1: %2 (%3, %4)").arg(name, value, rfc, octets(range.length));
    if (const auto *message = m_payloads->message(); message->fault)
        text += tr(" Decoding stopped at octet %1: %2").arg(message->fault->offset).arg(plain(message->fault->reason));
    setWrapped(m_detail, text);
}

void KeyPanel::selectOctet(int octet)
{
    const QModelIndex index = m_payloads->indexOfOctet(octet);
    if (!index.isValid())
        return m_hex->setHighlight({octet, 1});
    m_tree->setCurrentIndex(index);
    m_tree->scrollTo(index);
}

void KeyPanel::focusExchange()
{
    m_ladder->setFocus(Qt::ShortcutFocusReason);
}

void KeyPanel::focusPayloads()
{
    m_tree->setFocus(Qt::ShortcutFocusReason);
}

void KeyPanel::focusKeys()
{
    m_table->setFocus(Qt::ShortcutFocusReason);
}

} // namespace ui
