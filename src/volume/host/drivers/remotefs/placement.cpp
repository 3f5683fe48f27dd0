// RemoteFsDriver: on which share a volume is, and on which a new one goes.
#include <algorithm>

#include "volume/host/drivers/remotefs/promise.hpp"

namespace virga::volume::host::remotefs {

Share* RemoteFsDriver::find(const std::string& id) const {
    Share* newest = nullptr;
    std::int64_t newest_us = -1;
    for (const auto& share : shares_) {
        const auto store = share->known();
        const auto created = store ? store->created_us(id) : std::nullopt;
        if (!created || *created <= newest_us) continue;
        newest = share.get();
        newest_us = *created;
    }
    return newest;
}

Share* RemoteFsDriver::find_or_none(const std::string& id) {
    if (auto* share = find(id)) return share;
    std::string problems;
    for (const auto& share : shares_) {
        if (!share->try_open() && !share->known()) problems += " " + share->problem();
    }
    if (auto* share = find(id)) return share;
    if (problems.empty()) return nullptr;
    throw Error(ErrorCode::Unavailable, "Volume " + id + " may be on a share that isn't mounted." + problems, {}, id);
}

Share& RemoteFsDriver::get(const std::string& id) {
    if (auto* share = find_or_none(id)) return *share;
    throw Error(ErrorCode::NotFound, "Volume " + id + " is not on this backend.", {}, id);
}

Share* RemoteFsDriver::find_begun(const std::string& id) {
    for (const auto& share : shares_) share->try_open();
    return find(id);
}

/// What is promised is read first: a volume that is recorded meanwhile counts twice rather than not at all.
RemoteFsDriver::Room RemoteFsDriver::room_of(Share& share) {
    const auto before = [&] {
        const std::lock_guard lock(mutex_);
        return promised_[&share];
    }();
    const auto found = share.with([](ShareStore& store) { return store.usage(); });
    const auto usable = found.free_bytes - found.total_bytes / 100 * reserved_percentage_;
    const auto gib = [&](std::int64_t bytes) {
        return static_cast<std::int64_t>(static_cast<double>(bytes) * ratio_ / static_cast<double>(disk::kGiB));
    };
    const auto room = std::min(gib(usable), gib(found.total_bytes) - found.allocated_gib) - before.pending_gib;
    return {&share, found.free_bytes, room, before.ever_gib};
}

std::vector<RemoteFsDriver::Room> RemoteFsDriver::rooms() {
    std::vector<Room> rooms;
    std::string problems;
    for (const auto& share : shares_) {
        try {
            rooms.push_back(room_of(*share));
        } catch (const Error& e) {
            if (e.code() != ErrorCode::Unavailable) throw;
            problems += " " + e.message();
        }
    }
    if (rooms.empty()) throw Error(ErrorCode::Unavailable, "No share of the backend is mounted." + problems);
    std::stable_sort(rooms.begin(), rooms.end(),
                     [](const Room& a, const Room& b) { return a.free_bytes > b.free_bytes; });
    return rooms;
}

/// Others may have taken room since it was looked at.
bool RemoteFsDriver::take(const Room& room, std::int64_t size_gib) {
    const std::lock_guard lock(mutex_);
    auto& promised = promised_[room.share];
    if (room.gib - (promised.ever_gib - room.ever_promised_gib) < size_gib) return false;
    promised.pending_gib += size_gib;
    promised.ever_gib += size_gib;
    return true;
}

std::unique_ptr<RemoteFsDriver::Promise> RemoteFsDriver::choose(std::int64_t size_gib,
                                                                const std::vector<Share*>& preferred) {
    auto all = rooms();
    std::stable_partition(all.begin(), all.end(), [&](const Room& room) {
        return std::find(preferred.begin(), preferred.end(), room.share) != preferred.end();
    });
    for (const auto& room : all) {
        if (take(room, size_gib)) return std::make_unique<Promise>(*this, *room.share, size_gib);
    }
    throw Error(ErrorCode::NoSpace, "No share of the backend has room for " + std::to_string(size_gib) + " GiB.");
}

}  // namespace virga::volume::host::remotefs
