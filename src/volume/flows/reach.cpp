#include "volume/flows/reach.hpp"

#include <algorithm>

#include "volume/repo/attachment_repo.hpp"

namespace virga::volume::flows {
namespace {

bool exports(const rpc::HostState& host, const std::string& backend) {
    for (const auto& report : get_objects(host.report, "backends"))
        if (get_string(report, "name") == backend) return get_bool(report, "exports");
    return false;
}

}  // namespace

Reach reach_of(Dependencies& d, const VolumeRecord& volume) {
    if (!volume.host_local) return Reach::Anywhere;
    if (!volume.encryption_key_id.empty()) return Reach::OwnHost;
    const auto host = d.hosts.find(volume.host);
    return host && exports(*host, volume.backend) ? Reach::ByNetwork : Reach::OwnHost;
}

bool by_network(const AttachmentRecord& attachment) {
    return attachment.connected() && get_string(attachment.connection_info, "driver_volume_type") == "nbd";
}

bool is_exported(db::Transaction& tx, const VolumeId& volume) {
    const auto all = repo::attachments_of(tx, volume);
    return std::any_of(all.begin(), all.end(), by_network);
}

}  // namespace virga::volume::flows
