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
    if (joined_.life().renew_at_s > now_s()) return true;
    try {
        joined_.renew();
        failure_.clear();
        log::info("the credentials of this host were renewed");
        return true;
    } catch (const Error& failure) {
        if (failure.code() == ErrorCode::Forbidden) throw;
        if (failure.message() != failure_)
            log::warning("the credentials of this host can't be renewed yet", {{"error", failure.message()}});
        failure_ = failure.message();
        return false;
    }
}

void Renewer::run() {
    try {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            lock.unlock();
            const bool renewed = renew_if_due();
            const auto rest = joined_.life().renew_at_s - now_s();
            const auto pause = renewed ? std::clamp<std::int64_t>(rest, 1, kLongestPause_s) : kPause_s;
            lock.lock();
            wake_.wait_for(lock, std::chrono::seconds(pause), [this] { return stopping_; });
        }
    } catch (const Error& failure) {
        log::error(failure.message());
        refused_(failure);
    }
}

}  // namespace virga::hostkeys::host
