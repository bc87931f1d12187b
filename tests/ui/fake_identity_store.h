// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity_store.h"

namespace samples {

const char *const knownFingerprint = "0011223344556677889900aabbccddeeff0011223344556677889900aabbccdd";

/// Somebody with a certificate, an authority, people and lists, some of them in trouble.
ui::IdentityState identityState();

/// Keeps what it is told; what it is asked to do is written into `asked`. With a `trouble` it changes nothing.
class FakeIdentityStore : public ui::IdentityStore
{
    Q_OBJECT
public:
    const ui::IdentityState &state() const override { return m_state; }
    void setState(const ui::IdentityState &state);

    bool wantsPassphrase(const QStringList &) const override { return encrypted; }
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

    QStringList asked;
    QString trouble;
    bool encrypted = false;

private:
    void answer(const QString &what, const Done &done, std::function<void()> change = {});

    ui::IdentityState m_state;
};

} // namespace samples
