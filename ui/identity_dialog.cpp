// SPDX-License-Identifier: Apache-2.0
#include "identity_dialog.h"

#include "acceptance_page.h"
#include "add_peer_dialog.h"
#include "certificate_words.h"
#include "choose_files.h"
#include "enrol_dialog.h"
#include "identity_rows.h"
#include "list_page.h"
#include "own_identity_page.h"
#include "passphrase_dialog.h"
#include "question.h"
#include "text.h"
#include "theme.h"
#include "warning_list.h"
#include "widgets.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

namespace ui {

IdentityDialog::IdentityDialog(IdentityStore &store, QWidget *parent)
    : QDialog(parent), m_store(store), m_tabs(new QTabWidget(this)), m_status(secondaryLabel(this)),
      m_trouble(new WarningList(this))
{
    setObjectName(QStringLiteral("identityDialog"));
    setWindowTitle(tr("Identity and certificates"));
    setAttribute(Qt::WA_DeleteOnClose);
    describe(m_tabs, "identityTabs", tr("Parts"), {});
    describe(m_tabs->tabBar(), "identityTabBar", tr("Parts of this dialog"), tr("Own identity, and whom to trust"));
    m_tabs->setDocumentMode(true);
    addPages();
    m_status->setObjectName(QStringLiteral("identityStatus"));
    m_status->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    describe(buttons->button(QDialogButtonBox::Close), "identityClose", tr("Close"), tr("Close this dialog"));
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto *foot = new QHBoxLayout;
    foot->setContentsMargins(space::large, space::small, space::large, space::large);
    foot->setSpacing(space::medium);
    foot->addWidget(m_status, 1);
    foot->addWidget(m_trouble, 1);
    foot->addWidget(buttons, 0, Qt::AlignBottom);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_tabs, 1);
    layout->addLayout(foot);
    setMinimumSize(560, 320);
    resize(720, 480);

    connect(&m_store, &IdentityStore::changed, this, &IdentityDialog::refresh);
    refresh();
}

void IdentityDialog::addPages()
{
    addOwnPage();
    addAuthoritiesPage();
    addPeersPage();
    addRevocationPage();
    addServicesPage();
    addAcceptancePage();
}

void IdentityDialog::addOwnPage()
{
    m_own = new OwnIdentityPage(this);
    m_tabs->addTab(m_own, tr("My &identity"));
    connect(m_own, &OwnIdentityPage::importPemRequested, this, &IdentityDialog::importPem);
    connect(m_own, &OwnIdentityPage::importPkcs12Requested, this, &IdentityDialog::importPkcs12);
    connect(m_own, &OwnIdentityPage::makeRequested, this, &IdentityDialog::makeSelfSigned);
}

void IdentityDialog::addAuthoritiesPage()
{
    m_authorities = new ListPage({.name = "authorities",
                                  .title = tr("Trusted authorities"),
                                  .about = tr("Whoever has a certificate of one of these is who it says."),
                                  .empty = tr("No authority is trusted: only people you know, or meet for the first "
                                              "time, can be verified by a certificate."),
                                  .columns = {tr("Authority"), tr("Until"), tr("State"), tr("Fingerprint")},
                                  .add = tr("Add…"),
                                  .addExplained = tr("Trust the authority of a certificate in a file"),
                                  .remove = tr("Remove"),
                                  .removeExplained = tr("Do not trust the authority selected any more")},
                                 this);
    m_tabs->addTab(m_authorities, tr("&Authorities"));
    connect(m_authorities, &ListPage::addRequested, this, [this] {
        chooseFiles(
            this, tr("Certificates of authorities"), tr("Certificates (*.pem *.crt *.cer *.der);;All files (*)"),
            HowMany::Several, [this](const QStringList &files) {
                m_store.addAuthorities(files, begin(tr("Reading…"), tr("The authority is trusted from now on.")));
            });
    });
    connect(m_authorities, &ListPage::removeRequested, this, &IdentityDialog::removeAuthority);
}

void IdentityDialog::addPeersPage()
{
    m_peers = new ListPage({.name = "peers",
                            .title = tr("Known people"),
                            .about = tr("Of each of these no other certificate is taken, whoever vouches for it."),
                            .empty = tr("Nobody yet. Add someone's certificate or fingerprint, or trust on first use."),
                            .columns = {tr("Person"), tr("Known by"), tr("State"), tr("Fingerprint")},
                            .add = tr("Add…"),
                            .addExplained = tr("Know someone by a certificate or its fingerprint"),
                            .remove = tr("Forget"),
                            .removeExplained = tr("Forget the certificate of the person selected")},
                           this);
    m_tabs->addTab(m_peers, tr("&People"));
    connect(m_peers, &ListPage::addRequested, this, &IdentityDialog::addPeer);
    connect(m_peers, &ListPage::removeRequested, this, &IdentityDialog::forgetPeer);
}

void IdentityDialog::addRevocationPage()
{
    m_revocation = new ListPage({.name = "revocation",
                                 .title = tr("Revocation lists"),
                                 .about = tr("Certificates on these lists of the authorities are refused. A list that "
                                             "is out of date refuses all certificates of its authority."),
                                 .empty = tr("No revocation list: a certificate is taken until it expires."),
                                 .columns = {tr("Authority"), tr("Issued"), tr("Next"), tr("Revoked"), tr("State")},
                                 .add = tr("Add…"),
                                 .addExplained = tr("Take a revocation list (CRL) from a file"),
                                 .remove = tr("Remove"),
                                 .removeExplained = tr("Do not use the list selected any more")},
                                this);
    m_tabs->addTab(m_revocation, tr("&Revocation"));
    connect(m_revocation, &ListPage::addRequested, this, [this] {
        chooseFiles(this, tr("Revocation lists"), tr("Revocation lists (*.crl *.pem *.der);;All files (*)"),
                    HowMany::Several, [this](const QStringList &files) {
                        m_store.addRevocationLists(files, begin(tr("Reading…"), tr("The list is used from now on.")));
                    });
    });
    connect(m_revocation, &ListPage::removeRequested, this, [this](const QString &id) {
        m_store.removeRevocationList(id, begin({}, tr("The list is not used any more.")));
    });
}

void IdentityDialog::addServicesPage()
{
    m_services =
        new ListPage({.name = "services",
                      .title = tr("Services that issue keys"),
                      .about = tr("For SAKKE, IBAKE and tickets a key management service gives you keys. It is "
                                  "asked again by itself before they end; until then they serve also while "
                                  "it cannot be reached."),
                      .empty = tr("No account at such a service yet."),
                      .columns = {tr("Method"), tr("Service"), tr("Good until"), tr("State")},
                      .add = tr("Enrol…"),
                      .addExplained = tr("Fetch your first keys from a service"),
                      .remove = tr("Renew now"),
                      .removeExplained = tr("Fetch the keys of the selected method now")},
                     this);
    m_tabs->addTab(m_services, tr("&Key services"));
    connect(m_services, &ListPage::addRequested, this, &IdentityDialog::enrol);
    connect(m_services, &ListPage::removeRequested, this, [this](const QString &method) { // its button renews here
        m_store.renewKeys(method,
                          begin(tr("Asking the service…"), tr("The keys that the service gives now are here.")));
    });
}

void IdentityDialog::enrol()
{
    const auto ask = [this](KeyServiceAccount account) {
        m_store.enrol(std::move(account), begin(tr("Asking the service…"),
                                                tr("Your keys are here, and are in use from the next call on.")));
    };
    (new EnrolDialog(ask, this))->open();
}

void IdentityDialog::addAcceptancePage()
{
    m_acceptance = new AcceptancePage(this);
    m_tabs->addTab(m_acceptance, tr("&What I accept"));
    connect(m_acceptance, &AcceptancePage::chosen, this, [this](const Acceptance &acceptance) {
        m_store.setAcceptance(acceptance, begin({}, tr("This counts from the next call on.")));
    });
}

void IdentityDialog::refresh()
{
    const IdentityState &state = m_store.state();
    m_own->setState(state);
    m_authorities->setRows(rowsOf(state.authorities));
    m_peers->setRows(rowsOf(state.peers));
    m_revocation->setRows(rowsOf(state.revocationLists));
    m_services->setRows(rowsOf(state.services));
    m_acceptance->setAcceptance(state.acceptance);
}

void IdentityDialog::askPassphrase(const QString &file, std::function<void(mikey::Secret)> then)
{
    (new PassphraseDialog(file, std::move(then), this))->open();
}

void IdentityDialog::importPem()
{
    const auto import = [this](const QStringList &files, mikey::Secret passphrase) {
        m_store.importPem(files, std::move(passphrase), begin(tr("Importing…"), tr("The certificate is in use.")));
    };
    chooseFiles(this, tr("Certificate and key: one PEM file or two"),
                tr("PEM (*.pem *.crt *.cer *.key);;All files (*)"), HowMany::Several,
                [this, import](const QStringList &files) {
                    if (!m_store.wantsPassphrase(files))
                        return import(files, {});
                    askPassphrase(files.back(),
                                  [files, import](mikey::Secret passphrase) { import(files, std::move(passphrase)); });
                });
}

void IdentityDialog::importPkcs12()
{
    chooseFiles(this, tr("Certificate and key"), tr("PKCS#12 (*.p12 *.pfx);;All files (*)"), HowMany::One,
                [this](const QStringList &files) {
                    askPassphrase(files.front(), [this, file = files.front()](mikey::Secret passphrase) {
                        m_store.importPkcs12(file, std::move(passphrase),
                                             begin(tr("Importing…"), tr("The certificate is in use.")));
                    });
                });
}

void IdentityDialog::makeSelfSigned()
{
    const auto make = [this] {
        m_store.makeSelfSigned(begin(tr("Making a key…"), tr("Made. Read its fingerprint to the people you call.")));
    };
    if (!m_store.state().own)
        return make();
    askCarefully(this, tr("Make a new certificate in place of the one you have?"),
                 tr("Who knows you by the present one will refuse the new one until they have compared its fingerprint "
                    "with you."),
                 tr("Make a new one"), make);
}

void IdentityDialog::addPeer()
{
    auto *dialog = new AddPeerDialog(this);
    const auto known = [this] { return begin(tr("Reading…"), tr("The person is known by that certificate now.")); };
    connect(dialog, &AddPeerDialog::certificateGiven, this,
            [this, known](const QString &identity, const QString &file) {
                m_store.addPeerCertificate(identity, file, known());
            });
    connect(dialog, &AddPeerDialog::fingerprintGiven, this,
            [this, known](const QString &identity, const QString &fingerprint) {
                m_store.setPeerFingerprint(identity, fingerprint, known());
            });
    dialog->open();
}

void IdentityDialog::forgetPeer(const QString &identity)
{
    askCarefully(this, tr("Forget the certificate of %1?").arg(isolated(shortAddress(identity))),
                 tr("With the next call any certificate of this person that an authority vouches for is taken, and if "
                    "you trust on first use, any at all."),
                 tr("Forget it"), [this, identity] { m_store.forgetPeer(identity, begin({}, tr("Forgotten."))); });
}

void IdentityDialog::removeAuthority(const QString &fingerprint)
{
    askCarefully(this, tr("Do not trust this authority any more?"),
                 tr("People with a certificate of it are not verified then, and calls with them fail."),
                 tr("Remove it"), [this, fingerprint] {
                     m_store.removeAuthority(fingerprint, begin({}, tr("The authority is not trusted any more.")));
                 });
}

IdentityStore::Done IdentityDialog::begin(const QString &what, const QString &success)
{
    m_status->setText(what);
    m_status->show();
    m_trouble->setWarnings({});
    m_own->setBusy(true);
    // The store may end its work after this dialog has been closed.
    return [dialog = QPointer(this), success](const QString &trouble) {
        if (dialog)
            dialog->end(trouble, success);
    };
}

void IdentityDialog::end(const QString &trouble, const QString &success)
{
    m_own->setBusy(false);
    m_status->setText(success);
    m_status->setVisible(trouble.isEmpty());
    m_trouble->setWarnings(trouble.isEmpty() ? QStringList() : QStringList{plain(trouble, sentenceLimit)});
    if (!trouble.isEmpty())
        m_acceptance->setAcceptance(m_store.state().acceptance); // what was chosen did not come about
}

} // namespace ui
