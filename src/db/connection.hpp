#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "db/columns.hpp"
#include "db/database.hpp"

namespace virga::db {

/// What a transaction will do: a reader sees one snapshot and its statements end with the thread's WorkScope. A writer
/// that is alone waits for all others, and they for it, except those that write beside them.
enum class Access { Read, WriteAlone, WriteTogether, WriteBeside };

/// One connection to the database, with its cache of prepared statements. Used by one thread at a time.
/// After a failed statement of a transaction, nothing but rollback() is allowed.
class Connection {
public:
    virtual ~Connection() = default;

    virtual void begin(Access access, Durability durability) = 0;
    virtual void commit() = 0;
    /// Throws when the connection is good for nothing any more.
    virtual void rollback() = 0;
    virtual void each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use) = 0;
    /// See Transaction::lock. Nothing where a writer is alone anyhow.
    virtual void lock(Lock kind, const std::string& id) = 0;
    /// Number of changed rows.
    virtual std::int64_t exec(std::string_view sql, const Params& params) = 0;

    std::vector<Row> query(std::string_view sql, const Params& params);
    std::int64_t scalar(std::string_view sql, const Params& params);
};

}  // namespace virga::db
