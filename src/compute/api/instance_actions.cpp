#include <algorithm>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/api/server_query.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Check kEvents(policies(), "os_compute_api:os-instance-actions:events");
const identity::policy::Check kDetails(policies(), "os_compute_api:os-instance-actions:events:details");

constexpr int kDeletedSince = 21;
constexpr int kEventsForUsersSince = 51;
constexpr int kUpdatedSince = 58;

/// Actions of a server that the caller may see, newest first. A deleted server's from 2.21 on.
std::vector<repo::InstanceAction> visible_actions(db::Transaction& tx, const Call& call) {
    const auto id = call.server_id();
    auto actions = repo::actions_of(tx, id);
    const auto server = repo::find_server(tx, id);
    std::string owner;
    if (server) owner = server->project.value;
    if (!server && call.minor >= kDeletedSince && !actions.empty()) owner = actions.back().project_id;
    if (owner.empty() || (!call.auth.reaches(ProjectId(owner)))) {
        throw Error(ErrorCode::NotFound, "Instance " + id.value + " could not be found.", {}, id.value);
    }
    return actions;
}

TimestampUs updated_of(const repo::InstanceAction& action, const taskflow::FlowRecord* flow) {
    return flow != nullptr && flow->ended_us != 0 ? flow->ended_us : action.start_us;
}

json::object view(const Call& call, const repo::InstanceAction& action, const taskflow::FlowRecord* flow) {
    json::object out{{"action", action.action},
                     {"instance_uuid", action.server.value},
                     {"request_id", action.request_id},
                     {"user_id", action.user_id},
                     {"project_id", action.project_id},
                     {"start_time", iso8601_us(action.start_us)},
                     {"message", nullptr}};
    if (flow != nullptr && flow->state == taskflow::FlowState::Failed) out["message"] = "Error";
    if (call.minor >= kUpdatedSince) out["updated_at"] = iso8601_us(updated_of(action, flow));
    return out;
}

json::value result_of(const taskflow::TaskRun& run) {
    if (run.outcome == "success") return "Success";
    if (run.outcome == "running") return nullptr;
    return "Error";
}

json::object event(const Call& call, const taskflow::TaskRun& run, const std::string& host, const ProjectId& project) {
    const bool ended = run.ended_us != 0;
    json::object out{{"event", run.phase == "revert" ? run.task + " (revert)" : run.task},
                     {"start_time", iso8601_us(run.started_us)},
                     {"finish_time", ended ? json::value(iso8601_us(run.ended_us)) : json::value()},
                     {"result", result_of(run)}};
    const bool whole = kDetails.allows(call.auth);
    if (whole) out["traceback"] = string_or_null(run.error);
    if (call.minor >= 62) {
        out["hostId"] = host_id(project, host);
        if (whole) out["host"] = string_or_null(host);
    }
    if (call.minor >= 84 && whole) out["details"] = string_or_null(run.error);
    return out;
}

/// The journal of the action's flow and of its children, by start. A parked run is told by the one that ends it.
json::array events(db::Transaction& tx, const Call& call, const repo::InstanceAction& action) {
    std::vector<std::pair<taskflow::TaskRun, std::string>> runs;
    std::vector<FlowId> open{action.flow};
    while (!open.empty()) {
        const auto id = open.back();
        open.pop_back();
        const auto flow = call.d.runner.find(tx, id);
        if (!flow) continue;
        for (auto& run : call.d.runner.journal(tx, id)) {
            if (run.outcome != "parked") runs.emplace_back(std::move(run), get_string(flow->data, "host"));
        }
        for (const auto& child : call.d.runner.children(tx, id)) open.push_back(child.id);
    }
    std::stable_sort(runs.begin(), runs.end(),
                     [](const auto& a, const auto& b) { return a.first.started_us < b.first.started_us; });
    json::array list;
    for (const auto& [run, host] : runs) list.push_back(event(call, run, host, ProjectId(action.project_id)));
    return list;
}

struct Window {
    std::optional<TimestampUs> since;
    std::optional<TimestampUs> before;

    bool has(TimestampUs updated) const { return (!since || updated >= *since) && (!before || updated <= *before); }
};

Window window_of(const Call& call) {
    Window window;
    if (call.minor < kUpdatedSince) return window;
    if (const auto since = call.request.query_value("changes-since"))
        window.since = parse_time(*since, "changes-since");
    const auto before = call.minor >= kChangesBeforeSince ? call.request.query_value("changes-before") : std::nullopt;
    if (before) window.before = parse_time(*before, "changes-before");
    check_change_window(window.since, window.before);
    if (window.before) *window.before = end_of_second(*window.before);
    return window;
}

std::vector<repo::InstanceAction>::const_iterator page_start(const std::vector<repo::InstanceAction>& actions,
                                                             const std::optional<std::string>& marker) {
    if (!marker) return actions.begin();
    const auto at =
        std::find_if(actions.begin(), actions.end(), [&](const auto& a) { return a.request_id == *marker; });
    if (at == actions.end())
        throw Error(ErrorCode::InvalidInput, "marker: there is no action " + marker->substr(0, 64));
    return at + 1;
}

/// The flows of a list of actions, some hundred at once as the list is gone through.
class Flows {
public:
    using Actions = std::vector<repo::InstanceAction>;
    Flows(db::Transaction& tx, taskflow::Runner& runner, const Actions& actions)
        : tx_(tx), runner_(runner), read_to_(actions.begin()), end_(actions.end()) {}

    /// Of actions in the order of the list, some at its beginning left out. Null when there is none any more. Lives
    /// until the next question.
    const taskflow::FlowRecord* of(Actions::const_iterator action) {
        if (action >= read_to_) read(action);
        const auto found = flows_.find(action->flow.value);
        return found == flows_.end() ? nullptr : &found->second;
    }

private:
    void read(Actions::const_iterator first) {
        constexpr std::ptrdiff_t kAtOnce = 200;
        read_to_ = first + std::min(kAtOnce, end_ - first);
        std::vector<FlowId> ids;
        for (auto it = first; it != read_to_; ++it) ids.push_back(it->flow);
        flows_.clear();
        for (auto& flow : runner_.find_all(tx_, ids)) flows_.insert_or_assign(flow.id.value, std::move(flow));
    }

    db::Transaction& tx_;
    taskflow::Runner& runner_;
    Actions::const_iterator read_to_;
    Actions::const_iterator end_;
    std::map<std::string, taskflow::FlowRecord> flows_;
};

http::Response list(Call& call) {
    check_query(call, "os-instance-actions");
    const auto window = window_of(call);
    auto tx = call.d.db.read();
    const auto actions = visible_actions(tx, call);
    Flows flows(tx, call.d.runner, actions);
    const bool paged = call.minor >= kUpdatedSince;
    const auto page = paged ? http::page_of(call.request) : http::Page{actions.size(), std::nullopt};
    json::array views;
    std::string last;
    for (auto it = page_start(actions, page.marker); it != actions.end() && views.size() < page.limit; ++it) {
        const auto* flow = flows.of(it);
        if (!window.has(updated_of(*it, flow))) continue;
        views.push_back(view(call, *it, flow));
        last = it->request_id;
    }
    json::object body;
    const bool full = paged && !views.empty() && views.size() == page.limit;
    body["instanceActions"] = std::move(views);
    if (full) {
        json::array links;
        links.push_back(json::object{{"rel", "next"}, {"href", http::next_link(call.request, last)}});
        body["links"] = std::move(links);
    }
    return http::Response::with_json(200, body);
}

http::Response show(Call& call) {
    auto tx = call.d.db.read();
    for (const auto& action : visible_actions(tx, call)) {
        if (action.request_id != call.param("request_id")) continue;
        const auto flow = call.d.runner.find(tx, action.flow);
        auto out = view(call, action, flow ? &*flow : nullptr);
        if (kEvents.allows(call.auth) || call.minor >= kEventsForUsersSince) out["events"] = events(tx, call, action);
        return json_response(200, "instanceAction", std::move(out));
    }
    throw Error(ErrorCode::NotFound, "Action " + call.param("request_id") + " could not be found for this server");
}

}  // namespace

void add_instance_actions(Routes& routes) {
    routes.add("GET", "/servers/{server_id}/os-instance-actions", "os_compute_api:os-instance-actions:list", list);
    routes.add("GET", "/servers/{server_id}/os-instance-actions/{request_id}",
               "os_compute_api:os-instance-actions:show", show);
}

}  // namespace virga::compute::api
