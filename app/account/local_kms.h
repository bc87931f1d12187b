// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/played_kms.h"

/// A key management service played here, with what a kms.json holds.
namespace account {

/// The parts "ticket" and "ibake" of a kms.json.
Loaded<MikeyServices> readMikeyServices(const QString &path);

/// The file, and beside it what the service remembers: PATH.state, so that a question asked twice gets the same answer
/// also in another process (rule S-8).
class LocalKms
{
public:
    explicit LocalKms(QString path) : m_path(std::move(path)) {}

    /// Answers a MIKEY question. A sentence: the files cannot be read or written.
    Loaded<mikey::kms::MikeyAnswer> answer(mikey::ByteView question, mikey::NtpTime now) const;

private:
    QString m_path;
};

} // namespace account
