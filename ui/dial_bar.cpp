// SPDX-License-Identifier: Apache-2.0
#include "dial_bar.h"

#include "action_button.h"
#include "actions.h"
#include "idle_view.h"
#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QRegularExpression>
#include <QStandardItemModel>

#include <algorithm>

namespace ui {

namespace {

constexpr int addressLimit = 1024;
constexpr int controlHeight = 36;

bool isSame(const call::MethodChoice &a, const call::MethodChoice &b)
{
    return a.name == b.name && a.title == b.title && a.available == b.available && a.whyNot == b.whyNot;
}

QStandardItem *itemOf(const call::MethodChoice &method)
{
    auto *item = new QStandardItem(plain(method.title));
    item->setData(method.name, Qt::UserRole);
    item->setEnabled(method.available);
    item->setToolTip(toolTip(method.available ? plain(method.rfc) : plain(method.whyNot, sentenceLimit)));
    item->setAccessibleDescription(plain(method.whyNot, sentenceLimit));
    return item;
}

} // namespace

DialBar::DialBar(Actions &actions, QWidget *parent)
    : QWidget(parent), m_identity(new ElidedLabel(this)), m_listening(new ElidedLabel(this)),
      m_address(new QLineEdit(this)), m_method(new QComboBox(this)), m_choices(new QStandardItemModel(m_method))
{
    m_identity->setObjectName(QStringLiteral("identity"));
    m_identity->setFont(strongFont());
    m_listening->setObjectName(QStringLiteral("listening"));
    m_listening->setFont(smallFont());
    m_listening->setSecondary(true);

    m_address->setObjectName(QStringLiteral("address"));
    m_address->setAccessibleName(tr("Address to call"));
    m_address->setPlaceholderText(tr("sip:name@host"));
    m_address->setToolTip(
        tr("Whom to call: sip:name@host or sip:name@host:port, or name@domain at host:port for someone whose "
           "computer is not named after them (Ctrl+N)"));
    m_address->setMaxLength(addressLimit);
    m_address->setMinimumWidth(120);
    m_address->setClearButtonEnabled(true);
    m_address->setTextMargins(space::small, 0, space::small, 0);
    m_method->setObjectName(QStringLiteral("method"));
    m_method->setAccessibleName(tr("Method"));
    m_method->setToolTip(tr("How MIKEY agrees the keys of the next call"));
    m_method->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_method->setMinimumContentsLength(12);
    m_method->setModel(m_choices);
    setMethods({});
    auto *callButton = new ActionButton(actions.call, ButtonKind::Accent, this);
    for (QWidget *control : {static_cast<QWidget *>(m_address), static_cast<QWidget *>(m_method)})
        control->setFixedHeight(controlHeight);

    auto *who = new QVBoxLayout;
    who->setSpacing(0);
    who->addStretch();
    who->addWidget(m_identity);
    who->addWidget(m_listening);
    who->addStretch();
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::medium, space::small, space::medium, space::small);
    layout->setSpacing(space::small);
    layout->addLayout(who, 1);
    layout->addSpacing(space::small);
    layout->addWidget(m_address, 2);
    layout->addWidget(m_method);
    layout->addWidget(callButton);

    connect(m_address, &QLineEdit::returnPressed, actions.call, &QAction::trigger);
    connect(m_address, &QLineEdit::textChanged, this, &DialBar::edited);
}

void DialBar::setPhone(const call::PhoneSnapshot &phone)
{
    m_identity->setText(shortAddress(phone.identity));
    const QString listening = listeningInWords(phone);
    m_listening->setText(listening.isEmpty() ? tr("not reachable") : listening);
    const bool same = phone.methods.size() == m_methods.size() &&
                      std::equal(m_methods.begin(), m_methods.end(), phone.methods.begin(), isSame);
    if (!same)
        setMethods(phone.methods);
}

void DialBar::setMethods(const std::vector<call::MethodChoice> &methods)
{
    const QString chosen = method();
    m_methods = methods;
    m_choices->clear();
    auto *automatic = new QStandardItem(tr("Automatic"));
    automatic->setData(QString(), Qt::UserRole);
    automatic->setToolTip(tr("The strongest method that both sides have credentials for"));
    m_choices->appendRow(automatic);
    for (const call::MethodChoice &choice : methods)
        m_choices->appendRow(itemOf(choice));
    m_method->setCurrentIndex(std::max(0, m_method->findData(chosen)));
}

Destination destinationOf(const QString &text)
{
    static const QRegularExpression apart(QStringLiteral("^(\\S+?),?\\s+at\\s+(\\S+)$"));
    const QString whole = text.trimmed();
    const auto match = apart.match(whole);
    if (!match.hasMatch())
        return {whole, {}};
    const QString who = match.captured(1);
    const QString identity = who.contains(u':') ? who : QStringLiteral("sip:") + who;
    const QString user = identity.section(u':', 1).section(u'@', 0, 0);
    return {QStringLiteral("sip:%1@%2").arg(user, match.captured(2)), identity};
}

Destination DialBar::destination() const
{
    return destinationOf(m_address->text());
}

QString DialBar::method() const
{
    return m_method->currentData().toString();
}

void DialBar::clearAddress()
{
    m_address->clear();
}

void DialBar::focusAddress()
{
    m_address->setFocus(Qt::ShortcutFocusReason);
    m_address->selectAll();
}

bool DialBar::isTyping() const
{
    return m_address->hasFocus() && !m_address->text().isEmpty();
}

} // namespace ui
