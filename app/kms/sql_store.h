// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "kms/store.h"

#include <QSqlDatabase>

class QSqlQuery;

/// What the key management service remembers, in SQL: SQLite in a file of our own, or PostgreSQL where several
/// processes serve one domain.
namespace kmsd {

/// A connection. Of the thread that made it.
class SqlStore final : public mikey::kms::Store
{
public:
    /// `place` is the path of a file, made with mode 0600 if it is not there, or postgresql://user@host:port/database
    /// with libpq's parameters as query (host=/run/postgresql for a socket).
    static account::Loaded<std::unique_ptr<SqlStore>> open(const QString &place);
    ~SqlStore() override;
    SqlStore(const SqlStore &) = delete;
    SqlStore &operator=(const SqlStore &) = delete;

    template <class T>
    using Stored = mikey::kms::Stored<T>;
    using Account = mikey::kms::Account;
    using SealedMaster = mikey::kms::SealedMaster;
    using IssueKey = mikey::kms::IssueKey;
    using AuditRow = mikey::kms::AuditRow;
    using Retention = mikey::kms::Retention;

    Stored<std::optional<Account>> account(const std::string &identity) override;
    Stored<std::optional<Account>> accountAt(mikey::ByteView locator) override;
    Stored<std::monostate> save(const Account &account, const AuditRow &audit) override;
    Stored<std::vector<SealedMaster>> masters(const std::string &kind) override;
    Stored<bool> add(const SealedMaster &master, const AuditRow &audit) override;
    Stored<std::monostate> dropMasters(const std::string &kind, std::uint32_t before, const AuditRow &audit) override;
    Stored<std::optional<mikey::Bytes>> issued(const IssueKey &key) override;
    Stored<std::size_t> devices(const std::string &identity, std::uint64_t period) override;
    Stored<mikey::Bytes> issueOnce(const IssueKey &key, mikey::ByteView sealed, const AuditRow &audit) override;
    Stored<bool> isMember(const std::string &group, const std::string &member) override;
    Stored<std::monostate> setMember(const std::string &group, const std::string &member, bool belongs,
                                     const AuditRow &audit) override;
    Stored<std::monostate> record(const AuditRow &audit) override;
    Stored<std::vector<AuditRow>> audit(std::uint64_t after, std::size_t most) override;
    Stored<std::size_t> forget(const Retention &before, std::size_t most) override;

private:
    explicit SqlStore(QSqlDatabase database);

    std::optional<QString> makeTables();
    bool ready();
    bool run(QSqlQuery &query, const char *statement, const QVariantList &values);
    bool insertAudit(const AuditRow &audit);
    /// A statement and its audit row, both or none. The number of rows that the statement changed.
    std::optional<int> change(const char *statement, const QVariantList &values, const AuditRow &audit);
    std::optional<QString> readAccount(const char *statement, const QVariant &value, std::optional<Account> &found);
    mikey::kms::StoreFault fault();

    QSqlDatabase m_database;
    QString m_trouble;
    bool m_postgres;
};

} // namespace kmsd
