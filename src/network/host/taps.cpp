#include "network/host/taps.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>

#include "base/error.hpp"
#include "base/small_file.hpp"
#include "network/host/netlink.hpp"
#include "network/host/spoof_guard.hpp"
#include "network/host/tap_device.hpp"

namespace virga::network::host {
namespace {

constexpr std::size_t kMaxName = 15;  // IFNAMSIZ without the ending zero

void check_name(const std::string& name, std::string_view prefix) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (name.size() > kMaxName || !name.starts_with(prefix) || name.size() == prefix.size() ||
        !std::all_of(name.begin(), name.end(), allowed))
        throw Error(ErrorCode::InvalidInput, "'" + name + "' is not a name of a network link that Virga makes");
}

void check_nic(const Nic& nic) {
    check_name(nic.tap, "tap");
    check_name(nic.bridge, "vbr");
}

// The tap's own MAC differs from the guest's, and is high, so that the bridge never takes it as its own.
std::string tap_mac(const std::string& guest_mac) {
    return guest_mac.size() == 17 ? "fe" + guest_mac.substr(2) : "";
}

// The host itself has no business on a tenant's network.
void keep_host_out(const std::string& link) {
    const std::string path = "/proc/sys/net/ipv6/conf/" + link + "/disable_ipv6";
    if (FILE* file = std::fopen(path.c_str(), "we"); file != nullptr) {
        std::fputs("1", file);
        std::fclose(file);
    }
}

/// Empty when the link is gone, or part of none.
std::string bridge_of(const std::string& tap) {
    std::error_code failure;
    return std::filesystem::read_symlink("/sys/class/net/" + tap + "/master", failure).filename().string();
}

bool bridge_is_empty(const std::string& bridge) {
    std::error_code failure;
    const std::filesystem::directory_iterator ports("/sys/class/net/" + bridge + "/brif", failure);
    return !failure && ports == std::filesystem::directory_iterator();
}

}  // namespace

struct Taps::Impl {
    Impl(bool is_enabled, std::string state_dir) : enabled(is_enabled), folder(std::move(state_dir) + "/taps") {
        for (auto& name : folder_entries(folder)) known.insert(std::move(name));
    }

    void plug(Netlink& netlink, const Nic& nic) {
        if (link_index(nic.bridge) == 0) {
            netlink.create_bridge(nic.bridge);
            keep_host_out(nic.bridge);
        }
        create_tap(nic.tap);
        keep_host_out(nic.tap);
        guard_tap(nic);  // before it is up, or part of a bridge
        LinkChange change;
        if (const auto mac = tap_mac(nic.mac); !mac.empty()) change.mac = mac;
        if (nic.mtu > 0) change.mtu = nic.mtu;
        change.master_index = link_index(nic.bridge);
        change.up = true;
        netlink.change_link(nic.tap, change);
    }

    void unplug(Netlink& netlink, const Nic& nic) {
        const auto bridge = nic.bridge.empty() ? bridge_of(nic.tap) : nic.bridge;
        netlink.delete_link(nic.tap);
        forget_guard(nic.tap);
        if (bridge.starts_with("vbr") && bridge_is_empty(bridge)) netlink.delete_link(bridge);
    }

    // Written before the tap is made and removed after it is gone: a kill in between leaves no unknown tap.
    void remember(const std::string& tap) {
        if (known.contains(tap)) return;
        write_small_file(folder + "/" + tap, "");
        known.insert(tap);
    }

    void forget(const std::string& tap) {
        ::unlink((folder + "/" + tap).c_str());
        known.erase(tap);
    }

    std::vector<std::string> present() const {
        std::vector<std::string> names;
        for (const auto& name : known)
            if (!enabled || link_index(name) != 0) names.push_back(name);
        return names;
    }

    const bool enabled;
    const std::string folder;
    mutable std::mutex mutex;
    std::set<std::string> known;
};

Taps::Taps(bool enabled, std::string state_dir) : impl_(std::make_unique<Impl>(enabled, std::move(state_dir))) {}
Taps::~Taps() = default;

void Taps::plug(const std::vector<Nic>& nics) {
    if (nics.empty()) return;
    for (const auto& nic : nics) check_nic(nic);
    const std::lock_guard lock(impl_->mutex);
    for (const auto& nic : nics) impl_->remember(nic.tap);
    if (!impl_->enabled) return;
    Netlink netlink;
    for (const auto& nic : nics) impl_->plug(netlink, nic);
}

void Taps::unplug(const std::vector<Nic>& nics) {
    if (nics.empty()) return;
    for (const auto& nic : nics) {
        check_name(nic.tap, "tap");
        if (!nic.bridge.empty()) check_name(nic.bridge, "vbr");
    }
    const std::lock_guard lock(impl_->mutex);
    if (impl_->enabled) {
        Netlink netlink;
        for (const auto& nic : nics) impl_->unplug(netlink, nic);
    }
    for (const auto& nic : nics) impl_->forget(nic.tap);
}

std::vector<std::string> Taps::inventory() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->present();
}

void Taps::protect(const std::vector<Nic>& nics) {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->enabled) return;
    for (const auto& nic : nics)
        if (link_index(nic.tap) != 0 && !is_guarded(nic.tap)) guard_tap(nic);
}

std::vector<std::string> Taps::unprotected() const {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->enabled) return {};
    auto taps = impl_->present();
    std::erase_if(taps, is_guarded);
    return taps;
}

}  // namespace virga::network::host
