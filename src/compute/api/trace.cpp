#include <map>

#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/model/block_device_plan.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kErrors(policies(), "os_compute_api:virga-trace:internal");

json::object task_view(const Call& call, const taskflow::TaskRun& run) {
    json::object out{{"task", run.task},       {"index", run.task_index},      {"phase", run.phase},
                     {"attempt", run.attempt}, {"started_us", run.started_us}, {"ended_us", run.ended_us},
                     {"outcome", run.outcome}};
    if (run.progress.total_bytes > 0) {
        out["progress"] = json::object{{"percent", run.progress.percent()},
                                       {"done_bytes", run.progress.done_bytes},
                                       {"total_bytes", run.progress.total_bytes}};
    }
    // What a task decided or failed with may name hosts and paths.
    out["decision"] = kErrors.allows(call.auth) ? run.decision : run.told;
    out["error"] = kErrors.allows(call.auth) ? string_or_null(run.error) : json::value();
    return out;
}

json::object flow_view(db::Transaction& tx, const Call& call, const taskflow::FlowRecord& flow) {
    json::array tasks;
    for (const auto& run : call.d.runner.journal(tx, flow.id)) tasks.push_back(task_view(call, run));
    json::array children;
    for (const auto& child : call.d.runner.children(tx, flow.id)) children.push_back(flow_view(tx, call, child));
    return {{"id", flow.id.value},
            {"kind", flow.kind},
            {"resource", flow.resource},
            {"state", taskflow::to_string(flow.state)},
            {"started_us", flow.started_us},
            {"ended_us", flow.ended_us},
            {"failure", flow.failure && kErrors.allows(call.auth) ? json::value(flow.failure->message) : json::value()},
            {"tasks", std::move(tasks)},
            {"children", std::move(children)}};
}

/// What the API decided: the boot keeps it when the server's rows are gone.
struct Decided {
    std::optional<BootWay> way;
    std::vector<std::string> sentences;
};

Decided decided(const std::vector<taskflow::FlowRecord>& flows, const std::vector<BlockDevice>& devices) {
    for (const auto& flow : flows) {
        if (flow.kind != flow_kind::kBootServer) continue;
        auto data = taskflow::decode<flows::BootData>(flow.data);
        if (!data.decisions.empty()) return {data.way, std::move(data.decisions)};
    }
    return {way_of(devices), describe_all(devices)};
}

json::object server_part(db::Transaction& tx, const ServerId& id, const std::optional<Server>& server,
                         const std::vector<taskflow::FlowRecord>& flows) {
    const auto [way, sentences] = decided(flows, repo::block_devices(tx, id));
    json::object out{{"id", id.value}, {"name", nullptr}, {"status", "DELETED"}};
    if (server) {
        out["name"] = server->name;
        out["status"] = api_status(server->vm_state, server->task_state);
        out["vm_state"] = word(server->vm_state);
        out["task_state"] = string_or_null(std::string(word(server->task_state)));
        out["created_us"] = server->created_us;
        out["launched_us"] = server->launched_us;
    } else if (const auto actions = repo::actions_of(tx, id); !actions.empty()) {
        out["name"] = actions.front().server_name;
    }
    out["way"] = way ? word(*way) : std::string_view("unknown");
    out["decisions"] = json::array(sentences.begin(), sentences.end());
    return out;
}

void require_visible(db::Transaction& tx, const Call& call, const std::optional<Server>& server) {
    const auto id = call.server_id();
    std::string owner = server ? server->project.value : std::string();
    if (!server) {
        const auto actions = repo::actions_of(tx, id);
        if (!actions.empty()) owner = actions.back().project_id;
    }
    if (owner.empty() || (!call.auth.reaches(ProjectId(owner)))) {
        throw Error(ErrorCode::NotFound, "Instance " + id.value + " could not be found.", {}, id.value);
    }
}

/// Every flow that worked on a server, with all of its tasks; also after the server was deleted.
http::Response show(Call& call) {
    auto tx = call.d.db.read();
    const auto id = call.server_id();
    const auto server = repo::find_server(tx, id);
    require_visible(tx, call, server);
    const auto flows = call.d.runner.flows_of(tx, id.value);
    json::array views;
    for (const auto& flow : flows) {
        if (flow.parent.empty()) views.push_back(flow_view(tx, call, flow));
    }
    json::object trace;
    trace["server"] = server_part(tx, id, server, flows);
    trace["flows"] = std::move(views);
    return json_response(200, "trace", std::move(trace));
}

}  // namespace

void add_trace(Routes& routes) {
    routes.add("GET", "/servers/{server_id}/virga-trace", "os_compute_api:virga-trace", show);
}

}  // namespace virga::compute::api
