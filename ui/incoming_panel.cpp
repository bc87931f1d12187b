// SPDX-License-Identifier: Apache-2.0
#include "incoming_panel.h"

#include "action_button.h"
#include "actions.h"
#include "fitting_scroll_area.h"
#include "peer_header.h"
#include "security_view.h"
#include "text.h"
#include "widgets.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace ui {

IncomingPanel::IncomingPanel(Actions &actions, QWidget *parent)
    : QFrame(parent), m_who(new ElidedLabel(this)), m_address(new ElidedLabel(this)), m_security(new SecurityView(this))
{
    setObjectName(QStringLiteral("incomingPanel"));
    setAccessibleName(tr("Incoming call"));
    m_who->setObjectName(QStringLiteral("incomingWho"));
    m_who->setFont(titleFont());
    m_address->setObjectName(QStringLiteral("incomingAddress"));
    m_address->setSecondary(true);

    auto *decline = new ActionButton(actions.decline, ButtonKind::End, this);
    decline->setAutoDefault(true); // with the focus on it, Enter declines and does not answer
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::small);
    buttons->addWidget(new ActionButton(actions.answer, ButtonKind::Accent, this), 1);
    buttons->addWidget(decline, 1);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::large, space::large, space::large, space::large);
    layout->setSpacing(space::small);
    layout->addWidget(m_who);
    layout->addWidget(m_address);
    layout->addWidget(new FittingScrollArea(m_security, this), 1); // the buttons stay in sight
    layout->addSpacing(space::tiny);
    layout->addLayout(buttons);
}

void IncomingPanel::setCall(const call::CallSnapshot &call)
{
    const QString claim = plain(call.displayName), person = personOf(call.peer);
    m_who->setText(tr("%1 is calling").arg(isolated(person)));
    QString address = shortAddress(call.peer);
    if (!call.address.isEmpty())
        address = tr("%1, at %2").arg(address, plain(call.address));
    if (!claim.isEmpty() && claim.compare(person, Qt::CaseInsensitive) != 0)
        address = tr("%1; gives its name as “%2”").arg(address, claim);
    m_address->setText(address);
    m_security->setSecurity(call.security, Tense::Future);
}

void IncomingPanel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::small, space::small);
}

} // namespace ui
