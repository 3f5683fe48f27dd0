#include "volume/flows/groups.hpp"

#include "volume/api/api.hpp"
#include "volume/api/filters.hpp"
#include "volume/model/placement.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/group_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Actions kActions{{"delete", "group:delete"},
                                         {"reset_status", "group:reset_status"},
                                         {"enable_replication", "group:enable_replication"},
                                         {"disable_replication", "group:disable_replication"},
                                         {"failover_replication", "group:failover_replication"},
                                         {"list_replication_targets", "group:list_replication_targets"}};
const identity::policy::Actions kSourceActions{{"create-from-src", "group:create"}};

constexpr int kGroups = 13;
constexpr int kFromSource = 14;
constexpr int kResetStatus = 20;
constexpr int kListVolume = 25;
constexpr int kReplication = 38;
constexpr int kProject = 58;
constexpr std::size_t kNameLength = 255;
constexpr std::size_t kMaxTypes = 100;

json::object summary(const Group& g) {
    return {{"id", g.id}, {"name", string_or_null(g.name)}};
}

/// Ids of the volumes of groups, when the call asks for them.
using Volumes = std::map<std::string, std::vector<std::string>>;

Volumes asked_volumes(db::Transaction& tx, const Call& call, const std::vector<Group>& groups) {
    if (!call.at_least(kListVolume) || !call.flag("list_volume")) return {};
    return repo::volumes_by_group(tx, groups);
}

json::object detail(const Call& call, const Group& g, const Volumes& volumes) {
    auto view = summary(g);
    view["status"] = word(g.status);
    view["description"] = string_or_null(g.description);
    view["availability_zone"] = g.availability_zone;
    view["created_at"] = time_or_null(g.created_us);
    view["group_type"] = g.group_type;
    json::array types;
    for (const auto& id : g.volume_types) types.emplace_back(id);
    view["volume_types"] = std::move(types);
    if (call.at_least(kFromSource)) {
        view["group_snapshot_id"] = string_or_null(g.group_snapshot_id);
        view["source_group_id"] = string_or_null(g.source_group_id);
    }
    if (call.at_least(kListVolume) && call.flag("list_volume")) {
        json::array ids;
        const auto found = volumes.find(g.id);
        for (const auto& id : found == volumes.end() ? std::vector<std::string>() : found->second) {
            ids.emplace_back(id);
        }
        view["volumes"] = std::move(ids);
    }
    if (call.at_least(kReplication)) view["replication_status"] = "disabled";
    if (call.at_least(kProject)) view["project_id"] = g.project.value;
    return view;
}

Group own_group(db::Transaction& tx, const Call& call, const std::string& id) {
    auto group = repo::get_group(tx, id);
    if (call.auth.reaches(group.project)) return group;
    throw Error(ErrorCode::NotFound, "Group " + id + " could not be found.", {}, id);
}

Group group_of(db::Transaction& tx, const Call& call) {
    return own_group(tx, call, call.request.param("group_id"));
}

const std::map<std::string, std::string, std::less<>>& sort_columns() {
    static const std::map<std::string, std::string, std::less<>> columns{{"id", "id"},
                                                                         {"name", "name"},
                                                                         {"status", "status"},
                                                                         {"created_at", "created_us"},
                                                                         {"group_type", "group_type_id"}};
    return columns;
}

http::Response list(const Call& call, bool detailed) {
    if (!check_filters(call, "group", {"list_volume"})) return empty_list(call, "groups");
    const auto slice = slice_of(call);
    repo::GroupFilter filter;
    filter.project = project_filter(call);
    filter.name = call.request.query_value("name").value_or("");
    filter.status = call.request.query_value("status").value_or("");
    filter.sort = sort_of(call, sort_columns());
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    auto tx = call.db().read();
    const auto groups = repo::list_groups(tx, filter);
    json::array items;
    const auto volumes = detailed ? asked_volumes(tx, call, groups) : Volumes();
    for (const auto& group : groups) items.push_back(detailed ? detail(call, group, volumes) : summary(group));
    json::object body{{"groups", std::move(items)}};
    add_next_link(body, call, "groups", groups.size(), slice, groups.empty() ? "" : groups.back().id);
    return http::Response::with_json(200, std::move(body));
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    const auto group = group_of(tx, call);
    return http::Response::with_json(200,
                                     json::object{{"group", detail(call, group, asked_volumes(tx, call, {group}))}});
}

http::Response accepted(db::Transaction& tx, const Group& group) {
    tx.commit();
    return http::Response::with_json(202, json::object{{"group", summary(group)}});
}

std::string zone_of(const Call& call, http::Fields& fields) {
    const auto zone = fields.string("availability_zone", 0, kNameLength).value_or("");
    if (zone.empty()) return kDefaultZone;
    const auto zones = zones_of(call.context.d.hosts.hosts());
    if (std::find(zones.begin(), zones.end(), zone) == zones.end()) {
        fields.fail("availability_zone", "'" + zone + "' is no zone: no host is in it");
    }
    return zone;
}

std::vector<std::string> volume_types(db::Transaction& tx, http::Fields& fields) {
    const auto* given = fields.array("volume_types", kMaxTypes);
    if (given == nullptr || given->empty()) fields.fail("volume_types", "must name one volume type at least");
    std::vector<std::string> ids;
    for (const auto& item : *given) {
        if (!item.is_string()) fields.fail("volume_types", "must be names or ids of volume types");
        ids.push_back(repo::get_type(tx, std::string(item.get_string())).id);
        if (std::count(ids.begin(), ids.end(), ids.back()) > 1) {
            fields.fail("volume_types", "names type " + ids.back() + " twice");
        }
    }
    return ids;
}

http::Response create(const Call& call) {
    const auto body = body_object(call, "group");
    http::Fields fields(body, "group");
    Group group;
    group.name = read_text(fields, "name").value_or("");
    group.description = read_text(fields, "description").value_or("");
    const auto type = fields.required_string("group_type", 1, kNameLength);
    group.availability_zone = zone_of(call, fields);
    auto tx = call.db().write();
    group.group_type = repo::get_group_type(tx, type).id;
    group.volume_types = volume_types(tx, fields);
    fields.finish();
    const auto flow = flows::create_group(tx, call.context.d, call.auth, group);
    group.id = call.context.d.runner.find(tx, flow)->resource;
    return accepted(tx, group);
}

http::Response create_from_source(const Call& call) {
    const auto body = body_object(call, "create-from-src");
    http::Fields fields(body, "create-from-src");
    Group group;
    group.name = read_text(fields, "name").value_or("");
    group.description = read_text(fields, "description").value_or("");
    flows::GroupSource source;
    source.source_group_id = fields.uuid("source_group_id").value_or("");
    source.group_snapshot_id = fields.uuid("group_snapshot_id").value_or("");
    fields.finish();
    if (source.source_group_id.empty() == source.group_snapshot_id.empty()) {
        fields.fail("source_group_id", "or group_snapshot_id must be given, and not both");
    }
    auto tx = call.db().write();
    auto origin = source.source_group_id;
    if (origin.empty()) origin = repo::get_group_snapshot(tx, source.group_snapshot_id).group_id;
    own_group(tx, call, origin);
    const auto flow = flows::create_group_from(tx, call.context.d, call.auth, group, source);
    group.id = call.context.d.runner.find(tx, flow)->resource;
    return accepted(tx, group);
}

/// "id,id": how the API lists volumes here.
std::vector<std::string> ids_of(http::Fields& fields, const std::string& name) {
    auto text = fields.string(name, 0, 100 * kMaxTypes).value_or("");
    std::vector<std::string> ids;
    while (!text.empty()) {
        const auto id = text.substr(0, text.find(','));
        text.erase(0, std::min(id.size() + 1, text.size()));
        if (!is_uuid_like(id)) fields.fail(name, "must be UUIDs of volumes with commas between them");
        ids.push_back(canonical_uuid(id));
    }
    return ids;
}

/// As in Cinder, what isn't there is no volume that could be added.
VolumeRecord new_member(db::Transaction& tx, const Call& call, const http::Fields& fields, const std::string& id) {
    auto volume = repo::find_volume(tx, VolumeId(id));
    if (!volume || !call.auth.reaches(volume->project)) fields.fail("add_volumes", "there is no volume " + id);
    return std::move(*volume);
}

void check_apart(const http::Fields& fields, const std::vector<std::string>& add,
                 const std::vector<std::string>& remove) {
    for (const auto& id : add) {
        if (std::find(remove.begin(), remove.end(), id) == remove.end()) continue;
        fields.fail("add_volumes", "volume " + id + " is in remove_volumes, too");
    }
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "group");
    http::Fields fields(body, "group");
    flows::GroupUpdate change;
    change.name = read_text(fields, "name");
    change.description = read_text(fields, "description");
    const auto add = ids_of(fields, "add_volumes");
    change.remove = ids_of(fields, "remove_volumes");
    fields.finish();
    check_apart(fields, add, change.remove);
    if (!change.name && !change.description && add.empty() && change.remove.empty()) {
        fields.fail("name", "or description, add_volumes or remove_volumes must be given");
    }
    auto tx = call.db().write();
    const auto group = group_of(tx, call);
    for (const auto& id : add) change.add.push_back(new_member(tx, call, fields, id));
    flows::update_group(tx, group, change);
    tx.commit();
    return http::Response::empty(202);
}

void remove(db::Transaction& tx, const Call& call, const Group& group, const json::object& argument) {
    http::Fields fields(argument, "delete");
    const auto with_volumes = fields.boolean("delete-volumes").value_or(false);
    fields.finish();
    flows::delete_group(tx, call.context.d, group, with_volumes, call.auth.request_id);
}

void reset_status(db::Transaction& tx, const Group& group, const json::object& argument) {
    http::Fields fields(argument, "reset_status");
    const auto status = fields.required_string("status", 1, 64);
    fields.finish();
    const auto* to_status = lifecycle::change_to(group_change::kResets, status);
    if (to_status == nullptr) fields.fail("status", "'" + status + "' is not a status of groups");
    repo::try_change(tx, *to_status, group.id);
}

http::Response action(const Call& call) {
    const auto body = call.request.json_body();
    if (body.size() != 1) throw Error(ErrorCode::InvalidInput, "The body must name one action.");
    const std::string name(body.begin()->key());
    const auto& value = body.begin()->value();
    const auto argument = value.is_object() ? value.get_object() : json::object{};
    auto tx = call.db().write();
    const auto group = group_of(tx, call);
    if (name == "delete") {
        remove(tx, call, group, argument);
    } else if (name == "reset_status") {
        require_version(call, name, kResetStatus);
        reset_status(tx, group, argument);
    } else if (name.find("replication") != std::string::npos) {
        require_version(call, name, kReplication);
        throw Error(ErrorCode::NotSupported, name + ": group " + group.id + " is not replicated.", {}, group.id);
    } else {
        throw Error(ErrorCode::InvalidInput, "There is no such action: " + name.substr(0, 64) + ".");
    }
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_groups(Routes& routes) {
    routes.add(
        "GET", "/groups", "group:get_all", [](const Call& call) { return list(call, false); }, kGroups);
    routes.add(
        "GET", "/groups/detail", "group:get_all", [](const Call& call) { return list(call, true); }, kGroups);
    routes.add("POST", "/groups", "group:create", create, kGroups);
    routes.add("POST", "/groups/action", kSourceActions, create_from_source, kFromSource);
    routes.add("GET", "/groups/{group_id}", "group:get", show, kGroups);
    routes.add("PUT", "/groups/{group_id}", "group:update", update, kGroups);
    routes.add("POST", "/groups/{group_id}/action", kActions, action, kGroups);
}

}  // namespace virga::volume::api
