// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity_store.h"

#include <QDialog>

class QLabel;
class QTabWidget;

namespace ui {

class AcceptancePage;
class ListPage;
class OwnIdentityPage;
class WarningList;

/// Who we are and whom we trust. It does not hold up the window: a call that comes in meanwhile can be answered.
class IdentityDialog : public QDialog
{
    Q_OBJECT
public:
    IdentityDialog(IdentityStore &store, QWidget *parent);

private:
    void addPages();
    void addOwnPage();
    void addAuthoritiesPage();
    void addPeersPage();
    void addRevocationPage();
    void addServicesPage();
    void addAcceptancePage();
    void refresh();

    void importPem();
    void importPkcs12();
    void makeSelfSigned();
    void askPassphrase(const QString &file, std::function<void(mikey::Secret)> then);
    void enrol();
    void addPeer();
    void forgetPeer(const QString &identity);
    void removeAuthority(const QString &fingerprint);

    /// Tells that something begins, and gives what tells how it ended.
    IdentityStore::Done begin(const QString &what, const QString &success);
    void end(const QString &trouble, const QString &success);

    IdentityStore &m_store;
    QTabWidget *m_tabs;
    OwnIdentityPage *m_own;
    ListPage *m_authorities;
    ListPage *m_peers;
    ListPage *m_revocation;
    ListPage *m_services;
    AcceptancePage *m_acceptance;
    QLabel *m_status;
    WarningList *m_trouble;
};

} // namespace ui
