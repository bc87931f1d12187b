// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "methods/csb.h"

namespace tool {

/// What goes from `offer` or `rekey` to `finish`, and the bundle that comes of it.
struct SavedExchange
{
    QString method;           ///< of the bundle
    mikey::Endpoint endpoint; ///< who we are, what we accept, certificates until it is complete; without shared keys
    mikey::Bytes message;     ///< that began the exchange
    mikey::Secret initiator;  ///< mikey::Initiator::save(); empty when the exchange is complete
    bool complete = false;
    std::optional<mikey::Csb> bundle{}; ///< that stands: made by the exchange, or being updated by it
    QString stateFile{};                ///< that keeps the bundle in place of this file; empty: none does
};

/// Whether the file holds an exchange, and not the state of an endpoint.
bool isExchangeFile(const QString &path);

/// The file S of an exchange, locked as long as this object is there.
class ExchangeFile
{
public:
    explicit ExchangeFile(const QString &path) : m_path(path), m_lock(path) {}

    account::Loaded<SavedExchange> load();
    /// What is wrong, or none.
    std::optional<QString> save(const SavedExchange &exchange) const;
    /// For a new exchange: S may be absent, empty or that of an earlier exchange, but no other file.
    std::optional<QString> begin();

private:
    QString m_path;
    account::FileLock m_lock;
};

} // namespace tool
