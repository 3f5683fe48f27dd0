#pragma once
#include <string>
#include <vector>

#include "db/database.hpp"

/// SQL of what projects have on a storage host.
namespace virga::volume::repo {

struct HostUsage {
    std::string project;
    std::int64_t volumes = 0;
    std::int64_t volume_gib = 0;
    std::int64_t snapshots = 0;
    std::int64_t snapshot_gib = 0;
    void add(const HostUsage& other);
};
/// By project, of the volumes on "host@backend".
std::vector<HostUsage> host_usage(db::Transaction& tx, const std::string& label);

}  // namespace virga::volume::repo
