// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/known_certificates.h"
#include "account/profile.h"
#include "call/phone.h"
#include "enrolment_thread.h"
#include "identity_store.h"
#include "key_renewal.h"

#include <deque>

/// The identity and trust of a profile: changes go to its endpoint file and, from there, to the phone; certificates
/// that the phone meets are remembered. Also without a window.
class ProfileIdentityStore : public ui::IdentityStore
{
    Q_OBJECT

public:
    /// The phone has the credentials of the profile already, and outlives this.
    ProfileIdentityStore(account::Profile profile, call::Phone &phone);

    const ui::IdentityState &state() const override { return m_state; }
    bool wantsPassphrase(const QStringList &pemFiles) const override;
    void importPem(const QStringList &files, mikey::Secret passphrase, Done done) override;
    void importPkcs12(const QString &file, mikey::Secret passphrase, Done done) override;
    void makeSelfSigned(Done done) override;
    void addAuthorities(const QStringList &files, Done done) override;
    void removeAuthority(const QString &fingerprint, Done done) override;
    void addPeerCertificate(const QString &identity, const QString &file, Done done) override;
    void setPeerFingerprint(const QString &identity, const QString &fingerprint, Done done) override;
    void forgetPeer(const QString &identity, Done done) override;
    void addRevocationLists(const QStringList &files, Done done) override;
    void removeRevocationList(const QString &id, Done done) override;
    void setAcceptance(const ui::Acceptance &acceptance, Done done) override;
    void enrol(ui::KeyServiceAccount account, Done done) override;
    void renewKeys(const QString &method, Done done) override;

Q_SIGNALS:
    void trouble(const QString &sentence); ///< a certificate could not be remembered, keys could not be renewed

private:
    /// What a change leaves behind.
    struct Changed
    {
        account::Loaded<account::LoadedEndpoint> loaded;
        account::KnownCertificates::Entries met;
    };
    using Work = std::function<account::Loaded<account::LoadedEndpoint>(const account::Profile &, mikey::NtpTime now)>;
    struct Job
    {
        Work work;
        Done done;
    };

    void remember(const QString &identity, const QByteArray &fingerprint);
    void change(Work work, Done done);
    void runNext();
    void take(Changed changed, const Done &done);
    void reload(Done done);
    void showServices();

    const std::shared_ptr<const account::Profile> m_profile; ///< work on another thread has it too
    call::Phone &m_phone;
    ui::IdentityState m_state;
    EnrolmentThread m_enrolment;
    KeyRenewal m_renewal;
    std::deque<Job> m_jobs; ///< one after the other: the last to be read is the last to be written
};
