// SPDX-License-Identifier: Apache-2.0
#include "call_view.h"

#include "action_button.h"
#include "actions.h"
#include "level_meter.h"
#include "page.h"
#include "peer_header.h"
#include "security_view.h"
#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace ui {

namespace {

QString stateInWords(const call::CallSnapshot &call)
{
    switch (call.phase) {
    case call::Phase::Calling:
        return Words::tr("Calling…");
    case call::Phase::Ringing:
        return Words::tr("Ringing…");
    case call::Phase::Incoming:
        return Words::tr("Rings here…");
    case call::Phase::Connecting:
        return Words::tr("Connecting…");
    case call::Phase::Established:
        return call.muted ? Words::tr("Muted: %1 does not hear you").arg(isolated(personOf(call.peer))) : QString();
    case call::Phase::Ended:
        return Words::tr("Ended");
    }
    return {};
}

QString qualityInWords(const call::MediaStats &media)
{
    const quint64 expected = media.received + media.lost;
    const double loss = expected ? 100.0 * double(media.lost) / double(expected) : 0;
    QStringList parts;
    if (media.rttMs)
        parts << Words::tr("round trip %1 ms").arg(*media.rttMs, 0, 'f', 1);
    parts << Words::tr("jitter %1 ms").arg(media.jitterMs, 0, 'f', 1) << Words::tr("lost %1 %").arg(loss, 0, 'f', 1);
    if (media.authFailures)
        parts << Words::tr("%1 forged packets dropped").arg(grouped(media.authFailures));
    return parts.join(QStringLiteral("  ·  "));
}

} // namespace

CallView::CallView(Actions &actions, QWidget *parent)
    : QWidget(parent), m_peer(new PeerHeader(this)), m_security(new SecurityView(this)), m_state(secondaryLabel(this)),
      m_timer(plainLabel(this)), m_meters(makeMeters()), m_quality(secondaryLabel(this)),
      m_mute(new ActionButton(actions.mute, ButtonKind::Plain, this))
{
    setObjectName(QStringLiteral("callView"));
    m_state->setObjectName(QStringLiteral("callState"));
    m_state->setAlignment(Qt::AlignCenter);
    m_timer->setObjectName(QStringLiteral("callTimer"));
    m_timer->setFont(tabularFont(titleFont()));
    m_timer->setAlignment(Qt::AlignCenter);
    m_timer->setToolTip(tr("How long this call has been running"));
    m_quality->setObjectName(QStringLiteral("callQuality"));
    m_quality->setFont(tabularFont(smallFont()));
    m_quality->setAlignment(Qt::AlignCenter);
    m_quality->setToolTip(tr("Round trip and jitter of the sound's packets, and how many of the peer's were lost"));

    Page page(this);
    page.add(m_peer);
    page.add(m_security);
    page.add(m_timer);
    page.add(m_state);
    page.add(m_meters);
    page.add(m_quality);
    auto *renew = new ActionButton(actions.renewKeys, ButtonKind::Plain, this);
    auto *keyPanel = new ActionButton(actions.keyPanel, ButtonKind::Plain, this); // before "End" in the tab order
    page.addButtons({m_mute, renew, keyPanel}, new ActionButton(actions.end, ButtonKind::End, this));
}

QWidget *CallView::makeMeters()
{
    auto *meters = new QWidget(this);
    auto *grid = new QGridLayout(meters);
    grid->setContentsMargins({});
    grid->setHorizontalSpacing(space::medium);
    grid->setVerticalSpacing(space::small);
    grid->setColumnStretch(1, 1);
    m_levelIn = new LevelMeter(meters);
    m_levelIn->setObjectName(QStringLiteral("levelIn"));
    m_levelIn->setAccessibleName(tr("Your level"));
    m_levelIn->setToolTip(tr("How loud your microphone is"));
    m_levelOut = new LevelMeter(meters);
    m_levelOut->setObjectName(QStringLiteral("levelOut"));
    m_levelOut->setAccessibleName(tr("Level of the other side"));
    m_levelOut->setToolTip(tr("How loud the other side is"));
    m_peerLevelName = new ElidedLabel(meters);
    m_peerLevelName->setSecondary(true);
    m_peerLevelName->setMaximumWidth(120);
    grid->addWidget(secondaryLabel(meters, tr("You")), 0, 0);
    grid->addWidget(m_levelIn, 0, 1);
    grid->addWidget(m_peerLevelName, 1, 0);
    grid->addWidget(m_levelOut, 1, 1);
    return meters;
}

void CallView::setCall(const call::CallSnapshot &call)
{
    const bool running = call.phase == call::Phase::Established;
    m_establishedAt = running ? call.establishedAt : QDateTime();
    m_peer->setCall(call);
    m_security->setSecurity(call.security, tenseOf(call), QDateTime::currentDateTimeUtc());
    m_state->setText(stateInWords(call));
    m_state->setVisible(!m_state->text().isEmpty());
    m_timer->setVisible(running);
    m_meters->setVisible(running);
    m_quality->setVisible(running);
    m_mute->setVisible(running);
    m_peerLevelName->setText(personOf(call.peer));
    m_levelIn->setLevel(call.muted ? -96 : call.media.levelInDb);
    m_levelOut->setLevel(call.media.levelOutDb);
    m_quality->setText(qualityInWords(call.media));
}

void CallView::tick(const QDateTime &now)
{
    m_timer->setText(m_establishedAt.isValid() ? clock(m_establishedAt.secsTo(now)) : QString());
    m_security->tick(now);
}

} // namespace ui
