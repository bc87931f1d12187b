// SPDX-License-Identifier: Apache-2.0
#include "fake_identity_store.h"

#include "background.h"

#include <QFileInfo>
#include <QThread>

namespace samples {

namespace {

QDateTime day(int year, int month, int date)
{
    return QDateTime(QDate(year, month, date), QTime(12, 0), Qt::UTC);
}

QString textOf(const mikey::Secret &secret)
{
    return QString::fromUtf8(reinterpret_cast<const char *>(secret.view().data()), qsizetype(secret.size()));
}

ui::CertificateInfo selfSigned()
{
    ui::CertificateInfo own;
    own.identity = QStringLiteral("sip:alice@example.org");
    own.subject = QStringLiteral("alice@example.org");
    own.issuer = own.subject;
    own.selfSigned = true;
    own.from = day(2026, 11, 23);
    own.until = day(2031, 11, 22);
    own.fingerprint = QStringLiteral("7a11ce00") + QLatin1String(knownFingerprint).mid(8);
    return own;
}

} // namespace

ui::IdentityState identityState()
{
    ui::IdentityState state;
    state.identity = QStringLiteral("sip:alice@example.org");
    state.own = selfSigned();
    state.own->selfSigned = false;
    state.own->subject = QStringLiteral("Alice Anders");
    state.own->issuer = QStringLiteral("Example CA");
    state.own->until = day(2026, 12, 1);
    state.own->troubles = {QStringLiteral("It expires in 8 days.")};
    ui::CertificateInfo authority = selfSigned();
    authority.subject = QStringLiteral("Example CA");
    authority.until = day(2036, 3, 1);
    state.authorities = {authority};
    authority.subject = QStringLiteral("Old CA");
    authority.until = day(2026, 1, 1);
    authority.fingerprint = QStringLiteral("01dca000") + authority.fingerprint.mid(8);
    authority.troubles = {QStringLiteral("It has expired.")};
    state.authorities.push_back(authority);
    using By = ui::KnownPeer::By;
    const QString fingerprint = QLatin1String(knownFingerprint);
    state.peers = {{QStringLiteral("sip:bob@example.org"), By::FirstUse, fingerprint, day(2026, 11, 20), {}},
                   {QStringLiteral("sip:carol@example.org"), By::Certificate, fingerprint, {}, {}}};
    state.revocationLists = {{QStringLiteral("crl-1"),
                              QStringLiteral("Example CA"),
                              day(2026, 11, 1),
                              day(2026, 11, 8),
                              3,
                              {QStringLiteral("It is out of date.")}}};
    state.acceptance.weakGroups = false;
    const QString kms = QStringLiteral("kms.example.org"), place = QStringLiteral("https://kms.example.org:8443/");
    state.services = {
        {QStringLiteral("sakke"), QStringLiteral("SAKKE"), kms, place, true, day(2026, 12, 1), day(2026, 11, 27), {}},
        {QStringLiteral("ibake"),
         QStringLiteral("IBAKE"),
         kms,
         place,
         true,
         day(2026, 12, 1),
         day(2026, 11, 28),
         {QStringLiteral("The key management service kms.example.org cannot be reached. Keys that are valid still go "
                         "on serving.")}},
        {QStringLiteral("ticket"), QStringLiteral("Tickets"), kms, {}, false, {}, {}, {}}};
    return state;
}

void FakeIdentityStore::setState(const ui::IdentityState &state)
{
    m_state = state;
    Q_EMIT changed();
}

void FakeIdentityStore::answer(const QString &what, const Done &done, std::function<void()> change)
{
    asked << what;
    if (trouble.isEmpty() && change) {
        change();
        Q_EMIT changed();
    }
    done(trouble);
}

void FakeIdentityStore::importPem(const QStringList &files, mikey::Secret passphrase, Done done)
{
    QStringList names;
    for (const QString &file : files)
        names << QFileInfo(file).fileName();
    answer(QStringLiteral("pem %1 %2").arg(names.join(u','), textOf(passphrase)), done);
}

void FakeIdentityStore::importPkcs12(const QString &file, mikey::Secret passphrase, Done done)
{
    answer(QStringLiteral("pkcs12 %1 %2").arg(QFileInfo(file).fileName(), textOf(passphrase)), done);
}

void FakeIdentityStore::makeSelfSigned(Done done)
{
    ui::inBackground(
        this, [] { return QThread::currentThread(); },
        [this, done](const QThread *worker) {
            const bool elsewhere = worker != QThread::currentThread();
            answer(elsewhere ? QStringLiteral("make elsewhere") : QStringLiteral("make here"), done,
                   [this] { m_state.own = selfSigned(); });
        });
}

void FakeIdentityStore::addAuthorities(const QStringList &files, Done done)
{
    answer(QStringLiteral("authority %1").arg(QFileInfo(files.front()).fileName()), done);
}

void FakeIdentityStore::removeAuthority(const QString &fingerprint, Done done)
{
    answer(QStringLiteral("no authority %1").arg(fingerprint.left(8)), done, [&] {
        std::erase_if(m_state.authorities, [&](const auto &one) { return one.fingerprint == fingerprint; });
    });
}

void FakeIdentityStore::addPeerCertificate(const QString &identity, const QString &file, Done done)
{
    answer(QStringLiteral("certificate %1 %2").arg(identity, QFileInfo(file).fileName()), done);
}

void FakeIdentityStore::setPeerFingerprint(const QString &identity, const QString &fingerprint, Done done)
{
    answer(QStringLiteral("fingerprint %1 %2").arg(identity, fingerprint.left(8)), done, [&] {
        std::erase_if(m_state.peers, [&](const auto &one) { return one.identity == identity; });
        m_state.peers.push_back({identity, ui::KnownPeer::By::Fingerprint, fingerprint, {}, {}});
    });
}

void FakeIdentityStore::forgetPeer(const QString &identity, Done done)
{
    answer(QStringLiteral("forget %1").arg(identity), done,
           [&] { std::erase_if(m_state.peers, [&](const auto &one) { return one.identity == identity; }); });
}

void FakeIdentityStore::addRevocationLists(const QStringList &files, Done done)
{
    answer(QStringLiteral("crl %1").arg(QFileInfo(files.front()).fileName()), done);
}

void FakeIdentityStore::removeRevocationList(const QString &id, Done done)
{
    answer(QStringLiteral("no crl %1").arg(id), done, [&] { m_state.revocationLists.clear(); });
}

void FakeIdentityStore::setAcceptance(const ui::Acceptance &acceptance, Done done)
{
    answer(QStringLiteral("acceptance"), done, [&] { m_state.acceptance = acceptance; });
}

void FakeIdentityStore::enrol(ui::KeyServiceAccount account, Done done)
{
    const auto what = QStringLiteral("enrol %1 %2 %3 %4 %5")
                          .arg(account.address, account.name, account.fingerprint.left(8), textOf(account.token),
                               textOf(account.key));
    answer(what, done, [&] {
        m_state.services.push_back({QStringLiteral("sakke"),
                                    QStringLiteral("SAKKE"),
                                    account.name,
                                    account.address,
                                    true,
                                    QDateTime::currentDateTimeUtc().addDays(9),
                                    QDateTime::currentDateTimeUtc().addDays(6),
                                    {}});
    });
}

void FakeIdentityStore::renewKeys(const QString &method, Done done)
{
    answer(QStringLiteral("renew %1").arg(method), done);
}

} // namespace samples
