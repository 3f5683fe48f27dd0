#include "compute/api/query_rules.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace virga::compute::api {
namespace {

constexpr int kStrict = 75;

const QueryRule& rule_of(std::string_view resource) {
    for (const auto& rule : query_rules()) {
        if (rule.resource == resource) return rule;
    }
    throw Error(ErrorCode::Internal, "no query rule for " + std::string(resource));
}

std::string names_of(const Call& call, const QueryRule& rule) {
    std::string names;
    for (const auto& parameter : rule.parameters) {
        if (call.minor >= parameter.since) names += (names.empty() ? "" : ", ") + parameter.name;
    }
    return names.empty() ? "none" : names;
}

}  // namespace

const std::vector<QueryRule>& query_rules() {
    static const std::vector<QueryRule> rules{
        {"servers",
         kStrict,
         {{"access_ip_v4"},
          {"access_ip_v6"},
          {"all_tenants"},
          {"auto_disk_config"},
          {"availability_zone"},
          {"changes-before", 66},
          {"changes-since"},
          {"config_drive"},
          {"created_at"},
          {"deleted"},
          {"description"},
          {"display_description"},
          {"display_name"},
          {"flavor"},
          {"host"},
          {"hostname"},
          {"image"},
          {"image_ref"},
          {"ip"},
          {"ip6"},
          {"kernel_id"},
          {"key_name"},
          {"launch_index"},
          {"launched_at"},
          {"limit"},
          {"locked", 73},
          {"locked_by"},
          {"marker"},
          {"name"},
          {"node"},
          {"not-tags", 26},
          {"not-tags-any", 26},
          {"power_state"},
          {"progress"},
          {"project_id"},
          {"ramdisk_id"},
          {"reservation_id"},
          {"root_device_name"},
          {"soft_deleted"},
          {"sort_dir"},
          {"sort_key"},
          {"status"},
          {"tags", 26},
          {"tags-any", 26},
          {"task_state"},
          {"tenant_id"},
          {"terminated_at"},
          {"user_id"},
          {"uuid"},
          {"vm_state"}}},
        {"flavors",
         kStrict,
         {{"is_public"}, {"limit"}, {"marker"}, {"minDisk"}, {"minRam"}, {"sort_dir"}, {"sort_key"}}},
        {"os-keypairs", kStrict, {{"limit", 35}, {"marker", 35}, {"user_id", 10}}},
        {"os-keypairs/{name}", kStrict, {{"user_id", 10}}},
        {"limits", kStrict, {{"reserved"}, {"tenant_id"}}},
        {"os-services", kStrict, {{"binary"}, {"host"}}},
        {"os-hypervisors",
         53,
         {{"hypervisor_hostname_pattern", 53}, {"limit", 33}, {"marker", 33}, {"with_servers", 53}}},
        {"os-hypervisors/{hypervisor_id}", 53, {{"with_servers", 53}}},
        {"os-server-groups", kStrict, {{"all_projects"}, {"limit"}, {"offset"}}},
        {"os-quota-sets", kStrict, {{"user_id"}}},
        {"os-volume_attachments", kStrict, {{"limit"}, {"offset"}}},
        {"os-instance-actions", 58, {{"changes-before", 66}, {"changes-since", 58}, {"limit", 58}, {"marker", 58}}},
    };
    return rules;
}

void check_query(const Call& call, std::string_view resource) {
    const auto& rule = rule_of(resource);
    if (call.minor < rule.strict_since) return;
    for (const auto& item : call.request.query) {
        const bool known =
            std::any_of(rule.parameters.begin(), rule.parameters.end(), [&](const QueryParameter& parameter) {
                return parameter.name == item.first && call.minor >= parameter.since;
            });
        if (known) continue;
        throw Error(ErrorCode::InvalidInput, "'" + item.first.substr(0, 64) + "' is not a query parameter of " +
                                                 rule.resource + " in version 2." + std::to_string(call.minor) +
                                                 "; known are: " + names_of(call, rule));
    }
}

}  // namespace virga::compute::api
