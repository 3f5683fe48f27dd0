#include "db/database.hpp"
#include "db/url.hpp"

#include <set>
#include <thread>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "db/backend.hpp"
#include "db/signals.hpp"

namespace virga::db {

/// Gives the connection back to where it came from when the transaction ends.
class Transaction::Impl {
public:
    Impl(Pool& pool, Access access, Durability durability) : pool_(pool), connection_(pool.take()) {
        try {
            connection_->begin(access, durability);
        } catch (...) {
            release();
            throw;
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    ~Impl() {
        if (open_) roll_back();
        if (!released_) release();
    }

    /// A statement that fails ends a transaction of PostgreSQL; the same rule holds on SQLite.
    template <class F>
    auto run(F&& statement) {
        if (!open_) throw Error(ErrorCode::Internal, "transaction has ended");
        if (failed_) throw Error(ErrorCode::Internal, "a statement of this transaction has failed");
        failed_ = true;
        if constexpr (std::is_void_v<decltype(statement(*connection_))>) {
            statement(*connection_);
            failed_ = false;
        } else {
            auto result = statement(*connection_);
            failed_ = false;
            return result;
        }
    }

    void commit() {
        run([](Connection& connection) { connection.commit(); });
        open_ = false;
        auto actions = std::move(after_commit);
        release();
        for (auto& action : actions) action();
    }

    void lock(Lock kind, const std::string& id) {
        if (!locked_.emplace(kind, id).second) return;
        run([&](Connection& connection) { connection.lock(kind, id); });
    }

    std::vector<std::function<void()>> after_commit;

private:
    void roll_back() {
        try {
            connection_->rollback();
        } catch (const Error& failure) {
            log::error("transaction could not be ended", {{"error", failure.message()}, {"detail", failure.detail()}});
            connection_.reset();
        }
        open_ = false;
    }
    void release() {
        released_ = true;
        pool_.give_back(std::move(connection_));
    }

    Pool& pool_;
    std::unique_ptr<Connection> connection_;
    std::set<std::pair<Lock, std::string>> locked_;
    bool open_ = true;
    bool failed_ = false;
    bool released_ = false;
};

Transaction::Transaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

std::vector<Row> Transaction::query(std::string_view sql, const Params& params) {
    return impl_->run([&](Connection& connection) { return connection.query(sql, params); });
}

void Transaction::each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use) {
    impl_->run([&](Connection& connection) { connection.each(sql, params, use); });
}

std::optional<Row> Transaction::query_one(std::string_view sql, const Params& params) {
    auto rows = query(sql, params);
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

std::int64_t Transaction::exec(std::string_view sql, const Params& params) {
    return impl_->run([&](Connection& connection) { return connection.exec(sql, params); });
}

std::int64_t Transaction::scalar(std::string_view sql, const Params& params) {
    return impl_->run([&](Connection& connection) { return connection.scalar(sql, params); });
}

void Transaction::lock(Lock kind, const std::string& id) {
    impl_->lock(kind, id);
}

void Transaction::after_commit(std::function<void()> function) {
    impl_->after_commit.push_back(std::move(function));
}
void Transaction::commit() {
    impl_->commit();
}

struct Database::Impl {
    explicit Impl(const Backend& backend)
        : writers(backend.connect, backend.writers), readers(backend.connect, backend.readers) {
        if (backend.beside) beside.emplace(backend.connect, *backend.beside);
        new_signals = backend.signals;
        writers.give_back(writers.take());
    }

    Pool writers;
    Pool readers;
    std::optional<Pool> beside;
    std::function<std::unique_ptr<Signals>()> new_signals;
};

namespace {

constexpr std::string_view kSqlite = "sqlite://";

Backend backend_of(const std::string& url, std::size_t connections) {
    check_url(url);
    if (url.starts_with(kSqlite)) return sqlite::backend(url.substr(kSqlite.size()));
    return postgresql::backend(url, connections);
}

}  // namespace

void check_url(const std::string& url) {
    if (url.starts_with(kSqlite) || url.starts_with("postgresql://") || url.starts_with("postgres://")) return;
    throw Error(ErrorCode::InvalidInput,
                "database.url: must be empty, sqlite:///absolute/path or postgresql://USER@HOST/DATABASE");
}

Database::Database(const std::string& url, std::size_t connections)
    : impl_(std::make_unique<Impl>(backend_of(url, connections))) {}
Database::~Database() = default;

Transaction Database::read() {
    return Transaction(std::make_unique<Transaction::Impl>(impl_->readers, Access::Read, Durability::Synced));
}

Transaction Database::write(Durability durability, Writers writers) {
    const auto access = writers == Writers::Alone ? Access::WriteAlone : Access::WriteTogether;
    return Transaction(std::make_unique<Transaction::Impl>(impl_->writers, access, durability));
}

bool Database::is_shared() const {
    return impl_->beside.has_value();
}

Transaction Database::write_beside() {
    if (!impl_->beside) return write();
    return Transaction(std::make_unique<Transaction::Impl>(*impl_->beside, Access::WriteBeside, Durability::Synced));
}

std::unique_ptr<Signals> Database::signals() {
    return impl_->new_signals ? impl_->new_signals() : nullptr;
}

void Database::pause_before_run(int run) {
    constexpr std::uint64_t kLongest_us = 5'000;
    std::uint64_t chance = 0;
    random_bytes(&chance, sizeof chance);
    std::this_thread::sleep_for(std::chrono::microseconds(chance % kLongest_us * static_cast<std::uint64_t>(run)));
}

}  // namespace virga::db
