#include "volume/host/drivers/remotefs/remotefs_driver.hpp"

#include <set>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "volume/host/drivers/remotefs/promise.hpp"

namespace virga::volume::host::remotefs {

RemoteFsDriver::RemoteFsDriver(std::string type, const BackendConfig& config)
    : type_(std::move(type)),
      reserved_percentage_(config.reserved_percentage),
      ratio_(config.max_over_subscription_ratio) {
    for (const auto& text : config.shares) {
        const files::Options store{{}, config.format, config.cache, &keys()};
        shares_.push_back(
            std::make_unique<Share>(parse_share(type_, text, config.mount_options), config.mount_point_base, store));
    }
    if (shares_.empty())
        throw Error(ErrorCode::InvalidInput, "backend " + config.name + ": driver " + type_ +
                                                 " needs at least one share, in shares or in shares_file");
}

std::vector<disk::Share> RemoteFsDriver::shares() const {
    std::vector<disk::Share> list;
    for (const auto& share : shares_) list.push_back(share->mounted_by());
    return list;
}

Capabilities RemoteFsDriver::capabilities() const {
    Capabilities result;
    result.host_local = false;
    result.manage = true;
    result.encryption = true;
    for (const auto& share : shares_) {
        if (const auto store = share->known()) result.online_snapshot = store->capabilities().online_snapshot;
    }
    return result;
}

VolumeFile RemoteFsDriver::create(const std::string& id, std::int64_t size_gib) {
    const auto make = [&](ShareStore& store) { return store.create(id, size_gib); };
    if (auto* begun = find_begun(id)) return begun->with(make);
    const auto place = choose(size_gib);
    return place->share().with(make);
}

Created RemoteFsDriver::create_from_image(const std::string& id, std::int64_t size_gib, const ImageSource& image,
                                          const Call& call) {
    const auto make = [&](ShareStore& store) { return store.create_from_image(id, size_gib, image, call); };
    if (auto* begun = find_begun(id)) return begun->with(make);
    std::vector<Share*> have;
    for (const auto& share : shares_) {
        const auto store = share->known();
        if (store && store->has_base(image)) have.push_back(share.get());
    }
    const auto place = choose(size_gib, have);
    return place->share().with(make);
}

Created RemoteFsDriver::create_from_snapshot(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                                             const std::string& snapshot_id, const Call& call) {
    const auto make = [&](ShareStore& store) {
        return store.create_from_snapshot(id, size_gib, source_id, snapshot_id, call);
    };
    if (auto* begun = find_begun(id)) return begun->with(make);
    auto& source = get(source_id);
    const auto place = choose(size_gib, {&source});
    if (&place->share() == &source) return source.with(make);
    return copy_elsewhere(
        place->share(), id, size_gib, source,
        [&](ShareStore& store) { return store.snapshot_content(source_id, snapshot_id, size_gib); }, call);
}

Created RemoteFsDriver::clone(const std::string& id, std::int64_t size_gib, const std::string& source_id,
                              const Call& call) {
    const auto make = [&](ShareStore& store) { return store.clone(id, size_gib, source_id, call); };
    if (auto* begun = find_begun(id)) return begun->with(make);
    auto& source = get(source_id);
    const auto place = choose(size_gib, {&source});
    if (&place->share() == &source) return source.with(make);
    return copy_elsewhere(
        place->share(), id, size_gib, source,
        [&](ShareStore& store) { return store.quiet_content(source_id, size_gib); }, call);
}

// The content is asked for again afterwards: that it could be copied must have been true all the time. Only one share
// is entered at a time, so that two copies can't wait for each other.
Created RemoteFsDriver::copy_elsewhere(Share& target, const std::string& id, std::int64_t size_gib, Share& source,
                                       const std::function<files::Content(ShareStore&)>& content, const Call& call) {
    const auto what = source.with(content);
    failpoint("volume.remotefs.copy.content");
    auto result = target.with([&](ShareStore& store) { return store.create_from_content(id, size_gib, what, call); });
    try {
        source.with(content);
    } catch (const Error&) {
        target.with([&](ShareStore& store) { store.remove(id); });
        throw;
    }
    return result;
}

Created RemoteFsDriver::create_from_disk(const std::string& id, std::int64_t size_gib, const VolumeFile& disk,
                                         const Call& call) {
    const auto make = [&](ShareStore& store) { return store.create_from_disk(id, size_gib, disk, call); };
    if (auto* begun = find_begun(id)) return begun->with(make);
    const auto place = choose(size_gib);
    return place->share().with(make);
}

std::vector<std::string> RemoteFsDriver::remove(const std::string& id) {
    std::set<std::string> dependents;
    const auto on_share = [&](ShareStore& store) {
        for (auto& one : store.remove(id)) dependents.insert(std::move(one));
    };
    const bool known = find_or_none(id) != nullptr;
    while (auto* share = find(id)) share->with(on_share);
    // Files of a create that was killed may be on any other one. A share that is gone now is cleaned when it is back.
    for (const auto& share : shares_) {
        if (!known || share->try_open()) share->with(on_share);
    }
    return {dependents.begin(), dependents.end()};
}

Flattened RemoteFsDriver::flatten(const std::string& id, const Call& call) {
    return get(id).with([&](ShareStore& store) { return store.flatten(id, call); });
}

VolumeFile RemoteFsDriver::extend(const std::string& id, std::int64_t size_gib) {
    auto& share = get(id);
    const auto more = size_gib - share.with([&](ShareStore& store) { return store.size_gib(id); });
    if (more > 0 && room_of(share).gib < more)
        throw Error(ErrorCode::NoSpace,
                    "The share of volume " + id + " has no room for " + std::to_string(more) + " GiB more.", {}, id);
    return share.with([&](ShareStore& store) { return store.extend(id, size_gib); });
}

VolumeFile RemoteFsDriver::create_snapshot(const std::string& id, const std::string& snapshot_id) {
    return get(id).with([&](ShareStore& store) { return store.create_snapshot(id, snapshot_id); });
}

VolumeFile RemoteFsDriver::revert(const std::string& id, const std::string& snapshot_id, const Call& call) {
    return get(id).with([&](ShareStore& store) { return store.revert(id, snapshot_id, call); });
}

Created RemoteFsDriver::reimage(const std::string& id, const ImageSource& image, const Call& call) {
    return get(id).with([&](ShareStore& store) { return store.reimage(id, image, call); });
}

void RemoteFsDriver::read(const std::string& id, const std::function<void(const VolumeFile&)>& use) {
    get(id).with([&](ShareStore& store) { store.read(id, use); });
}

VolumeFile RemoteFsDriver::create_snapshot_online(const std::string& id, const std::string& snapshot_id) {
    return get(id).with([&](ShareStore& store) { return store.create_snapshot_online(id, snapshot_id); });
}

LayerMerge RemoteFsDriver::next_merge(const std::string& id) {
    return get(id).with([&](ShareStore& store) { return store.next_merge(id); });
}

VolumeFile RemoteFsDriver::finish_merge(const std::string& id, const LayerMerge& merge) {
    return get(id).with([&](ShareStore& store) { return store.finish_merge(id, merge); });
}

VolumeFile RemoteFsDriver::delete_snapshot(const std::string& id, const std::string& snapshot_id) {
    auto* share = find_or_none(id);
    if (share == nullptr) return {};
    return share->with([&](ShareStore& store) { return store.delete_snapshot(id, snapshot_id); });
}

json::object RemoteFsDriver::initialize_connection(const std::string& id, const std::string& connector_host) {
    return get(id).with([&](ShareStore& store) { return store.initialize_connection(id, connector_host); });
}

void RemoteFsDriver::terminate_connection(const std::string& id, const std::string& connector_host) {
    if (auto* share = find_or_none(id))
        share->with([&](ShareStore& store) { store.terminate_connection(id, connector_host); });
}

Inventory RemoteFsDriver::inventory() {
    Inventory all;
    const auto append = [](std::vector<std::string>& to, const std::vector<std::string>& more) {
        to.insert(to.end(), more.begin(), more.end());
    };
    for (const auto& share : shares_) {
        try {
            const auto one = share->with([](ShareStore& store) { return store.inventory(); });
            all.total_bytes += one.total_bytes;
            all.free_bytes += one.free_bytes;
            all.allocated_gib += one.allocated_gib;
            append(all.volumes, one.volumes);
            append(all.snapshots, one.snapshots);
            append(all.hidden, one.hidden);
            all.connections.insert(one.connections.begin(), one.connections.end());
            append(all.incomplete, one.incomplete);
        } catch (const Error& e) {
            all.incomplete.push_back(e.message());
        }
    }
    return all;
}

void RemoteFsDriver::recover() {
    for (const auto& share : shares_) {
        if (!share->try_open()) log::warning("a share is left out", {{"share", share->source()}});
    }
}

}  // namespace virga::volume::host::remotefs
