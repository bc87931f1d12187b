// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.h"

#include <QDateTime>
#include <QObject>
#include <QString>
#include <QStringList>

#include <functional>
#include <optional>
#include <vector>

namespace ui {

/// What people want to know of a certificate.
struct CertificateInfo
{
    QString identity; ///< whom it speaks for, as subjectAltName has it
    QString subject;
    QString issuer;
    bool selfSigned = false;
    QDateTime from, until;
    QString fingerprint;  ///< SHA-256 of the DER octets, hex
    QStringList troubles; ///< sentences: it has expired, is too weak, …
};

/// A peer whose certificate was known before it called.
struct KnownPeer
{
    enum class By {
        Certificate, ///< the user brought the certificate
        Fingerprint, ///< the user gave or accepted the fingerprint
        FirstUse,    ///< it was met, and nobody vouched for it
    };
    QString identity;
    By by = By::Certificate;
    QString fingerprint; ///< SHA-256, hex
    QDateTime since;     ///< when it was met; may be invalid
    QStringList troubles;
};

struct RevocationList
{
    QString id; ///< names it for IdentityStore::removeRevocationList()
    QString issuer;
    QDateTime from, nextUpdate;
    int revoked = 0; ///< how many certificates are on it
    QStringList troubles;
};

/// What is taken beyond the default. What has no value is not offered by this program or its endpoint file.
struct Acceptance
{
    bool trustOnFirstUse = false;
    bool fetchUrls = false;
    std::optional<bool> weakGroups;
    std::optional<bool> nullAlgorithms;
    bool operator==(const Acceptance &) const = default;
};

/// A service that issues keys for a period at a time, or tickets in each call.
struct KeyServiceInfo
{
    QString method;       ///< "sakke"
    QString title;        ///< of the method, for people: "SAKKE"
    QString service;      ///< its name: "kms.example.org"
    QString place;        ///< where it is asked; empty: nowhere, the keys came by hand
    bool periods = true;  ///< false: it is asked in each call, and there is nothing to renew
    QDateTime until;      ///< when our keys end; invalid: there are none for now
    QDateTime next;       ///< when it is asked again; may be invalid
    QStringList troubles; ///< sentences: the keys could not be renewed, …
};

/// An account at such a service, as whoever runs it told us.
struct KeyServiceAccount
{
    QString address;     ///< https URL
    QString name;        ///< "kms.example.org"; empty: the host of the address
    QString fingerprint; ///< SHA-256 of its certificate, hex; empty: an authority vouches for it
    mikey::Secret token; ///< for SAKKE; may be empty
    mikey::Secret key;   ///< in hex, for IBAKE and tickets; may be empty
};

struct IdentityState
{
    QString identity;
    std::optional<CertificateInfo> own;
    std::vector<CertificateInfo> authorities;
    std::vector<KnownPeer> peers;
    std::vector<RevocationList> revocationLists;
    Acceptance acceptance;
    std::vector<KeyServiceInfo> services;
};

/// Who we are and whom we trust, as the window needs it; implemented by the program by means of app/account. Lives on
/// the GUI thread, and nothing here blocks it: what takes long (making an RSA key, opening a PKCS#12 file) is done
/// elsewhere (see background.h).
///
/// Each change ends with a call of `done` on the GUI thread, at once or later: with an empty text, after changed(), or
/// with a sentence that says why nothing was changed.
class IdentityStore : public QObject
{
    Q_OBJECT
public:
    using Done = std::function<void(const QString &trouble)>;
    using QObject::QObject;

    virtual const IdentityState &state() const = 0;

    /// Whether one of these PEM files holds a key that wants a passphrase. False too for what cannot be read: importing
    /// tells why.
    virtual bool wantsPassphrase(const QStringList &pemFiles) const = 0;
    /// Our certificate, its chain and its key, in one file or in two.
    virtual void importPem(const QStringList &files, mikey::Secret passphrase, Done done) = 0;
    virtual void importPkcs12(const QString &file, mikey::Secret passphrase, Done done) = 0;
    virtual void makeSelfSigned(Done done) = 0;

    virtual void addAuthorities(const QStringList &files, Done done) = 0;
    virtual void removeAuthority(const QString &fingerprint, Done done) = 0;

    /// `identity` may be empty: then it is the one that the certificate names.
    virtual void addPeerCertificate(const QString &identity, const QString &file, Done done) = 0;
    /// From now on this is the only certificate taken of that peer, whatever was known before.
    virtual void setPeerFingerprint(const QString &identity, const QString &fingerprint, Done done) = 0;
    virtual void forgetPeer(const QString &identity, Done done) = 0;

    virtual void addRevocationLists(const QStringList &files, Done done) = 0;
    virtual void removeRevocationList(const QString &id, Done done) = 0;

    virtual void setAcceptance(const Acceptance &acceptance, Done done) = 0;

    /// Fetches our first keys from a service, and keeps the account for all that follow.
    virtual void enrol(KeyServiceAccount account, Done done) = 0;
    /// Fetches the keys of a method now. It is done in the background too, before those we have end.
    virtual void renewKeys(const QString &method, Done done) = 0;

Q_SIGNALS:
    void changed(); ///< something in state()
};

} // namespace ui
