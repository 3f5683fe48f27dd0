#include "compute/virt/fake/guest_store.hpp"

#include <unistd.h>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/small_file.hpp"

namespace virga::compute::virt::fake {
namespace {

std::string to_text(const FakeGuest& guest) {
    json::object volumes;
    for (const auto& [id, disk] : guest.volumes)
        volumes[id] = json::object{{"path", disk.path},
                                   {"format", disk::to_string(disk.format)},
                                   {"size_bytes", disk.size_bytes},
                                   {"mirror", disk.mirror}};
    json::array macs;
    for (const auto& mac : guest.macs) macs.emplace_back(mac);
    return json::serialize(
        json::object{{"power_state", guest.power_state}, {"volumes", std::move(volumes)}, {"macs", std::move(macs)}});
}

FakeGuest from_text(const std::string& text) {
    const auto object = parse_object(text);
    FakeGuest guest;
    guest.power_state = static_cast<int>(get_int(object, "power_state"));
    for (const auto& [id, value] : get_object(object, "volumes")) {
        const auto& disk = value.as_object();
        guest.volumes[std::string(id)] = {get_string(disk, "path"), disk::format_of(get_string(disk, "format")),
                                          get_int(disk, "size_bytes"), get_string(disk, "mirror")};
    }
    for (const auto& mac : get_array(object, "macs")) guest.macs.emplace(mac.as_string());
    return guest;
}

}  // namespace

GuestStore::GuestStore(std::string folder) : folder_(std::move(folder)) {}

std::string GuestStore::path_of(const std::string& server_id) const {
    return folder_ + "/" + server_id;
}

void GuestStore::load() {
    const std::lock_guard lock(mutex_);
    guests_.clear();
    for (const auto& name : folder_entries(folder_)) {
        if (!is_uuid_like(name)) continue;
        const auto text = read_small_file(path_of(name));
        if (text) guests_.emplace(name, read_stored([&] { return from_text(*text); }));
    }
}

std::optional<FakeGuest> GuestStore::find(const std::string& server_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = guests_.find(server_id);
    if (found == guests_.end()) return std::nullopt;
    return found->second;
}

void GuestStore::put(const std::string& server_id, const FakeGuest& guest) {
    write_small_file(path_of(server_id), to_text(guest));
    const std::lock_guard lock(mutex_);
    guests_.insert_or_assign(server_id, guest);
}

bool GuestStore::remove(const std::string& server_id) {
    ::unlink(path_of(server_id).c_str());
    const std::lock_guard lock(mutex_);
    return guests_.erase(server_id) > 0;
}

std::map<std::string, FakeGuest> GuestStore::all() const {
    const std::lock_guard lock(mutex_);
    return guests_;
}

}  // namespace virga::compute::virt::fake
