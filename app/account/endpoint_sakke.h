// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/sakke_part.h"

/// The part "sakke" of an endpoint file that is being renewed.
namespace account {

/// Keeps other programs off the file as long as it lives.
class EndpointSakke
{
public:
    explicit EndpointSakke(const QString &endpointFile) : m_path(endpointFile), m_lock(endpointFile) {}

    std::optional<QString> read(); ///< what is wrong, or none
    const QJsonObject &part() const { return m_part; }
    /// Members that tell where the service is, and how it is known, begin with "kms". An empty text removes it.
    void set(const char *member, const QString &text);

    QString uri() const; ///< who we are in Identifiers
    Loaded<mikey::SakkeKeys> keys(mikey::NtpTime now) const;
    /// Replaces the file as a whole.
    std::optional<QString> write(const mikey::SakkeKeys &keys);

    QString about(const QString &what) const { return QStringLiteral("%1: %2").arg(m_path, what); }

private:
    QString m_path;
    FileLock m_lock;
    QJsonObject m_file;
    QJsonObject m_part;
};

/// Keys of periods before the last one, which no message needs any more.
void dropOld(mikey::SakkeKeys &keys, mikey::NtpTime now);

} // namespace account
