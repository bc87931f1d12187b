// SPDX-License-Identifier: Apache-2.0
// Who we are and whom we trust, as far as the main window has to do with it.
#include "main_window.h"

#include "actions.h"
#include "certificate_change.h"
#include "certificate_words.h"
#include "identity_dialog.h"
#include "peer_header.h"
#include "question.h"
#include "text.h"

#include <QAction>
#include <QMessageBox>
#include <QPointer>

namespace ui {

void MainWindow::setIdentityStore(IdentityStore &store)
{
    m_store = &store;
    connect(m_store, &IdentityStore::changed, this, &MainWindow::refresh);
    refresh();
}

void MainWindow::showIdentity()
{
    if (!m_store)
        return;
    if (!m_identityDialog)
        m_identityDialog = new IdentityDialog(*m_store, this);
    m_identityDialog->show();
    m_identityDialog->raise();
    m_identityDialog->activateWindow();
}

/// The change over which that call was refused; none if it was not, or if the new certificate has been accepted since.
std::optional<CertificateChange> MainWindow::changeOf(const call::CallSnapshot &call) const
{
    const QString shown = call.security.certificateFingerprint;
    if (!m_store || call.security.level != call::Security::Level::Refused || shown.isEmpty())
        return {};
    const QString known = knownFingerprint(m_store->state(), call.peer);
    if (known.isEmpty() || sameFingerprint(known, shown))
        return {};
    return CertificateChange{call.peer, known, shown};
}

void MainWindow::acceptCertificate()
{
    const auto *call = shown();
    const auto change = call ? changeOf(*call) : std::nullopt;
    if (!change)
        return;
    const QString person = isolated(personOf(change->identity));
    askCarefully(
        this, tr("Accept the new certificate of %1?").arg(person),
        tr("Only if %1 has read you this fingerprint by another way:\n\n%2\n\nIf it is not theirs, whoever made "
           "this certificate can listen to your calls and pretend to be %1.")
            .arg(person, fingerprintInGroups(change->shown)),
        tr("Accept it"), [this, change = *change] { storeChange(change); });
}

void MainWindow::storeChange(const CertificateChange &change)
{
    const QString person = isolated(personOf(change.identity));
    m_store->setPeerFingerprint(
        change.identity, change.shown, [window = QPointer(this), person](const QString &trouble) {
            if (!window)
                return;
            if (!trouble.isEmpty())
                return window->showTrouble(trouble);
            window->tell(tr("%1 is known by the new certificate from now on. Call again.").arg(person));
        });
}

} // namespace ui
