#include "fake_hosts.hpp"

#include "compute/host_commands.hpp"
#include "network/nic.hpp"
#include "volume/backup_commands.hpp"
#include "volume/host_commands.hpp"

namespace virga::compute::flows {
namespace {

json::array to_array(const std::set<std::string>& texts) {
    json::array array;
    for (const auto& text : texts) array.emplace_back(text);
    return array;
}

json::object default_report() {
    json::array backends;
    backends.push_back(json::object{
        {"name", "local"}, {"driver", "fake"}, {"total_gib", 1000}, {"free_gib", 1000}, {"host_local", false}});
    return {{"vcpus", 8},     {"memory_mib", 8192},  {"disk_gib", 1000}, {"free_disk_gib", 1000},
            {"zone", "nova"}, {"backends", backends}};
}

}  // namespace

void FakeHosts::add(const std::string& name, json::object report) {
    const std::lock_guard lock(mutex_);
    auto& host = hosts_[name];
    host.report = default_report();
    for (auto& [key, value] : report) host.report[key] = value;
}

void FakeHosts::script(const std::string& method, Script script) {
    const std::lock_guard lock(mutex_);
    scripts_[method] = std::move(script);
}

void FakeHosts::set_down(const std::string& name, bool down) {
    const std::lock_guard lock(mutex_);
    hosts_.at(name).down = down;
}

json::object FakeHosts::call(const std::string& name, std::string_view method, json::object params,
                             const rpc::CallOptions&) {
    const std::string key(method);
    Script script;
    {
        const std::lock_guard lock(mutex_);
        ++counts_[key];
        const auto host = hosts_.find(name);
        if (host == hosts_.end() || host->second.down) {
            throw Error(ErrorCode::Unavailable, "Host '" + name + "' is not connected.");
        }
        if (const auto found = scripts_.find(key); found != scripts_.end()) script = found->second;
    }
    if (script) {
        if (auto reply = script(name, params)) return std::move(*reply);
    }
    const std::lock_guard lock(mutex_);
    return run(hosts_.at(name), key, params);
}

std::vector<rpc::HostState> FakeHosts::hosts() const {
    const std::lock_guard lock(mutex_);
    std::vector<rpc::HostState> states;
    for (const auto& [name, host] : hosts_) {
        if (!host.down) states.push_back({name, host.report});
    }
    return states;
}

bool FakeHosts::is_up(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto host = hosts_.find(name);
    return host != hosts_.end() && !host->second.down;
}

int FakeHosts::count(const std::string& method) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(method);
    return found == counts_.end() ? 0 : found->second;
}

void FakeHosts::set_power(const std::string& host, const std::string& server, int power_state) {
    const std::lock_guard lock(mutex_);
    hosts_.at(host).guests.at(server).power_state = power_state;
}

void FakeHosts::put_stray(const std::string& host, const std::string& server, const std::string& tap) {
    const std::lock_guard lock(mutex_);
    hosts_.at(host).guests[server] = {};
    hosts_.at(host).folders.insert(server);
    hosts_.at(host).taps.insert(tap);
    hosts_.at(host).guests[server].taps.insert(tap);
}

std::vector<std::string> FakeHosts::leftovers() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, host] : hosts_) {
        for (const auto& guest : host.guests) out.push_back(name + ": guest " + guest.first);
        for (const auto& folder : host.folders) out.push_back(name + ": folder " + folder);
        for (const auto& tap : host.taps) out.push_back(name + ": tap " + tap);
        for (const auto& connection : host.connections) out.push_back(name + ": connection " + connection);
    }
    return out;
}

bool FakeHosts::guest_has_volume(const std::string& host, const std::string& server, const std::string& volume) const {
    const std::lock_guard lock(mutex_);
    const auto& guests = hosts_.at(host).guests;
    const auto guest = guests.find(server);
    return guest != guests.end() && guest->second.volumes.contains(volume);
}

json::object FakeHosts::run(Host& host, const std::string& method, const json::object& params) {
    if (method.starts_with("volume.")) return run_volume(host, method, params);
    if (method == network::command::kInventory) return {{"taps", to_array(host.taps)}};
    if (method.starts_with("network.")) {
        for (const auto& nic : get_array(params, "nics")) {
            const auto tap = get_string(nic.as_object(), "tap");
            if (method == network::command::kPlug) host.taps.insert(tap);
            if (method == network::command::kUnplug) host.taps.erase(tap);
        }
        return {};
    }
    return run_compute(host, method, params);
}

json::object FakeHosts::run_compute(Host& host, const std::string& method, const json::object& params) {
    const auto server = get_string(params, "server_id");
    if (method == command::kFetchImage) {
        const auto image = get_string(get_object(params, "image"), "image_id");
        const bool hit = !host.bases.insert(image).second;
        return {{"base_path", "/instances/_base/" + image}, {"format", "raw"}, {"cache_hit", hit}, {"copied_bytes", 7}};
    }
    if (method == command::kCreateDisks) return create_disks(host, params);
    if (method == command::kCreateConfigDrive) {
        host.folders.insert(server);
        return {{"bytes", 4096}};
    }
    if (method == command::kSpawn || method == command::kPowerOn || method == command::kReboot) {
        return spawn(host, get_object(params, "guest"));
    }
    if (method == command::kRemoveServerFiles) {
        host.guests.erase(server);
        host.folders.erase(server);
        return {};
    }
    if (method == command::kDestroyGuest) {
        host.guests.erase(server);
        for (const auto& nic : get_array(params, "nics")) host.taps.erase(get_string(nic.as_object(), "tap"));
        return {};
    }
    if (method == command::kPowerOff) {
        host.guests[server].power_state = 4;
        return {{"power_state", 4}};
    }
    if (method == command::kAttachDisk) {
        host.guests.at(server).volumes.insert(get_string(get_object(params, "disk"), "volume_id"));
        return {};
    }
    if (method == command::kDetachDisk) {
        if (host.guests.contains(server)) host.guests[server].volumes.erase(get_string(params, "volume_id"));
        return {};
    }
    if (method == command::kServerState) {
        const auto guest = host.guests.find(server);
        if (guest == host.guests.end()) return {{"power_state", 0}, {"exists", false}};
        return {{"power_state", guest->second.power_state}, {"exists", true}};
    }
    if (method == command::kInventory) return inventory(host);
    throw Error(ErrorCode::NotSupported, "host has no command '" + method + "'");
}

json::object FakeHosts::inventory(const Host& host) const {
    json::array servers;
    json::object taps;
    for (const auto& [id, guest] : host.guests) {
        taps[id] = to_array(guest.taps);
        servers.push_back(json::object{{"id", id}, {"power_state", guest.power_state}});
    }
    return {{"servers", servers}, {"folders", to_array(host.folders)}, {"taps", taps}, {"bases", json::array()}};
}

json::object FakeHosts::create_disks(Host& host, const json::object& params) {
    host.folders.insert(get_string(params, "server_id"));
    json::array disks;
    for (const auto& entry : get_array(params, "disks")) {
        disks.push_back(json::object{{"file", get_string(entry.as_object(), "file")}, {"format", "qcow2"}});
    }
    return {{"backend", "Qcow2"}, {"disks", disks}};
}

json::object FakeHosts::spawn(Host& host, const json::object& spec) {
    const auto guest = GuestSpec::from_json(spec);
    auto& made = host.guests[guest.server_id];
    made.power_state = 1;
    made.volumes.clear();
    for (const auto& disk : guest.disks) {
        if (disk.kind == "volume") made.volumes.insert(disk.volume_id);
    }
    for (const auto& nic : guest.nics) {
        host.taps.insert(nic.tap);
        made.taps.insert(nic.tap);
    }
    host.folders.insert(guest.server_id);
    return {{"power_state", 1}, {"define_us", 2000}, {"create_us", 290'000}, {"already_running", false}};
}

json::object FakeHosts::run_volume(Host& host, const std::string& method, const json::object& params) {
    const auto volume = get_string(params, "volume_id");
    if (method == volume::command::kInventory) {
        json::array backends;
        backends.push_back(json::object{{"name", "local"},
                                        {"driver", "fake"},
                                        {"volumes", to_array(host.volumes)},
                                        {"snapshots", to_array(host.snapshots)}});
        return {{"backends", backends}};
    }
    if (method == volume::command::kBackupInventory) return {};
    if (method == volume::command::kDelete) {
        host.volumes.erase(volume);
        return {};
    }
    if (method == volume::command::kInitializeConnection) {
        host.connections.insert(volume);
        return {{"driver_volume_type", "fake"},
                {"data", json::object{{"path", "/volumes/" + volume}, {"format", "raw"}}}};
    }
    if (method == volume::command::kTerminateConnection) {
        host.connections.erase(volume);
        return {};
    }
    if (method == volume::command::kCreateSnapshot) host.snapshots.insert(get_string(params, "snapshot_id"));
    host.volumes.insert(volume);
    return {{"path", "/volumes/" + volume},
            {"format", "raw"},
            {"size_gib", get_int(params, "size_gib")},
            {"copied_bytes", 0}};
}

}  // namespace virga::compute::flows
