#include "db/sqlite/connection.hpp"

#include <sqlite3.h>

#include "base/error.hpp"
#include "base/work_scope.hpp"

namespace virga::db::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 30'000;

/// Steps of SQLite's virtual machine between two looks at the scope: about a millisecond.
constexpr int kStepsBetweenLooks = 20'000;

int ask_scope(void*) {
    const auto* scope = WorkScope::current();
    return scope != nullptr && (scope->unwanted() || scope->overdue()) ? 1 : 0;
}

ErrorCode code_of(int result) {
    switch (result) {
        case SQLITE_CONSTRAINT:
            return ErrorCode::Conflict;
        case SQLITE_BUSY:
            return ErrorCode::Busy;
        case SQLITE_FULL:
            return ErrorCode::NoSpace;
        default:
            return ErrorCode::Internal;
    }
}

const char* message_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::Conflict:
            return "a resource with these unique values exists already";
        case ErrorCode::NoSpace:
            return "the disk that holds the database is full";
        default:
            return "database error";
    }
}

/// SQLite's locks inside a connection and around its memory counters cost a tenth of a long list, and guard nothing
/// here: a connection belongs to one thread at a time. Has an effect only before the first connection.
void drop_needless_locks() {
    static const bool once = [] {
        sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        return true;
    }();
    static_cast<void>(once);
}

/// The statement reads `value` in place: it must outlive the run.
int bind(sqlite3_stmt* statement, int index, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
    if (const auto* text = std::get_if<std::string>(&value))
        return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_null(statement, index);
}

/// Keeps the memory of the text that `value` held before.
void assign_text(Value& value, const char* data, std::size_t size) {
    if (auto* text = std::get_if<std::string>(&value)) {
        text->assign(data, size);
    } else {
        value.emplace<std::string>(data, size);
    }
}

void read_column(sqlite3_stmt* statement, int column, Value& value) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_NULL:
            value = std::monostate();
            break;
        case SQLITE_INTEGER:
        case SQLITE_FLOAT:
            value = static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
            break;
        default: {
            const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, column));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
            assign_text(value, data == nullptr ? "" : data, size);
        }
    }
}

std::shared_ptr<const Columns> column_names(sqlite3_stmt* statement) {
    std::vector<std::string> names;
    const int count = sqlite3_column_count(statement);
    names.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) names.emplace_back(sqlite3_column_name(statement, i));
    return std::make_shared<const Columns>(std::move(names));
}

}  // namespace

void CloseConnection::operator()(sqlite3* connection) const {
    sqlite3_close(connection);
}

void FinalizeStatement::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

std::size_t Prepared::bytes() const {
    return static_cast<std::size_t>(sqlite3_stmt_status(statement.get(), SQLITE_STMTSTATUS_MEMUSED, 0)) +
           sizeof(Prepared);
}

/// One run of a prepared statement. Ends it also when its rows are not read to the end, so that it doesn't hold its
/// snapshot, and lets go of the parameters.
class Connection::Run {
public:
    Run(Connection& connection, Prepared& prepared, std::string_view sql, const Params& params)
        : connection_(connection), statement_(prepared.statement.get()), sql_(sql) {
        if (static_cast<std::size_t>(sqlite3_bind_parameter_count(statement_)) != params.size())
            throw Error(ErrorCode::Internal, "database error", "wrong number of parameters in: " + std::string(sql));
        int index = 0;
        for (const auto& param : params) {
            if (const int result = bind(statement_, ++index, param); result != SQLITE_OK) {
                end();
                connection_.fail(result, sql_);
            }
        }
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() { end(); }

    /// Whether there is a (next) row.
    bool step() {
        const int result = sqlite3_step(statement_);
        if (result == SQLITE_ROW) return true;
        if (result == SQLITE_DONE) return false;
        connection_.fail(result, sql_);
    }

private:
    void end() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }

    Connection& connection_;
    sqlite3_stmt* statement_;
    std::string_view sql_;
};

Connection::Connection(const std::string& path) {
    drop_needless_locks();
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(path.c_str(), &handle,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
    if (result != SQLITE_OK) fail(result, "open " + path);
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("PRAGMA wal_autocheckpoint = 4000");  // pages: what is changed often is copied to the file once in 16 MiB
    run("PRAGMA foreign_keys = ON");
    run("PRAGMA cache_size = -2000");
    run("PRAGMA temp_store = MEMORY");
}

void Connection::fail(int result, std::string_view sql) const {
    auto code = code_of(result);
    if (const auto* scope = WorkScope::current(); scope != nullptr && result == SQLITE_INTERRUPT) {
        scope->check();
        code = ErrorCode::Cancelled;
    }
    // SQLite's text names tables and columns, never the values that were bound.
    const std::string detail = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(result);
    throw Error(code, message_of(code), detail + " in: " + std::string(sql));
}

void Connection::run(const std::string& sql) {
    if (const int result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr); result != SQLITE_OK)
        fail(result, sql);
}

void Connection::begin(Access access, Durability durability) {
    if (access != Access::Read) {
        set_durability(durability);
        exec("BEGIN IMMEDIATE", {});
        return;
    }
    if (!ends_with_scope_) {
        sqlite3_progress_handler(handle_.get(), kStepsBetweenLooks, ask_scope, nullptr);
        ends_with_scope_ = true;
    }
    exec("BEGIN", {});
}

void Connection::commit() {
    exec("COMMIT", {});
}

void Connection::rollback() {
    // SQLite ends a transaction by itself when the disk is full.
    if (sqlite3_get_autocommit(handle_.get()) != 0) return;
    exec("ROLLBACK", {});
}

void Connection::set_durability(Durability durability) {
    if (durability == durability_) return;
    run(durability == Durability::Synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    durability_ = durability;
}

Prepared& Connection::prepare(std::string_view sql) {
    if (auto* prepared = cache_.find(sql)) return *prepared;
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result != SQLITE_OK) fail(result, sql);
    auto made = std::make_unique<Prepared>();
    made->statement.reset(statement);
    return cache_.add(std::string(sql), std::move(made));
}

void Connection::each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use) {
    auto& prepared = prepare(sql);
    auto* statement = prepared.statement.get();
    Run run(*this, prepared, sql, params);
    if (!run.step()) return;
    // The names may have changed with the schema: SQLite prepares again by itself.
    const auto count = static_cast<std::size_t>(sqlite3_column_count(statement));
    if (!prepared.columns || prepared.columns->names.size() != count) prepared.columns = column_names(statement);
    Row row(prepared.columns, std::vector<Value>(count));
    do {
        for (std::size_t i = 0; i < count; ++i) read_column(statement, static_cast<int>(i), row.values()[i]);
        use(row);
    } while (run.step());
}

std::int64_t Connection::exec(std::string_view sql, const Params& params) {
    Run run(*this, prepare(sql), sql, params);
    while (run.step()) {
    }
    return sqlite3_changes64(handle_.get());
}

}  // namespace virga::db::sqlite
