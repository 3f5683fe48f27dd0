#include <set>

#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/repo/keypair_repo.hpp"
#include "compute/repo/quota_repo.hpp"
#include "compute/settings.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kShow(policies(), "os_compute_api:os-quota-sets:show");

/// Quotas that are counted or checked by compute; the rest of a set is shown for old clients only.
const std::vector<std::string>& resources() {
    static const std::vector<std::string> names{
        "instances", "cores", "ram", "key_pairs", "metadata_items", "server_groups", "server_group_members"};
    return names;
}

const std::set<std::string, std::less<>>& network_resources() {
    static const std::set<std::string, std::less<>> names{"fixed_ips", "floating_ips", "security_groups",
                                                          "security_group_rules"};
    return names;
}

const std::set<std::string, std::less<>>& file_resources() {
    static const std::set<std::string, std::less<>> names{"injected_files", "injected_file_content_bytes",
                                                          "injected_file_path_bytes"};
    return names;
}

void add_old(const Call& call, json::object& set, bool detail) {
    const auto entry = [&](std::int64_t limit) -> json::value {
        if (!detail) return limit;
        return json::object{{"limit", limit}, {"in_use", 0}, {"reserved", 0}};
    };
    if (call.minor <= 35) {
        for (const auto& name : network_resources()) set[name] = entry(-1);
    }
    if (call.minor <= 56) {
        for (const auto& name : file_resources()) set[name] = entry(0);
    }
}

void require_access(const Call& call, const std::string& project) {
    kShow.require(call.auth, {.project = project});
}

std::int64_t in_use(const repo::ProjectUsage& used, const std::string& resource) {
    if (resource == "instances") return used.servers;
    if (resource == "cores") return used.vcpus;
    if (resource == "ram") return used.memory_mib;
    return 0;
}

json::object set_of(db::Transaction& tx, const Call& call, const std::string& project, bool detail) {
    const auto used = repo::usage_of_project(tx, ProjectId(project));
    const QuotaLimits limits(tx, call.d, project);
    json::object set{{"id", project}};
    for (const auto& name : resources()) {
        const auto limit = limits.of(name);
        if (detail) {
            set[name] = json::object{{"limit", limit}, {"in_use", in_use(used, name)}, {"reserved", 0}};
        } else {
            set[name] = limit;
        }
    }
    add_old(call, set, detail);
    return set;
}

http::Response show(Call& call, bool detail) {
    check_query(call, "os-quota-sets");
    const auto& project = call.param("project_id");
    require_access(call, project);
    auto tx = call.d.db.read();
    return json_response(200, "quota_set", set_of(tx, call, project, detail));
}

http::Response defaults(Call& call) {
    auto tx = call.d.db.read();
    auto set = set_of(tx, call, {}, false);
    set["id"] = call.param("project_id");
    return json_response(200, "quota_set", std::move(set));
}

/// A limit below what is used needs force, as in Nova.
void check_usage(db::Transaction& tx, const std::string& project, const std::string& resource, std::int64_t limit) {
    const auto used = in_use(repo::usage_of_project(tx, ProjectId(project)), resource);
    if (limit < 0 || limit >= used) return;
    throw Error(ErrorCode::InvalidInput, "quota_set." + resource + ": quota limit " + std::to_string(limit) +
                                             " must be at least what is used and reserved, " + std::to_string(used));
}

http::Response update(Call& call) {
    const auto& project = call.param("project_id");
    const auto body = body_object(call.request, "quota_set");
    http::Fields fields(body, "quota_set");
    const bool force = fields.boolean("force").value_or(false);
    fields.any("tenant_id");
    std::vector<std::pair<std::string, std::int64_t>> wanted;
    for (const auto& name : resources()) {
        if (const auto limit = fields.integer(name, -1, 2147483647)) wanted.emplace_back(name, *limit);
    }
    if (call.minor <= 35) {
        for (const auto& name : network_resources()) fields.integer(name, -1, 2147483647);
    }
    if (call.minor <= 56) {
        for (const auto& name : file_resources()) fields.integer(name, -1, 2147483647);
    }
    fields.finish();
    auto set = call.d.db.write_with([&](db::Transaction& tx) {
        for (const auto& [name, limit] : wanted) {
            if (!force) check_usage(tx, project, name, limit);
            repo::set_quota(tx, project, name, limit);
        }
        return set_of(tx, call, project, false);
    });
    set.erase("id");
    return json_response(200, "quota_set", std::move(set));
}

http::Response reset(Call& call) {
    call.d.db.write_with([&](db::Transaction& tx) { repo::forget_quotas(tx, call.param("project_id")); });
    return http::Response::empty(202);
}

}  // namespace

void add_quota_sets(Routes& routes) {
    routes.add("GET", "/os-quota-sets/{project_id}", "os_compute_api:os-quota-sets:show",
               [](Call& call) { return show(call, false); });
    routes.add("GET", "/os-quota-sets/{project_id}/detail", "os_compute_api:os-quota-sets:detail",
               [](Call& call) { return show(call, true); });
    routes.add("GET", "/os-quota-sets/{project_id}/defaults", "os_compute_api:os-quota-sets:defaults", defaults);
    routes.add("PUT", "/os-quota-sets/{project_id}", "os_compute_api:os-quota-sets:update", update);
    routes.add("DELETE", "/os-quota-sets/{project_id}", "os_compute_api:os-quota-sets:delete", reset);
}

}  // namespace virga::compute::api
