// SPDX-License-Identifier: Apache-2.0
#include "ended_view.h"

#include "action_button.h"
#include "actions.h"
#include "page.h"
#include "peer_header.h"
#include "security_view.h"
#include "text.h"
#include "widgets.h"

#include <QLabel>
#include <QPushButton>
#include <QStringList>
#include <QVBoxLayout>

namespace ui {

namespace {

/// What a specialist asks for first.
QString codesInWords(const call::CallSnapshot &call)
{
    QStringList codes;
    if (call.mikeyError) {
        const QString name = plain(call.mikeyError->name);
        codes << (call.mikeyError->number ? Words::tr("MIKEY error %1, %2").arg(*call.mikeyError->number).arg(name)
                                          : Words::tr("MIKEY: %1").arg(name));
    }
    if (call.sipStatus)
        codes << Words::tr("SIP status %1").arg(call.sipStatus);
    return codes.join(QStringLiteral("  ·  "));
}

QLabel *sentence(QWidget *parent, const char *name)
{
    QLabel *label = plainLabel(parent);
    label->setObjectName(QLatin1String(name));
    label->setAlignment(Qt::AlignHCenter);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

void fill(QLabel *label, const QString &text)
{
    setWrapped(label, text);
    label->setVisible(!text.isEmpty());
}

} // namespace

EndedView::EndedView(Actions &actions, QWidget *parent)
    : QWidget(parent), m_peer(new PeerHeader(this)), m_headline(sentence(this, "endedHeadline")),
      m_reason(sentence(this, "endedReason")), m_advice(sentence(this, "endedAdvice")), m_codes(secondaryLabel(this)),
      m_change(new CertificateChangeView(actions, this)), m_security(new SecurityView(this)),
      m_again(new ActionButton(actions.again, ButtonKind::Accent, this))
{
    setObjectName(QStringLiteral("endedView"));
    m_headline->setFont(titleFont());
    m_codes->setObjectName(QStringLiteral("endedCodes"));
    m_codes->setAlignment(Qt::AlignHCenter);
    m_codes->setFont(smallFont());

    Page page(this);
    page.add(m_peer);
    page.add(m_headline);
    page.add(m_reason);
    page.add(m_advice);
    page.add(m_change);
    page.add(m_security);
    page.add(m_codes);
    // Made one after the other: this is the tab order.
    auto *keyPanel = new ActionButton(actions.keyPanel, ButtonKind::Plain, this);
    page.addButtons({m_again, keyPanel}, new ActionButton(actions.dismiss, ButtonKind::Plain, this));
}

void EndedView::setCall(const call::CallSnapshot &call, const std::optional<CertificateChange> &change)
{
    m_change->setVisible(change.has_value());
    if (change)
        m_change->setChange(*change);
    m_peer->setCall(call);
    fill(m_headline, outcomeInWords(call));
    fill(m_reason, plain(call.reason, sentenceLimit));
    fill(m_advice, plain(call.advice, sentenceLimit));
    fill(m_codes, codesInWords(call));
    m_security->setSecurity(call.security, tenseOf(call));
    m_again->setVisible(call.direction == call::Direction::Outgoing);
}

QString outcomeInWords(const call::CallSnapshot &call)
{
    if (call.endedBy == call::EndedBy::Error)
        return Words::tr("The call failed");
    if (call.establishedAt.isValid())
        return Words::tr("Call ended after %1").arg(clock(call.establishedAt.secsTo(call.endedAt)));
    if (call.direction == call::Direction::Incoming)
        return call.endedBy == call::EndedBy::Local ? Words::tr("Call declined") : Words::tr("Missed call");
    return call.endedBy == call::EndedBy::Local ? Words::tr("Call cancelled") : Words::tr("The call was not answered");
}

} // namespace ui
