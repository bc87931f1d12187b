// SPDX-License-Identifier: Apache-2.0
#include "idle_view.h"

#include "certificate_words.h"
#include "icons.h"
#include "page.h"
#include "text.h"
#include "theme.h"
#include "warning_list.h"
#include "widgets.h"

#include <QEvent>
#include <QLabel>
#include <QStringList>
#include <QVBoxLayout>

#include <algorithm>

namespace ui {

IdleView::IdleView(QWidget *parent)
    : QWidget(parent), m_icon(new QLabel(this)), m_reach(secondaryLabel(this)), m_certificate(secondaryLabel(this)),
      m_troubles(new WarningList(this))
{
    setObjectName(QStringLiteral("idleView"));
    QLabel *headline = plainLabel(this, tr("Nobody on the line"));
    headline->setFont(titleFont());
    QLabel *advice =
        plainLabel(this, tr("To call someone, type their sip: address above (Ctrl+N) and press Enter. The call "
                            "is encrypted or does not take place."));
    m_reach->setObjectName(QStringLiteral("reach"));
    Page page(this);
    m_certificate->setObjectName(QStringLiteral("certificate"));
    for (QLabel *label : {m_icon, headline, advice, m_reach, m_certificate}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setWordWrap(label != m_icon);
        page.add(label);
    }
    page.add(m_troubles);
    drawIcon();
}

void IdleView::setPhone(const call::PhoneSnapshot &phone)
{
    const QString listening = listeningInWords(phone);
    m_reach->setText(listening.isEmpty() ? tr("Nobody can call you: no listening point is open.")
                                         : tr("You can be called at %1.").arg(listening));
    m_certificate->setText(tr("Your certificate: %1").arg(plain(phone.certificate, sentenceLimit)));
    m_certificate->setVisible(!phone.certificate.isEmpty());
    m_troubles->setWarnings(troublesOf(phone.certificateTroubles));
}

void IdleView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        drawIcon();
}

void IdleView::drawIcon()
{
    m_icon->setPixmap(iconPixmap(QStringLiteral("key"), 48, secondaryText(palette()), devicePixelRatioF()));
}

QString listeningInWords(const call::PhoneSnapshot &phone)
{
    // "127.0.0.1:5060 (udp, tcp)": usually the transports share one address and port.
    std::vector<std::pair<QString, QStringList>> places;
    for (const call::ListeningPoint &point : phone.listening) {
        const QString host = point.address.contains(u':') ? u'[' + point.address + u']' : point.address;
        const QString place = QStringLiteral("%1:%2").arg(plain(host)).arg(point.port);
        const auto known =
            std::find_if(places.begin(), places.end(), [&](const auto &one) { return one.first == place; });
        QStringList &transports =
            known == places.end() ? places.emplace_back(place, QStringList()).second : known->second;
        transports << plain(point.transport);
    }
    QStringList words;
    for (const auto &[place, transports] : places)
        words << QStringLiteral("%1 (%2)").arg(place, transports.join(QStringLiteral(", ")));
    return words.join(QStringLiteral(", "));
}

} // namespace ui
