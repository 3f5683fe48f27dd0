#include "app/cloud_api.hpp"

#include "base/error.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::app {
namespace {

json::value failure_view(const std::optional<taskflow::Failure>& failure) {
    if (!failure) return nullptr;
    return json::object{{"code", to_string(failure->code)}, {"message", failure->message}, {"task", failure->task}};
}

json::object run_view(const taskflow::TaskRun& run) {
    return {{"task", run.task},       {"task_index", run.task_index}, {"phase", run.phase},
            {"attempt", run.attempt}, {"started_us", run.started_us}, {"ended_us", run.ended_us},
            {"outcome", run.outcome}, {"decision", run.decision},     {"error", run.error}};
}

}  // namespace

void CloudApi::register_routes(http::Router& router) {
    router.add({"GET", "/virga/v1/trace/{resource_id}",
                identity_.authenticated(
                    [this](http::Request& request, const identity::Auth& auth) { return trace(request, auth); })});
    router.add(
        {"GET", "/virga/v1/check", identity_.authenticated([this](http::Request& request, const identity::Auth& auth) {
             return check(request, auth);
         })});
}

json::object CloudApi::flow_view(db::Transaction& tx, const taskflow::FlowRecord& flow) {
    json::array tasks;
    for (const auto& run : runner_.journal(tx, flow.id)) tasks.push_back(run_view(run));
    json::array children;
    for (const auto& child : runner_.children(tx, flow.id)) children.push_back(flow_view(tx, child));
    return {{"id", flow.id.value},           {"kind", flow.kind},
            {"resource", flow.resource},     {"state", to_string(flow.state)},
            {"request_id", flow.request_id}, {"started_us", flow.started_us},
            {"ended_us", flow.ended_us},     {"failure", failure_view(flow.failure)},
            {"tasks", std::move(tasks)},     {"children", std::move(children)}};
}

http::Response CloudApi::trace(http::Request& request, const identity::Auth& auth) {
    const auto& resource = request.param("resource_id");
    auto tx = database_.read();
    json::array flows;
    for (const auto& flow : runner_.flows_of(tx, resource)) {
        const bool visible = auth.is_admin() || flow.project_id == auth.project.value;
        if (visible && flow.resource == resource) flows.push_back(flow_view(tx, flow));
    }
    if (flows.empty()) throw Error(ErrorCode::NotFound, "nothing is known of resource " + resource + ".", {}, resource);
    return http::Response::with_json(200, json::object{{"resource", resource}, {"flows", std::move(flows)}});
}

http::Response CloudApi::check(http::Request&, const identity::Auth& auth) {
    identity::require_admin(auth, "virga:check");
    auto tx = database_.read();
    const auto servers = compute::repo::all_server_ids(tx);
    json::array differences;
    for (const auto& list :
         {images_.check(tx), volumes_.check(tx, servers), networks_.check(tx, servers), compute_.check(tx)}) {
        for (const auto& difference : list) differences.push_back(json::value(difference));
    }
    return http::Response::with_json(200, json::object{{"differences", std::move(differences)}});
}

}  // namespace virga::app
