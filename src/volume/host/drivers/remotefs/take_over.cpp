// RemoteFsDriver: taking over what lies on a share, and letting go of it there.
#include <algorithm>

#include "volume/host/drivers/remotefs/remotefs_driver.hpp"

namespace virga::volume::host::remotefs {

std::vector<Manageable> RemoteFsDriver::manageable() {
    std::vector<Manageable> all;
    for (const auto& share : shares_) {
        if (!share->try_open()) continue;
        auto found = share->with([](ShareStore& store) { return store.manageable(); });
        std::move(found.begin(), found.end(), std::back_inserter(all));
    }
    return all;
}

/// The first share with a disk of this name; one that can't be mounted is passed over.
VolumeFile RemoteFsDriver::manage(const std::string& id, const std::string& name, const std::string& declared) {
    const auto take = [&](ShareStore& store) { return store.manage(id, name, declared); };
    if (auto* begun = find_begun(id)) return begun->with(take);
    for (const auto& share : shares_) {
        if (!share->try_open()) continue;
        const auto items = share->with([](ShareStore& store) { return store.manageable(); });
        const bool here = std::any_of(items.begin(), items.end(), [&](const Manageable& item) {
            return item.name == name && item.volume_id.empty();
        });
        if (here) return share->with(take);
    }
    return shares_.front()->with(take);  // says what is wrong with the name
}

void RemoteFsDriver::unmanage(const std::string& id) {
    if (auto* share = find_or_none(id)) share->with([&](ShareStore& store) { store.unmanage(id); });
}

std::int64_t RemoteFsDriver::manage_snapshot(const std::string& id, const std::string& name,
                                             const std::string& snapshot) {
    return get(id).with([&](ShareStore& store) { return store.manage_snapshot(id, name, snapshot); });
}

void RemoteFsDriver::unmanage_snapshot(const std::string& id, const std::string& snapshot) {
    if (auto* share = find_or_none(id)) share->with([&](ShareStore& store) { store.unmanage_snapshot(id, snapshot); });
}

}  // namespace virga::volume::host::remotefs
