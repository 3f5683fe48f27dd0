#include "volume/flows/connections.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "volume/flows/attachments.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

/// Whoever asks for the same once more joins, and a storage host that did it says so again.
std::string end_command(const VolumeId& volume, const std::string& host) {
    return volume.value + "/end/" + host + "/" + new_uuid();
}

json::object connector_of(const std::string& host) {
    return {{"host", host}};
}

/// What nobody was given, although the storage host may have it.
std::vector<AttachmentRecord> failed_of(const std::vector<AttachmentRecord>& all) {
    std::vector<AttachmentRecord> failed;
    for (const auto& item : all)
        if (item.connected() && is_error(item.attach_status)) failed.push_back(item);
    return failed;
}

/// A storage host knows one connection per volume and host.
std::set<std::string> used_hosts(const std::vector<AttachmentRecord>& all) {
    std::set<std::string> hosts;
    for (const auto& item : all)
        if (item.connected() && !is_error(item.attach_status)) hosts.insert(item.host);
    return hosts;
}

void forget_connector(db::Transaction& tx, const AttachmentId& id) {
    const auto attachment = repo::find_attachment(tx, id);
    if (!attachment || !is_error(attachment->attach_status)) return;
    repo::set_connection(tx, id, "", attachment->device, {});
}

void end_one(Dependencies& d, const VolumeId& volume, const std::string& host, const rpc::CallOptions& options) {
    d.db.write_with([&](db::Transaction& tx) { begin_ending(tx, volume, host, end_command(volume, host)); });
    finish_ending(d, volume, host, options);
}

Error still_ending(const VolumeId& volume) {
    return {ErrorCode::Busy, "The connections of volume " + volume.value + " are being ended. Try again."};
}

}  // namespace

bool begin_connection(db::Transaction& tx, const VolumeId& volume, const std::string& host) {
    const auto all = repo::connections_of(tx, volume);
    for (const auto& item : all) {
        if (item.host != host) continue;
        if (item.ending.empty()) return false;
        throw Error(ErrorCode::Busy, "The connection of volume " + volume.value +
                                         " to the same host is being ended. Try again when it has gone.");
    }
    if (all.size() >= kMostConnections) {
        throw Error(ErrorCode::Conflict,
                    "Volume " + volume.value + " has " + std::to_string(all.size()) +
                        " connections, and may have no more. End some by os-terminate_connection.",
                    {}, volume.value);
    }
    repo::insert(tx, {volume, host, {}, now_us()});
    return true;
}

std::optional<repo::ConnectionRecord> begin_ending(db::Transaction& tx, const VolumeId& volume, const std::string& host,
                                                   const std::string& command_id) {
    auto before = repo::find_connection(tx, volume, host);
    if (!before) repo::insert(tx, {volume, host, command_id, now_us()});
    if (before && before->ending.empty()) repo::set_ending(tx, volume, host, command_id);
    return before;
}

void restore_connection(db::Transaction& tx, const VolumeId& volume, const std::string& host,
                        const std::optional<repo::ConnectionRecord>& before) {
    if (!before) return repo::delete_connection(tx, volume, host);
    repo::set_ending(tx, volume, host, before->ending);
}

bool has_room(db::Transaction& tx, const VolumeId& volume, const std::string& host) {
    const auto all = repo::connections_of(tx, volume);
    if (all.size() < kMostConnections) return true;
    const auto attachments = repo::attachments_of(tx, volume);
    return std::any_of(all.begin(), all.end(), [&](const auto& item) { return item.host == host; }) ||
           std::any_of(attachments.begin(), attachments.end(), [&](const auto& item) { return item.host == host; });
}

bool may_have_connection(db::Transaction& tx, const AttachmentRecord& attachment) {
    if (!attachment.connected()) return false;
    return !attachment.connection_info.empty() || attachment.attach_status != AttachStatus::Attached ||
           repo::find_connection(tx, attachment.volume, attachment.host).has_value();
}

void leave_to_end(db::Transaction& tx, const VolumeId& volume, const std::string& host) {
    if (!repo::find_volume(tx, volume)) return;
    for (const auto& item : repo::attachments_of(tx, volume)) {
        const bool ends = item.attach_status == AttachStatus::Detaching;
        if (!ends && item.host == host && may_have_connection(tx, item)) return;
    }
    begin_ending(tx, volume, host, end_command(volume, host));
}

void end_unrecorded(Dependencies& d, const VolumeId& volume, const std::string& host, const rpc::CallOptions& options) {
    d.db.write_with([&](db::Transaction& tx) { leave_to_end(tx, volume, host); });
    finish_ending(d, volume, host, options);
}

bool is_connected(db::Transaction& tx, const VolumeId& volume, const std::string& host) {
    if (const auto found = repo::find_connection(tx, volume, host)) return found->ending.empty();
    const auto all = repo::attachments_of(tx, volume);
    return std::any_of(all.begin(), all.end(), [&](const AttachmentRecord& item) {
        return item.host == host && !item.connection_info.empty() && item.attach_status != AttachStatus::Detaching;
    });
}

void finish_ending(Dependencies& d, const VolumeId& volume, const std::string& host, const rpc::CallOptions& options) {
    const auto found = d.db.read_with([&](db::Transaction& tx) { return repo::find_connection(tx, volume, host); });
    if (!found || found->ending.empty()) return;
    auto same = options;
    same.command_id = found->ending;
    terminate_connection(d, volume, connector_of(host), same);
}

bool has_leftovers(db::Transaction& tx, const VolumeId& volume) {
    return !repo::connections_of(tx, volume).empty() || !failed_of(repo::attachments_of(tx, volume)).empty();
}

void end_leftovers(Dependencies& d, const VolumeId& volume, const rpc::CallOptions& options) {
    const auto attachments = d.db.read_with([&](db::Transaction& tx) { return repo::attachments_of(tx, volume); });
    const auto connections = d.db.read_with([&](db::Transaction& tx) { return repo::connections_of(tx, volume); });
    const auto used = used_hosts(attachments);
    const auto failed = failed_of(attachments);
    std::set<std::string> hosts;
    for (const auto& item : connections) hosts.insert(item.host);
    const auto latest = std::chrono::steady_clock::now() + options.deadline;
    const auto check_time = [&] {
        if (std::chrono::steady_clock::now() > latest) throw still_ending(volume);
    };
    for (const auto& item : failed) {
        check_time();
        if (!used.contains(item.host)) await_connection(d, item, item.host, options);
        hosts.insert(item.host);
    }
    for (const auto& host : hosts) {
        if (used.contains(host)) continue;
        check_time();
        end_one(d, volume, host, options);
    }
    if (failed.empty()) return;
    d.db.write_with([&](db::Transaction& tx) {
        for (const auto& item : failed) forget_connector(tx, item.id);
    });
}

void end_leftovers(Dependencies& d, const taskflow::TaskContext& context, const VolumeId& volume) {
    rpc::CallOptions options;
    options.request_id = context.request_id;
    options.deadline = kShortDeadline;
    options.cancelled = context.cancel_requested;
    end_leftovers(d, volume, options);
}

}  // namespace virga::volume::flows
