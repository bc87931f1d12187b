// SPDX-License-Identifier: Apache-2.0
#include "profile_identity_store.h"

#include "account/certificate_input.h"
#include "account/identity_import.h"
#include "account/trust_settings.h"
#include "background.h"
#include "call/clock.h"
#include "call/words.h"
#include "identity_state.h"

namespace {

account::KnownCertificates::Entries metSoFar(const account::Profile &profile)
{
    auto met = account::KnownCertificates(profile.knownPath).load();
    return met ? std::move(*met) : account::KnownCertificates::Entries();
}

} // namespace

ProfileIdentityStore::ProfileIdentityStore(account::Profile profile, call::Phone &phone)
    : m_profile(std::make_shared<const account::Profile>(std::move(profile))), m_phone(phone),
      m_state(identityState(phone.endpoint(), metSoFar(*m_profile), call::ntpNow()))
{
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
    const auto &endpoint = changed.loaded->endpoint;
    m_phone.setTrust(endpoint.x509, endpoint.accept);
    m_state = identityState(endpoint, changed.met, call::ntpNow());
    Q_EMIT this->changed();
    done({});
}
