#pragma once
#include <soci/soci.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "db/columns.hpp"
#include "db/database.hpp"

namespace virga::db {

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

/// Statements that stay prepared, those used last first, within a number and a number of bytes: their text may come
/// from what users ask for.
class StatementCache {
public:
    /// nullptr when there is none.
    Prepared* find(std::string_view key);
    Prepared& add(std::string key, std::unique_ptr<Prepared> prepared);
    std::size_t count() const { return entries_.size(); }
    std::size_t bytes() const { return bytes_; }

private:
    struct Entry {
        std::string key;
        std::unique_ptr<Prepared> prepared;
        std::size_t bytes;
    };
    void drop_last();

    std::list<Entry> entries_;
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  ///< views into the entries' keys
    std::size_t bytes_ = 0;
};

/// One connection with its cache of prepared statements. Used by one thread at a time.
class Connection {
public:
    explicit Connection(const std::string& path);

    void each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use);
    std::vector<Row> query(std::string_view sql, const Params& params);
    std::int64_t exec(std::string_view sql, const Params& params);
    std::int64_t scalar(std::string_view sql, const Params& params);
    /// A statement without parameters that isn't worth caching (PRAGMA, schema).
    void run(const std::string& sql);
    void set_durability(Durability durability);
    const StatementCache& cache() const { return cache_; }
    /// From now on, statements end with the thread's WorkScope. For readers: a writer's statements are short, and
    /// others wait for them.
    void end_with_scope();

private:
    Prepared& prepare(std::string_view sql, const Params& params);

    soci::session session_;
    StatementCache cache_;
    Durability durability_ = Durability::Synced;
};

}  // namespace virga::db
