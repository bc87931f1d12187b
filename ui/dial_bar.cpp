// SPDX-License-Identifier: Apache-2.0
#include "dial_bar.h"

#include "action_button.h"
#include "actions.h"
#include "idle_view.h"
#include "method_box.h"
#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QRegularExpression>

namespace ui {

namespace {

constexpr int addressLimit = 1024;
constexpr int controlHeight = 36;
constexpr int pauseMs = 150; ///< in typing, before the methods for the address are asked for

} // namespace

DialBar::DialBar(Actions &actions, QWidget *parent)
    : QWidget(parent), m_identity(new ElidedLabel(this)), m_listening(new ElidedLabel(this)),
      m_address(new QLineEdit(this)), m_method(new MethodBox(this))
{
    m_identity->setObjectName(QStringLiteral("identity"));
    m_identity->setFont(strongFont());
    m_listening->setObjectName(QStringLiteral("listening"));
    m_listening->setFont(smallFont());
    m_listening->setSecondary(true);

    describe(m_address, "address", tr("Address to call"),
             tr("Whom to call: sip:name@host or sip:name@host:port, or name@domain at host:port for someone whose "
                "computer is not named after them (Ctrl+N)"));
    m_address->setPlaceholderText(tr("sip:name@host"));
    m_address->setMaxLength(addressLimit);
    m_address->setMinimumWidth(120);
    m_address->setClearButtonEnabled(true);
    m_address->setTextMargins(space::small, 0, space::small, 0);
    m_stale.setSingleShot(true);
    m_stale.setInterval(pauseMs);
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
    connect(m_address, &QLineEdit::textChanged, &m_stale, qOverload<>(&QTimer::start));
    connect(&m_stale, &QTimer::timeout, this, &DialBar::refreshMethods);
    connect(m_method, &MethodBox::aboutToOpen, this, &DialBar::refreshMethods);
}

void DialBar::setPhone(const call::PhoneSnapshot &phone)
{
    m_identity->setText(shortAddress(phone.identity));
    const QString listening = listeningInWords(phone);
    m_listening->setText(listening.isEmpty() ? tr("not reachable") : listening);
    if (sameMethods(m_ofPhone, phone.methods))
        return;
    m_ofPhone = phone.methods;
    refreshMethods();
}

void DialBar::setMethodSource(MethodSource source)
{
    m_methodsFor = std::move(source);
    refreshMethods();
}

void DialBar::refreshMethods()
{
    m_stale.stop();
    const Destination to = destination();
    m_method->setMethods(m_methodsFor && !to.to.isEmpty() ? m_methodsFor(to) : m_ofPhone);
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
    return m_method->method();
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
