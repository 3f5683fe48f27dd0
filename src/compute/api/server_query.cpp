#include "compute/api/server_query.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/iso_time.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/api/server_filters.hpp"
#include "compute/model/text_pattern.hpp"
#include "http/query.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kAllTenants(policies(), "os_compute_api:servers:index:get_all_tenants");
const identity::policy::Check kAllFilters(policies(), "os_compute_api:servers:allow_all_filters");

using Accept = std::function<bool(const Server&)>;

constexpr std::size_t kMostTags = 50;

/// Members of joined tables can't be filtered by, and Nova says so in every version.
void check_names(const Call& call) {
    static const std::set<std::string, std::less<>> kJoined{"block_device_mapping", "services",   "metadata",
                                                            "system_metadata",      "info_cache", "security_groups",
                                                            "pci_devices"};
    for (const auto& item : call.request.query) {
        const auto& name = item.first;
        if (!name.starts_with('_') && !kJoined.contains(name)) continue;
        throw Error(ErrorCode::InvalidInput, "Invalid filter field: " + name.substr(0, 64) + ".");
    }
}

std::set<std::string> words_of(const Call& call, std::string_view name) {
    const auto words = http::split_list(name, call.request.query_value(name).value_or(""), kMostTags);
    return {words.begin(), words.end()};
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

std::string id_of_url(const std::string& text) {
    const auto slash = text.rfind('/');
    return slash == std::string::npos ? text : text.substr(slash + 1);
}

std::optional<std::string> first_of(const Call& call, std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
        if (auto value = call.request.query_value(name)) return value;
    }
    return std::nullopt;
}

void filter_project(const Call& call, repo::ServerFilter& filter) {
    const bool all = query_flag(call.request, "all_tenants") || query_flag(call.request, "all_projects");
    if (all) kAllTenants.require(call.auth);
    filter.project = call.auth.project.value;
    if (!kAllFilters.allows(call.auth)) return;
    const auto project = first_of(call, {"project_id", "tenant_id"});
    // Nova: without all_tenants the project of the token counts, whatever project the query names.
    if (all) filter.project = project.value_or("");
    if (const auto host = first_of(call, {"host", "node", "hypervisor_hostname"}))
        filter.equal.emplace_back("host", *host);
}

void filter_times(const Call& call, repo::ServerFilter& filter) {
    const auto since = call.request.query_value("changes-since");
    if (since) filter.changed_since_us = parse_time(*since, "changes-since");
    const auto before = call.minor >= kChangesBeforeSince ? call.request.query_value("changes-before") : std::nullopt;
    if (before) filter.changed_before_us = parse_time(*before, "changes-before");
    check_change_window(filter.changed_since_us, filter.changed_before_us);
    if (filter.changed_before_us) *filter.changed_before_us = end_of_second(*filter.changed_before_us);
}

/// Deleted servers belong to what has changed, unless an administrator says otherwise.
void filter_deleted(const Call& call, repo::ServerFilter& filter) {
    const bool changes = filter.changed_since_us || filter.changed_before_us;
    filter.deleted = changes ? repo::Deleted::Too : repo::Deleted::No;
    if (!call.auth.is_admin() || !call.request.query_value("deleted")) return;
    filter.deleted = query_flag(call.request, "deleted") ? repo::Deleted::Only : repo::Deleted::No;
}

void filter_plain(const Call& call, repo::ServerFilter& filter) {
    const auto equal = [&](const char* column, std::initializer_list<std::string_view> names, bool url) {
        const auto value = first_of(call, names);
        if (value) filter.equal.emplace_back(column, url ? id_of_url(*value) : *value);
    };
    equal("user_id", {"user_id"}, false);
    equal("image_id", {"image", "image_ref"}, true);
    equal("flavor_id", {"flavor"}, true);
    equal("vm_state", {"vm_state"}, false);
    equal("task_state", {"task_state"}, false);
    if (const auto uuid = call.request.query_value("uuid")) {
        filter.ids.emplace_back(is_uuid_like(*uuid) ? canonical_uuid(*uuid) : *uuid);
    }
}

Accept by_status(const Call& call, const std::vector<std::string>& wanted, repo::ServerFilter& filter) {
    std::set<std::string> statuses;
    for (const auto& status : wanted) statuses.insert(upper(status));
    if (statuses.contains("DELETED")) {
        kAllFilters.require(call.auth);
        filter.deleted = statuses.size() == 1 ? repo::Deleted::Only : repo::Deleted::Too;
    }
    for (const auto& status : statuses) {
        for (const auto& state : vm_states_of(status)) filter.vm_states.push_back(state);
    }
    return [statuses](const Server& s) { return statuses.contains(std::string(api_status(s.vm_state, s.task_state))); };
}

Accept by_tags(const Call& call) {
    const auto all = words_of(call, "tags");
    const auto any = words_of(call, "tags-any");
    const auto not_all = words_of(call, "not-tags");
    const auto not_any = words_of(call, "not-tags-any");
    if (all.empty() && any.empty() && not_all.empty() && not_any.empty()) return {};
    return [=](const Server& server) {
        const std::set<std::string> own(server.tags.begin(), server.tags.end());
        const auto has = [&](const std::string& tag) { return own.contains(tag); };
        if (!std::all_of(all.begin(), all.end(), has)) return false;
        if (!any.empty() && std::none_of(any.begin(), any.end(), has)) return false;
        if (!not_all.empty() && std::all_of(not_all.begin(), not_all.end(), has)) return false;
        return std::none_of(not_any.begin(), not_any.end(), has);
    };
}

/// A pattern that an address of the server must match.
struct AddressFilter {
    TextPattern pattern;
    int version;

    bool matches(const std::vector<network::Nic>& nics) const {
        return std::any_of(nics.begin(), nics.end(), [&](const network::Nic& nic) {
            return std::any_of(nic.fixed_ips.begin(), nic.fixed_ips.end(),
                               [&](const auto& ip) { return ip.version == version && pattern.matches(ip.address); });
        });
    }
};

/// Asks for the addresses of all candidates at once: one by one, a list would cost a query for each server.
void filter_addresses(const Call& call, db::Transaction& tx, repo::ServerFilter& filter) {
    std::vector<AddressFilter> wanted;
    if (const auto text = call.request.query_value("ip")) wanted.push_back({TextPattern("ip", *text), 4});
    if (const auto text = call.request.query_value("ip6")) wanted.push_back({TextPattern("ip6", *text), 6});
    if (wanted.empty()) return;
    filter.narrow = [&networks = call.d.networks, &tx, wanted = std::move(wanted)](std::vector<Server>& servers) {
        std::vector<ServerId> ids;
        for (const auto& server : servers) ids.push_back(server.id);
        const auto nics = networks.nics_of_servers(tx, ids);
        std::erase_if(servers, [&](const Server& server) {
            const auto found = nics.find(server.id);
            return found == nics.end() || !std::all_of(wanted.begin(), wanted.end(), [&](const AddressFilter& each) {
                       return each.matches(found->second);
                   });
        });
    };
}

std::vector<Accept> conditions(const Call& call, repo::ServerFilter& filter) {
    std::vector<Accept> all;
    const auto& request = call.request;
    const auto statuses = http::query_values(request, "status");
    if (!statuses.empty()) all.push_back(by_status(call, statuses, filter));
    const auto name = first_of(call, {"name", "display_name"});
    if (name && TextPattern::is_plain(*name)) filter.name = *name;
    for (auto& accept : text_conditions(call)) all.push_back(std::move(accept));
    if (call.minor >= 26) {
        if (auto tags = by_tags(call)) all.push_back(std::move(tags));
    }
    if (call.minor >= 73 && request.query_value("locked")) {
        const json::object holder{{"locked", *request.query_value("locked")}};
        const bool wanted = http::Fields(holder, "").boolean("locked").value_or(false);
        all.push_back([wanted](const Server& s) { return s.locked == wanted; });
    }
    return all;
}

/// Column of a sort key; empty for one that Nova knows and that makes no difference here.
std::string column_of(const Call& call, const std::string& key) {
    static const std::map<std::string, std::string> kColumns{{"access_ip_v4", "access_ip_v4"},
                                                             {"access_ip_v6", "access_ip_v6"},
                                                             {"auto_disk_config", "disk_config"},
                                                             {"availability_zone", "availability_zone"},
                                                             {"config_drive", "has_config_drive"},
                                                             {"created_at", "created_us"},
                                                             {"display_description", "description"},
                                                             {"display_name", "name"},
                                                             {"host", "host"},
                                                             {"hostname", "hostname"},
                                                             {"image_ref", "image_id"},
                                                             {"instance_type_id", "flavor_id"},
                                                             {"kernel_id", ""},
                                                             {"key_name", "key_name"},
                                                             {"launch_index", "launch_index"},
                                                             {"launched_at", "launched_us"},
                                                             {"locked_by", "locked"},
                                                             {"node", "host"},
                                                             {"power_state", "power_state"},
                                                             {"progress", ""},
                                                             {"project_id", "project_id"},
                                                             {"ramdisk_id", ""},
                                                             {"root_device_name", "root_device_name"},
                                                             {"task_state", "task_state"},
                                                             {"terminated_at", "terminated_us"},
                                                             {"updated_at", "updated_us"},
                                                             {"user_id", "user_id"},
                                                             {"uuid", "id"},
                                                             {"vm_state", "vm_state"}};
    // Columns of Nova's table that were sort keys once: ignored before 2.75, refused from then on.
    static const std::set<std::string> kIgnored{"architecture",
                                                "cell_name",
                                                "cleaned",
                                                "default_ephemeral_device",
                                                "default_swap_device",
                                                "deleted",
                                                "deleted_at",
                                                "disable_terminate",
                                                "ephemeral_gb",
                                                "ephemeral_key_uuid",
                                                "id",
                                                "key_data",
                                                "launched_on",
                                                "locked",
                                                "memory_mb",
                                                "os_type",
                                                "reservation_id",
                                                "root_gb",
                                                "shutdown_terminate",
                                                "user_data",
                                                "vcpus",
                                                "vm_mode"};
    constexpr int kStrict = 75;
    constexpr int kLockedSince = 73;
    if (key == "locked" && call.minor >= kLockedSince) return "locked";
    if (const auto found = kColumns.find(key); found != kColumns.end()) {
        if (found->second == "host") kAllFilters.require(call.auth);
        return found->second;
    }
    if (call.minor < kStrict && kIgnored.contains(key)) return {};
    throw Error(ErrorCode::InvalidInput, "sort_key: servers can't be sorted by '" + key.substr(0, 64) + "'");
}

void sort_and_page(const Call& call, repo::ServerFilter& filter) {
    const auto sort = http::read_sort(call.request, http::SortForm::Pairs, false);
    filter.sort.clear();
    std::vector<std::string> columns;
    for (const auto& [key, ascending] : sort.items) {
        auto column = column_of(call, key);
        if (column.empty()) continue;
        columns.push_back(column);
        filter.sort.push_back({std::move(column), ascending});
    }
    http::check_distinct_keys(columns);
    if (filter.sort.empty()) filter.sort.push_back({"created_us", sort.ascending});
    const auto page = http::page_of(call.request);
    filter.limit = page.limit;
    filter.marker = page.marker.value_or("");
}

}  // namespace

TimestampUs parse_time(const std::string& text, std::string_view field) {
    if (const auto time = parse_iso_time(text)) return *time;
    throw Error(ErrorCode::InvalidInput,
                std::string(field) + ": '" + text.substr(0, 64) + "' is not an ISO 8601 time (2026-11-23T02:24:29Z)");
}

void check_change_window(const std::optional<TimestampUs>& since, const std::optional<TimestampUs>& before) {
    if (!since || !before || *since <= *before) return;
    throw Error(ErrorCode::InvalidInput, "changes-since: must not be later than changes-before");
}

TimestampUs end_of_second(TimestampUs time) {
    constexpr TimestampUs kSecond = 1'000'000;
    return time % kSecond == 0 ? time + kSecond - 1 : time;
}

repo::ServerFilter server_filter(const Call& call, db::Transaction& tx) {
    check_query(call, "servers");
    check_names(call);
    repo::ServerFilter filter;
    filter_project(call, filter);
    filter_plain(call, filter);
    filter_times(call, filter);
    filter_deleted(call, filter);
    sort_and_page(call, filter);
    filter_addresses(call, tx, filter);
    auto all = conditions(call, filter);
    if (!all.empty()) {
        filter.accept = [all = std::move(all)](const Server& server) {
            return std::all_of(all.begin(), all.end(), [&](const auto& accept) { return accept(server); });
        };
    }
    return filter;
}

}  // namespace virga::compute::api
