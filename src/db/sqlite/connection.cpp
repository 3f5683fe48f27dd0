#include "db/sqlite/connection.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include "base/error.hpp"
#include "base/work_scope.hpp"

namespace virga::db::sqlite {
namespace {

// Result codes of SQLite (sqlite3.h).
constexpr int kBusy = 5;
constexpr int kFull = 13;
constexpr int kInterrupt = 9;
constexpr int kConstraint = 19;

/// Steps of SQLite's virtual machine between two looks at the scope: about a millisecond.
constexpr int kStepsBetweenLooks = 20'000;

int ask_scope(void*) {
    const auto* scope = WorkScope::current();
    return scope != nullptr && (scope->unwanted() || scope->overdue()) ? 1 : 0;
}

[[noreturn]] void rethrow(const soci::soci_error& failure, std::string_view sql) {
    ErrorCode code = ErrorCode::Internal;
    if (const auto* specific = dynamic_cast<const soci::sqlite3_soci_error*>(&failure)) {
        if (const auto* scope = WorkScope::current(); scope != nullptr && specific->result() == kInterrupt) {
            scope->check();
            code = ErrorCode::Cancelled;
        }
        if (specific->result() == kConstraint) code = ErrorCode::Conflict;
        if (specific->result() == kBusy) code = ErrorCode::Busy;
        if (specific->result() == kFull) code = ErrorCode::NoSpace;
    }
    const char* message = code == ErrorCode::Conflict  ? "a resource with these unique values exists already"
                          : code == ErrorCode::NoSpace ? "the disk that holds the database is full"
                                                       : "database error";
    // what() shows the values that were bound, which may be secrets.
    throw Error(code, message, failure.get_error_message() + " in: " + std::string(sql));
}

/// SOCI wants named parameters: `?` outside of quotes becomes `:p1`, `:p2`, ...
std::string name_parameters(std::string_view sql) {
    std::string out;
    out.reserve(sql.size() + 16);
    int count = 0;
    bool quoted = false;
    for (char c : sql) {
        if (c == '\'') quoted = !quoted;
        if (c == '?' && !quoted) {
            out += ":p" + std::to_string(++count);
        } else {
            out += c;
        }
    }
    return out;
}

/// SQLite's locks inside a connection and around its memory counters cost a tenth of a long list, and guard nothing
/// here: a connection belongs to one thread at a time. Has an effect only before the first connection.
void drop_needless_locks() {
    static const bool once = [] {
        sqlite_api::sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
        sqlite_api::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        return true;
    }();
    static_cast<void>(once);
}

soci::sqlite3_statement_backend& backend_of(Prepared& prepared) {
    return static_cast<soci::sqlite3_statement_backend&>(*prepared.statement.get_backend());
}

/// Ends a statement also when its rows are not read to the end, so that it doesn't hold its snapshot.
class StatementEnd {
public:
    explicit StatementEnd(Prepared& prepared) : prepared_(prepared) {}
    StatementEnd(const StatementEnd&) = delete;
    StatementEnd& operator=(const StatementEnd&) = delete;
    ~StatementEnd() {
        sqlite_api::sqlite3_reset(backend_of(prepared_).stmt_);
        prepared_.forget_long_values();
    }

private:
    Prepared& prepared_;
};

/// Keeps the memory of the text that `value` held before.
void assign_text(Value& value, const char* data, std::size_t size) {
    if (auto* text = std::get_if<std::string>(&value)) {
        text->assign(data, size);
    } else {
        value.emplace<std::string>(data, size);
    }
}

void read_column(sqlite_api::sqlite3_stmt* statement, int column, Value& value) {
    switch (sqlite_api::sqlite3_column_type(statement, column)) {
        case SQLITE_NULL:
            value = std::monostate();
            break;
        case SQLITE_INTEGER:
        case SQLITE_FLOAT:
            value = static_cast<std::int64_t>(sqlite_api::sqlite3_column_int64(statement, column));
            break;
        default: {
            const auto* data = static_cast<const char*>(sqlite_api::sqlite3_column_blob(statement, column));
            const auto size = static_cast<std::size_t>(sqlite_api::sqlite3_column_bytes(statement, column));
            assign_text(value, data == nullptr ? "" : data, size);
        }
    }
}

std::shared_ptr<const Columns> column_names(sqlite_api::sqlite3_stmt* statement) {
    std::vector<std::string> names;
    const int count = sqlite_api::sqlite3_column_count(statement);
    names.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) names.emplace_back(sqlite_api::sqlite3_column_name(statement, i));
    return std::make_shared<const Columns>(std::move(names));
}

}  // namespace

Prepared::Prepared(soci::session& session, const std::string& sql, const Params& params)
    : slots(params.size()), statement(session) {
    for (std::size_t i = 0; i < params.size(); ++i) {
        auto& slot = slots[i];
        if (std::holds_alternative<std::int64_t>(params[i])) {
            statement.exchange(soci::use(slot.number, slot.indicator));
        } else {
            statement.exchange(soci::use(slot.text, slot.indicator));
        }
    }
    statement.alloc();
    statement.prepare(sql);
    statement.define_and_bind();
}

void Prepared::bind(const Params& params) {
    for (std::size_t i = 0; i < params.size(); ++i) {
        auto& slot = slots[i];
        slot.indicator = std::holds_alternative<std::monostate>(params[i]) ? soci::i_null : soci::i_ok;
        if (const auto* number = std::get_if<std::int64_t>(&params[i])) slot.number = *number;
        if (const auto* text = std::get_if<std::string>(&params[i])) slot.text = *text;
    }
}

void Prepared::forget_long_values() {
    constexpr std::size_t kLong = 1024;
    bool any = false;
    for (auto& slot : slots) {
        if (slot.text.capacity() <= kLong) continue;
        std::string().swap(slot.text);
        any = true;
    }
    if (any) sqlite_api::sqlite3_clear_bindings(backend_of(*this).stmt_);
}

std::size_t Prepared::bytes() {
    auto* handle = backend_of(*this).stmt_;
    const auto used = sqlite_api::sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_MEMUSED, 0);
    // SOCI keeps an object and a name for each parameter.
    constexpr std::size_t kPerSlot = 512;
    return static_cast<std::size_t>(used) + sizeof(Prepared) + slots.size() * kPerSlot;
}

Connection::Connection(const std::string& path) {
    drop_needless_locks();
    try {
        session_.open(soci::sqlite3, "db=" + path + " timeout=30");
    } catch (const soci::soci_error& failure) {
        rethrow(failure, "open " + path);
    }
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("PRAGMA foreign_keys = ON");
    run("PRAGMA cache_size = -2000");
    run("PRAGMA temp_store = MEMORY");
}

void Connection::run(const std::string& sql) {
    try {
        session_ << sql;
    } catch (const soci::soci_error& failure) {
        rethrow(failure, sql);
    }
}

void Connection::begin(Access access, Durability durability) {
    if (access == Access::Write) {
        set_durability(durability);
        exec("BEGIN IMMEDIATE", {});
        return;
    }
    if (!ends_with_scope_) {
        auto& backend = static_cast<soci::sqlite3_session_backend&>(*session_.get_backend());
        sqlite_api::sqlite3_progress_handler(backend.conn_, kStepsBetweenLooks, ask_scope, nullptr);
        ends_with_scope_ = true;
    }
    exec("BEGIN", {});
}

void Connection::commit() {
    exec("COMMIT", {});
}

void Connection::rollback() {
    exec("ROLLBACK", {});
}

void Connection::set_durability(Durability durability) {
    if (durability == durability_) return;
    run(durability == Durability::Synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    durability_ = durability;
}

Prepared& Connection::prepare(std::string_view sql, const Params& params) {
    auto key = statement_key(sql, params);
    auto* prepared = cache_.find(key);
    if (prepared == nullptr) {
        auto made = std::make_unique<Prepared>(session_, name_parameters(sql), params);
        prepared = &cache_.add(std::move(key), std::move(made));
    }
    prepared->bind(params);
    return *prepared;
}

/// Columns are read straight from SQLite: soci::row makes three heap objects for each of them.
void Connection::each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use) {
    try {
        auto& prepared = prepare(sql, params);
        auto& backend = backend_of(prepared);
        const StatementEnd end(prepared);
        bool has_row = prepared.statement.execute(true);
        if (!has_row) return;
        // The names may have changed with the schema: SQLite prepares again by itself.
        const auto count = static_cast<std::size_t>(sqlite_api::sqlite3_column_count(backend.stmt_));
        if (!prepared.columns || prepared.columns->names.size() != count)
            prepared.columns = column_names(backend.stmt_);
        Row row(prepared.columns, std::vector<Value>(count));
        while (has_row) {
            for (std::size_t i = 0; i < count; ++i) read_column(backend.stmt_, static_cast<int>(i), row.values()[i]);
            use(row);
            has_row = backend.fetch(1) == soci::details::statement_backend::ef_success;
        }
    } catch (const soci::soci_error& failure) {
        rethrow(failure, sql);
    }
}

std::int64_t Connection::exec(std::string_view sql, const Params& params) {
    try {
        auto& prepared = prepare(sql, params);
        prepared.statement.execute(true);
        const auto affected = prepared.statement.get_affected_rows();
        prepared.forget_long_values();
        return affected;
    } catch (const soci::soci_error& failure) {
        rethrow(failure, sql);
    }
}

}  // namespace virga::db::sqlite
