#pragma once
#include <soci/soci.h>

#include "db/connection.hpp"
#include "db/statement_cache.hpp"

namespace virga::db::sqlite {

/// A statement that stays prepared, with the variables that it is bound to.
struct Prepared {
    struct Slot {
        std::string text;
        long long number = 0;
        soci::indicator indicator = soci::i_ok;
    };

    Prepared(soci::session& session, const std::string& sql, const Params& params);
    void bind(const Params& params);
    /// Gives back the memory of long values after a run.
    void forget_long_values();
    /// What SQLite and this object hold for it.
    std::size_t bytes();

    std::vector<Slot> slots;
    soci::statement statement;
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
    std::int64_t exec(std::string_view sql, const Params& params) override;
    /// A statement without parameters that isn't worth caching (PRAGMA).
    void run(const std::string& sql);
    const StatementCache<Prepared>& cache() const { return cache_; }

private:
    Prepared& prepare(std::string_view sql, const Params& params);
    void set_durability(Durability durability);

    soci::session session_;
    StatementCache<Prepared> cache_;
    Durability durability_ = Durability::Synced;
    bool ends_with_scope_ = false;
};

}  // namespace virga::db::sqlite
