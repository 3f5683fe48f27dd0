#pragma once
#include <libpq-fe.h>

#include <chrono>

#include "db/connection.hpp"
#include "db/postgresql/address.hpp"
#include "db/postgresql/failure.hpp"
#include "db/statement_cache.hpp"

namespace virga::db::postgresql {

struct FreeResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, FreeResult>;

struct CloseConnection {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, CloseConnection>;

/// A statement that the server keeps under `name`.
struct Prepared {
    Prepared(std::string statement_name, std::size_t text_size, std::vector<std::string>& ended)
        : name(std::move(statement_name)), size(text_size), ended_(ended) {}
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared() { ended_.push_back(name); }

    std::string name;
    std::size_t size;                        ///< of its text
    std::shared_ptr<const Columns> columns;  ///< null until it ran
    std::size_t bytes() const { return size + sizeof(Prepared); }

private:
    std::vector<std::string>& ended_;  ///< names that the server still keeps
};

/// `?` outside of quotes becomes `$1`, `$2`, ... How SQLite keeps a table (WITHOUT ROWID) is left out.
std::string translate(std::string_view sql);

/// A connection that comes back by itself: a transaction begins on a new one when the old one was lost, and waits some
/// seconds for a server that is away. Within a transaction, a loss is an error.
class Connection : public db::Connection {
public:
    /// Connects. Throws Error{Unavailable} with the reason, without the password.
    explicit Connection(std::shared_ptr<const Address> address);

    void begin(Access access, Durability durability) override;
    void commit() override;
    void rollback() override;
    void each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use) override;
    void lock(Lock kind, const std::string& id) override;
    std::int64_t exec(std::string_view sql, const Params& params) override;

private:
    class Statement;

    void connect();
    bool set_up_writer();
    bool try_open();
    bool try_begin();
    void persist(bool (Connection::*attempt)());
    Prepared& start(std::string_view sql, const Params& params);
    Prepared& start_first(std::string_view sql, const Params& params);
    Prepared& prepare(std::string_view sql, const Params& params);
    void forget_ended();
    void run(const std::string& sql);
    void send(Prepared& prepared, const Params& params);
    void send_first(Prepared& prepared, const Params& params, std::string_view sql);
    Result next_result();
    void cancel();
    void drain();
    [[noreturn]] void fail(const PGresult* result, std::string_view sql);
    [[noreturn]] void fail_lost();

    std::shared_ptr<const Address> address_;
    Handle handle_;
    std::vector<std::string> ended_;  ///< statements that the cache dropped
    StatementCache<Prepared> cache_;
    std::uint64_t statements_ = 0;  ///< prepared on this connection, for their names
    Access access_ = Access::WriteAlone;
    bool is_writer_ = false;              ///< its session has what writers need
    std::vector<std::string> beginning_;  ///< what begins the transaction, and wasn't sent yet
    bool is_pipelined_ = false;           ///< until drain() has read the end
};

}  // namespace virga::db::postgresql
