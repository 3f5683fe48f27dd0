#include "compute/repo/refusal_repo.hpp"

#include "db/conditions.hpp"

namespace virga::compute::repo {
namespace {

/// The cases of one CASE, in the order in which scheduler::reject asks.
class Cases {
public:
    void add(const char* filter, const std::string& condition, const db::Params& params) {
        sql_ += " WHEN " + condition + " THEN '" + filter + "'";
        params_.insert(params_.end(), params.begin(), params.end());
    }
    void add(const char* filter, const db::Condition& condition) { add(filter, condition.sql, condition.params); }

    std::string sql() const {
        return "SELECT refused_by, COUNT(*) AS hosts FROM (SELECT CASE" + sql_ +
               " ELSE '' END AS refused_by FROM hosts) refused GROUP BY refused_by";
    }
    const db::Params& params() const { return params_; }

private:
    std::string sql_;
    db::Params params_;
};

db::Condition named(const std::set<std::string>& hosts) {
    return db::in_list("name", db::Params(hosts.begin(), hosts.end()));
}

void add_places(Cases& cases, const scheduler::Request& request) {
    cases.add("RetryFilter", named(request.excluded));
    if (!request.wanted_host.empty()) cases.add("RequestedDestinationFilter", "name <> ?", {request.wanted_host});
    cases.add("ComputeFilter", "state <> 'up' OR disabled <> 0 OR forced_down <> 0", {});
    if (!request.zone.empty()) cases.add("AvailabilityZoneFilter", "zone <> ?", {request.zone});
    if (request.same_hosts) {
        const auto same = named(*request.same_hosts);
        cases.add("SameHostFilter", "NOT (" + same.sql + ")", same.params);
    }
    cases.add("DifferentHostFilter", named(request.different_hosts));
    for (const auto& host : request.volume_hosts) cases.add("VolumeLocalityFilter", "name <> ?", {host});
    for (const auto& host : request.near_hosts)
        cases.add("VolumeLocalityFilter", "name <> ? AND remote_disks = 0", {host});
}

void add_capacity(Cases& cases, const scheduler::Request& request) {
    cases.add("CoreFilter", "limit_vcpus - used_vcpus < ?", {request.vcpus});
    cases.add("RamFilter", "limit_memory_mib - used_memory_mib < ?", {request.memory_mib});
    if (request.disk_gib > 0) cases.add("DiskFilter", "limit_disk_gib - used_disk_gib < ?", {request.disk_gib});
}

}  // namespace

Refusals count_refusals(db::Transaction& tx, const scheduler::Request& request) {
    Cases cases;
    add_places(cases, request);
    add_capacity(cases, request);
    Refusals found;
    for (const auto& row : tx.query(cases.sql(), cases.params())) {
        found.hosts += row.number("hosts");
        if (const auto filter = row.text("refused_by"); !filter.empty())
            found.by_filter[filter] = static_cast<int>(row.number("hosts"));
    }
    return found;
}

}  // namespace virga::compute::repo
