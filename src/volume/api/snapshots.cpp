#include <algorithm>
#include <set>

#include "volume/api/api.hpp"
#include "volume/api/filters.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/manage.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Actions kActions{
    {"os-reset_status", "volume_extension:snapshot_admin_actions:reset_status"},
    {"os-force_delete", "volume_extension:snapshot_admin_actions:force_delete"},
    {"os-update_snapshot_status", "snapshot_extension:snapshot_actions:update_snapshot_status"},
    {"os-unmanage", "snapshot_extension:snapshot_unmanage"}};

constexpr int kTimeFilters = 60;
constexpr int kConsumesQuota = 65;

std::string progress_of(const Call& call, const SnapshotRecord& s) {
    if (s.status == SnapshotStatus::Available) return "100%";
    if (!s.progress.empty()) return s.progress;
    const auto progress = call.context.d.runner.progress(s.flow);
    return std::to_string(progress ? progress->percent() : 0) + "%";
}

json::object view_of(const Call& call, const SnapshotRecord& s, bool detailed) {
    json::object view{{"id", s.id.value},
                      {"name", string_or_null(s.name)},
                      {"description", string_or_null(s.description)},
                      {"volume_id", s.volume.value},
                      {"status", word(s.status)},
                      {"size", s.size_gib},
                      {"metadata", s.metadata},
                      {"created_at", time_or_null(s.created_us)},
                      {"updated_at", time_or_null(s.updated_us)}};
    if (detailed) {
        view["os-extended-snapshot-attributes:progress"] = progress_of(call, s);
        view["os-extended-snapshot-attributes:project_id"] = s.project.value;
    }
    if (call.at_least(14)) view["group_snapshot_id"] = string_or_null(s.group_snapshot_id);
    if (call.at_least(41)) view["user_id"] = s.user.value;
    if (call.at_least(65)) view["consumes_quota"] = true;
    return view;
}

http::Response one(int status, const Call& call, const SnapshotRecord& snapshot) {
    return http::Response::with_json(status, json::object{{"snapshot", view_of(call, snapshot, true)}});
}

const std::map<std::string, std::string, std::less<>>& sort_columns() {
    static const std::map<std::string, std::string, std::less<>> columns{{"id", "id"},
                                                                         {"name", "name"},
                                                                         {"display_name", "name"},
                                                                         {"status", "status"},
                                                                         {"size", "size_gib"},
                                                                         {"volume_size", "size_gib"},
                                                                         {"created_at", "created_us"},
                                                                         {"updated_at", "updated_us"},
                                                                         {"volume_id", "volume_id"}};
    return columns;
}

repo::SnapshotFilter filter_of(const Call& call) {
    const auto text = [&](std::string_view name) { return call.request.query_value(name).value_or(""); };
    repo::SnapshotFilter filter;
    filter.project = project_filter(call);
    filter.name = text("name").empty() ? text("display_name") : text("name");
    if (call.at_least(34)) filter.name_like = text("name~");
    filter.status = text("status");
    filter.volume_id = text("volume_id");
    if (call.at_least(22)) filter.metadata = map_filter(call, "metadata");
    filter.user = text("user_id");
    filter.availability_zone = text("availability_zone");
    if (call.at_least(kTimeFilters)) {
        filter.times = time_filter(call, "created_at", "s.created_us");
        const auto updated = time_filter(call, "updated_at", "s.updated_us");
        filter.times.insert(filter.times.end(), updated.begin(), updated.end());
    }
    // Every snapshot counts against the quota.
    filter.nothing = call.at_least(kConsumesQuota) && boolean_filter(call, "consumes_quota") == "0";
    filter.sort = sort_of(call, sort_columns());
    const auto slice = slice_of(call);
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    return filter;
}

http::Response list(const Call& call, bool detailed) {
    if (!check_filters(call, "snapshot")) return empty_list(call, "snapshots");
    const auto filter = filter_of(call);
    auto tx = call.db().read();
    const auto snapshots = repo::list_snapshots(tx, filter);
    json::array items;
    for (const auto& snapshot : snapshots) items.push_back(view_of(call, snapshot, detailed));
    json::object body{{"snapshots", std::move(items)}};
    if (call.at_least(45) && call.flag("with_count")) body["count"] = repo::count_snapshots(tx, filter);
    add_next_link(body, call, "snapshots", snapshots.size(), slice_of(call),
                  snapshots.empty() ? "" : snapshots.back().id.value);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return one(200, call, own_snapshot(tx, call, call.request.param("snapshot_id")));
}

http::Response create(const Call& call) {
    const auto body = body_object(call, "snapshot");
    http::Fields fields(body, "snapshot");
    flows::NewSnapshot request;
    request.id = new_id<SnapshotId>();
    // As in Cinder, null is the id of no volume.
    if (fields.has("volume_id") && !fields.has_value("volume_id")) {
        throw Error(ErrorCode::NotFound, "snapshot.volume_id: Volume null could not be found.");
    }
    request.volume = VolumeId(fields.required_uuid("volume_id"));
    request.name = read_text(fields, "name", "display_name").value_or("");
    request.description = read_text(fields, "description", "display_description").value_or("");
    request.metadata = fields.metadata("metadata").value_or(json::object{});
    const auto force = fields.boolean("force");
    // From 3.66 on a volume in use needs no force, and nobody may forbid it by force = false.
    if (call.at_least(66) && force == false) fields.fail("force", "is not accepted as false from microversion 3.66 on");
    request.online = call.at_least(66) || force.value_or(false);
    fields.finish();
    auto tx = call.db().write();
    own_volume(tx, call, request.volume.value);
    flows::create_snapshot(tx, call.context.d, call.auth, request);
    // As Cinder's: where a snapshot is created or updated, the extended attributes are not shown.
    auto view = view_of(call, repo::get_snapshot(tx, request.id), false);
    tx.commit();
    return http::Response::with_json(202, json::object{{"snapshot", std::move(view)}});
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "snapshot");
    http::Fields fields(body, "snapshot");
    const auto name = read_text(fields, "name", "display_name");
    const auto description = read_text(fields, "description", "display_description");
    fields.finish();
    if (!name && !description) {
        throw Error(ErrorCode::InvalidInput, "snapshot: name or description must be given.");
    }
    auto tx = call.db().write();
    const auto snapshot = own_snapshot(tx, call, call.request.param("snapshot_id"));
    repo::set_names(tx, snapshot.id, name.value_or(snapshot.name), description.value_or(snapshot.description));
    auto view = view_of(call, repo::get_snapshot(tx, snapshot.id), false);
    tx.commit();
    return http::Response::with_json(200, json::object{{"snapshot", std::move(view)}});
}

http::Response remove(const Call& call) {
    auto tx = call.db().write();
    const auto snapshot = own_snapshot(tx, call, call.request.param("snapshot_id"));
    if (!snapshot.group_snapshot_id.empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid snapshot: snapshot " + snapshot.id.value + " is a part of group snapshot " +
                        snapshot.group_snapshot_id + ". Delete that one.",
                    {}, snapshot.id.value);
    }
    flows::delete_snapshot(tx, call.context.d, snapshot.id, call.auth.request_id);
    tx.commit();
    return http::Response::empty(202);
}

void reset_status(db::Transaction& tx, const SnapshotRecord& snapshot, const json::object& body) {
    http::Fields fields(body, "os-reset_status");
    const auto status = fields.required_string("status", 1, 64);
    fields.finish();
    const auto* to_status = lifecycle::change_to(snapshot_change::kResets, status);
    if (to_status == nullptr) fields.fail("status", "'" + status + "' is not a status of snapshots");
    repo::try_change(tx, *to_status, snapshot.id);
}

bool is_progress(const std::string& text) {
    const auto digits = text.find_first_not_of("0123456789");
    return digits != 0 && digits != std::string::npos && digits <= 3 && text.substr(digits) == "%" &&
           std::stoi(text) <= 100;
}

/// What whoever makes or deletes a snapshot on another's behalf tells of it. Not while a flow of ours works on it.
void update_status(db::Transaction& tx, const Call& call, const SnapshotRecord& snapshot, const json::object& body) {
    http::Fields fields(body, "os-update_snapshot_status");
    const auto status = fields.required_string("status", 1, 64);
    const auto progress = fields.string("progress", 1, 16);
    fields.finish();
    if (progress && !is_progress(*progress)) fields.fail("progress", "must be from 0% to 100%");
    const auto* told = lifecycle::change_to(snapshot_change::kTold, status);
    if (told == nullptr || !lifecycle::starts_from(*told, {snapshot.status})) {
        fields.fail("status", "a snapshot that is " + text_of(snapshot.status) + " can't become '" + status + "'");
    }
    if (!call.context.d.runner.unfinished(tx, snapshot.id.value).empty()) {
        throw Error(ErrorCode::Conflict,
                    "Snapshot " + snapshot.id.value + " is " + text_of(snapshot.status) + " right now.");
    }
    repo::try_change(tx, *told, snapshot.id);
    if (progress) repo::set_progress(tx, snapshot.id, *progress);
}

http::Response action(const Call& call) {
    const auto body = call.request.json_body();
    if (body.size() != 1) throw Error(ErrorCode::InvalidInput, "The body must name one action.");
    const std::string name(body.begin()->key());
    const auto& value = body.begin()->value();
    auto tx = call.db().write();
    const auto snapshot = own_snapshot(tx, call, call.request.param("snapshot_id"));
    if (name == "os-reset_status") {
        reset_status(tx, snapshot, value.is_object() ? value.get_object() : json::object{});
    } else if (name == "os-update_snapshot_status") {
        update_status(tx, call, snapshot, value.is_object() ? value.get_object() : json::object{});
    } else if (name == "os-unmanage") {
        flows::unmanage_snapshot(tx, call.context.d, call.auth, snapshot);
    } else if (name == "os-force_delete") {
        flows::delete_snapshot(tx, call.context.d, snapshot.id, call.auth.request_id);
    } else {
        throw Error(ErrorCode::InvalidInput, "There is no such action: " + name.substr(0, 64) + ".");
    }
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_snapshots(Routes& routes) {
    routes.add("GET", "/snapshots", "volume:get_all_snapshots", [](const Call& call) { return list(call, false); });
    routes.add("GET", "/snapshots/detail", "volume:get_all_snapshots",
               [](const Call& call) { return list(call, true); });
    routes.add("POST", "/snapshots", "volume:create_snapshot", create);
    routes.add("GET", "/snapshots/{snapshot_id}", "volume:get_snapshot", show);
    routes.add("PUT", "/snapshots/{snapshot_id}", "volume:update_snapshot", update);
    routes.add("DELETE", "/snapshots/{snapshot_id}", "volume:delete_snapshot", remove);
    routes.add("POST", "/snapshots/{snapshot_id}/action", kActions, action);
}

}  // namespace virga::volume::api
