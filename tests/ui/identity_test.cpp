// SPDX-License-Identifier: Apache-2.0
// The dialog of identity and certificates, and what the main window does with certificates, against a store that only
// takes notes. $LATCHKEY_SCREENSHOTS names a folder for pictures.
#include "background.h"
#include "certificate_words.h"
#include "fake_identity_store.h"
#include "identity_dialog.h"
#include "main_window.h"
#include "samples.h"
#include "text.h"
#include "theme.h"

#include <QAbstractButton>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

class IdentityTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void everyPageInBothThemes();
    void emptyStateSaysWhatToDo();
    void everyControlIsNamed();
    void ownCertificateIsTold();
    void importOfPem();
    void importOfEncryptedPem();
    void importOfPkcs12();
    void passphraseLeavesNothingBehind();
    void makingAKeyIsDoneElsewhere();
    void resultComesAfterTheDialogHasGone();
    void backgroundForgetsWhoHasGone();
    void troubleIsTold();
    void authorities();
    void peerByFingerprint();
    void peerByCertificate();
    void forgettingAsks();
    void revocationLists();
    void keyServices();
    void enrolling();
    void acceptanceIsOffByDefault();
    void choiceThatFailsIsTakenBack();
    void hostileCertificatesStayText();
    void fingerprintsAsPeopleWriteThem();
    void windowOpensOneDialog();
    void changedCertificateIsExplained();
    void acceptingAsksAndEnterDoesNot();
    void acceptingTellsTheStore();
    void otherRefusalsOfferNothing();

private:
    void open(const ui::IdentityState &state = samples::identityState());
    QWidget *dialog() const { return m_window->findChild<ui::IdentityDialog *>(); }
    template <typename T>
    T *get(const char *name) const
    {
        const auto all = m_window->findChildren<T *>(QLatin1String(name));
        if (all.isEmpty())
            qFatal("no %s", name);
        return all.last();
    }
    QString text(const char *name) const { return get<QLabel>(name)->text().remove(QChar(0x200b)); }
    void click(const char *name) { get<QAbstractButton>(name)->click(); }
    void page(int index) { get<QTabWidget>("identityTabs")->setCurrentIndex(index); }
    void choose(const QStringList &names);
    void enterPassphrase(const QString &passphrase);
    void selectRow(const char *table, int row)
    {
        get<QTableView>(table)->setCurrentIndex(get<QTableView>(table)->model()->index(row, 0));
    }
    QMessageBox *careful() const { return m_window->findChild<QMessageBox *>(QStringLiteral("carefulQuestion")); }
    void showChange();

    QTemporaryDir m_folder;
    std::unique_ptr<samples::FakeIdentityStore> m_store;
    std::unique_ptr<ui::MainWindow> m_window;
};

void IdentityTest::init()
{
    ui::applyTheme(*qApp, ui::Theme::Light);
    m_store = std::make_unique<samples::FakeIdentityStore>();
    m_window = std::make_unique<ui::MainWindow>();
    m_window->setIdentityStore(*m_store);
    m_window->setSnapshot(samples::phone());
    m_window->resize(1000, 700);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
}

void IdentityTest::cleanup()
{
    m_window.reset();
    m_store.reset();
}

void IdentityTest::open(const ui::IdentityState &state)
{
    m_store->setState(state);
    QTest::keyClick(m_window.get(), Qt::Key_Comma, Qt::ControlModifier);
    QVERIFY(dialog() && dialog()->isVisible());
}

/// Files with these names, chosen in the dialog that is open.
void IdentityTest::choose(const QStringList &names)
{
    auto *chooser = m_window->findChild<QFileDialog *>(QStringLiteral("chooseFiles"));
    QVERIFY(chooser);
    QStringList paths;
    for (const QString &name : names) {
        QFile file(m_folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        paths << QStringLiteral("\"%1\"").arg(file.fileName());
    }
    chooser->setDirectory(m_folder.path());
    chooser->findChild<QLineEdit *>(QStringLiteral("fileNameEdit"))->setText(paths.join(u' '));
    static_cast<QDialog *>(chooser)->accept();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
}

void IdentityTest::enterPassphrase(const QString &passphrase)
{
    get<QLineEdit>("passphrase")->setText(passphrase);
    click("passphraseOk");
}

void IdentityTest::everyPageInBothThemes()
{
    open();
    for (const auto &[theme, name] : {std::pair(ui::Theme::Light, "light"), std::pair(ui::Theme::Dark, "dark")}) {
        ui::applyTheme(*qApp, theme);
        QCoreApplication::processEvents();
        for (const QSize size : {QSize(720, 480), QSize(560, 320)}) {
            dialog()->resize(size);
            QCOMPARE(dialog()->size(), size); // no page wants more than a small screen has
            for (int index = 0; index < get<QTabWidget>("identityTabs")->count(); ++index) {
                page(index);
                const QString file = QStringLiteral("identity-%1-%2-%3");
                samples::picture(*dialog(), file.arg(index).arg(QLatin1String(name)).arg(size.width()));
            }
        }
    }
}

void IdentityTest::emptyStateSaysWhatToDo()
{
    ui::IdentityState nobody;
    nobody.identity = QStringLiteral("sip:alice@example.org");
    open(nobody);
    QVERIFY(get<QWidget>("noCertificate")->isVisible());
    QVERIFY(!get<QWidget>("ownFingerprint")->isVisible());
    samples::picture(*dialog(), QStringLiteral("identity-empty"));
    for (const char *button : {"authoritiesRemove", "peersRemove", "revocationRemove", "servicesRemove"})
        QVERIFY(!get<QAbstractButton>(button)->isEnabled());
    page(1);
    samples::picture(*dialog(), QStringLiteral("identity-empty-authorities"));
}

void IdentityTest::everyControlIsNamed()
{
    open();
    for (int index = 0; index < get<QTabWidget>("identityTabs")->count(); ++index) {
        page(index);
        for (const QWidget *widget : dialog()->findChildren<QWidget *>()) {
            const bool control = widget->focusPolicy() != Qt::NoFocus && widget->isVisible();
            if (!control || qobject_cast<const QLabel *>(widget) || widget->objectName().startsWith(u"qt_"))
                continue;
            if (qobject_cast<const QTabWidget *>(widget))
                continue; // its tab bar is the control
            const QString what = QLatin1String(widget->metaObject()->className()) + u' ' + widget->objectName();
            QVERIFY2(!widget->objectName().isEmpty(), qPrintable(what));
            QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(what));
            const auto *area = qobject_cast<const QAbstractScrollArea *>(widget);
            QVERIFY2(!(area ? area->viewport() : widget)->toolTip().isEmpty(), qPrintable(what));
            QVERIFY2(!(area ? area->viewport() : widget)->whatsThis().isEmpty(), qPrintable(what));
        }
    }
}

void IdentityTest::ownCertificateIsTold()
{
    open();
    QCOMPARE(text("ownSubject"), QStringLiteral("Alice Anders"));
    QCOMPARE(text("ownIssuer"), QStringLiteral("Example CA"));
    QCOMPARE(text("ownValidity"), QStringLiteral("from 2026-11-23 to 2026-12-01"));
    QVERIFY(text("ownFingerprint").startsWith(QStringLiteral("7A11 CE00 4455")));
    const auto *trouble = dialog()->findChild<QLabel *>(QStringLiteral("warningText"));
    QVERIFY(trouble && trouble->isVisible());
    QCOMPARE(trouble->text(), QStringLiteral("It expires in 8 days."));
    click("copyFingerprint");
    QVERIFY(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("7A11 CE00")));
    QVERIFY(!QGuiApplication::clipboard()->text().contains(u'\n'));

    ui::IdentityState state = samples::identityState();
    state.own->selfSigned = true;
    m_store->setState(state);
    QVERIFY(text("ownIssuer").contains(QStringLiteral("itself")));
}

void IdentityTest::importOfPem()
{
    open();
    click("importPem");
    choose({QStringLiteral("alice.pem"), QStringLiteral("alice.key")});
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("pem alice.pem,alice.key ")});
    QVERIFY(get<QLabel>("identityStatus")->isVisible());
}

void IdentityTest::importOfEncryptedPem()
{
    m_store->encrypted = true;
    open();
    click("importPem");
    choose({QStringLiteral("alice.pem")});
    QVERIFY(m_store->asked.isEmpty());
    enterPassphrase(QStringLiteral("sesame"));
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("pem alice.pem sesame")});
}

void IdentityTest::importOfPkcs12()
{
    open();
    click("importPkcs12");
    choose({QStringLiteral("alice.p12")});
    samples::picture(*get<QWidget>("passphraseDialog"), QStringLiteral("identity-passphrase"));
    enterPassphrase(QStringLiteral("öffne dich"));
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("pkcs12 alice.p12 öffne dich")});

    m_store->asked.clear();
    click("importPkcs12");
    choose({QStringLiteral("alice.p12")});
    click("passphraseCancel");
    QVERIFY(m_store->asked.isEmpty());
}

void IdentityTest::passphraseLeavesNothingBehind()
{
    open();
    click("importPkcs12");
    choose({QStringLiteral("alice.p12")});
    auto *field = get<QLineEdit>("passphrase");
    QCOMPARE(field->echoMode(), QLineEdit::Password);
    QTest::keyClicks(field, QStringLiteral("sesame"));
    click("passphraseOk");
    QVERIFY(field->text().isEmpty()); // before the dialog is destroyed by the event loop
    field->undo();
    QVERIFY(field->text().isEmpty());
}

void IdentityTest::makingAKeyIsDoneElsewhere()
{
    ui::IdentityState state = samples::identityState();
    state.own.reset();
    open(state);
    click("makeSelfSigned");
    QVERIFY(!get<QAbstractButton>("makeSelfSigned")->isEnabled());
    QCOMPARE(text("identityStatus"), QStringLiteral("Making a key…"));
    QTRY_COMPARE(m_store->asked, QStringList{QStringLiteral("make elsewhere")});
    QVERIFY(get<QAbstractButton>("makeSelfSigned")->isEnabled());
    QVERIFY(get<QWidget>("ownFingerprint")->isVisible());

    click("makeSelfSigned"); // now there is something to lose
    QVERIFY(careful());
    QTest::keyClick(careful(), Qt::Key_Return);
    QCOMPARE(m_store->asked.size(), 1);
}

void IdentityTest::resultComesAfterTheDialogHasGone()
{
    ui::IdentityState state = samples::identityState();
    state.own.reset();
    open(state);
    click("makeSelfSigned");
    delete dialog();
    QTRY_COMPARE(m_store->asked.size(), 1);
}

void IdentityTest::backgroundForgetsWhoHasGone()
{
    int told = 0;
    auto context = std::make_unique<QObject>();
    ui::inBackground(
        context.get(), [] { return 1; }, [&](int) { told += 10; });
    context.reset();
    ui::inBackground(
        this, [] { return 1; }, [&](int) { ++told; });
    QThreadPool::globalInstance()->waitForDone();
    QTRY_VERIFY(told > 0);
    QCoreApplication::processEvents();
    QCOMPARE(told, 1);
}

void IdentityTest::troubleIsTold()
{
    open();
    m_store->trouble = QStringLiteral("The passphrase is <b>wrong</b>.");
    click("importPkcs12");
    choose({QStringLiteral("alice.p12")});
    enterPassphrase(QStringLiteral("x"));
    const auto isTold = [this] {
        const auto lines = dialog()->findChildren<QLabel *>(QStringLiteral("warningText"));
        return std::any_of(lines.begin(), lines.end(), [this](const QLabel *line) {
            return line->isVisible() && line->text() == m_store->trouble;
        });
    };
    QTRY_VERIFY(isTold());
    QVERIFY(!get<QWidget>("identityStatus")->isVisible());
    samples::picture(*dialog(), QStringLiteral("identity-trouble"));
}

void IdentityTest::authorities()
{
    open();
    page(1);
    auto *table = get<QTableView>("authorities");
    QCOMPARE(table->model()->rowCount(), 2);
    QCOMPARE(table->model()->index(1, 2).data().toString(), QStringLiteral("It has expired."));
    click("authoritiesAdd");
    choose({QStringLiteral("ca.pem")});
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("authority ca.pem")});
    selectRow("authorities", 1);
    click("authoritiesRemove");
    QVERIFY(careful());
    careful()->findChild<QAbstractButton *>(QStringLiteral("agree"))->click();
    QCOMPARE(m_store->asked.last(), QStringLiteral("no authority 01dca000"));
    QCOMPARE(table->model()->rowCount(), 1);
}

void IdentityTest::peerByFingerprint()
{
    open();
    page(2);
    click("peersAdd");
    auto *add = get<QAbstractButton>("peerAdd");
    QVERIFY(!add->isEnabled());
    get<QLineEdit>("peerIdentity")->setText(QStringLiteral(" sip:dave@example.org "));
    get<QLineEdit>("peerFingerprint")->setText(QStringLiteral("9C1F 03AA"));
    QVERIFY(!add->isEnabled());
    QVERIFY(text("peerHint").contains(QStringLiteral("64")));
    samples::picture(*get<QWidget>("addPeerDialog"), QStringLiteral("identity-add-peer"));
    get<QLineEdit>("peerFingerprint")->setText(QString(QLatin1String(samples::knownFingerprint)).toUpper());
    QVERIFY(add->isEnabled());
    add->click();
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("fingerprint sip:dave@example.org 00112233")});
    QCOMPARE(get<QTableView>("peers")->model()->rowCount(), 3);
}

void IdentityTest::peerByCertificate()
{
    open();
    click("peersAdd");
    click("peerCertificate");
    choose({QStringLiteral("dave.pem")});
    click("peerAdd");
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("certificate  dave.pem")});
}

void IdentityTest::forgettingAsks()
{
    open();
    page(2);
    selectRow("peers", 0);
    click("peersRemove");
    QVERIFY(careful());
    QTest::keyClick(careful(), Qt::Key_Return); // the default is to let it be
    QTRY_VERIFY(!careful());
    QVERIFY(m_store->asked.isEmpty());
    click("peersRemove");
    careful()->findChild<QAbstractButton *>(QStringLiteral("agree"))->click();
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("forget sip:bob@example.org")});
}

void IdentityTest::revocationLists()
{
    open();
    page(3);
    QCOMPARE(get<QTableView>("revocation")->model()->index(0, 4).data().toString(),
             QStringLiteral("It is out of date."));
    click("revocationAdd");
    choose({QStringLiteral("ca.crl")});
    selectRow("revocation", 0);
    click("revocationRemove");
    QCOMPARE(m_store->asked, (QStringList{QStringLiteral("crl ca.crl"), QStringLiteral("no crl crl-1")}));
    QVERIFY(!get<QAbstractButton>("revocationRemove")->isEnabled());
}

void IdentityTest::keyServices()
{
    open();
    page(4);
    const auto *model = get<QTableView>("services")->model();
    const auto cell = [model](int row, int column) { return model->index(row, column).data().toString(); };
    QCOMPARE(cell(0, 2), QStringLiteral("2026-12-01"));
    QCOMPARE(cell(0, 3), QStringLiteral("renewed by itself on 2026-11-27"));
    QVERIFY(cell(1, 3).contains(QStringLiteral("cannot be reached")));
    QCOMPARE(cell(2, 3), QStringLiteral("asked in each call"));
    samples::picture(*dialog(), QStringLiteral("identity-services"));
    selectRow("services", 2);
    QVERIFY(!get<QAbstractButton>("servicesRemove")->isEnabled()); // there is nothing to renew
    selectRow("services", 1);
    click("servicesRemove");
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("renew ibake")});
    QVERIFY(text("identityStatus").contains(QStringLiteral("are here")));
}

void IdentityTest::enrolling()
{
    open();
    page(4);
    click("servicesAdd");
    auto *enrol = get<QAbstractButton>("enrol");
    QVERIFY(!enrol->isEnabled());
    get<QLineEdit>("serviceAddress")->setText(QStringLiteral("http://kms.example.net/"));
    QVERIFY(text("enrolHint").contains(QStringLiteral("https://")));
    get<QLineEdit>("serviceAddress")->setText(QStringLiteral(" https://kms.example.net:8443/ "));
    QVERIFY(text("enrolHint").contains(QStringLiteral("prove who you are")));
    QVERIFY(!enrol->isEnabled());
    get<QLineEdit>("serviceToken")->setText(QStringLiteral("secret"));
    QVERIFY(enrol->isEnabled());
    get<QLineEdit>("serviceFingerprint")->setText(QStringLiteral("9C1F"));
    QVERIFY(!enrol->isEnabled());
    get<QLineEdit>("serviceFingerprint")->setText(QLatin1String(samples::knownFingerprint));
    get<QLineEdit>("serviceName")->setText(QStringLiteral("kms.example.net"));
    get<QLineEdit>("serviceKey")->setText(QStringLiteral("0a0b"));
    QCOMPARE(get<QLineEdit>("serviceKey")->echoMode(), QLineEdit::Password);
    samples::picture(*get<QWidget>("enrolDialog"), QStringLiteral("identity-enrol"));
    enrol->click();
    QCOMPARE(m_store->asked,
             QStringList{QStringLiteral("enrol https://kms.example.net:8443/ kms.example.net 00112233 secret 0a0b")});
    QCOMPARE(get<QTableView>("services")->model()->rowCount(), 4);
    click("servicesAdd"); // nothing is asked where nobody agrees
    get<QAbstractButton>("enrolCancel")->click();
    QCOMPARE(m_store->asked.size(), 1);
}

void IdentityTest::acceptanceIsOffByDefault()
{
    open();
    page(5);
    for (const char *box : {"trustOnFirstUse", "fetchUrls", "weakGroups"}) {
        QVERIFY(get<QWidget>(box)->isVisible());
        QVERIFY(!get<QCheckBox>(box)->isChecked());
    }
    QVERIFY(!get<QWidget>("nullAlgorithms")->isVisible()); // not offered
    QVERIFY(get<QCheckBox>("fetchUrls")->whatsThis().contains(QStringLiteral("discloses")));
    click("fetchUrls");
    QVERIFY(m_store->state().acceptance.fetchUrls);
    QVERIFY(!m_store->state().acceptance.trustOnFirstUse);
    QVERIFY(!m_store->state().acceptance.nullAlgorithms);
}

void IdentityTest::choiceThatFailsIsTakenBack()
{
    open();
    page(5);
    m_store->trouble = QStringLiteral("The file cannot be written.");
    click("trustOnFirstUse");
    QVERIFY(!get<QCheckBox>("trustOnFirstUse")->isChecked());
}

void IdentityTest::hostileCertificatesStayText()
{
    const QString evil = QStringLiteral("<b>Bank</b>\u202Egro.knab\n") + QString(5000, u'W');
    ui::IdentityState state = samples::identityState();
    for (ui::CertificateInfo *one : {&*state.own, &state.authorities.front()}) {
        one->identity = one->subject = one->issuer = one->fingerprint = evil;
        one->troubles = QStringList(100, evil);
    }
    state.peers.front().identity = evil;
    state.revocationLists.front().issuer = evil;
    open(state);
    for (const QLabel *label : dialog()->findChildren<QLabel *>()) {
        QVERIFY(!label->text().contains(QChar(0x202e)));
        QVERIFY(label->text().size() < 1500);
        QVERIFY(label->textFormat() == Qt::PlainText || !label->pixmap().isNull() || label->text().isEmpty());
    }
    for (const char *name : {"authorities", "peers", "revocation"}) {
        const QAbstractItemModel *model = get<QTableView>(name)->model();
        for (int column = 0; column < model->columnCount(); ++column) {
            for (const int role : {Qt::DisplayRole, Qt::ToolTipRole}) {
                const QString cell = model->index(0, column).data(role).toString();
                QVERIFY(!cell.contains(QChar(0x202e)));
                QVERIFY(role != Qt::ToolTipRole || !cell.contains(QStringLiteral("<b>")));
                QVERIFY(cell.size() < 6000);
            }
        }
    }
}

void IdentityTest::fingerprintsAsPeopleWriteThem()
{
    const QString known = QLatin1String(samples::knownFingerprint);
    QCOMPARE(ui::fingerprintFrom(known), known);
    QCOMPARE(ui::fingerprintFrom(ui::fingerprintInGroups(known)), known);
    QVERIFY(ui::fingerprintFrom(known.chopped(1)).isEmpty());
    QVERIFY(ui::fingerprintFrom(known.chopped(1) + u'g').isEmpty());
    QVERIFY(ui::sameFingerprint(known, known.toUpper()));
}

void IdentityTest::windowOpensOneDialog()
{
    open();
    open();
    QCOMPARE(m_window->findChildren<ui::IdentityDialog *>().size(), 1);
    QVERIFY(!dialog()->isModal()); // a call may come in
    QTest::keyClick(dialog(), Qt::Key_Escape);
    QTRY_VERIFY(!dialog());
}

void IdentityTest::showChange()
{
    m_store->setState(samples::identityState());
    m_window->setSnapshot(samples::phone({samples::changedCertificate()}));
    QVERIFY(get<QWidget>("certificateChange")->isVisible());
}

void IdentityTest::changedCertificateIsExplained()
{
    showChange();
    QCOMPARE(text("changeHeadline"), QStringLiteral("The certificate of \u2068bob\u2069 has changed"));
    QVERIFY(text("changeKnown").startsWith(QStringLiteral("0011 2233")));
    QVERIFY(text("changeShown").startsWith(QStringLiteral("9C1F 03AA")));
    QVERIFY(text("changeAdvice").contains(QStringLiteral("by another way")));
    for (const auto &[theme, name] : {std::pair(ui::Theme::Light, "light"), std::pair(ui::Theme::Dark, "dark")}) {
        ui::applyTheme(*qApp, theme);
        QCoreApplication::processEvents();
        samples::picture(*m_window, QStringLiteral("changed-%1").arg(QLatin1String(name)));
    }
}

void IdentityTest::acceptingAsksAndEnterDoesNot()
{
    showChange();
    click("acceptCertificateButton");
    QVERIFY(careful());
    QVERIFY(careful()->informativeText().contains(QStringLiteral("9C1F 03AA")));
    QCOMPARE(careful()->defaultButton(), careful()->button(QMessageBox::Cancel));
    samples::picture(*careful(), QStringLiteral("changed-question"));
    QTest::keyClick(careful(), Qt::Key_Return);
    QTRY_VERIFY(!careful());
    click("acceptCertificateButton");
    QTest::keyClick(careful(), Qt::Key_Escape);
    QTRY_VERIFY(!careful());
    QVERIFY(m_store->asked.isEmpty());
}

void IdentityTest::acceptingTellsTheStore()
{
    showChange();
    click("acceptCertificateButton");
    careful()->findChild<QAbstractButton *>(QStringLiteral("agree"))->click();
    QCOMPARE(m_store->asked, QStringList{QStringLiteral("fingerprint sip:bob@example.org 9c1f03aa")});
    QVERIFY(!get<QWidget>("certificateChange")->isVisible()); // there is no difference any more
    QVERIFY(text("noticeText").contains(QStringLiteral("Call again")));
}

void IdentityTest::otherRefusalsOfferNothing()
{
    m_store->setState(samples::identityState());
    m_window->setSnapshot(samples::phone({samples::wrongKey()}));
    QVERIFY(!get<QWidget>("certificateChange")->isVisible());
    call::CallSnapshot stranger = samples::changedCertificate();
    stranger.peer = QStringLiteral("sip:mallory@example.org");
    m_window->setSnapshot(samples::phone({stranger}));
    QVERIFY(!get<QWidget>("certificateChange")->isVisible());
}

QTEST_MAIN(IdentityTest)
#include "identity_test.moc"
