#include "db/postgresql/connection.hpp"

#include <poll.h>

#include <charconv>
#include <thread>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/work_scope.hpp"

namespace virga::db::postgresql {
namespace {

/// How long a transaction waits for a server that is away.
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kPauseBeforeConnect{100};
/// Between two looks at the scope while a reader's statement runs.
constexpr int kLook_ms = 20;

// Types of values (pg_type.dat).
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kNumeric = 1700;

/// Who writes alone has this advisory lock for itself, those who write together share it. It has two keys, apart from
/// the locks of things, which have one.
const std::string kWriterLock = "(1448214528, 0)";
/// Once for each connection that writes. Whoever freezes in a transaction loses its connection before those that wait
/// for its locks give up.
constexpr const char* kSetUpWriter = "SET lock_timeout TO '10s'; SET idle_in_transaction_session_timeout TO '6s'";
/// A reader holds nobody up.
constexpr const char* kPatientReader = "SET LOCAL idle_in_transaction_session_timeout TO 0";
const std::string kBeginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED";
const std::string kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr const char* kAway = "The database is away. Try again later.";

/// SUM of BIGINT is NUMERIC; what comes behind the point is of no interest.
std::int64_t whole_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc()) throw Error(ErrorCode::Corrupt, "database value is not a number");
    return number;
}

void assign_text(Value& value, std::string_view data) {
    if (auto* text = std::get_if<std::string>(&value)) {
        text->assign(data);
    } else {
        value.emplace<std::string>(data);
    }
}

void read_value(const PGresult* result, int column, Value& value) {
    if (PQgetisnull(result, 0, column) != 0) {
        value = std::monostate();
        return;
    }
    const std::string_view data(PQgetvalue(result, 0, column),
                                static_cast<std::size_t>(PQgetlength(result, 0, column)));
    switch (PQftype(result, column)) {
        case kBool:
            value = std::int64_t{data == "t" ? 1 : 0};
            break;
        case kInt2:
        case kInt4:
        case kInt8:
        case kNumeric:
        case kFloat4:
        case kFloat8:
            value = whole_number(data);
            break;
        default:
            assign_text(value, data);
    }
}

std::shared_ptr<const Columns> column_names(const PGresult* result) {
    std::vector<std::string> names;
    const int count = PQnfields(result);
    names.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) names.emplace_back(PQfname(result, i));
    return std::make_shared<const Columns>(std::move(names));
}

/// Parameters as libpq wants them.
class Bound {
public:
    explicit Bound(const Params& params) : texts_(params.size()) {
        values_.reserve(params.size());
        for (std::size_t i = 0; i < params.size(); ++i) {
            if (const auto* text = std::get_if<std::string>(&params[i])) {
                if (text->find('\0') != std::string::npos)
                    throw Error(ErrorCode::InvalidInput, "A text must not contain a character U+0000.");
                values_.push_back(text->c_str());
            } else if (const auto* number = std::get_if<std::int64_t>(&params[i])) {
                texts_[i] = std::to_string(*number);
                values_.push_back(texts_[i].c_str());
            } else {
                values_.push_back(nullptr);
            }
        }
    }
    int count() const { return static_cast<int>(values_.size()); }
    const char* const* values() const { return values_.data(); }

private:
    std::vector<std::string> texts_;
    std::vector<const char*> values_;
};

bool is_failure(const PGresult* result) {
    const auto status = PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

/// The same in every process. Two things of one key wait for one another without need, no more.
std::int64_t key_of(Lock kind, const std::string& id) {
    std::uint64_t key = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : "virga." + std::to_string(static_cast<int>(kind)) + "." + id) {
        key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return static_cast<std::int64_t>(key);
}

/// The server fixes the types of parameters when it prepares: they belong to what a statement is found by.
std::string statement_key(std::string_view sql, const Params& params) {
    std::string key(sql);
    key += '|';
    for (const auto& param : params) key += std::holds_alternative<std::int64_t>(param) ? 'n' : 't';
    return key;
}

}  // namespace

std::string translate(std::string_view sql) {
    constexpr std::string_view kOneTree = " WITHOUT ROWID";
    if (sql.ends_with(kOneTree)) sql.remove_suffix(kOneTree.size());
    std::string out;
    out.reserve(sql.size() + 16);
    int count = 0;
    bool quoted = false;
    for (const char c : sql) {
        if (c == '\'') quoted = !quoted;
        if (c == '?' && !quoted) {
            out += "$" + std::to_string(++count);
        } else {
            out += c;
        }
    }
    return out;
}

/// The rows of a statement that runs. Ends it also when its rows are not read to the end.
class Connection::Statement {
public:
    explicit Statement(Connection& connection) : connection_(connection) {}
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() {
        if (!done_) connection_.cancel();
        connection_.drain();
    }
    /// Null after the last one.
    Result next() {
        auto result = connection_.next_result();
        if (!result) done_ = true;
        return result;
    }
    void done() { done_ = true; }

private:
    Connection& connection_;
    bool done_ = false;
};

Connection::Connection(std::shared_ptr<const Address> address) : address_(std::move(address)) {
    connect();
}

void Connection::connect() {
    cache_.clear();
    ended_.clear();
    statements_ = 0;
    is_writer_ = false;
    is_pipelined_ = false;
    handle_.reset(PQconnectdbParams(address_->keywords().data(), address_->values().data(), 0));
    if (!handle_) throw std::bad_alloc();
    PQsetNoticeProcessor(
        handle_.get(), [](void*, const char*) {}, nullptr);
    if (PQstatus(handle_.get()) != CONNECTION_OK) {
        std::string why = address_->without_password(PQerrorMessage(handle_.get()));
        while (!why.empty() && why.back() == '\n') why.pop_back();
        handle_.reset();
        throw Error(ErrorCode::Unavailable, kAway, why);
    }
}

/// Before the transaction, whose rollback would take it back.
bool Connection::set_up_writer() {
    if (is_writer_) return true;
    const Result result(PQexec(handle_.get(), kSetUpWriter));
    is_writer_ = result && !is_failure(result.get());
    if (!is_writer_) handle_.reset();
    return is_writer_;
}

bool Connection::try_open() {
    if (!handle_) connect();
    drain();  // what ends the reader before
    return access_ == Access::Read || set_up_writer();
}

/// The same for the statements that begin the transaction, when they don't wait for the first one.
bool Connection::try_begin() {
    if (!try_open()) return false;
    std::string sql;
    for (const auto& statement : beginning_) sql += statement + ";";
    const Result result(PQexec(handle_.get(), sql.c_str()));
    if (!is_failure(result.get()) && result) return true;
    const bool lost =
        PQstatus(handle_.get()) != CONNECTION_OK || classify(sqlstate_of(result.get())) == FailureKind::Lost;
    if (!lost) {
        rollback();  // BEGIN itself was done
        fail(result.get(), sql);
    }
    handle_.reset();
    return false;
}

/// Tries for some seconds, while the server is away.
void Connection::persist(bool (Connection::*attempt)()) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    std::string why;
    for (;;) {
        try {
            if ((this->*attempt)()) return;
            why = "the connection was lost";
        } catch (const Error& failure) {
            if (failure.code() != ErrorCode::Unavailable) throw;
            why = failure.detail();
        }
        if (std::chrono::steady_clock::now() > until) throw Error(ErrorCode::Unavailable, kAway, why);
        if (const auto* scope = WorkScope::current(); scope != nullptr) scope->check();
        std::this_thread::sleep_for(kPauseBeforeConnect);
    }
}

/// Every commit is synced: a server may crash while this program goes on, which would be ahead of what is left. Who is
/// alone is so from here on; the others are asked for together with their first statement.
void Connection::begin(Access access, Durability) {
    access_ = access;
    beginning_ = {access == Access::Read ? kBeginRead : kBeginWrite};
    if (access == Access::Read) beginning_.emplace_back(kPatientReader);
    // Also of several processes.
    if (access == Access::WriteAlone) beginning_.push_back("SELECT pg_advisory_xact_lock" + kWriterLock);
    if (access == Access::WriteTogether) beginning_.push_back("SELECT pg_advisory_xact_lock_shared" + kWriterLock);
    if (access == Access::WriteAlone) {
        persist(&Connection::try_begin);
        beginning_.clear();
    } else {
        persist(&Connection::try_open);
    }
}

void Connection::commit() {
    if (!handle_) fail_lost();
    if (!beginning_.empty()) return beginning_.clear();
    const Result result(PQexec(handle_.get(), "COMMIT"));
    // A server that stops at once may say so after the commit is on its disk.
    const bool is_lost = !result || PQstatus(handle_.get()) != CONNECTION_OK ||
                         (is_failure(result.get()) && classify(sqlstate_of(result.get())) == FailureKind::Lost);
    if (is_lost) {
        handle_.reset();
        throw Error(ErrorCode::Unavailable, kAway, "the connection was lost in COMMIT: it may have been done");
    }
    if (is_failure(result.get())) fail(result.get(), "COMMIT");
    // A transaction with a failed statement is rolled back by COMMIT, which calls that a success.
    if (std::string_view(PQcmdStatus(result.get())) != "COMMIT")
        throw Error(ErrorCode::Internal, "database error", "COMMIT of a transaction in which a statement had failed");
}

void Connection::rollback() {
    beginning_.clear();
    if (!handle_) return;
    const auto status = PQtransactionStatus(handle_.get());
    if (status == PQTRANS_IDLE) return;
    // Nobody waits for the end of a reader: whoever takes the connection next does.
    if (access_ == Access::Read && status == PQTRANS_INTRANS) {
        if (PQsendQuery(handle_.get(), "ROLLBACK") == 0) handle_.reset();
        return;
    }
    const Result result(PQexec(handle_.get(), "ROLLBACK"));
    if (!result || is_failure(result.get())) handle_.reset();
}

Prepared& Connection::prepare(std::string_view sql, const Params& params) {
    auto key = statement_key(sql, params);
    if (auto* found = cache_.find(key); found != nullptr) return *found;
    forget_ended();
    const auto name = "s" + std::to_string(++statements_);
    // Texts and nulls take the type that the statement wants there.
    std::vector<Oid> types(params.size(), 0);
    for (std::size_t i = 0; i < params.size(); ++i) {
        if (std::holds_alternative<std::int64_t>(params[i])) types[i] = kInt8;
    }
    const Result result(
        PQprepare(handle_.get(), name.c_str(), translate(sql).c_str(), static_cast<int>(types.size()), types.data()));
    if (!result || is_failure(result.get())) fail(result.get(), sql);
    return cache_.add(std::move(key), std::make_unique<Prepared>(name, sql.size(), ended_));
}

void Connection::forget_ended() {
    if (ended_.empty()) return;
    std::string sql;
    for (const auto& name : ended_) sql += "DEALLOCATE " + name + ";";
    ended_.clear();
    run(sql);
}

Prepared& Connection::start(std::string_view sql, const Params& params) {
    if (!beginning_.empty()) return start_first(sql, params);
    if (!handle_) fail_lost();
    auto& prepared = prepare(sql, params);
    send(prepared, params);
    return prepared;
}

/// Nothing of the transaction was done before, so when the connection turns out to be lost, it begins on another one.
Prepared& Connection::start_first(std::string_view sql, const Params& params) {
    constexpr int kMostConnections = 3;
    for (int count = 1;; ++count) {
        try {
            if (!handle_) fail_lost();
            auto& prepared = prepare(sql, params);
            send_first(prepared, params, sql);
            beginning_.clear();
            return prepared;
        } catch (const RunAgain&) {
            // On a connection that is there, BEGIN itself was done.
            if (handle_ || count == kMostConnections) throw;
        }
        persist(&Connection::try_open);
    }
}

void Connection::send(Prepared& prepared, const Params& params) {
    const Bound bound(params);
    if (PQsendQueryPrepared(handle_.get(), prepared.name.c_str(), bound.count(), bound.values(), nullptr, nullptr, 0) ==
        0)
        fail_lost();
}

/// In one round trip with what begins the transaction.
void Connection::send_first(Prepared& prepared, const Params& params, std::string_view sql) {
    if (PQenterPipelineMode(handle_.get()) == 0) fail_lost();
    is_pipelined_ = true;
    for (const auto& statement : beginning_) {
        if (PQsendQueryParams(handle_.get(), statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0)
            fail_lost();
    }
    send(prepared, params);
    if (PQpipelineSync(handle_.get()) == 0) fail_lost();
    for (std::size_t i = 0; i < beginning_.size(); ++i) {
        while (const auto result = next_result()) {
            if (!is_failure(result.get())) continue;
            drain();
            fail(result.get(), sql);
        }
    }
}

Result Connection::next_result() {
    const auto* scope = access_ == Access::Read ? WorkScope::current() : nullptr;
    const auto started = std::chrono::steady_clock::now();
    bool ended = false;
    while (PQisBusy(handle_.get()) != 0) {
        pollfd waits{PQsocket(handle_.get()), POLLIN, 0};
        ::poll(&waits, 1, scope != nullptr && !ended ? kLook_ms : -1);
        if (PQconsumeInput(handle_.get()) == 0) fail_lost();
        if (scope == nullptr || ended) continue;
        // The server works while this thread waits: that counts as work, too.
        const bool late = scope->limit().count() > 0 && std::chrono::steady_clock::now() - started > scope->limit();
        if (!late && !scope->unwanted() && !scope->overdue()) continue;
        cancel();
        ended = true;
    }
    return Result(PQgetResult(handle_.get()));
}

void Connection::cancel() {
    if (!handle_) return;
    PGcancel* request = PQgetCancel(handle_.get());
    char problem[256];
    if (request != nullptr) PQcancel(request, problem, sizeof problem);
    PQfreeCancel(request);
}

/// Reads to the end of what was sent.
void Connection::drain() {
    if (!handle_) return;
    while (is_pipelined_ && PQstatus(handle_.get()) == CONNECTION_OK) {
        const Result result(PQgetResult(handle_.get()));
        if (!result || PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC) continue;
        PQexitPipelineMode(handle_.get());
        is_pipelined_ = false;
    }
    while (PGresult* result = PQgetResult(handle_.get())) PQclear(result);
}

void Connection::fail_lost() {
    handle_.reset();
    throw RunAgain(kAway, "the connection was lost");
}

void Connection::fail(const PGresult* result, std::string_view sql) {
    if (PQstatus(handle_.get()) != CONNECTION_OK) fail_lost();
    const auto detail = describe(result, sql);
    switch (classify(sqlstate_of(result))) {
        case FailureKind::Conflict:
            throw Error(ErrorCode::Conflict, "a resource with these unique values exists already", detail);
        case FailureKind::RunAgain:
            throw RunAgain("The database has too much to do. Try again later.", detail);
        case FailureKind::Prepare:
        case FailureKind::Lost:
            handle_.reset();
            throw RunAgain(kAway, detail);
        case FailureKind::Cancelled:
            if (const auto* scope = WorkScope::current(); scope != nullptr) {
                scope->check();
                throw Error(ErrorCode::Timeout, "The request took too long.", detail);
            }
            throw Error(ErrorCode::Cancelled, "database error", detail);
        case FailureKind::DiskFull:
            throw Error(ErrorCode::NoSpace, "the disk that holds the database is full", detail);
        case FailureKind::BadText:
            throw Error(ErrorCode::InvalidInput, "A text is not UTF-8.", detail);
        case FailureKind::Other:
            throw Error(ErrorCode::Internal, "database error", detail);
    }
    throw Error(ErrorCode::Internal, "database error", detail);
}

void Connection::each(std::string_view sql, const Params& params, const std::function<void(const Row&)>& use) {
    auto& prepared = start(sql, params);
    PQsetSingleRowMode(handle_.get());
    Statement statement(*this);
    std::optional<Row> row;
    while (const auto result = statement.next()) {
        if (is_failure(result.get())) {
            statement.done();
            fail(result.get(), sql);
        }
        if (PQresultStatus(result.get()) != PGRES_SINGLE_TUPLE) continue;
        const auto count = static_cast<std::size_t>(PQnfields(result.get()));
        if (!row) {
            if (!prepared.columns) prepared.columns = column_names(result.get());
            row.emplace(prepared.columns, std::vector<Value>(count));
        }
        for (std::size_t i = 0; i < count; ++i) read_value(result.get(), static_cast<int>(i), row->values()[i]);
        use(*row);
    }
}

std::int64_t Connection::exec(std::string_view sql, const Params& params) {
    start(sql, params);
    Statement statement(*this);
    std::int64_t affected = 0;
    while (const auto result = statement.next()) {
        if (is_failure(result.get())) {
            statement.done();
            fail(result.get(), sql);
        }
        const std::string_view count(PQcmdTuples(result.get()));
        if (!count.empty()) affected = whole_number(count);
    }
    return affected;
}

void Connection::lock(Lock kind, const std::string& id) {
    if (access_ == Access::WriteTogether) exec("SELECT pg_advisory_xact_lock(?)", {key_of(kind, id)});
}

void Connection::run(const std::string& sql) {
    if (!handle_) fail_lost();
    const Result result(PQexec(handle_.get(), sql.c_str()));
    if (!result || is_failure(result.get())) fail(result.get(), sql);
}

}  // namespace virga::db::postgresql
