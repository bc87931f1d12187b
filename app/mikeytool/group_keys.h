// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "methods/exchange.h"

namespace tool {

/// Fresh keys of a group with one sender: a stream of the sender, and one back to it.
mikey::GroupKeys makeGroupKeys(const mikey::SrtpSuite &suite, mikey::Random &random);

/// The file in which an RSA-R key server keeps the keys of a group, for every member that asks (RFC 4738 3.2).
class GroupFile
{
public:
    explicit GroupFile(const QString &path) : m_path(path), m_lock(path) {}

    /// The keys in the file. Where there is none they are made, for the suite, and the file with them, mode 0600.
    account::Loaded<mikey::GroupKeys> loadOrMake(const mikey::SrtpSuite &suite, mikey::Random &random);

private:
    account::Loaded<mikey::GroupKeys> load() const;

    QString m_path;
    account::FileLock m_lock;
};

} // namespace tool
