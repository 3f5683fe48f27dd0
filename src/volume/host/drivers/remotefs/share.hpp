#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "base/error.hpp"
#include "disk/share_mount.hpp"
#include "volume/host/drivers/remotefs/share_store.hpp"

namespace virga::volume::host::remotefs {

/// Reads "SERVER:/NAME" or "SERVER:/NAME -o OPTION,OPTION"; `options` come before the share's own. Throws
/// Error{InvalidInput}.
disk::Share parse_share(const std::string& type, const std::string& text, const std::string& options);

/// One configured share: mounted when it is needed, noticed when it dies, mounted anew, its records then read anew.
/// Thread-safe.
class Share {
public:
    /// `store` is what is made on the mount point; its folder is filled in.
    Share(disk::Share share, std::string mount_point_base, files::Options store);

    /// Runs the function on the share's volumes, mounting the share first if need be. Throws what the function throws,
    /// and Error{Unavailable} when the share can't be mounted or is gone afterwards, whatever the function made of
    /// that.
    template <class F>
    auto with(F function) {
        const std::shared_lock gate(enter(), std::adopt_lock);
        return guarded([&] { return function(*current()); });
    }

    /// Mounts it if need be; false when that isn't possible (which is logged).
    bool try_open();
    /// The volumes as last known, also while the share is dead; nullptr before it was mounted for the first time.
    std::shared_ptr<ShareStore> known() const;
    const std::string& source() const { return share_.source; }
    const disk::Share& mounted_by() const { return share_; }
    /// Why the share could not be mounted the last time.
    std::string problem() const;

private:
    std::shared_ptr<ShareStore> current() const { return known(); }
    /// Locks the gate for an operation, the share mounted.
    std::shared_mutex& enter();
    bool is_ready() const;
    /// Needs the gate locked alone.
    void open();
    void remember(const std::string& problem);

    template <class F>
    auto guarded(F function) -> decltype(function()) {
        try {
            if constexpr (std::is_void_v<decltype(function())>) {
                function();
                expect_alive();
            } else {
                auto result = function();
                expect_alive();
                return result;
            }
        } catch (const std::exception&) {
            expect_alive();
            throw;
        }
    }
    void expect_alive();

    const disk::Share share_;
    const std::string base_;
    const std::string mount_point_;
    files::Options options_;
    std::shared_mutex gate_;  ///< shared: an operation runs; alone: the share is being mounted. Before mutex_.
    mutable std::mutex mutex_;
    std::shared_ptr<ShareStore> store_;
    std::atomic<bool> stale_{false};  ///< the share was gone meanwhile: memory and share may differ
    std::string problem_;
    std::int64_t next_try_us_ = 0;
};

}  // namespace virga::volume::host::remotefs
