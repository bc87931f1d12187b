// SPDX-License-Identifier: Apache-2.0
#include "profile_identity_store.h"

#include "account/certificate_input.h"
#include "account/identity_import.h"
#include "account/trust_settings.h"
#include "background.h"
#include "call/clock.h"
#include "call/words.h"
#include "identity_state.h"
#include "wire/text.h"

#include <QCoreApplication>
#include <QRandomGenerator>

namespace {

account::KnownCertificates::Entries metSoFar(const account::Profile &profile)
{
    auto met = account::KnownCertificates(profile.knownPath).load();
    return met ? std::move(*met) : account::KnownCertificates::Entries();
}

/// Of what the user typed or pasted.
QByteArray trimmed(const mikey::Secret &text)
{
    return QByteArray(reinterpret_cast<const char *>(text.view().data()), static_cast<qsizetype>(text.size()))
        .trimmed();
}

} // namespace

ProfileIdentityStore::ProfileIdentityStore(account::Profile profile, call::Phone &phone)
    : m_profile(std::make_shared<const account::Profile>(std::move(profile))), m_phone(phone),
      m_state(identityState(phone.endpoint(), metSoFar(*m_profile), call::ntpNow())),
      m_renewal(
          [this](const std::string &method, KeyRenewal::Then then) {
              m_enrolment.enrol(method, m_profile->endpointPath, {}, std::move(then));
          },
          call::ntpNow, QRandomGenerator::global()->generateDouble())
{
    connect(&m_renewal, &KeyRenewal::fetched, this, [this] {
        reload([this](const QString &sentence) {
            if (!sentence.isEmpty())
                Q_EMIT trouble(sentence);
        });
    });
    connect(&m_renewal, &KeyRenewal::changed, this, &ProfileIdentityStore::showServices);
    connect(&m_renewal, &KeyRenewal::trouble, this, &ProfileIdentityStore::trouble);
    m_renewal.hold(m_profile->loaded.services);
    connect(&phone, &call::Phone::certificateMet, this, &ProfileIdentityStore::remember);
}

bool ProfileIdentityStore::wantsPassphrase(const QStringList &pemFiles) const
{
    return account::wantsPassphrase(pemFiles);
}

void ProfileIdentityStore::importPem(const QStringList &files, mikey::Secret passphrase, Done done)
{
    const auto secret = std::make_shared<const mikey::Secret>(std::move(passphrase));
    change([files, secret](const auto &profile,
                           auto now) { return account::importIdentity(profile, files, *secret, now); },
           std::move(done));
}

void ProfileIdentityStore::importPkcs12(const QString &file, mikey::Secret passphrase, Done done)
{
    const auto secret = std::make_shared<const mikey::Secret>(std::move(passphrase));
    change([file, secret](const auto &profile, auto now) { return account::importPkcs12(profile, file, *secret, now); },
           std::move(done));
}

void ProfileIdentityStore::makeSelfSigned(Done done)
{
    change(account::makeSelfSignedIdentity, std::move(done));
}

void ProfileIdentityStore::addAuthorities(const QStringList &files, Done done)
{
    change([files](const auto &profile, auto now) { return account::importAuthorities(profile, files, now); },
           std::move(done));
}

void ProfileIdentityStore::removeAuthority(const QString &fingerprint, Done done)
{
    const auto octets = account::fingerprintOf(fingerprint).value_or(mikey::CertificateFingerprint());
    change([octets](const auto &profile, auto now) { return account::removeAuthority(profile, octets, now); },
           std::move(done));
}

void ProfileIdentityStore::addPeerCertificate(const QString &identity, const QString &file, Done done)
{
    change(
        [identity, file](const auto &profile, auto now) { return account::importPeer(profile, identity, file, now); },
        std::move(done));
}

void ProfileIdentityStore::setPeerFingerprint(const QString &identity, const QString &fingerprint, Done done)
{
    change(
        [identity, fingerprint](const auto &profile, auto now) {
            return account::setPeerFingerprint(profile, identity, fingerprint, now);
        },
        std::move(done));
}

void ProfileIdentityStore::forgetPeer(const QString &identity, Done done)
{
    change([identity](const auto &profile, auto now) { return account::forgetPeer(profile, identity, now); },
           std::move(done));
}

void ProfileIdentityStore::addRevocationLists(const QStringList &files, Done done)
{
    change([files](const auto &profile, auto now) { return account::importCrls(profile, files, now); },
           std::move(done));
}

void ProfileIdentityStore::removeRevocationList(const QString &id, Done done)
{
    change([id](const auto &profile, auto now) { return account::removeCrl(profile, id, now); }, std::move(done));
}

void ProfileIdentityStore::setAcceptance(const ui::Acceptance &acceptance, Done done)
{
    const account::TrustSettings settings{acceptance.trustOnFirstUse, acceptance.fetchUrls,
                                          acceptance.weakGroups.value_or(false),
                                          acceptance.nullAlgorithms.value_or(false)};
    change([settings](const auto &profile, auto now) { return account::setTrustSettings(profile, settings, now); },
           std::move(done));
}

void ProfileIdentityStore::enrol(ui::KeyServiceAccount account, Done done)
{
    account::KmsAccess access{
        QUrl(account.address.trimmed(), QUrl::StrictMode), {}, trimmed(account.token), account.name.trimmed(), {}};
    if (!access.url.isValid() || access.url.scheme() != QLatin1String("https"))
        return done(tr("The address of the service is no https address."));
    access.fingerprint = QByteArray::fromHex(account.fingerprint.toLatin1());
    if (!account.key.empty()) {
        auto text = trimmed(account.key);
        auto octets = mikey::fromHex({text.constData(), static_cast<std::size_t>(text.size())});
        account::wipe(text);
        if (!octets || octets->empty())
            return done(tr("The key is not made of hexadecimal digits."));
        access.psk = std::make_shared<const mikey::Secret>(mikey::ByteView(*octets));
        mikey::wipe(*octets);
    }
    m_enrolment.enrol({}, m_profile->endpointPath, access,
                      [this, done = std::move(done)](const account::Loaded<account::Enrolled> &enrolled) {
                          // Keys of one method may be there, though those of another could not be had.
                          const auto trouble = enrolled ? QString() : call::sentence(enrolled.error());
                          reload(
                              [done, trouble](const QString &ofFile) { done(trouble.isEmpty() ? ofFile : trouble); });
                      });
}

void ProfileIdentityStore::renewKeys(const QString &method, Done done)
{
    m_renewal.renewNow(method.toStdString(), std::move(done));
}

void ProfileIdentityStore::reload(Done done)
{
    change([](const account::Profile &profile, mikey::NtpTime now) { return account::loadCredentials(profile, now); },
           std::move(done));
}

void ProfileIdentityStore::showServices()
{
    m_state.services = servicesOf(m_phone.endpoint(), m_renewal.plans());
    Q_EMIT changed();
}

void ProfileIdentityStore::remember(const QString &identity, const QByteArray &fingerprint)
{
    mikey::CertificateFingerprint octets{};
    std::copy_n(fingerprint.begin(), std::min(fingerprint.size(), static_cast<qsizetype>(octets.size())),
                octets.begin());
    change(
        [identity, octets](const account::Profile &profile,
                           mikey::NtpTime now) -> account::Loaded<account::LoadedEndpoint> {
            account::KnownCertificates met(profile.knownPath);
            if (auto trouble = met.add(identity.toStdString(), octets, now))
                return std::move(*trouble);
            return account::loadCredentials(profile, now);
        },
        [this](const QString &sentence) {
            if (!sentence.isEmpty())
                Q_EMIT trouble(sentence);
        });
}

void ProfileIdentityStore::change(Work work, Done done)
{
    m_jobs.push_back({std::move(work), std::move(done)});
    if (m_jobs.size() == 1)
        runNext();
}

void ProfileIdentityStore::runNext()
{
    const auto job = [profile = m_profile, work = m_jobs.front().work] {
        auto loaded = work(*profile, call::ntpNow());
        return Changed{std::move(loaded), metSoFar(*profile)};
    };
    ui::inBackground(this, job, [this](Changed changed) {
        const auto done = std::move(m_jobs.front().done);
        m_jobs.pop_front();
        if (!m_jobs.empty())
            runNext();
        take(std::move(changed), done);
    });
}

void ProfileIdentityStore::take(Changed changed, const Done &done)
{
    if (!changed.loaded)
        return done(call::sentence(changed.loaded.error()));
    auto &loaded = *changed.loaded;
    m_phone.setCredentials(std::move(loaded.endpoint), call::askKmsOf(loaded.kms, qApp));
    m_state = identityState(m_phone.endpoint(), changed.met, call::ntpNow());
    m_renewal.hold(std::move(loaded.services)); // which shows all that has changed
    done({});
}
