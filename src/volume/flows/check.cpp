#include "volume/flows/check.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "volume/flows/backups.hpp"
#include "volume/flows/reach.hpp"
#include "volume/flows/temporary_volume.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/connection_repo.hpp"
#include "volume/repo/group_repo.hpp"
#include "volume/repo/key_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/transfer_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using Hosts = std::map<std::string, std::set<std::string>>;  ///< connectors' hosts, by volume

/// What one backend of one host has.
struct Stock {
    std::set<std::string> volumes;
    std::set<std::string> snapshots;
    Hosts connections;
    std::optional<Hosts> exports;      ///< of a backend that can export
    std::set<std::string> strays;      ///< processes that export something for no record
    std::set<std::string> incomplete;  ///< why parts of it could not be looked at
    bool lacks_volume(const std::string& id) const { return incomplete.empty() && !volumes.contains(id); }
    bool lacks_snapshot(const std::string& id) const { return incomplete.empty() && !snapshots.contains(id); }
};
using Stocks = std::map<std::string, Stock>;  ///< by "host@backend"

std::set<std::string> ids_of(const json::object& backend, std::string_view key) {
    std::set<std::string> ids;
    for (const auto& item : get_array(backend, key)) ids.emplace(item.as_string());
    return ids;
}

Hosts hosts_of(const json::object& backend, std::string_view key) {
    Hosts hosts;
    const auto all = get_object(backend, key);
    for (const auto& item : all) hosts[item.key()] = ids_of(all, item.key());
    return hosts;
}

std::optional<Hosts> exports_of(const json::object& backend) {
    const auto* found = backend.if_contains("exports");
    if (found == nullptr || !found->is_object()) return std::nullopt;
    return hosts_of(backend, "exports");
}

Stocks stocks_of(Dependencies& d, std::vector<std::string>& differences) {
    Stocks stocks;
    for (const auto& host : d.hosts.hosts()) {
        if (get_array(host.report, "backends").empty()) continue;
        try {
            const auto reply =
                d.hosts.call(host.name, command::kInventory, {}, {.command_id = {}, .only_if_it_answers = true});
            for (const auto& item : get_array(reply, "backends")) {
                const auto& backend = item.as_object();
                stocks[host.name + "@" + get_string(backend, "name")] = {
                    ids_of(backend, "volumes"), ids_of(backend, "snapshots"), hosts_of(backend, "connections"),
                    exports_of(backend),        ids_of(backend, "strays"),    ids_of(backend, "incomplete")};
            }
        } catch (const Error& error) {
            differences.push_back("storage host " + host.name + " gave no inventory: " + error.message() +
                                  (error.detail().empty() ? "" : " (" + error.detail() + ")"));
        }
    }
    return stocks;
}

constexpr std::size_t kNoLimit = 1'000'000;

bool may_lack_data(VolumeStatus status) {
    using enum VolumeStatus;
    return lifecycle::StateSet{Creating, Downloading, Deleting, Unmanaging}.contains(status) || is_error(status);
}

class Checker {
public:
    Checker(db::Transaction& tx, Dependencies& d, std::vector<std::string>& out) : tx_(tx), d_(d), out_(out) {}

    void run(const std::vector<ServerId>& live_servers) {
        const auto stocks = stocks_of(d_, out_);
        for (auto& volume : repo::all_volumes(tx_)) volumes_[volume.id.value] = std::move(volume);
        for (auto& item : repo::all_snapshots(tx_)) snapshots_[item.id.value] = std::move(item);
        find_temporary_volumes();
        for (const auto& id : repo::offered_volumes(tx_)) offered_.insert(id);
        for (const auto& item : repo::all_connections(tx_)) connected_[item.volume.value].insert(item.host);
        check_attachments(live_servers);
        for (const auto& item : volumes_) check_volume(item.second, stocks);
        for (const auto& item : snapshots_) check_snapshot(item.second, stocks);
        for (const auto& [place, stock] : stocks) check_stock(place, stock);
        for (const auto& item : attachments_)
            for (const auto& attachment : item.second) check_export_of(attachment, stocks);
        check_groups();
    }

private:
    /// Volumes that backups and uploads are read from have no rows, nor have the snapshots that they are made from.
    void find_temporary_volumes() {
        for (const auto& item : volumes_) {
            if (item.second.status == VolumeStatus::Uploading) temporary_.insert(upload_source_id(item.second.id));
        }
        for (const auto& backup : repo::all_backups(tx_)) {
            if (is_transient(backup.status)) temporary_.insert(backup_source_id(backup.id));
        }
    }

    void check_attachments(const std::vector<ServerId>& live_servers) {
        const std::set<ServerId> live(live_servers.begin(), live_servers.end());
        for (const auto& item : repo::all_attachments(tx_)) {
            attachments_[item.volume.value].push_back(item);
            if (item.connected()) connected_[item.volume.value].insert(item.host);
            if (!volumes_.contains(item.volume.value)) {
                out_.push_back("attachment " + item.id.value + " is of volume " + item.volume.value +
                               ", which is gone");
            }
            if (item.of_compute() && !live.contains(item.server)) {
                out_.push_back("attachment " + item.id.value + " of volume " + item.volume.value + " is to server " +
                               item.server.value + ", which is gone");
            }
        }
    }

    /// By a flow of its own, or a flow of a server that it is attached to.
    bool has_flow(const VolumeRecord& volume) {
        if (!d_.runner.unfinished(tx_, volume.id.value).empty()) return true;
        if (!flows_of_backups(tx_, d_, volume.id).empty()) return true;
        const auto found = attachments_.find(volume.id.value);
        return found != attachments_.end() &&
               std::any_of(found->second.begin(), found->second.end(), [&](const AttachmentRecord& item) {
                   return item.of_compute() && !d_.runner.unfinished(tx_, item.server.value).empty();
               });
    }

    /// By a flow, or whoever holds a reservation, or has made an attachment through this service's API.
    bool is_worked_on(const VolumeRecord& volume) {
        if (has_flow(volume)) return true;
        const auto found = attachments_.find(volume.id.value);
        if (found == attachments_.end()) return false;
        return volume.status == VolumeStatus::Reserved ||
               std::any_of(found->second.begin(), found->second.end(),
                           [](const AttachmentRecord& item) { return !item.of_compute(); });
    }

    /// One that failed holds nothing: it only waits to be deleted.
    bool has_attachment(const VolumeRecord& volume) const {
        const auto found = attachments_.find(volume.id.value);
        return found != attachments_.end() &&
               std::any_of(found->second.begin(), found->second.end(),
                           [](const AttachmentRecord& item) { return !is_error(item.attach_status); });
    }

    /// By os-reserve alone, until whoever asked for that attaches it or gives it back.
    bool is_held(const VolumeRecord& volume) const {
        return volume.status == VolumeStatus::Attaching && volume.attach_status == AttachStatus::Detached &&
               !has_attachment(volume);
    }

    /// By os-begin_detaching alone, until whoever asked for that ends the attachment or takes it back.
    bool is_let_go(const VolumeRecord& volume) const {
        const auto found = attachments_.find(volume.id.value);
        return volume.status == VolumeStatus::Detaching && found != attachments_.end() &&
               std::any_of(found->second.begin(), found->second.end(),
                           [](const AttachmentRecord& item) { return item.attach_status == AttachStatus::Attached; });
    }

    void check_volume(const VolumeRecord& volume, const Stocks& stocks) {
        const auto found = stocks.find(volume.host + "@" + volume.backend);
        if (found != stocks.end() && !may_lack_data(volume.status) && volume.launched_us != 0 &&
            found->second.lacks_volume(volume.id.value)) {
            out_.push_back("volume " + volume.id.value + " (" + text_of(volume.status) + ") is missing on " +
                           found->first);
        }
        if (volume.is_moving() && !is_worked_on(volume)) {
            out_.push_back("volume " + volume.id.value + " is being moved, but nothing works on it");
        }
        const auto attached = has_attachment(volume);
        if (is_transient(volume.status) && !is_worked_on(volume) && !is_held(volume) && !is_let_go(volume)) {
            out_.push_back("volume " + volume.id.value + " is " + text_of(volume.status) + ", but nothing works on it");
        }
        if (volume.status == VolumeStatus::AwaitingTransfer && !offered_.contains(volume.id)) {
            out_.push_back("volume " + volume.id.value + " is awaiting-transfer, but nobody can accept it");
        }
        if (volume.status == VolumeStatus::InUse && !attached) {
            out_.push_back("volume " + volume.id.value + " is in-use, but has no attachment");
        }
        if (volume.status == VolumeStatus::Available && attached) {
            out_.push_back("volume " + volume.id.value + " is available, but has an attachment");
        }
    }

    void check_groups() {
        repo::GroupFilter all;
        all.limit = kNoLimit;
        for (const auto& group : repo::list_groups(tx_, all)) check_worked_on("group", group.id, group.status);
        for (const auto& item : repo::list_group_snapshots(tx_, all)) {
            check_worked_on("group snapshot", item.id, item.status);
        }
        for (const auto& item : volumes_) {
            const auto& group = item.second.group_id;
            if (group.empty() || repo::find_group(tx_, group)) continue;
            out_.push_back("volume " + item.first + " is in group " + group + ", which is gone");
        }
    }

    void check_worked_on(const std::string& what, const std::string& id, GroupStatus status) {
        if (!is_transient(status) || !d_.runner.unfinished(tx_, id).empty()) return;
        out_.push_back(what + " " + id + " is " + text_of(status) + ", but nothing works on it");
    }

    void check_snapshot(const SnapshotRecord& snapshot, const Stocks& stocks) {
        const auto volume = volumes_.find(snapshot.volume.value);
        if (volume == volumes_.end()) {
            out_.push_back("snapshot " + snapshot.id.value + " is of volume " + snapshot.volume.value +
                           ", which is gone");
            return;
        }
        const auto found = stocks.find(volume->second.host + "@" + volume->second.backend);
        if (found != stocks.end() && snapshot.status == SnapshotStatus::Available &&
            found->second.lacks_snapshot(snapshot.id.value)) {
            out_.push_back("snapshot " + snapshot.id.value + " is missing on " + found->first);
        }
        if (!is_transient(snapshot.status)) return;
        // A cascade deletes snapshots in the flow of their volume.
        if (d_.runner.unfinished(tx_, snapshot.id.value).empty() &&
            (snapshot.group_snapshot_id.empty() || d_.runner.unfinished(tx_, snapshot.group_snapshot_id).empty()) &&
            flows_of_backups(tx_, d_, snapshot.volume).empty() &&
            d_.runner.unfinished(tx_, snapshot.volume.value).empty()) {
            out_.push_back("snapshot " + snapshot.id.value + " is " + text_of(snapshot.status) +
                           ", but nothing works on it");
        }
    }

    /// The other way round a connection may just be made.
    void check_connections(const std::string& place, const Stock& stock) {
        for (const auto& [id, hosts] : stock.connections) {
            const auto volume = volumes_.find(id);
            if (volume == volumes_.end() || has_flow(volume->second)) continue;
            for (const auto& host : hosts) {
                if (connected_[id].contains(host)) continue;
                out_.push_back("volume " + id + " on " + place + " is connected to host " + host +
                               ", but no record tells of that");
            }
        }
    }

    void check_exports(const std::string& place, const Stock& stock) {
        for (const auto& process : stock.strays)
            out_.push_back("process " + process + " on " + place + " exports a volume, but no record tells of that");
        if (!stock.exports) return;
        for (const auto& [id, hosts] : *stock.exports) {
            const auto volume = volumes_.find(id);
            if (volume != volumes_.end() && has_flow(volume->second)) continue;
            for (const auto& host : hosts) {
                if (connected_[id].contains(host)) continue;
                out_.push_back("volume " + id + " on " + place + " is exported to host " + host +
                               ", but no record tells of that");
            }
        }
    }

    void check_export_of(const AttachmentRecord& item, const Stocks& stocks) {
        const auto volume = volumes_.find(item.volume.value);
        if (volume == volumes_.end() || !by_network(item) || item.attach_status != AttachStatus::Attached) return;
        const auto place = volume->second.host + "@" + volume->second.backend;
        const auto stock = stocks.find(place);
        if (stock == stocks.end() || !stock->second.exports || has_flow(volume->second)) return;
        const auto found = stock->second.exports->find(item.volume.value);
        if (found != stock->second.exports->end() && found->second.contains(item.host)) return;
        out_.push_back("attachment " + item.id.value + " of volume " + item.volume.value + " is to host " + item.host +
                       ", but " + place + " doesn't export it there");
    }

    void check_stock(const std::string& place, const Stock& stock) {
        check_connections(place, stock);
        check_exports(place, stock);
        for (const auto& reason : stock.incomplete)
            out_.push_back("backend " + place + " can't be looked at as a whole: " + reason);
        for (const auto& id : stock.volumes) {
            const auto found = volumes_.find(id);
            if (found != volumes_.end()) {
                check_place(found->second, place);
            } else if (!temporary_.contains(id)) {
                out_.push_back("volume " + id + " on " + place + " has no row");
            }
        }
        for (const auto& id : stock.snapshots) {
            // A volume that is being cloned while it is in use has a temporary snapshot of the clone's id.
            if (!d_.runner.unfinished(tx_, id).empty()) continue;
            if (!snapshots_.contains(id) && !temporary_.contains(id))
                out_.push_back("snapshot " + id + " on " + place + " has no row");
        }
    }

    /// Only while a volume moves is there data of it in two places.
    void check_place(const VolumeRecord& volume, const std::string& place) {
        const auto own = volume.host + "@" + volume.backend;
        if (place == own || volume.host.empty() || !d_.runner.unfinished(tx_, volume.id.value).empty()) return;
        out_.push_back("volume " + volume.id.value + " has data on " + place + ", but it is on " + own);
    }

    db::Transaction& tx_;
    Dependencies& d_;
    std::vector<std::string>& out_;
    std::map<std::string, VolumeRecord> volumes_;
    std::map<std::string, SnapshotRecord> snapshots_;
    std::set<std::string> temporary_;
    Hosts connected_;                                                   ///< as recorded
    std::set<VolumeId> offered_;                                        ///< volumes that have a transfer
    std::map<std::string, std::vector<AttachmentRecord>> attachments_;  ///< by volume
};

}  // namespace

std::vector<std::string> check(db::Transaction& tx, Dependencies& d, const std::vector<ServerId>& live_servers) {
    std::vector<std::string> differences;
    Checker(tx, d, differences).run(live_servers);
    check_backups(tx, d, differences);
    for (const auto& key : repo::unused_keys(tx)) differences.push_back("encryption key " + key + " opens nothing");
    return differences;
}

}  // namespace virga::volume::flows
