// SPDX-License-Identifier: Apache-2.0
#include "certificate_change.h"

#include "action_button.h"
#include "actions.h"
#include "icons.h"
#include "peer_header.h"
#include "text.h"
#include "theme.h"
#include "widgets.h"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace ui {

CertificateChangeView::CertificateChangeView(Actions &actions, QWidget *parent)
    : QFrame(parent), m_icon(new QLabel(this)), m_headline(plainLabel(this)), m_meaning(plainLabel(this)),
      m_advice(plainLabel(this))
{
    setObjectName(QStringLiteral("certificateChange"));
    m_headline->setObjectName(QStringLiteral("changeHeadline"));
    m_headline->setFont(strongFont());
    m_meaning->setObjectName(QStringLiteral("changeMeaning"));
    m_advice->setObjectName(QStringLiteral("changeAdvice"));
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(space::medium);
    grid->setVerticalSpacing(space::tiny);
    m_known = addFingerprint(grid, "changeKnown", tr("Known until now"));
    m_shown = addFingerprint(grid, "changeShown", tr("Shown in this call"));
    m_texts << m_headline << m_meaning << m_advice;

    auto *words = new QVBoxLayout;
    words->setSpacing(space::small);
    words->addWidget(m_headline);
    words->addWidget(m_meaning);
    words->addLayout(grid);
    words->addWidget(m_advice);
    words->addWidget(new ActionButton(actions.acceptCertificate, ButtonKind::Plain, this), 0, Qt::AlignLeft);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::large, space::medium, space::large, space::medium);
    layout->setSpacing(space::medium);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addLayout(words, 1);
    applyTone();
}

QLabel *CertificateChangeView::addFingerprint(QGridLayout *grid, const char *name, const QString &title)
{
    QLabel *heading = plainLabel(this, title);
    QLabel *value = plainLabel(this);
    value->setObjectName(QLatin1String(name));
    value->setAccessibleName(title);
    value->setToolTip(tr("SHA-256 of the certificate"));
    value->setFont(fixedFont());
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    const int row = grid->rowCount();
    grid->addWidget(heading, row, 0);
    grid->addWidget(value, row + 1, 0);
    m_texts << heading << value;
    return value;
}

void CertificateChangeView::setChange(const CertificateChange &change)
{
    const QString person = isolated(personOf(change.identity));
    constexpr int groups = 4;
    setWrapped(m_headline, tr("The certificate of %1 has changed").arg(person));
    setWrapped(m_meaning, tr("Either %1 has a new one, or someone stands between you. No sound was sent.").arg(person));
    m_known->setText(fingerprintInGroups(change.known, groups));
    m_shown->setText(fingerprintInGroups(change.shown, groups));
    setWrapped(m_advice,
               tr("Ask %1 by another way, in person or by telephone, to read you the fingerprint. Only if it is "
                  "the one shown in this call, accept the new certificate and call again.")
                   .arg(person));
    setAccessibleName(m_headline->text());
    setAccessibleDescription(m_meaning->text() + u' ' + m_advice->text());
}

void CertificateChangeView::applyTone()
{
    const QColor text = toneColors(Tone::Bad, palette()).text;
    m_icon->setPixmap(iconPixmap(QStringLiteral("shield-alert"), 24, text, devicePixelRatioF()));
    for (QLabel *label : m_texts)
        setTextColor(label, text);
    update();
}

void CertificateChangeView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintCard(painter, rect(), toneColors(Tone::Bad, palette()).background);
}

void CertificateChangeView::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyTone();
}

} // namespace ui
