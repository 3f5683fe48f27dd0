#include <algorithm>

#include "http/json_list.hpp"
#include "volume/api/api.hpp"
#include "volume/api/filters.hpp"
#include "volume/api/volume_view.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

constexpr std::size_t kNameLength = 255;
constexpr std::string_view kHints = "OS-SCH-HNT:scheduler_hints";
constexpr int kGroups = 13;
constexpr int kBackupSource = 47;
constexpr std::int64_t kMaxSizeGib = 1LL << 31;
constexpr int kStrictBodies = 53;
constexpr int kTimeFilters = 60;
constexpr int kConsumesQuota = 65;
const identity::policy::Check kForceDelete(policies(), "volume:force_delete");
const identity::policy::Check kHost(policies(), "volume_extension:volume_host_attribute");

ViewOptions options_for(const Call& call, const VolumeRecord& volume) {
    return {call.version.minor, kHost.allows(call.auth), links_of(call, "/volumes/" + volume.id.value)};
}

json::object detail(db::Transaction& tx, const Call& call, const VolumeRecord& volume) {
    return volume_detail(volume, repo::attachments_of(tx, volume.id), options_for(call, volume));
}

http::Response one(int status, json::object view) {
    return http::Response::with_json(status, json::object{{"volume", std::move(view)}});
}

const std::map<std::string, std::string, std::less<>>& sort_columns() {
    static const std::map<std::string, std::string, std::less<>> columns{{"id", "id"},
                                                                         {"name", "name"},
                                                                         {"display_name", "name"},
                                                                         {"status", "status"},
                                                                         {"size", "size_gib"},
                                                                         {"bootable", "bootable"},
                                                                         {"created_at", "created_us"},
                                                                         {"updated_at", "updated_us"},
                                                                         {"availability_zone", "availability_zone"},
                                                                         {"host", "host"},
                                                                         {"volume_type_id", "volume_type_id"}};
    return columns;
}

/// Attributes that every volume has the same value of, and the filter asks for another one.
bool asks_for_nothing(const Call& call) {
    const auto is_set = [&](const char* name) {
        const auto value = call.request.query_value(name).value_or("");
        return !value.empty() && value != "None" && value != "none";
    };
    if (call.sees_all() && is_set("cluster_name")) return true;
    return call.at_least(kConsumesQuota) && boolean_filter(call, "consumes_quota") == "0";
}

/// Volumes that are open to a list: own ones, and for administrators what project_filter says.
repo::VolumeFilter filter_of(const Call& call) {
    const auto text = [&](std::string_view name) { return call.request.query_value(name).value_or(""); };
    repo::VolumeFilter filter;
    filter.project = project_filter(call);
    filter.user = text("user_id");
    filter.name = text("name").empty() ? text("display_name") : text("name");
    if (call.at_least(34)) filter.name_like = text("name~");
    filter.description = text("description");
    filter.status = text("status");
    filter.availability_zone = text("availability_zone");
    filter.size = text("size");
    filter.snapshot_id = text("snapshot_id");
    filter.source_volid = text("source_volid");
    filter.volume_type = text("volume_type").empty() ? text("volume_type_id") : text("volume_type");
    filter.attach_status = text("attach_status");
    filter.group_id = text("group_id");
    filter.migration_status = text("migration_status") == "none" ? "" : text("migration_status");
    if (!text("id").empty()) filter.ids.push_back(text("id"));
    if (call.sees_all()) filter.host = text("host");
    filter.bootable = boolean_filter(call, "bootable");
    filter.multiattach = boolean_filter(call, "multiattach");
    filter.metadata = map_filter(call, "metadata");
    filter.image_metadata = map_filter(call, "glance_metadata");
    if (call.at_least(kTimeFilters)) {
        filter.times = time_filter(call, "created_at", "v.created_us");
        const auto updated = time_filter(call, "updated_at", "v.updated_us");
        filter.times.insert(filter.times.end(), updated.begin(), updated.end());
    }
    filter.nothing = asks_for_nothing(call);
    filter.sort = sort_of(call, sort_columns());
    const bool by_host =
        std::any_of(filter.sort.begin(), filter.sort.end(), [](const auto& key) { return key.first == "host"; });
    if (by_host) kHost.require(call.auth);
    const auto slice = slice_of(call);
    filter.marker = slice.marker;
    filter.limit = slice.limit;
    filter.offset = slice.offset;
    return filter;
}

http::Response list(const Call& call, bool detailed) {
    const FilterNames besides = call.auth.is_admin() ? FilterNames{"host", "cluster_name"} : FilterNames{};
    if (!check_filters(call, "volume", besides)) return empty_list(call, "volumes");
    const auto filter = filter_of(call);
    auto tx = call.db().read();
    const auto volumes = repo::list_volumes(tx, filter);
    const auto attachments =
        detailed ? repo::attachments_of(tx, volumes) : std::map<std::string, std::vector<AttachmentRecord>>{};
    static const std::vector<AttachmentRecord> kNone;
    http::JsonList items("volumes");
    for (const auto& volume : volumes) {
        const auto found = attachments.find(volume.id.value);
        auto options = options_for(call, volume);
        if (detailed) {
            const auto& own = found == attachments.end() ? kNone : found->second;
            items.add(volume_detail(volume, own, std::move(options)));
        } else {
            items.add(volume_summary(volume, options));
        }
    }
    json::object rest;
    if (call.at_least(45) && call.flag("with_count")) rest["count"] = repo::count_volumes(tx, filter);
    add_next_link(rest, call, "volumes", volumes.size(), slice_of(call),
                  volumes.empty() ? "" : volumes.back().id.value);
    return items.finish(rest);
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return one(200, detail(tx, call, own_volume(tx, call, call.request.param("volume_id"))));
}

/// What either of the words for it says; empty: neither.
std::string image_ref(http::Fields& fields) {
    constexpr std::size_t kLongest = 1024;
    auto ref = fields.string("imageRef", 1, kLongest);
    const auto other = fields.string("image_id", 1, kLongest);
    return ref.value_or(other.value_or(""));
}

/// The image that an imageRef means: by its id, as in a URL, or by its name.
std::string image_of(db::Transaction& tx, const Call& call, const std::string& ref) {
    if (ref.empty()) return {};
    const auto last = ref.substr(ref.rfind('/') == std::string::npos ? 0 : ref.rfind('/') + 1);
    if (is_uuid_like(last)) return canonical_uuid(last);
    const auto found = call.context.d.images.find_named(tx, call.auth, ref);
    if (found.size() == 1) return found.front().value;
    const auto shown = "'" + ref.substr(0, kNameLength) + "'";
    if (found.empty()) {
        throw Error(ErrorCode::InvalidInput, "volume.imageRef: there is no image with the id or name " + shown + ".");
    }
    throw Error(ErrorCode::Conflict, "volume.imageRef: several images are named " + shown + ". Give the id of one.");
}

/// `image`: what the body says of the image.
NewVolume new_volume(const Call& call, const json::object& body, std::string& image) {
    http::Fields fields(body, "volume");
    NewVolume request;
    request.id = new_id<VolumeId>();
    request.name = read_text(fields, "name", "display_name").value_or("");
    request.description = read_text(fields, "description", "display_description").value_or("");
    if (fields.has_value("size")) request.size_gib = fields.required_integer("size", 1, kMaxSizeGib);
    request.snapshot_id = fields.uuid("snapshot_id").value_or("");
    request.source_volid = fields.uuid("source_volid").value_or("");
    image = image_ref(fields);
    if (call.at_least(kBackupSource)) request.backup_id = fields.uuid("backup_id").value_or("");
    request.volume_type = fields.string("volume_type", 0, kNameLength).value_or("");
    request.availability_zone = fields.string("availability_zone", 0, kNameLength).value_or("");
    request.metadata = users_metadata(fields.metadata("metadata").value_or(json::object{}));
    if (fields.boolean("multiattach").value_or(false)) {
        fields.fail("multiattach", "choose a volume type with the extra spec multiattach='<is> True' instead");
    }
    request.group_id = fields.uuid("consistencygroup_id").value_or("");  // groups are their successors
    if (call.at_least(kGroups)) request.group_id = fields.uuid("group_id").value_or(request.group_id);
    if (call.at_least(kStrictBodies)) fields.finish();
    return request;
}

/// The answer to a creation or update has no attributes of extensions, which Cinder adds where volumes are shown.
void drop_extension_attributes(json::object& view) {
    for (const auto* name : {"os-vol-tenant-attr:tenant_id", "os-vol-host-attr:host", "os-vol-mig-status-attr:migstat",
                             "os-vol-mig-status-attr:name_id", "volume_image_metadata"}) {
        view.erase(name);
    }
}

/// Which backend a volume comes to is up to its type: to take a hint and not follow it would be worse than to say so.
void refuse_hints(const Call& call) {
    const auto body = call.request.json_body();
    const auto* hints = body.if_contains(kHints);
    if (hints == nullptr || hints->is_null()) return;
    if (!hints->is_object()) throw Error(ErrorCode::InvalidInput, std::string(kHints) + ": must be an object.");
    if (hints->get_object().empty()) return;
    const std::string hint(hints->get_object().begin()->key());
    throw Error(ErrorCode::InvalidInput, std::string(kHints) + "." + hint.substr(0, 64) +
                                             ": is not supported. Choose a volume type of the backend that you want.");
}

http::Response create(const Call& call) {
    std::string image;
    auto request = new_volume(call, body_object(call, "volume", kHints), image);
    refuse_hints(call);
    auto tx = call.db().write();
    request.image_id = image_of(tx, call, image);
    flows::create_volume(tx, call.context.d, call.auth, request, std::nullopt);
    auto view = detail(tx, call, repo::get_volume(tx, request.id));
    drop_extension_attributes(view);
    tx.commit();
    auto response = one(202, std::move(view));
    response.headers.set("Location", call.base() + "/volumes/" + request.id.value);
    return response;
}

http::Response update(const Call& call) {
    const auto body = body_object(call, "volume");
    http::Fields fields(body, "volume");
    const auto name = read_text(fields, "name", "display_name");
    const auto description = read_text(fields, "description", "display_description");
    const auto metadata = fields.metadata("metadata");
    fields.finish();
    if (!name && !description && !metadata) {
        throw Error(ErrorCode::InvalidInput, "volume: name, description or metadata must be given.");
    }
    auto tx = call.db().write();
    const auto volume = own_volume(tx, call, call.request.param("volume_id"));
    check_not_in_maintenance(volume);
    repo::set_names(tx, volume.id, name.value_or(volume.name), description.value_or(volume.description));
    if (metadata) repo::set_metadata(tx, volume.id, users_metadata(*metadata));
    auto view = detail(tx, call, repo::get_volume(tx, volume.id));
    drop_extension_attributes(view);
    tx.commit();
    return one(200, std::move(view));
}

/// The former owner of a volume may have kept its snapshots: a cascade is no way around asking him.
void check_snapshots_within_reach(db::Transaction& tx, const Call& call, const VolumeRecord& volume) {
    for (const auto& snapshot : repo::snapshots_of(tx, volume.id)) {
        if (call.auth.reaches(snapshot.project)) continue;
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + volume.id.value +
                        " has snapshots of another project, which kept them when it gave the volume away. The volume "
                        "can be deleted when that project has deleted them.",
                    {}, volume.id.value);
    }
}

http::Response remove(const Call& call) {
    flows::DeleteOptions options;
    options.cascade = call.flag("cascade");
    if (call.at_least(23) && call.flag("force")) {
        kForceDelete.require(call.auth);
        options.force = true;
    }
    auto tx = call.db().write();
    const auto volume = own_volume(tx, call, call.request.param("volume_id"));
    if (!volume.group_id.empty() && !options.force) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume: volume " + volume.id.value + " is in group " + volume.group_id +
                        ". Take it out of the group, or delete the group with its volumes.",
                    {}, volume.id.value);
    }
    check_snapshots_within_reach(tx, call, volume);
    if (options.force) {
        for (const auto& item : repo::attachments_of(tx, volume.id)) check_may_change(tx, call, item);
    }
    flows::delete_volume(tx, call.context.d, volume.id, call.auth.request_id, std::nullopt, options);
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_volumes(Routes& routes) {
    routes.add("GET", "/volumes", "volume:get_all", [](const Call& call) { return list(call, false); });
    routes.add("GET", "/volumes/detail", "volume:get_all", [](const Call& call) { return list(call, true); });
    routes.add("POST", "/volumes", "volume:create", create);
    routes.add("GET", "/volumes/{volume_id}", "volume:get", show);
    routes.add("PUT", "/volumes/{volume_id}", "volume:update", update);
    routes.add("DELETE", "/volumes/{volume_id}", "volume:delete", remove);
}

}  // namespace virga::volume::api
