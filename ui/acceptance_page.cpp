// SPDX-License-Identifier: Apache-2.0
#include "acceptance_page.h"

#include "theme.h"
#include "widgets.h"

#include <QCheckBox>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {

AcceptancePage::AcceptancePage(QWidget *parent) : QWidget(parent)
{
    auto *content = new QWidget;
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(space::large, space::large, space::large, space::large);
    column->setSpacing(space::large);
    m_firstUse = addChoice(column, "trustOnFirstUse", tr("Trust a peer's certificate on first use"),
                           tr("A certificate nobody vouches for is taken the first time and remembered; another one is "
                              "refused from then on. Whoever stands between you at the first call is not noticed: "
                              "compare fingerprints with the peer."));
    m_fetch = addChoice(column, "fetchUrls", tr("Fetch certificates from addresses that peers name"),
                        tr("A peer may send the web address of its certificate instead of the certificate. Fetching it "
                           "discloses to that server, and to all who watch the network, your network address and that "
                           "someone is calling you, before it is known who."));
    m_weakGroups =
        addChoice(column, "weakGroups", tr("Allow weak Diffie-Hellman groups"),
                  tr("Groups of 1024 bits and fewer can be broken by those who can afford it. Such calls are "
                     "shown as weakly protected."));
    m_null = addChoice(column, "nullAlgorithms", tr("Allow keys without encryption or authentication (NULL)"),
                       tr("For tests only: keys can then be read or changed on their way. Such calls are shown as "
                          "weakly protected."));
    column->addStretch(1);
    auto *scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(scroll);
    setAcceptance({});
}

AcceptancePage::Choice AcceptancePage::addChoice(QVBoxLayout *column, const char *name, const QString &title,
                                                 const QString &cost)
{
    auto *frame = new QWidget;
    auto *box = new QCheckBox(title, frame);
    describe(box, name, title, cost);
    box->setAccessibleDescription(cost);
    QLabel *explanation = secondaryLabel(frame, cost);
    explanation->setWordWrap(true);
    explanation->setIndent(space::huge);
    auto *layout = new QVBoxLayout(frame);
    layout->setContentsMargins({});
    layout->setSpacing(space::tiny);
    layout->addWidget(box);
    layout->addWidget(explanation);
    column->addWidget(frame);
    connect(box, &QCheckBox::clicked, this, &AcceptancePage::choose);
    return {box, frame};
}

void AcceptancePage::setAcceptance(const Acceptance &acceptance)
{
    m_acceptance = acceptance;
    m_firstUse.box->setChecked(acceptance.trustOnFirstUse);
    m_fetch.box->setChecked(acceptance.fetchUrls);
    m_weakGroups.box->setChecked(acceptance.weakGroups.value_or(false));
    m_weakGroups.frame->setVisible(acceptance.weakGroups.has_value());
    m_null.box->setChecked(acceptance.nullAlgorithms.value_or(false));
    m_null.frame->setVisible(acceptance.nullAlgorithms.has_value());
}

void AcceptancePage::choose()
{
    Acceptance wanted = m_acceptance;
    wanted.trustOnFirstUse = m_firstUse.box->isChecked();
    wanted.fetchUrls = m_fetch.box->isChecked();
    if (wanted.weakGroups)
        wanted.weakGroups = m_weakGroups.box->isChecked();
    if (wanted.nullAlgorithms)
        wanted.nullAlgorithms = m_null.box->isChecked();
    Q_EMIT chosen(wanted);
}

} // namespace ui
