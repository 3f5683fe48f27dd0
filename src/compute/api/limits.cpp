#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/repo/keypair_repo.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kOtherProject(policies(), "os_compute_api:limits:other_project");

constexpr int kNetworkUntil = 35;
constexpr int kImageMetaUntil = 38;
constexpr int kPersonalityUntil = 56;

ProjectId project_of(const Call& call) {
    const auto named = call.request.query_value("tenant_id");
    if (!named || *named == call.auth.project.value) return call.auth.project;
    kOtherProject.require(call.auth);
    return ProjectId(*named);
}

json::object absolute(db::Transaction& tx, const Call& call, const ProjectId& project) {
    const auto used = repo::usage_of_project(tx, project);
    const QuotaLimits limits(tx, call.d, project.value);
    const auto limit = [&](const char* resource) { return limits.of(resource); };
    json::object out{{"maxTotalInstances", limit("instances")},
                     {"maxTotalCores", limit("cores")},
                     {"maxTotalRAMSize", limit("ram")},
                     {"maxServerMeta", limit("metadata_items")},
                     {"maxTotalKeypairs", limit("key_pairs")},
                     {"maxServerGroups", limit("server_groups")},
                     {"maxServerGroupMembers", limit("server_group_members")},
                     {"totalInstancesUsed", used.servers},
                     {"totalCoresUsed", used.vcpus},
                     {"totalRAMUsed", used.memory_mib},
                     {"totalServerGroupsUsed", 0}};
    if (call.minor <= kNetworkUntil) {
        for (const auto* key : {"maxSecurityGroups", "maxSecurityGroupRules", "maxTotalFloatingIps"}) out[key] = -1;
        for (const auto* key : {"totalSecurityGroupsUsed", "totalFloatingIpsUsed"}) out[key] = 0;
    }
    if (call.minor <= kImageMetaUntil) out["maxImageMeta"] = limit("metadata_items");
    if (call.minor <= kPersonalityUntil) {
        out["maxPersonality"] = 0;
        out["maxPersonalitySize"] = 0;
    }
    return out;
}

http::Response show(Call& call) {
    check_query(call, "limits");
    const auto project = project_of(call);
    auto tx = call.d.db.read();
    return json_response(200, "limits",
                         json::object{{"rate", json::array()}, {"absolute", absolute(tx, call, project)}});
}

}  // namespace

void add_limits(Routes& routes) {
    routes.add("GET", "/limits", "os_compute_api:limits", show);
}

}  // namespace virga::compute::api
