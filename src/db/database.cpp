#include "db/database.hpp"

#include <mutex>

#include "base/error.hpp"
#include "base/log.hpp"
#include "db/connection.hpp"

namespace virga::db {

/// Gives the connection back to where it came from when the transaction ends.
class Transaction::Impl {
public:
    using Return = std::function<void(std::unique_ptr<Connection>)>;

    Impl(std::unique_ptr<Connection> connection, std::unique_lock<std::mutex> writer, Return give_back,
         const char* begin)
        : writer_(std::move(writer)), give_back_(std::move(give_back)), connection_(std::move(connection)) {
        connection_->exec(begin, {});
    }

    ~Impl() {
        if (open_) end("ROLLBACK");
        release();
    }

    Connection& connection() {
        if (!open_) throw Error(ErrorCode::Internal, "transaction has ended");
        return *connection_;
    }

    void commit() {
        connection().exec("COMMIT", {});
        open_ = false;
        auto actions = std::move(after_commit);
        release();
        for (auto& action : actions) action();
    }

    std::vector<std::function<void()>> after_commit;

private:
    void end(const char* statement) {
        try {
            connection_->exec(statement, {});
        } catch (const Error& failure) {
            log::error("transaction could not be ended", {{"error", failure.message()}, {"detail", failure.detail()}});
            connection_.reset();
        }
        open_ = false;
    }
    void release() {
        if (connection_) give_back_(std::move(connection_));
        if (writer_.owns_lock()) writer_.unlock();
    }

    std::unique_lock<std::mutex> writer_;
    Return give_back_;
    std::unique_ptr<Connection> connection_;
    bool open_ = true;
};

Transaction::Transaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

std::vector<Row> Transaction::query(std::string_view sql, const Params& params) {
    return impl_->connection().query(sql, params);
}

void Transaction::each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use) {
    impl_->connection().each(sql, params, use);
}

std::optional<Row> Transaction::query_one(std::string_view sql, const Params& params) {
    auto rows = impl_->connection().query(sql, params);
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

std::int64_t Transaction::exec(std::string_view sql, const Params& params) {
    return impl_->connection().exec(sql, params);
}

std::int64_t Transaction::scalar(std::string_view sql, const Params& params) {
    return impl_->connection().scalar(sql, params);
}

void Transaction::after_commit(std::function<void()> function) {
    impl_->after_commit.push_back(std::move(function));
}
void Transaction::commit() {
    impl_->commit();
}

struct Database::Impl {
    explicit Impl(std::string file) : path(std::move(file)), writer(std::make_unique<Connection>(path)) {}

    std::unique_ptr<Connection> take_reader() {
        {
            const std::lock_guard lock(readers_mutex);
            if (!readers.empty()) {
                auto connection = std::move(readers.back());
                readers.pop_back();
                return connection;
            }
        }
        auto made = std::make_unique<Connection>(path);
        made->end_with_scope();
        return made;
    }

    void keep_reader(std::unique_ptr<Connection> connection) {
        constexpr std::size_t kMaxReaders = 8;
        const std::lock_guard lock(readers_mutex);
        if (readers.size() < kMaxReaders) readers.push_back(std::move(connection));
    }

    std::string path;
    std::mutex writer_mutex;
    std::unique_ptr<Connection> writer;
    std::mutex readers_mutex;
    std::vector<std::unique_ptr<Connection>> readers;
};

Database::Database(const std::string& url) {
    constexpr std::string_view kSqlite = "sqlite://";
    if (url.rfind(kSqlite, 0) != 0)
        throw Error(ErrorCode::InvalidInput, "database.url: only sqlite:///absolute/path is supported");
    impl_ = std::make_unique<Impl>(url.substr(kSqlite.size()));
}
Database::~Database() = default;

Transaction Database::read() {
    return Transaction(std::make_unique<Transaction::Impl>(
        impl_->take_reader(), std::unique_lock<std::mutex>(),
        [this](std::unique_ptr<Connection> connection) { impl_->keep_reader(std::move(connection)); }, "BEGIN"));
}

Transaction Database::write(Durability durability) {
    std::unique_lock lock(impl_->writer_mutex);
    if (!impl_->writer) impl_->writer = std::make_unique<Connection>(impl_->path);
    impl_->writer->set_durability(durability);
    return Transaction(std::make_unique<Transaction::Impl>(
        std::move(impl_->writer), std::move(lock),
        [this](std::unique_ptr<Connection> connection) { impl_->writer = std::move(connection); }, "BEGIN IMMEDIATE"));
}

}  // namespace virga::db
