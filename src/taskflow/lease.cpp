#include "taskflow/lease.hpp"

#include <ctime>
#include <fstream>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "db/database.hpp"
#include "taskflow/repo/lease_repo.hpp"

namespace virga::taskflow {
namespace {

std::int64_t boottime_us() {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

std::string named_in(const std::filesystem::path& file) {
    std::string id;
    std::ifstream(file) >> id;
    return id;
}

}  // namespace

void Lease::take(const std::filesystem::path& kept_in) {
    kept_in_ = kept_in;
    if (!kept_in_.empty()) former_ = named_in(kept_in_);
    take_another();
}

void Lease::take_another() {
    const auto id = new_uuid();
    const auto sent_us = boottime_us();
    auto tx = db_.write_beside();
    if (!former_.empty()) repo::end_lease(tx, former_);
    repo::add_lease(tx, id);
    tx.commit();
    former_.clear();
    if (!kept_in_.empty()) std::ofstream(kept_in_) << id << '\n';
    const std::lock_guard lock(mutex_);
    id_ = id;
    until_us_ = sent_us + kLength.count();
}

void Lease::keep(std::function<void()> on_lost) {
    on_lost_ = std::move(on_lost);
    beats_.start(kBeat, [this] { beat(); });
}

void Lease::beat() {
    try {
        renew();
    } catch (const std::exception& failure) {
        log::warning("lease could not be renewed", {{"error", std::string(failure.what())}});
    }
}

void Lease::renew() {
    const auto id = this->id();
    const auto sent_us = boottime_us();
    if (holds(id)) {
        auto tx = db_.write_beside();
        const bool is_there = repo::beat(tx, id);
        tx.commit();
        const std::lock_guard lock(mutex_);
        if (is_there && boottime_us() < until_us_) {
            until_us_ = sent_us + kLength.count();
            return;
        }
    }
    if (!id.empty()) {
        {
            const std::lock_guard lock(mutex_);
            former_ = std::exchange(id_, {});
        }
        log::warning("lease has run out", {{"lease", id}});
        on_lost_();
    }
    take_another();
    log::info("lease begins", {{"lease", this->id()}});
}

void Lease::end() {
    beats_.stop();
    const auto id = this->id();
    if (id.empty()) return;
    const bool has_run_out = !holds(id);
    {
        const std::lock_guard lock(mutex_);
        id_.clear();
    }
    if (has_run_out) return;
    try {
        auto tx = db_.write_beside();
        repo::end_lease(tx, id);
        tx.commit();
    } catch (const std::exception& failure) {
        log::warning("lease could not be ended: it runs out", {{"error", std::string(failure.what())}});
    }
}

std::string Lease::id() const {
    const std::lock_guard lock(mutex_);
    return id_;
}

bool Lease::holds(const std::string& owner) const {
    if (!db_.is_shared()) return true;
    const std::lock_guard lock(mutex_);
    return !owner.empty() && owner == id_ && boottime_us() < until_us_;
}

}  // namespace virga::taskflow
