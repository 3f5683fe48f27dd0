#include "volume/api/api.hpp"
#include "volume/api/filters.hpp"
#include "volume/flows/groups.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/group_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Actions kActions{{"reset_status", "group:reset_group_snapshot_status"}};

constexpr int kGroupSnapshots = 14;
constexpr int kResetStatus = 19;
constexpr int kProject = 58;

json::object summary(const GroupSnapshot& s) {
    return {{"id", s.id}, {"name", string_or_null(s.name)}};
}

json::object detail(const Call& call, const GroupSnapshot& s) {
    auto view = summary(s);
    view["group_id"] = s.group_id;
    view["group_type_id"] = s.group_type;
    view["status"] = word(s.status);
    view["created_at"] = time_or_null(s.created_us);
    view["description"] = string_or_null(s.description);
    if (call.at_least(kProject)) view["project_id"] = s.project.value;
    return view;
}

GroupSnapshot own_group_snapshot(db::Transaction& tx, const Call& call) {
    const auto& id = call.request.param("group_snapshot_id");
    auto snapshot = repo::get_group_snapshot(tx, id);
    if (call.auth.reaches(snapshot.project)) return snapshot;
    throw Error(ErrorCode::NotFound, "Group snapshot " + id + " could not be found.", {}, id);
}

const std::map<std::string, std::string, std::less<>>& sort_columns() {
    static const std::map<std::string, std::string, std::less<>> columns{
        {"id", "id"}, {"name", "name"}, {"status", "status"}, {"created_at", "created_us"}, {"group_id", "group_id"}};
    return columns;
}

http::Response list(const Call& call, bool detailed) {
    if (!check_filters(call, "group_snapshot")) return empty_list(call, "group_snapshots");
    const auto text = [&](std::string_view name) { return call.request.query_value(name).value_or(""); };
    const auto slice = slice_of(call);
    repo::GroupFilter filter;
    filter.project = project_filter(call);
    filter.name = text("name");
    filter.status = text("status");
    filter.group_id = text("group_id");
    filter.sort = sort_of(call, sort_columns());
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    auto tx = call.db().read();
    const auto found = repo::list_group_snapshots(tx, filter);
    json::array items;
    for (const auto& item : found) items.push_back(detailed ? detail(call, item) : summary(item));
    json::object body{{"group_snapshots", std::move(items)}};
    add_next_link(body, call, "group_snapshots", found.size(), slice, found.empty() ? "" : found.back().id);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    const auto view = detail(call, own_group_snapshot(tx, call));
    return http::Response::with_json(200, json::object{{"group_snapshot", view}});
}

http::Response create(const Call& call) {
    const auto body = body_object(call, "group_snapshot");
    http::Fields fields(body, "group_snapshot");
    GroupSnapshot snapshot;
    snapshot.group_id = fields.required_uuid("group_id");
    snapshot.name = read_text(fields, "name").value_or("");
    snapshot.description = read_text(fields, "description").value_or("");
    fields.finish();
    auto tx = call.db().write();
    const auto group = repo::get_group(tx, snapshot.group_id);
    if (!call.auth.reaches(group.project)) {
        throw Error(ErrorCode::NotFound, "Group " + group.id + " could not be found.", {}, group.id);
    }
    const auto flow = flows::create_group_snapshot(tx, call.context.d, call.auth, snapshot);
    snapshot.id = call.context.d.runner.find(tx, flow)->resource;
    auto view = summary(snapshot);
    view["group_type_id"] = group.group_type;
    tx.commit();
    return http::Response::with_json(202, json::object{{"group_snapshot", std::move(view)}});
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    flows::delete_group_snapshot(tx, call.context.d, own_group_snapshot(tx, call), call.auth.request_id);
    tx.commit();
    return http::Response::empty(202);
}

http::Response action(const Call& call) {
    const auto body = body_object(call, "reset_status");
    http::Fields fields(body, "reset_status");
    const auto status = fields.required_string("status", 1, 64);
    fields.finish();
    const auto* to_status = lifecycle::change_to(group_snapshot_change::kResets, status);
    if (to_status == nullptr) fields.fail("status", "'" + status + "' is not a status of group snapshots");
    auto tx = call.db().write();
    repo::try_change(tx, *to_status, own_group_snapshot(tx, call).id);
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_group_snapshots(Routes& routes) {
    routes.add(
        "GET", "/group_snapshots", "group:get_all_group_snapshots", [](const Call& call) { return list(call, false); },
        kGroupSnapshots);
    routes.add(
        "GET", "/group_snapshots/detail", "group:get_all_group_snapshots",
        [](const Call& call) { return list(call, true); }, kGroupSnapshots);
    routes.add("POST", "/group_snapshots", "group:create_group_snapshot", create, kGroupSnapshots);
    routes.add("GET", "/group_snapshots/{group_snapshot_id}", "group:get_group_snapshot", show, kGroupSnapshots);
    routes.add("DELETE", "/group_snapshots/{group_snapshot_id}", "group:delete_group_snapshot", remove,
               kGroupSnapshots);
    routes.add("POST", "/group_snapshots/{group_snapshot_id}/action", kActions, action, kResetStatus);
}

}  // namespace virga::volume::api
