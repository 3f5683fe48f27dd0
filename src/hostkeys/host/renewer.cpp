#include "hostkeys/host/renewer.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace virga::hostkeys::host {
namespace {

constexpr std::int64_t kPause_s = 10;
/// A clock may be set meanwhile.
constexpr std::int64_t kLongestPause_s = 60;

std::int64_t now_s() {
    return now_us() / 1'000'000;
}

}  // namespace

Renewer::Renewer(Joined joined, std::function<void(const Error&)> refused)
    : joined_(std::move(joined)), refused_(std::move(refused)) {}

Renewer::~Renewer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool Renewer::prepare() {
    return renew_if_due() || joined_.life().until_s > now_s();
}

void Renewer::start() {
    thread_ = std::thread([this] { run(); });
}

bool Renewer::renew_if_due() {
    try {
        if (joined_.life().renew_at_s > now_s()) return true;
        joined_.renew();
        failure_.clear();
        log::info("the credentials of this host were renewed");
        return true;
    } catch (const Error& failure) {
        if (failure.code() == ErrorCode::Forbidden) throw;
        tell(failure.message());
    } catch (const std::exception& failure) {  // of the system: descriptors, threads
        tell(failure.what());
    }
    return false;
}

/// Once per reason.
void Renewer::tell(const std::string& failure) {
    if (failure != failure_) log::warning("the credentials of this host can't be renewed yet", {{"error", failure}});
    failure_ = failure;
}

std::chrono::seconds Renewer::rest() const {
    try {
        return std::chrono::seconds(std::clamp<std::int64_t>(joined_.life().renew_at_s - now_s(), 1, kLongestPause_s));
    } catch (const Error&) {  // told of at the next try
        return std::chrono::seconds(kPause_s);
    }
}

void Renewer::run() {
    try {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            lock.unlock();
            const bool renewed = renew_if_due();
            const auto pause = renewed ? rest() : std::chrono::seconds(kPause_s);
            lock.lock();
            wake_.wait_for(lock, pause, [this] { return stopping_; });
        }
    } catch (const Error& failure) {
        log::error(failure.message());
        refused_(failure);
    }
}

}  // namespace virga::hostkeys::host
