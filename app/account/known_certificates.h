// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "methods/trust.h"

#include <functional>
#include <map>

namespace account {

/// The certificates met by trust on first use: of each identity the only one taken from then on. They are in a file of
/// the profile, which is locked for each change, so that several instances may share it.
class KnownCertificates
{
public:
    struct Entry
    {
        mikey::CertificateFingerprint fingerprint;
        mikey::NtpTime since;
    };
    using Entries = std::map<std::string, Entry>; ///< by canonical identity

    /// Who has met that many trusts nobody new: a certificate that cannot be remembered is not to be taken.
    static constexpr std::size_t mostEntries = 4096;

    explicit KnownCertificates(QString path) : m_path(std::move(path)) {}

    /// Those in the file; none if it is not there.
    Loaded<Entries> load() const;

    /// What is wrong, or none. Another certificate for an identity that is known is refused until it is forgotten.
    std::optional<QString> add(const std::string &identity, const mikey::CertificateFingerprint &fingerprint,
                               mikey::NtpTime when);
    std::optional<QString> forget(const std::string &identity);

private:
    std::optional<QString> change(const std::function<std::optional<QString>(Entries &)> &how);

    QString m_path;
};

/// Adds the fingerprints to those of the user's own file, which count more.
void addKnown(const KnownCertificates::Entries &known, mikey::X509 &x509);

} // namespace account
