// SPDX-License-Identifier: Apache-2.0
#include "sql_store.h"

#include <QFile>
#include <QFileInfo>
#include <QSqlError>
#include <QSqlQuery>
#include <QUrl>
#include <QUrlQuery>
#include <QUuid>
#include <QVariant>

namespace kmsd {

namespace {

using mikey::Bytes;
using mikey::ByteView;
using namespace mikey::kms;

QVariant octets(ByteView view)
{
    return QByteArray(reinterpret_cast<const char *>(view.data()), static_cast<qsizetype>(view.size()));
}

Bytes bytesOf(const QVariant &value)
{
    const auto array = value.toByteArray();
    return {array.begin(), array.end()};
}

QString text(const std::string &string)
{
    return QString::fromStdString(string);
}

qint64 signedOf(std::uint64_t number)
{
    return static_cast<qint64>(number);
}

bool isPostgres(const QString &place)
{
    return place.startsWith(QLatin1String("postgresql://")) || place.startsWith(QLatin1String("postgres://"));
}

/// libpq takes what follows its own names as key=value; Qt passes that on as connect options.
void aim(QSqlDatabase &database, const QUrl &url)
{
    database.setHostName(url.host());
    database.setPort(url.port());
    database.setUserName(url.userName(QUrl::FullyDecoded));
    database.setPassword(url.password(QUrl::FullyDecoded));
    database.setDatabaseName(url.path().mid(1));
    QStringList options;
    const auto parameters = QUrlQuery(url).queryItems(QUrl::FullyDecoded);
    for (const auto &[name, value] : parameters) {
        if (name == QLatin1String("host"))
            database.setHostName(value);
        else if (name == QLatin1String("port"))
            database.setPort(value.toInt());
        else if (name == QLatin1String("user"))
            database.setUserName(value);
        else
            options += name + QLatin1Char('=') + value;
    }
    database.setConnectOptions(options.join(QLatin1Char(';')));
}

constexpr const char *tables[] = {
    "CREATE TABLE IF NOT EXISTS accounts (identity TEXT PRIMARY KEY, locator %1 NOT NULL UNIQUE, "
    "token_hash %1 NOT NULL, psk %1 NOT NULL, revoked INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS masters (kind TEXT NOT NULL, generation INTEGER NOT NULL, from_period BIGINT NOT NULL, "
    "sealed %1 NOT NULL, PRIMARY KEY (kind, generation))",
    "CREATE TABLE IF NOT EXISTS issued (identity TEXT NOT NULL, period BIGINT NOT NULL, device TEXT NOT NULL, "
    "unix_ms BIGINT NOT NULL, sealed %1 NOT NULL, PRIMARY KEY (identity, period, device))",
    "CREATE INDEX IF NOT EXISTS issued_when ON issued (period, unix_ms)",
    "CREATE TABLE IF NOT EXISTS members (team TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (team, member))",
    "CREATE TABLE IF NOT EXISTS audit (number %2, unix_ms BIGINT NOT NULL, event TEXT NOT NULL, "
    "identity TEXT NOT NULL, detail TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS audit_when ON audit (unix_ms)",
    "CREATE INDEX IF NOT EXISTS audit_event_when ON audit (event, unix_ms)",
};

} // namespace

SqlStore::SqlStore(QSqlDatabase database)
    : m_database(std::move(database)), m_postgres(m_database.driverName() == QLatin1String("QPSQL"))
{
}

SqlStore::~SqlStore()
{
    const auto name = m_database.connectionName();
    m_database.close();
    m_database = QSqlDatabase();
    QSqlDatabase::removeDatabase(name);
}

account::Loaded<std::unique_ptr<SqlStore>> SqlStore::open(const QString &place)
{
    const auto name = QUuid::createUuid().toString(QUuid::WithoutBraces);
    const bool postgres = isPostgres(place);
    auto database = QSqlDatabase::addDatabase(QLatin1String(postgres ? "QPSQL" : "QSQLITE"), name);
    if (!database.isValid())
        return QStringLiteral("Qt's driver for %1 is not installed")
            .arg(QLatin1String(postgres ? "PostgreSQL (libqt6sql6-psql)" : "SQLite (libqt6sql6-sqlite)"));
    if (postgres) {
        aim(database, QUrl(place));
    } else {
        if (!QFileInfo::exists(place)) { // else SQLite would make it with the usual mode, and its journals as the file
            if (const auto trouble = account::createPrivateFile(place, {}); trouble && !QFileInfo::exists(place))
                return *trouble;
        }
        database.setDatabaseName(place);
        database.setConnectOptions(QStringLiteral("QSQLITE_BUSY_TIMEOUT=10000"));
    }
    std::unique_ptr<SqlStore> store(new SqlStore(database));
    database = QSqlDatabase(); // a connection is not to be referred to when it is removed
    if (!store->ready())
        return QStringLiteral("the database cannot be opened: %1").arg(store->m_trouble);
    if (const auto trouble = store->makeTables())
        return QStringLiteral("the database cannot be set up: %1").arg(*trouble);
    return store;
}

/// Opens the connection, again where it was lost.
bool SqlStore::ready()
{
    if (m_trouble.isEmpty() && m_database.isOpen())
        return true;
    m_trouble.clear();
    m_database.close();
    if (!m_database.open()) {
        m_trouble = m_database.lastError().text().simplified();
        return false;
    }
    if (m_postgres)
        return true;
    QSqlQuery query(m_database);
    // What was committed is on the disk before anybody is told of it.
    return run(query, "PRAGMA journal_mode = WAL", {}) && run(query, "PRAGMA synchronous = FULL", {});
}

std::optional<QString> SqlStore::makeTables()
{
    QSqlQuery query(m_database);
    if (!m_database.transaction())
        return m_database.lastError().text();
    // Two processes that start at once would make the same tables.
    if (m_postgres && !run(query, "SELECT pg_advisory_xact_lock(7463923)", {}))
        return m_trouble;
    for (const auto *table : tables) {
        auto statement = QString::fromLatin1(table);
        statement.replace(QLatin1String("%1"), QLatin1String(m_postgres ? "BYTEA" : "BLOB"));
        statement.replace(QLatin1String("%2"),
                          QLatin1String(m_postgres ? "BIGSERIAL PRIMARY KEY" : "INTEGER PRIMARY KEY AUTOINCREMENT"));
        if (!run(query, statement.toLatin1().constData(), {}))
            return m_trouble;
    }
    return m_database.commit() ? std::nullopt : std::optional(m_database.lastError().text());
}

bool SqlStore::run(QSqlQuery &query, const char *statement, const QVariantList &values)
{
    const auto sql = QString::fromLatin1(statement);
    bool done = values.isEmpty() ? query.exec(sql) : query.prepare(sql); // PostgreSQL does not prepare all there is
    for (const auto &value : values)
        query.addBindValue(value);
    done = done && (values.isEmpty() || query.exec());
    if (!done)
        m_trouble = query.lastError().text().simplified();
    return done;
}

StoreFault SqlStore::fault()
{
    m_database.rollback();
    return {"the database does not answer as it should: " + m_trouble.toStdString()};
}

/// Within a transaction. PostgreSQL numbers rows before they are committed: who exports the log up to one must not miss
/// another with a smaller number, so they are committed one after the other.
bool SqlStore::insertAudit(const AuditRow &audit)
{
    QSqlQuery query(m_database);
    if (m_postgres && !run(query, "SELECT pg_advisory_xact_lock(7463924)", {}))
        return false;
    return run(query, "INSERT INTO audit (unix_ms, event, identity, detail) VALUES (?, ?, ?, ?)",
               {static_cast<qint64>(audit.time.unixMilliseconds()), text(audit.event), text(audit.identity),
                text(audit.detail)});
}

std::optional<int> SqlStore::change(const char *statement, const QVariantList &values, const AuditRow &audit)
{
    if (!ready())
        return std::nullopt;
    QSqlQuery query(m_database);
    m_database.transaction();
    if (!run(query, statement, values))
        return std::nullopt;
    const auto changed = query.numRowsAffected();
    if (changed > 0 && !insertAudit(audit))
        return std::nullopt;
    if (m_database.commit())
        return changed;
    m_trouble = m_database.lastError().text().simplified();
    return std::nullopt;
}

std::optional<QString> SqlStore::readAccount(const char *statement, const QVariant &value,
                                             std::optional<Account> &found)
{
    if (!ready())
        return m_trouble;
    QSqlQuery query(m_database);
    if (!run(query, statement, {value}))
        return m_trouble;
    if (query.next())
        found = Account{query.value(0).toString().toStdString(), bytesOf(query.value(1)), bytesOf(query.value(2)),
                        bytesOf(query.value(3)), query.value(4).toInt() != 0};
    return std::nullopt;
}

Stored<std::optional<Account>> SqlStore::account(const std::string &identity)
{
    std::optional<Account> found;
    if (readAccount("SELECT identity, locator, token_hash, psk, revoked FROM accounts WHERE identity = ?",
                    text(identity), found))
        return fault();
    return found;
}

Stored<std::optional<Account>> SqlStore::accountAt(ByteView locator)
{
    std::optional<Account> found;
    if (readAccount("SELECT identity, locator, token_hash, psk, revoked FROM accounts WHERE locator = ?",
                    octets(locator), found))
        return fault();
    return found;
}

Stored<std::monostate> SqlStore::save(const Account &account, const AuditRow &audit)
{
    const auto changed =
        change("INSERT INTO accounts (identity, locator, token_hash, psk, revoked) VALUES (?, ?, ?, ?, ?) "
               "ON CONFLICT (identity) DO UPDATE SET locator = excluded.locator, token_hash = excluded.token_hash, "
               "psk = excluded.psk, revoked = excluded.revoked",
               {text(account.identity), octets(account.locator), octets(account.tokenHash), octets(account.psk),
                account.revoked ? 1 : 0},
               audit);
    if (!changed)
        return fault();
    return std::monostate();
}

Stored<std::vector<SealedMaster>> SqlStore::masters(const std::string &kind)
{
    if (!ready())
        return fault();
    QSqlQuery query(m_database);
    if (!run(query, "SELECT generation, from_period, sealed FROM masters WHERE kind = ? ORDER BY generation",
             {text(kind)}))
        return fault();
    std::vector<SealedMaster> rows;
    while (query.next())
        rows.push_back({kind, query.value(0).toUInt(), query.value(1).toULongLong(), bytesOf(query.value(2))});
    return rows;
}

Stored<bool> SqlStore::add(const SealedMaster &master, const AuditRow &audit)
{
    const auto changed =
        change("INSERT INTO masters (kind, generation, from_period, sealed) VALUES (?, ?, ?, ?) "
               "ON CONFLICT DO NOTHING",
               {text(master.kind), master.generation, signedOf(master.fromPeriod), octets(master.sealed)}, audit);
    if (!changed)
        return fault();
    return *changed > 0;
}

Stored<std::optional<Bytes>> SqlStore::issued(const IssueKey &key)
{
    if (!ready())
        return fault();
    QSqlQuery query(m_database);
    if (!run(query, "SELECT sealed FROM issued WHERE identity = ? AND period = ? AND device = ?",
             {text(key.identity), signedOf(key.period), text(key.device)}))
        return fault();
    return query.next() ? std::optional(bytesOf(query.value(0))) : std::nullopt;
}

Stored<std::size_t> SqlStore::devices(const std::string &identity, std::uint64_t period)
{
    if (!ready())
        return fault();
    QSqlQuery query(m_database);
    if (!run(query, "SELECT COUNT(*) FROM issued WHERE identity = ? AND period = ?",
             {text(identity), signedOf(period)}) ||
        !query.next())
        return fault();
    return static_cast<std::size_t>(query.value(0).toULongLong());
}

Stored<Bytes> SqlStore::issueOnce(const IssueKey &key, ByteView sealed, const AuditRow &audit)
{
    const auto changed = change("INSERT INTO issued (identity, period, device, unix_ms, sealed) VALUES (?, ?, ?, ?, ?) "
                                "ON CONFLICT DO NOTHING",
                                {text(key.identity), signedOf(key.period), text(key.device),
                                 static_cast<qint64>(audit.time.unixMilliseconds()), octets(sealed)},
                                audit);
    if (!changed)
        return fault();
    const auto row = issued(key);
    if (!row)
        return row.error();
    if (!*row)
        return StoreFault{"the database does not have what it was given"};
    return **row;
}

Stored<std::monostate> SqlStore::dropMasters(const std::string &kind, std::uint32_t before, const AuditRow &audit)
{
    if (!change("DELETE FROM masters WHERE kind = ? AND generation < ?", {text(kind), before}, audit))
        return fault();
    return std::monostate();
}

Stored<bool> SqlStore::isMember(const std::string &group, const std::string &member)
{
    if (!ready())
        return fault();
    QSqlQuery query(m_database);
    if (!run(query, "SELECT 1 FROM members WHERE team = ? AND member = ?", {text(group), text(member)}))
        return fault();
    return query.next();
}

Stored<std::monostate> SqlStore::setMember(const std::string &group, const std::string &member, bool belongs,
                                           const AuditRow &audit)
{
    const auto *statement = belongs ? "INSERT INTO members (team, member) VALUES (?, ?) ON CONFLICT DO NOTHING"
                                    : "DELETE FROM members WHERE team = ? AND member = ?";
    if (!change(statement, {text(group), text(member)}, audit))
        return fault();
    return std::monostate();
}

Stored<std::size_t> SqlStore::forget(const Retention &before, std::size_t most)
{
    const auto time = [](mikey::NtpTime then) { return static_cast<qint64>(then.unixMilliseconds()); };
    const auto refusal = text(AuditRow::refusal);
    const std::pair<const char *, QVariantList> statements[] = {
        {"DELETE FROM issued WHERE (identity, period, device) IN "
         "(SELECT identity, period, device FROM issued WHERE period = ? AND unix_ms < ? LIMIT ?)",
         {signedOf(IssueKey::ofMessages), time(before.answers), signedOf(most)}},
        {"DELETE FROM audit WHERE number IN "
         "(SELECT number FROM audit WHERE unix_ms < ? AND event = ? ORDER BY unix_ms LIMIT ?)",
         {time(before.refusals), refusal, signedOf(most)}},
        {"DELETE FROM audit WHERE number IN "
         "(SELECT number FROM audit WHERE unix_ms < ? AND event <> ? ORDER BY unix_ms LIMIT ?)",
         {time(before.audit), refusal, signedOf(most)}},
    };
    std::size_t gone = 0;
    for (const auto &[statement, values] : statements) {
        QSqlQuery query(m_database);
        if (!ready() || !run(query, statement, values))
            return fault();
        gone += static_cast<std::size_t>(std::max(query.numRowsAffected(), 0));
    }
    return gone;
}

Stored<std::monostate> SqlStore::record(const AuditRow &audit)
{
    if (!ready())
        return fault();
    m_database.transaction();
    if (!insertAudit(audit))
        return fault();
    if (m_database.commit())
        return std::monostate();
    m_trouble = m_database.lastError().text().simplified();
    return fault();
}

Stored<std::vector<AuditRow>> SqlStore::audit(std::uint64_t after, std::size_t most)
{
    if (!ready())
        return fault();
    QSqlQuery query(m_database);
    if (!run(query,
             "SELECT number, unix_ms, event, identity, detail FROM audit WHERE number > ? ORDER BY number LIMIT ?",
             {signedOf(after), signedOf(most)}))
        return fault();
    std::vector<AuditRow> rows;
    while (query.next())
        rows.push_back({mikey::NtpTime::fromUnixMicroseconds(query.value(1).toLongLong() * 1000),
                        query.value(2).toString().toStdString(), query.value(3).toString().toStdString(),
                        query.value(4).toString().toStdString(), query.value(0).toULongLong()});
    return rows;
}

} // namespace kmsd
