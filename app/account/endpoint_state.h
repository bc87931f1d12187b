// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "methods/csb.h"

#include <vector>

namespace account {

/// The mikey::EndpointState of one identity on disk: which messages were accepted, when we sent last. It is locked from
/// load() until this object goes, so that no two processes accept the same message.
///
/// A program that runs for long calls load(), markOpen(), and save() at its end. If it never came to save(), the next
/// load() finds the file open and refuses everything that may have been seen in between (RFC 3830 5.4). A program that
/// handles one message calls load() and save().
class StateFile
{
public:
    explicit StateFile(QString path);

    /// A file that is not there, or is empty, gives a fresh state. `now` and `skewSeconds` are the present clock
    /// window. Another process that holds the file is waited for; a program with a window had better not wait.
    Loaded<mikey::EndpointState> load(mikey::NtpTime now, std::int64_t skewSeconds, int longestWaitMs = 10000);
    /// What is wrong, or none.
    std::optional<QString> save(const mikey::EndpointState &state) { return write(state, false); }
    std::optional<QString> markOpen(const mikey::EndpointState &state) { return write(state, true); }

    /// Bundles that stand, for a program that handles one message and ends; newest last. They are saved with the state.
    const std::vector<mikey::Csb> &bundles() const { return m_bundles; }
    /// Keeps a bundle as it stands now, in place of what stood under its ID.
    void keep(const mikey::Csb &bundle);

private:
    std::optional<QString> write(const mikey::EndpointState &state, bool open) const;

    QString m_path;
    FileLock m_lock;
    std::vector<mikey::ReplayCache::Entry> m_loaded; ///< what the file holds
    std::vector<mikey::Csb> m_bundles;
};

} // namespace account
