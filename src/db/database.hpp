#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace virga::db {

/// null, integer or text. Booleans are stored as 0 and 1, JSON as text, times as microseconds (TimestampUs).
using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Params = std::vector<Value>;

Value nullable(const std::string& text);  ///< null when empty
Value nullable(const std::optional<std::string>& text);
Value nullable(const std::optional<std::int64_t>& number);

/// Column names of one result, shared by its rows.
struct Columns;

/// One row of a result. Columns are read by the name or alias that the statement gives them; an unknown name throws
/// Error{Internal}. Text is converted to a number where a number is asked for, and the other way round.
class Row {
public:
    Row(std::shared_ptr<const Columns> columns, std::vector<Value> values);
    bool is_null(std::string_view column) const;
    std::string text(std::string_view column) const;     ///< empty when null
    std::int64_t number(std::string_view column) const;  ///< 0 when null
    bool flag(std::string_view column) const { return number(column) != 0; }
    std::int64_t first_number() const;  ///< of the first column, 0 when null
    std::optional<std::string> optional_text(std::string_view column) const;
    std::optional<std::int64_t> optional_number(std::string_view column) const;
    /// For who reads the rows of a result into one object.
    std::vector<Value>& values() { return values_; }
    const std::vector<Value>& values() const { return values_; }
    /// Names of the columns, in the order of values().
    const std::vector<std::string>& names() const;

private:
    const Value& at(std::string_view column) const;
    static std::int64_t to_number(const Value& value);
    std::shared_ptr<const Columns> columns_;
    std::vector<Value> values_;
};

/// Whether a commit is on disk before commit() returns (what answers a user) or only survives the end of the process
/// (task boundaries: losing the last ones to a power cut repeats idempotent tasks). A server may crash while the
/// process goes on, so there every commit is synced.
enum class Durability { Synced, Grouped };

/// Whether a writer is alone or runs beside others, on a database that takes several at once (SQLite never does). Who
/// is alone may check and then change what it likes: nobody else writes meanwhile, in any process. Who runs together
/// with others decides by nothing but what one statement both checks and changes, by rows that it has changed before,
/// and by what it has locked.
enum class Writers { Alone, Together };

/// What transactions that run together lock before they check and change it; each in this order.
enum class Lock {
    Project,    ///< what its quotas limit; by the project's id
    Addresses,  ///< which addresses of the network's subnets are taken; by the network's id
};

/// Nothing of the transaction was done; the same may work when it is run again.
struct RunAgain : Error {
    RunAgain(std::string message, std::string detail)
        : Error(ErrorCode::Unavailable, std::move(message), std::move(detail)) {}
};

/// One transaction on one connection. Ends by commit(); otherwise it is rolled back when destroyed.
/// After a statement that failed, it can only be destroyed.
/// Statements use `?` for parameters, and only SQL that SQLite and PostgreSQL share.
class Transaction {
public:
    class Impl;
    explicit Transaction(std::unique_ptr<Impl> impl);
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    std::vector<Row> query(std::string_view sql, const Params& params = {});
    /// Calls `use` for each row without keeping the rows: for long results. `use` must not use the transaction.
    void each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use);
    std::optional<Row> query_one(std::string_view sql, const Params& params = {});
    /// Number of rows that were inserted, updated or deleted. A violated unique constraint throws Error{Conflict}.
    std::int64_t exec(std::string_view sql, const Params& params = {});
    /// First column of the first row, 0 when there is none: for COUNT and SUM.
    std::int64_t scalar(std::string_view sql, const Params& params = {});

    /// Waits for other transactions that hold this lock, and keeps it until the end. Nothing happens where nobody else
    /// can write: on SQLite, and for who writes alone. Of several locks of a kind, the lower id first.
    void lock(Lock kind, const std::string& id);

    /// Runs after a successful commit, on the committing thread (the place to wake the flow runner). Not after
    /// rollback.
    void after_commit(std::function<void()> function);
    void commit();

private:
    std::unique_ptr<Impl> impl_;
};

class Signals;

/// The state of the cloud: `sqlite:///absolute/path` or `postgresql://...`. Thread-safe. Writers are alone unless they
/// say otherwise; readers see a snapshot and never wait for them. While a server is away, transactions wait some
/// seconds for it, then throw Error{Unavailable}.
class Database {
public:
    /// `connections` at most to a server. Throws Error{InvalidInput} that names database.url, and never its password,
    /// when it can't be opened.
    explicit Database(const std::string& url, std::size_t connections = 20);
    ~Database();

    /// Its statements end with the thread's WorkScope: Error{Cancelled} or Error{Timeout}.
    Transaction read();
    Transaction write(Durability durability = Durability::Synced, Writers writers = Writers::Alone);

    /// Whether other processes may write as well.
    bool is_shared() const;
    /// On a shared database, a writer that waits for no other writer: for rows that nothing else is decided by.
    Transaction write_beside();
    /// What a process of a shared database tells the others; null where there are none.
    std::unique_ptr<Signals> signals();

    /// Runs `function` in a write transaction and commits: `auto id = db.write_with([&](Transaction& tx) { ... });`
    /// It may be run again, so it changes nothing but the database and variables that it sets anew.
    template <class F>
    auto write_with(F&& function, Durability durability = Durability::Synced, Writers writers = Writers::Alone) {
        return run_again([&] {
            auto tx = write(durability, writers);
            if constexpr (std::is_void_v<decltype(function(tx))>) {
                function(tx);
                tx.commit();
            } else {
                auto result = function(tx);
                tx.commit();
                return result;
            }
        });
    }
    template <class F>
    auto read_with(F&& function) {
        return run_again([&] {
            auto tx = read();
            return function(tx);
        });
    }

private:
    template <class F>
    static auto run_again(F&& transaction) {
        constexpr int kMostRuns = 5;
        for (int run = 1; run < kMostRuns; ++run) {
            try {
                return transaction();
            } catch (const RunAgain&) {
                pause_before_run(run);
            }
        }
        return transaction();
    }
    /// Some milliseconds, by chance.
    static void pause_before_run(int run);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One step of one service's schema. Steps of a service are applied once each, in order of `version` (from 1).
struct Migration {
    std::string service;
    int version;
    std::vector<std::string> statements;
};
/// Throws Error{InvalidInput} when the database has steps of a service that aren't among these: it is of a newer
/// version.
void migrate(Database& database, const std::vector<Migration>& migrations);
void migrate(Transaction& tx, const std::vector<Migration>& migrations);
/// `schema_versions`, which says how far each service's schema is.
void make_version_table(Transaction& tx);

}  // namespace virga::db
