#include "volume/host/drivers/remotefs/share.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace virga::volume::host::remotefs {
namespace {

constexpr std::int64_t kPauseUs = 2'000'000;  ///< at least, between two tries to mount

bool is_option_text(const std::string& text) {
    return !text.empty() && text.front() != '-' && text.find_first_of(" \t\n") == std::string::npos;
}

}  // namespace

disk::Share parse_share(const std::string& type, const std::string& text, const std::string& options) {
    disk::Share share{type, text.substr(0, text.find_first_of(" \t")), options};
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::InvalidInput, "share '" + text + "': " + why);
    };
    if (share.source.find(":/") == std::string::npos || share.source.front() == '-' || share.source.front() == ':')
        refuse("must begin with SERVER:/NAME");
    const auto rest = text.find_first_not_of(" \t", share.source.size());
    if (rest == std::string::npos) return share;
    if (text.compare(rest, 3, "-o ") != 0) refuse("only '-o OPTION,OPTION' may follow");
    const auto own = text.substr(std::min(text.find_first_not_of(" \t", rest + 3), text.size()));
    if (!is_option_text(own)) refuse("mount options are separated by commas, without spaces");
    share.options += (share.options.empty() ? "" : ",") + own;
    return share;
}

Share::Share(disk::Share share, std::string mount_point_base, files::Options store)
    : share_(std::move(share)),
      base_(std::move(mount_point_base)),
      mount_point_(disk::mount_point_of(base_, share_.source)),
      options_(std::move(store)) {
    options_.folder = mount_point_;
}

std::shared_ptr<ShareStore> Share::known() const {
    const std::lock_guard lock(mutex_);
    return store_;
}

std::string Share::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

void Share::remember(const std::string& problem) {
    const std::lock_guard lock(mutex_);
    problem_ = problem;
}

bool Share::is_ready() const {
    return known() != nullptr && !stale_ && disk::mount_state(mount_point_) == disk::MountState::Alive;
}

std::shared_mutex& Share::enter() {
    while (true) {
        gate_.lock_shared();
        try {
            if (is_ready()) return gate_;
        } catch (const std::exception&) {
            gate_.unlock_shared();
            throw;
        }
        gate_.unlock_shared();
        const std::unique_lock alone(gate_);
        open();
    }
}

bool Share::try_open() {
    try {
        const std::shared_lock gate(enter(), std::adopt_lock);
        return true;
    } catch (const Error& e) {
        if (e.code() == ErrorCode::Unavailable) return false;
        throw;
    }
}

// A failed try is not repeated at once, so that the other shares' work isn't held up by it.
void Share::open() {
    if (is_ready()) return;
    if (monotonic_us() < next_try_us_) throw Error(ErrorCode::Unavailable, problem());
    const auto begin = monotonic_us();
    try {
        disk::ensure_mounted(share_, base_);
        auto fresh = std::make_shared<ShareStore>(share_, base_, options_);
        fresh->recover();
        const std::lock_guard lock(mutex_);
        store_ = std::move(fresh);
        stale_ = false;
        problem_.clear();
    } catch (const std::exception& e) {
        const auto now = monotonic_us();
        next_try_us_ = now + std::max(kPauseUs, now - begin);
        log::error("a share is not usable", {{"share", share_.source}, {"error", e.what()}});
        remember(e.what());
        throw Error(ErrorCode::Unavailable, e.what());
    }
}

// The kernel's answer counts, not the operation's error: that may be any, or none when the folder under the mount point
// was written to.
void Share::expect_alive() {
    if (disk::mount_state(mount_point_) == disk::MountState::Alive) return;
    stale_ = true;
    const auto text = "Share " + share_.source + " is not reachable now; the storage host tries to mount it anew.";
    remember(text);
    throw Error(ErrorCode::Unavailable, text);
}

}  // namespace virga::volume::host::remotefs
