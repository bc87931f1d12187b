// SPDX-License-Identifier: Apache-2.0
#include "security_view.h"

#include "icons.h"
#include "widgets.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace ui {

SecurityView::SecurityView(QWidget *parent)
    : QFrame(parent), m_icon(new QLabel(this)), m_headline(plainLabel(this)), m_sentence(plainLabel(this))
{
    setObjectName(QStringLiteral("security"));
    setToolTip(
        tr("How this call is protected: the cipher in force, how keys are agreed, who is verified by what, and since "
           "when the keys are in use."));
    m_headline->setObjectName(QStringLiteral("securityHeadline"));
    m_headline->setFont(strongFont());
    m_headline->setWordWrap(true);
    m_sentence->setObjectName(QStringLiteral("securitySentence"));

    auto *words = new QVBoxLayout;
    words->setSpacing(space::tiny);
    words->addWidget(m_headline);
    words->addWidget(m_sentence);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::large, space::medium, space::large, space::medium);
    layout->setSpacing(space::medium);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addLayout(words, 1);
    setSecurity({}, Tense::Future);
}

void SecurityView::setSecurity(const call::Security &security, Tense tense)
{
    SecurityWords words = securityWords(security, tense);
    if (words.headline == m_words.headline && words.sentence == m_words.sentence)
        return;
    m_words = std::move(words);
    m_headline->setText(m_words.headline);
    setWrapped(m_sentence, m_words.sentence);
    setAccessibleName(m_words.headline);
    setAccessibleDescription(m_words.sentence);
    applyTone();
}

void SecurityView::applyTone()
{
    const QColor text = toneColors(m_words.tone, palette()).text;
    m_icon->setPixmap(iconPixmap(m_words.icon, 24, text, devicePixelRatioF()));
    for (QLabel *label : {m_headline, m_sentence})
        setTextColor(label, text);
    update();
}

void SecurityView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintCard(painter, rect(), toneColors(m_words.tone, palette()).background);
}

void SecurityView::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyTone();
}

} // namespace ui
