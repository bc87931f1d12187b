// SPDX-License-Identifier: Apache-2.0
// New keys in a call because the user wants them: what was asked, and how it ended.
#include "main_window.h"

#include "notice_bar.h"
#include "peer_header.h"
#include "text.h"

#include <QDateTime>
#include <QTimer>

namespace ui {

void MainWindow::renew()
{
    const auto *call = live();
    if (!call || call->phase != call::Phase::Established)
        return;
    m_renewal = {call->id, call->security.warnings};
    tell(tr("Agreeing on new keys with %1…").arg(isolated(personOf(call->peer))));
    Q_EMIT renewRequested(call->id);
}

void MainWindow::showKeysRenewed(int call)
{
    if (m_renewal.call != call)
        return; // in the course of things; the key panel and the security sentence tell
    m_renewal = {};
    tell(tr("New keys are in use on both sides since %1.")
             .arg(QDateTime::currentDateTime().toString(QStringLiteral("HH:mm:ss"))));
}

void MainWindow::showRenewalTrouble(const QString &sentence)
{
    m_renewal = {};
    tell({});
    showTrouble(sentence);
}

/// A renewal that fails leaves the call as it was, with a warning; one whose call ends is of no interest any more.
void MainWindow::followRenewal()
{
    if (m_renewal.call == 0)
        return;
    const auto *call = find(m_renewal.call);
    if (!call || call->phase != call::Phase::Established) {
        m_renewal = {};
        return tell({});
    }
    for (const QString &warning : call->security.warnings) {
        if (!m_renewal.warningsBefore.contains(warning))
            return showRenewalTrouble(warning);
    }
}

/// Good news, which pass by themselves; trouble stays.
void MainWindow::tell(const QString &sentence)
{
    m_news = sentence;
    if (sentence.isEmpty()) {
        m_newsPass->stop();
    } else {
        m_newsPass->start();
        m_trouble.clear();
    }
    refreshNotice();
}

} // namespace ui
