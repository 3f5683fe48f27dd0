#include "app/cloud_api.hpp"

#include "app/policy.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/work_scope.hpp"
#include "compute/repo/server_repo.hpp"
#include "http/schema.hpp"

namespace virga::app {
namespace {

const identity::policy::Check kInternal(policies(), "virga:trace:internal");

json::value failure_view(const std::optional<taskflow::Failure>& failure, bool whole) {
    if (!failure) return nullptr;
    return json::object{{"code", to_string(failure->code)},
                        {"message", whole ? failure->message : std::string()},
                        {"task", failure->task}};
}

json::value progress_view(const taskflow::Progress& progress) {
    if (progress.total_bytes == 0) return nullptr;
    return json::object{
        {"percent", progress.percent()}, {"done_bytes", progress.done_bytes}, {"total_bytes", progress.total_bytes}};
}

json::object run_view(const taskflow::TaskRun& run, bool whole) {
    return {{"task", run.task},
            {"task_index", run.task_index},
            {"phase", run.phase},
            {"attempt", run.attempt},
            {"started_us", run.started_us},
            {"ended_us", run.ended_us},
            {"outcome", run.outcome},
            {"decision", whole ? run.decision : run.told},
            {"error", whole ? run.error : std::string()},
            {"progress", progress_view(run.progress)}};
}

/// Of the task that runs, or of a flow below that does.
json::value running_progress(const json::array& tasks, const json::array& children) {
    for (const auto& child : children) {
        if (const auto& found = child.as_object().at("progress"); !found.is_null()) return found;
    }
    if (tasks.empty() || get_int(tasks.back().as_object(), "ended_us") != 0) return nullptr;
    return tasks.back().as_object().at("progress");
}

constexpr std::int64_t kMostSeconds = 50;
constexpr std::chrono::milliseconds kLook{1000};

std::chrono::seconds wait_of(const http::Request& request) {
    const auto text = request.query_value("wait");
    if (!text) return std::chrono::seconds(0);
    json::object holder{{"wait", *text}};
    return std::chrono::seconds(http::Fields(holder, "").required_integer("wait", 0, kMostSeconds));
}

}  // namespace

void CloudApi::register_routes(http::Router& router) {
    router.add(
        identity_.route("GET", "/virga/v1/trace/{resource_id}", policies(), "virga:trace",
                        [this](http::Request& request, const identity::Auth& auth) { return trace(request, auth); }));
    router.add(identity_.route("GET", "/virga/v1/check", policies(), "virga:check",
                               [this](http::Request&, const identity::Auth&) { return check(); }));
}

json::object CloudApi::flow_view(db::Transaction& tx, const taskflow::FlowRecord& flow, bool whole) {
    json::array tasks;
    for (const auto& run : runner_.journal(tx, flow.id)) tasks.push_back(run_view(run, whole));
    json::array children;
    for (const auto& child : runner_.children(tx, flow.id)) children.push_back(flow_view(tx, child, whole));
    auto progress = running_progress(tasks, children);
    return {{"id", flow.id.value},
            {"kind", flow.kind},
            {"resource", flow.resource},
            {"state", to_string(flow.state)},
            {"request_id", flow.request_id},
            {"started_us", flow.started_us},
            {"ended_us", flow.ended_us},
            {"failure", failure_view(flow.failure, whole)},
            {"progress", std::move(progress)},
            {"tasks", std::move(tasks)},
            {"children", std::move(children)}};
}

json::object CloudApi::trace_view(const std::string& resource, const identity::Auth& auth) {
    auto tx = database_.read();
    json::array flows;
    json::value progress;
    for (const auto& flow : runner_.flows_of(tx, resource)) {
        const bool visible = auth.reaches(ProjectId(flow.project_id));
        if (!visible || flow.resource != resource) continue;
        auto view = flow_view(tx, flow, kInternal.allows(auth));
        if (!view.at("progress").is_null()) progress = view.at("progress");
        flows.push_back(std::move(view));
    }
    if (flows.empty()) throw Error(ErrorCode::NotFound, "nothing is known of resource " + resource + ".", {}, resource);
    json::object view{{"resource", resource}, {"progress", std::move(progress)}, {"flows", std::move(flows)}};
    view["version"] = hash_hex(HashAlgorithm::Sha1, json::serialize(view));
    return view;
}

http::Response CloudApi::trace(http::Request& request, const identity::Auth& auth) {
    using Clock = std::chrono::steady_clock;
    const auto& resource = request.param("resource_id");
    const auto until = Clock::now() + wait_of(request);
    const auto known = request.query_value("unless").value_or("");
    const auto watch = runner_.watch(resource);  // first, so that no change can be missed
    auto view = trace_view(resource, auth);
    const ScopeExit leave([this] { --followers_; });
    if (++followers_ > most_followers_) return http::Response::with_json(200, view);
    while (get_string(view, "version") == known) {
        const auto started = Clock::now();
        const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(until - started);
        if (rest.count() <= 0) break;
        // The client may go while nothing happens.
        if (const auto* scope = WorkScope::current()) scope->check();
        const auto look = std::min(rest, kLook);
        if (watch->wait(look)) {
            view = trace_view(resource, auth);
        } else if (Clock::now() - started < look) {
            break;  // the service stops
        }
    }
    return http::Response::with_json(200, view);
}

http::Response CloudApi::check() {
    return http::Response::waiting_for("check", [this] { return differences(); });
}

http::Response CloudApi::differences() {
    auto tx = database_.read();
    const auto servers = compute::repo::all_server_ids(tx);
    json::array differences;
    for (const auto& list :
         {images_.check(tx), volumes_.check(tx, servers), networks_.check(tx, servers), compute_.check(tx)}) {
        for (const auto& difference : list) differences.push_back(json::value(difference));
    }
    json::array notes;
    for (const auto& weakness : compute_.weaknesses()) notes.push_back(json::value(weakness));
    return http::Response::with_json(
        200, json::object{{"differences", std::move(differences)}, {"notes", std::move(notes)}});
}

}  // namespace virga::app
