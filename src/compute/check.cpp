#include "compute/check.hpp"

#include <map>
#include <set>

#include "base/error.hpp"
#include "compute/check_claims.hpp"
#include "compute/flows/host_claim.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute {
namespace {

/// What one host has.
struct Inventory {
    std::map<std::string, json::object> guests;  ///< by server id
    std::set<std::string> folders;
};

class Checker {
public:
    Checker(db::Transaction& tx, flows::Dependencies& d) : tx_(tx), d_(d) {}

    std::vector<std::string> run() {
        read_servers();
        for (const auto& [id, server] : servers_) check_row(server);
        for (auto& difference : check_claims(tx_)) differences_.push_back(std::move(difference));
        for (const auto& host : d_.hosts.hosts()) {
            if (get_int(host.report, "vcpus") > 0) check_host(host.name);
            if (get_bool(host.report, "unconfined"))
                differences_.push_back("host " + host.name +
                                       ": host.sandbox is false: programs that read the data of users run as root");
        }
        return std::move(differences_);
    }

private:
    void say(const std::string& id, const std::string& what) { differences_.push_back("server " + id + ": " + what); }

    bool busy(const std::string& id) const { return busy_.contains(id); }

    void read_servers() {
        std::string marker;
        while (true) {
            repo::ServerFilter filter;
            filter.marker = marker;
            const auto page = repo::list_servers(tx_, filter);
            for (const auto& server : page) servers_.emplace(server.id.value, server);
            if (page.size() < filter.limit) break;
            marker = page.back().id.value;
        }
        for (const auto& [id, server] : servers_) {
            of_host_[server.host].push_back(&server);
            if (!d_.runner.unfinished(tx_, id).empty()) busy_.insert(id);
        }
    }

    void check_row(const Server& server) {
        const auto& id = server.id.value;
        if (busy(id)) return;
        if (server.task_state != TaskState::None)
            say(id, "task_state is " + std::string(word(server.task_state)) + " but no flow works on it");
        if (server.vm_state == VmState::Building) say(id, "vm_state is building but no flow works on it");
        if (server.vm_state == VmState::Active && server.host.empty()) say(id, "is active without a host");
        if (server.vm_state != VmState::Building && server.vm_state != VmState::Error) check_block_devices(server);
    }

    void check_block_devices(const Server& server) {
        for (const auto& device : repo::block_devices(tx_, server.id)) {
            if (!device.is_volume()) continue;
            const auto name = "block device " + device.id.value + " (" + device.device_name + ")";
            if (device.volume_id.empty()) {
                say(server.id.value, name + " has no volume");
                continue;
            }
            if (!d_.volumes.find(tx_, VolumeId(device.volume_id))) {
                say(server.id.value, name + " names volume " + device.volume_id + ", which doesn't exist");
            } else if (device.attachment_id.empty() ||
                       !d_.volumes.find_attachment(tx_, AttachmentId(device.attachment_id))) {
                say(server.id.value, name + " has no attachment of volume " + device.volume_id);
            }
        }
    }

    /// nullopt (and a sentence) when the host doesn't answer.
    std::optional<Inventory> inventory(const std::string& host) {
        try {
            rpc::CallOptions options;
            options.deadline = std::chrono::seconds(20);
            options.only_if_it_answers = true;
            const auto reply = d_.hosts.call(host, command::kInventory, {}, options);
            Inventory found;
            for (const auto& value : get_array(reply, "servers")) {
                const auto& guest = value.as_object();
                found.guests[get_string(guest, "id")] = guest;
            }
            for (const auto& folder : get_array(reply, "folders")) {
                found.folders.emplace(std::string_view(folder.as_string()));
            }
            return found;
        } catch (const Error& error) {
            differences_.push_back("host " + host + ": no inventory: " + error.message());
            return std::nullopt;
        }
    }

    bool lives_on(const std::string& id, const std::string& host) const {
        const auto server = servers_.find(id);
        return server != servers_.end() && server->second.host == host;
    }

    /// A server whose deletion is under way, or whose boot reverts, has no row or no host any more, but a flow.
    bool flow_works_on(const std::string& id) { return !d_.runner.unfinished(tx_, id).empty(); }

    /// Of a guest or a folder on a host that isn't its server's.
    void say_stray(const std::string& id, const std::string& host, const std::string& what) {
        switch (flows::claim_on_host(tx_, d_, ServerId(id), host)) {
            case flows::HostClaim::Held:
                return;
            case flows::HostClaim::Released:
                return say(id, "host " + host + " has a " + what +
                                   " without a server: it is removed when the host process is started again");
            case flows::HostClaim::Unknown:
                return say(id, "host " + host + " has a " + what +
                                   " of a server that is on no record here: it is left alone, as the database may be "
                                   "the one that lacks it");
        }
    }

    void check_host(const std::string& host) {
        const auto found = inventory(host);
        if (!found) return;
        for (const auto& [id, guest] : found->guests) {
            if (!lives_on(id, host) && !flow_works_on(id)) say_stray(id, host, "guest");
        }
        for (const auto& folder : found->folders) {
            if (!lives_on(folder, host) && !flow_works_on(folder)) say_stray(folder, host, "folder");
        }
        for (const auto* server : of_host_[host]) {
            if (!busy(server->id.value)) check_guest(*server, *found);
        }
    }

    void check_guest(const Server& server, const Inventory& found) {
        const auto& id = server.id.value;
        const auto guest = found.guests.find(id);
        if (guest == found.guests.end()) {
            if (server.vm_state == VmState::Active || server.vm_state == VmState::Stopped) {
                say(id,
                    "is " + std::string(word(server.vm_state)) + " but host " + server.host + " has no guest for it");
            }
            return;
        }
        const auto power = static_cast<PowerState>(get_int(guest->second, "power_state"));
        if (server.vm_state == VmState::Active && power != PowerState::Running)
            say(id, "is active but its guest doesn't run");
        if (server.vm_state == VmState::Stopped && power == PowerState::Running)
            say(id, "is stopped but its guest runs");
        if (const auto rights = get_string(guest->second, "excess_rights"); !rights.empty())
            say(id, "its guest runs " + rights + ": stop the server and start it, or see libvirt.user");
        if (server.vm_state == VmState::Active || server.vm_state == VmState::Stopped)
            check_disks(server, guest->second);
    }

    void check_disks(const Server& server, const json::object& guest) {
        std::set<std::string> present;
        for (const auto& volume : get_array(guest, "volumes")) present.emplace(std::string_view(volume.as_string()));
        std::set<std::string> wanted;
        for (const auto& device : repo::block_devices(tx_, server.id)) {
            if (device.is_volume() && !device.volume_id.empty()) wanted.insert(device.volume_id);
        }
        for (const auto& id : wanted) {
            if (!present.contains(id)) say(server.id.value, "its guest lacks volume " + id);
        }
        for (const auto& id : present) {
            if (!wanted.contains(id)) say(server.id.value, "its guest has volume " + id + ", which isn't attached");
        }
    }

    db::Transaction& tx_;
    flows::Dependencies& d_;
    std::map<std::string, Server> servers_;
    std::map<std::string, std::vector<const Server*>> of_host_;
    std::set<std::string> busy_;
    std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> weak_hosts(const flows::Dependencies& d) {
    std::vector<std::string> found;
    for (const auto& host : d.hosts.hosts()) {
        for (const auto& lack : get_array(host.report, "guests_lack"))
            found.push_back("host " + host.name +
                            ": guests run with less around them: " + std::string(lack.as_string()));
    }
    return found;
}

std::vector<std::string> check_servers(db::Transaction& tx, flows::Dependencies& d) {
    return Checker(tx, d).run();
}

}  // namespace virga::compute
