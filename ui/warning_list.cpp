// SPDX-License-Identifier: Apache-2.0
#include "warning_list.h"

#include "icons.h"
#include "theme.h"
#include "widgets.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int iconEdge = 16;

class WarningLine : public QWidget
{
public:
    WarningLine(QWidget *parent, const QString &sentence)
        : QWidget(parent), m_icon(new QLabel(this)), m_text(plainLabel(this))
    {
        setAccessibleName(sentence);
        setWrapped(m_text, sentence);
        m_text->setObjectName(QStringLiteral("warningText"));
        auto *layout = new QHBoxLayout(this);
        layout->setContentsMargins(space::small, space::tiny, space::small, space::tiny);
        layout->setSpacing(space::small);
        layout->addWidget(m_icon, 0, Qt::AlignTop);
        layout->addWidget(m_text, 1);
        applyTone();
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        paintCard(painter, rect(), toneColors(Tone::Caution, palette()).background);
    }

    void changeEvent(QEvent *event) override
    {
        QWidget::changeEvent(event);
        if (event->type() == QEvent::PaletteChange)
            applyTone();
    }

private:
    void applyTone()
    {
        const QColor color = toneColors(Tone::Caution, palette()).text;
        m_icon->setPixmap(iconPixmap(QStringLiteral("warning"), iconEdge, color, devicePixelRatioF()));
        setTextColor(m_text, color);
    }

    QLabel *m_icon;
    QLabel *m_text;
};

} // namespace

WarningList::WarningList(QWidget *parent) : QWidget(parent), m_layout(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("warnings"));
    m_layout->setContentsMargins({});
    m_layout->setSpacing(space::tiny);
    hide();
}

void WarningList::setWarnings(const QStringList &sentences)
{
    setVisible(!sentences.isEmpty());
    if (sentences == m_sentences)
        return;
    m_sentences = sentences;
    while (QLayoutItem *item = m_layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const QString &sentence : sentences)
        m_layout->addWidget(new WarningLine(this, sentence));
}

} // namespace ui
