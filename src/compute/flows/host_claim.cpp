#include "compute/flows/host_claim.hpp"

#include "compute/flows/flow_kinds.hpp"
#include "compute/repo/allocation_repo.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// What flows that have not ended say. A delete is never given up, and may have passed this host by while it was down.
struct Work {
    bool deletes = false;
    bool is_on_host = false;
};

Work work_on(db::Transaction& tx, Dependencies& d, const ServerId& server, const std::string& host) {
    Work work;
    for (const auto& id : d.runner.unfinished(tx, server.value)) {
        const auto flow = d.runner.find(tx, id);
        if (!flow) continue;
        if (flow->kind == flow_kind::kDeleteServer)
            work.deletes = true;
        else if (get_string(flow->data, "host") == host)
            work.is_on_host = true;
    }
    return work;
}

}  // namespace

HostClaim claim_on_host(db::Transaction& tx, Dependencies& d, const ServerId& server, const std::string& host) {
    const auto work = work_on(tx, d, server, host);
    if (work.deletes) return HostClaim::Released;
    if (work.is_on_host) return HostClaim::Held;
    if (repo::has_allocation(tx, server, host)) return HostClaim::Held;
    if (const auto row = repo::find_server(tx, server))
        return row->host == host ? HostClaim::Held : HostClaim::Released;
    return repo::was_deleted(tx, server) ? HostClaim::Released : HostClaim::Unknown;
}

}  // namespace virga::compute::flows
