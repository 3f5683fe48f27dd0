#include "db/postgresql/signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/log.hpp"

namespace virga::db::postgresql {
namespace {

/// Between two tries to connect.
constexpr std::chrono::milliseconds kPauseBeforeConnect{1000};
/// PostgreSQL: a payload is shorter than 8000 bytes.
constexpr std::size_t kLongestPayload = 7900;
/// Words that wait while there is no connection: more are of no use, as everybody reads anew afterwards.
constexpr std::size_t kMostWords = 10'000;

struct FreeNotification {
    void operator()(PGnotify* notification) const { PQfreemem(notification); }
};

}  // namespace

Signals::Signals(std::shared_ptr<const Address> address) : address_(std::move(address)) {}

void Signals::say(const std::string& word) {
    if (word.size() > kLongestWord) return;
    const std::lock_guard lock(mutex_);
    if (words_.size() >= kMostWords) return;
    words_.insert(word);
    if (wake_ >= 0) ::eventfd_write(wake_, 1);
}

void Signals::begin(Heard heard) {
    heard_ = std::move(heard);
    {
        const std::lock_guard lock(mutex_);
        wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (wake_ < 0) throw_errno(ErrorCode::Internal, "eventfd", errno);
    }
    thread_ = std::thread([this] { run(); });
}

void Signals::end() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        ::eventfd_write(wake_, 1);
    }
    thread_.join();
    const std::lock_guard lock(mutex_);
    ::close(std::exchange(wake_, -1));
}

bool Signals::is_ending() {
    const std::lock_guard lock(mutex_);
    return ending_;
}

void Signals::run() {
    while (!is_ending()) {
        try {
            serve();
        } catch (const Error& failure) {
            log::warning("other processes of the database can't be heard",
                         {{"error", failure.message()}, {"detail", failure.detail()}});
        }
        handle_.reset();
        const auto until = std::chrono::steady_clock::now() + kPauseBeforeConnect;
        while (!is_ending() && std::chrono::steady_clock::now() < until) {
            pollfd waits{wake_, POLLIN, 0};
            ::poll(&waits, 1, static_cast<int>(kPauseBeforeConnect.count()));
            eventfd_t count = 0;
            ::eventfd_read(wake_, &count);
        }
    }
}

/// What was said before the connection was there is told by the empty word, like all that nobody knows of.
void Signals::serve() {
    connect();
    listen();
    {
        const std::lock_guard lock(mutex_);
        words_.clear();
    }
    notify({});
    heard_.missed();
    for (;;) {
        deliver();
        if (send_some()) continue;
        if (is_ending()) return;
        wait();
    }
}

void Signals::connect() {
    handle_.reset(PQconnectdbParams(address_->keywords().data(), address_->values().data(), 0));
    if (!handle_) throw std::bad_alloc();
    PQsetNoticeProcessor(
        handle_.get(), [](void*, const char*) {}, nullptr);
    if (PQstatus(handle_.get()) != CONNECTION_OK)
        throw Error(ErrorCode::Unavailable, "no connection", address_->without_password(PQerrorMessage(handle_.get())));
}

/// A notification isn't worth waiting for the disk.
void Signals::listen() {
    const Result result(PQexec(handle_.get(), "SET synchronous_commit TO off; LISTEN virga"));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
        throw Error(ErrorCode::Unavailable, "LISTEN failed", describe(result.get(), {}));
}

void Signals::deliver() {
    const int self = PQbackendPID(handle_.get());
    for (;;) {
        const std::unique_ptr<PGnotify, FreeNotification> notification(PQnotifies(handle_.get()));
        if (!notification) return;
        if (notification->be_pid == self) continue;
        std::string_view rest(notification->extra);
        if (rest.empty()) heard_.missed();
        while (!rest.empty()) {
            const auto end = std::min(rest.find('\n'), rest.size());
            heard_.word(std::string(rest.substr(0, end)));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
}

/// False: nothing is to be sent now.
bool Signals::send_some() {
    std::string payload;
    {
        const std::lock_guard lock(mutex_);
        if (!ending_ && std::chrono::steady_clock::now() < next_send_) return false;
        while (!words_.empty() && payload.size() + words_.begin()->size() < kLongestPayload) {
            if (!payload.empty()) payload += '\n';
            payload += words_.extract(words_.begin()).value();
        }
    }
    if (payload.empty()) return false;
    notify(payload);
    next_send_ = std::chrono::steady_clock::now() + kPause;
    return true;
}

void Signals::notify(const std::string& payload) {
    const char* const values[] = {payload.c_str()};
    const Result result(
        PQexecParams(handle_.get(), "SELECT pg_notify('virga', $1)", 1, nullptr, values, nullptr, nullptr, 0));
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK)
        throw Error(ErrorCode::Unavailable, "NOTIFY failed", describe(result.get(), {}));
}

/// Until there is something to hear or to send.
void Signals::wait() {
    int timeout_ms = -1;
    {
        const std::lock_guard lock(mutex_);
        if (!words_.empty()) timeout_ms = static_cast<int>(kPause.count());
    }
    pollfd waits[] = {{PQsocket(handle_.get()), POLLIN, 0}, {wake_, POLLIN, 0}};
    ::poll(waits, 2, timeout_ms);
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
    if (PQconsumeInput(handle_.get()) == 0) throw Error(ErrorCode::Unavailable, "the connection was lost");
}

}  // namespace virga::db::postgresql
