// SPDX-License-Identifier: Apache-2.0
#include "security_view.h"

#include "icons.h"
#include "warning_list.h"
#include "widgets.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

SecurityView::SecurityView(QWidget *parent)
    : QFrame(parent), m_icon(new QLabel(this)), m_headline(plainLabel(this)), m_sentence(plainLabel(this)),
      m_keys(plainLabel(this)), m_warnings(new WarningList(this)), m_detailsButton(new QToolButton(this)),
      m_detailsBox(makeDetails())
{
    describe(this, "security", {},
             tr("How this call is protected: the cipher in force, how keys are agreed, who is verified by what, and "
                "since when the keys are in use."));
    m_headline->setObjectName(QStringLiteral("securityHeadline"));
    m_headline->setFont(strongFont());
    m_headline->setWordWrap(true);
    m_sentence->setObjectName(QStringLiteral("securitySentence"));
    m_keys->setObjectName(QStringLiteral("securityKeys"));
    m_keys->setFont(tabularFont(m_keys->font()));
    describe(m_detailsButton, "securityDetailsButton", tr("Details of the protection"),
             tr("Show the fingerprint of the certificate, the cipher suite, and what forward secrecy means here"));
    m_detailsButton->setText(tr("Details"));
    m_detailsButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_detailsButton->setCheckable(true);
    m_detailsButton->setAutoRaise(true);
    m_detailsButton->setFocusPolicy(Qt::StrongFocus);
    connect(m_detailsButton, &QToolButton::toggled, this, &SecurityView::showDetails);

    auto *words = new QVBoxLayout;
    words->setSpacing(space::tiny);
    for (QWidget *part : {static_cast<QWidget *>(m_headline), static_cast<QWidget *>(m_sentence),
                          static_cast<QWidget *>(m_keys), static_cast<QWidget *>(m_warnings)})
        words->addWidget(part);
    words->addWidget(m_detailsButton, 0, Qt::AlignLeft);
    words->addWidget(m_detailsBox);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::large, space::medium, space::large, space::medium);
    layout->setSpacing(space::medium);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addLayout(words, 1);
    setSecurity({}, Tense::Future);
    showDetails();
}

QWidget *SecurityView::makeDetails()
{
    auto *box = new QWidget(this);
    m_details = plainLabel(box);
    m_details->setObjectName(QStringLiteral("securityDetails"));
    m_fingerprintTitle = plainLabel(box, tr("Fingerprint of the other side's certificate (SHA-256):"));
    m_fingerprintTitle->setWordWrap(true);
    m_fingerprint = plainLabel(box);
    describe(m_fingerprint, "securityFingerprint", tr("Fingerprint of the certificate"),
             tr("Compare it with what the other side reads to you from its own window"));
    m_fingerprint->setFont(fixedFont());
    for (QLabel *label : {m_details, m_fingerprint})
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins({});
    layout->setSpacing(space::tiny);
    for (QLabel *label : {m_details, m_fingerprintTitle, m_fingerprint})
        layout->addWidget(label);
    return box;
}

void SecurityView::setSecurity(const call::Security &security, Tense tense, const QDateTime &now)
{
    m_security = security;
    m_tense = tense;
    showWords(securityWords(security, tense, now));
}

void SecurityView::tick(const QDateTime &now)
{
    const QString keys = keysInWords(m_security, m_tense, now);
    setWrapped(m_keys, keys);
}

void SecurityView::showWords(const SecurityWords &words)
{
    m_headline->setText(words.headline);
    setWrapped(m_sentence, words.sentence);
    setWrapped(m_keys, words.keys);
    m_warnings->setWarnings(words.warnings);
    setWrapped(m_details, words.details);
    m_fingerprint->setText(words.fingerprint);
    m_fingerprintTitle->setVisible(!words.fingerprint.isEmpty());
    m_fingerprint->setVisible(!words.fingerprint.isEmpty());
    m_detailsButton->setVisible(!words.details.isEmpty() || !words.fingerprint.isEmpty());
    showDetails();

    // Without the countdown: who listens to this does not want to hear each second.
    const QString told = QStringList{words.sentence, keysInWords(m_security, m_tense, {})}.join(u' ');
    setAccessibleName(words.headline);
    setAccessibleDescription((QStringList{told} + words.warnings).join(u' '));
    if (m_tone == words.tone && m_iconName == words.icon)
        return;
    m_tone = words.tone;
    m_iconName = words.icon;
    applyTone();
}

void SecurityView::showDetails()
{
    const bool open = m_detailsButton->isChecked();
    m_detailsButton->setIcon(icon(open ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"),
                                  toneColors(m_tone, palette()).text));
    m_detailsBox->setVisible(open && !m_detailsButton->isHidden());
}

void SecurityView::applyTone()
{
    const QColor text = toneColors(m_tone, palette()).text;
    m_icon->setPixmap(iconPixmap(m_iconName, 24, text, devicePixelRatioF()));
    for (QLabel *label : {m_headline, m_sentence, m_keys, m_details, m_fingerprintTitle, m_fingerprint})
        setTextColor(label, text);
    QPalette button;
    button.setColor(QPalette::ButtonText, text);
    m_detailsButton->setPalette(button);
    showDetails();
    update();
}

void SecurityView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintCard(painter, rect(), toneColors(m_tone, palette()).background);
}

void SecurityView::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyTone();
}

} // namespace ui
