#pragma once
#include <memory>

#include "db/connection.hpp"
#include "db/statement_cache.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace virga::db::sqlite {

struct CloseConnection {
    void operator()(sqlite3* connection) const;
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
};

/// A statement that stays prepared. Between two runs it is reset and holds no parameters.
struct Prepared {
    /// What SQLite and this object hold for it.
    std::size_t bytes() const;

    std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement;
    std::shared_ptr<const Columns> columns;
};

class Connection : public db::Connection {
public:
    explicit Connection(const std::string& path);

    /// A connection that once was for reading stays so: a writer's statements are short, and others wait for them.
    void begin(Access access, Durability durability) override;
    void commit() override;
    void rollback() override;
    void each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use) override;
    void lock(Lock, const std::string&) override {}
    std::int64_t exec(std::string_view sql, const Params& params) override;
    /// A statement without parameters that isn't worth caching (PRAGMA).
    void run(const std::string& sql);
    const StatementCache<Prepared>& cache() const { return cache_; }

private:
    class Run;
    Prepared& prepare(std::string_view sql);
    void set_durability(Durability durability);
    [[noreturn]] void fail(int result, std::string_view sql) const;

    std::unique_ptr<sqlite3, CloseConnection> handle_;
    StatementCache<Prepared> cache_;  ///< its statements end before the connection
    Durability durability_ = Durability::Synced;
    bool ends_with_scope_ = false;
};

}  // namespace virga::db::sqlite
