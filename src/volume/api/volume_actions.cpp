#include <algorithm>

#include "volume/api/api.hpp"
#include "volume/api/connection_actions.hpp"
#include "volume/api/connector.hpp"
#include "volume/api/metadata.hpp"
#include "volume/api/migration_actions.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/manage.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Actions kActions{
    {"os-extend", "volume:extend"},
    {"os-set_bootable", "volume_extension:volume_actions:set_bootable"},
    {"os-update_readonly_flag", "volume:update_readonly_flag"},
    {"os-reset_status", "volume_extension:volume_admin_actions:reset_status"},
    {"os-force_delete", "volume_extension:volume_admin_actions:force_delete"},
    {"os-force_detach", "volume_extension:volume_admin_actions:force_detach"},
    {"os-set_image_metadata", "volume_extension:volume_image_metadata:set"},
    {"os-unset_image_metadata", "volume_extension:volume_image_metadata:remove"},
    {"os-show_image_metadata", "volume_extension:volume_image_metadata:show"},
    {"os-reserve", "volume_extension:volume_actions:reserve"},
    {"os-unreserve", "volume_extension:volume_actions:unreserve"},
    {"os-begin_detaching", "volume_extension:volume_actions:begin_detaching"},
    {"os-roll_detaching", "volume_extension:volume_actions:roll_detaching"},
    {"os-attach", "volume_extension:volume_actions:attach"},
    {"os-detach", "volume_extension:volume_actions:detach"},
    {"os-initialize_connection", "volume_extension:volume_actions:initialize_connection"},
    {"os-terminate_connection", "volume_extension:volume_actions:terminate_connection"},
    {"os-volume_upload_image", "volume_extension:volume_actions:upload_image"},
    {"os-retype", "volume:retype"},
    {"os-migrate_volume", "volume_extension:volume_admin_actions:migrate_volume"},
    {"os-migrate_volume_completion", "volume_extension:volume_admin_actions:migrate_volume_completion"},
    {"os-reimage", "volume:reimage"},
    {"os-unmanage", "volume_extension:volume_unmanage"},
    {"revert", "volume:revert_to_snapshot"}};

/// One action: `argument` is what stands under its name (an empty object when that was null).
struct Action {
    const Call& call;
    db::Transaction& tx;
    const VolumeRecord& volume;
    const json::object& argument;
    http::Fields fields() const { return {argument, name}; }
    std::string name;
};
using ActionHandler = http::Response (*)(const Action&);

/// The properties that an image may have, and its attributes.
constexpr std::size_t kMostImageMetadata = 256;
constexpr std::int64_t kMaxSizeGib = 1LL << 31;

http::Response extend(const Action& action) {
    auto fields = action.fields();
    const auto size = fields.required_integer("new_size", 1, kMaxSizeGib);
    fields.finish();
    flows::extend_volume(action.tx, action.call.context.d, action.call.auth, action.volume.id, size,
                         action.call.at_least(42));
    return http::Response::empty(202);
}

http::Response retype(const Action& action) {
    return retype(action.call, action.tx, action.volume, action.fields());
}

http::Response set_bootable(const Action& action) {
    auto fields = action.fields();
    const auto bootable = fields.boolean("bootable");
    if (!bootable) fields.fail("bootable", "is required");
    fields.finish();
    check_not_in_maintenance(action.volume);
    repo::set_bootable(action.tx, action.volume.id, *bootable);
    return http::Response::empty(200);
}

http::Response update_readonly(const Action& action) {
    auto fields = action.fields();
    const auto readonly = fields.boolean("readonly");
    if (!readonly) fields.fail("readonly", "is required");
    fields.finish();
    repo::require_change(action.tx, volume_change::kSetReadonly, action.volume.id);
    auto metadata = action.volume.admin_metadata;
    metadata["readonly"] = *readonly ? "True" : "False";
    repo::set_admin_metadata(action.tx, action.volume.id, metadata);
    return http::Response::empty(202);
}

http::Response reset_status(const Action& action) {
    auto fields = action.fields();
    const auto status = fields.string("status", 1, 64);
    const auto attach_status = fields.one_of("attach_status", {"attached", "detached"});
    const auto migration_status =
        fields.one_of("migration_status", {"none", "starting", "migrating", "completing", "success", "error"});
    if (!status && !attach_status && !migration_status)
        fields.fail("status", "or attach_status or migration_status must be given");
    fields.finish();
    const auto* to_status = status ? lifecycle::change_to(volume_change::kResets, *status) : nullptr;
    if (status && to_status == nullptr) fields.fail("status", "'" + *status + "' is not a status of volumes");
    check_not_in_work(action.tx, action.call, action.volume);
    const auto& id = action.volume.id;
    if (to_status != nullptr) repo::try_change(action.tx, *to_status, id);
    if (attach_status) {
        const bool attached = *attach_status == word(AttachStatus::Attached);
        repo::try_change(action.tx, attached ? volume_change::kResetAttached : volume_change::kResetDetached, id);
    }
    if (migration_status) {
        const auto* to = lifecycle::change_to(migration_change::kResets, *migration_status);
        repo::try_change(action.tx, to == nullptr ? migration_change::kResetNone : *to, id);
    }
    return http::Response::empty(202);
}

http::Response force_delete(const Action& action) {
    for (const auto& item : repo::attachments_of(action.tx, action.volume.id))
        check_may_change(action.tx, action.call, item);
    flows::delete_volume(action.tx, action.call.context.d, action.volume.id, action.call.auth.request_id, std::nullopt,
                         {true, false});
    return http::Response::empty(202);
}

/// As Cinder's since 2023.1: properties of images are longer than metadata.
json::object image_metadata(http::Fields& fields) {
    constexpr std::size_t kKeyLength = 255;
    constexpr std::size_t kValueLength = 65535;
    const auto* given = fields.object("metadata");
    if (given == nullptr) fields.fail("metadata", "is required");
    http::Fields items(*given, fields.path() + ".metadata");
    json::object out;
    for (const auto& item : *given) {
        if (item.key().empty() || item.key().size() > kKeyLength) {
            fields.fail("metadata", "keys must have 1 to " + std::to_string(kKeyLength) + " characters");
        }
        out[item.key()] = items.required_string(item.key(), 0, kValueLength);
    }
    return out;
}

http::Response set_image_metadata(const Action& action) {
    auto fields = action.fields();
    const auto given = image_metadata(fields);
    fields.finish();
    check_not_in_maintenance(action.volume);
    auto metadata = action.volume.image_metadata;
    for (const auto& item : given) metadata[item.key()] = item.value();
    check_items(metadata, fields.path() + ".metadata", kMostImageMetadata);
    repo::set_image_metadata(action.tx, action.volume.id, metadata);
    return http::Response::with_json(200, json::object{{"metadata", metadata}});
}

http::Response unset_image_metadata(const Action& action) {
    auto fields = action.fields();
    const auto key = fields.required_string("key", 1, 255);
    fields.finish();
    auto metadata = action.volume.image_metadata;
    if (metadata.erase(key) == 0) throw Error(ErrorCode::NotFound, "Metadata item " + key + " was not found.");
    repo::set_image_metadata(action.tx, action.volume.id, metadata);
    return http::Response::empty(200);
}

http::Response show_image_metadata(const Action& action) {
    return http::Response::with_json(200, json::object{{"metadata", action.volume.image_metadata}});
}

http::Response reserve(const Action& action) {
    repo::require_change(action.tx, volume_change::kLegacyReserve, action.volume.id);
    return http::Response::empty(202);
}

http::Response unreserve(const Action& action) {
    if (repo::try_change(action.tx, volume_change::kUnreserve, action.volume.id)) {
        flows::recompute_status(action.tx, action.volume.id);
    }
    return http::Response::empty(202);
}

http::Response begin_detaching(const Action& action) {
    check_not_in_work(action.tx, action.call, action.volume);
    flows::begin_detaching(action.tx, action.volume.id);
    return http::Response::empty(202);
}

http::Response roll_detaching(const Action& action) {
    check_not_in_work(action.tx, action.call, action.volume);
    flows::roll_detaching(action.tx, action.volume.id);
    return http::Response::empty(202);
}

/// The old attach call records an attachment; it gives no access to data.
http::Response attach(const Action& action) {
    auto fields = action.fields();
    const auto server = fields.uuid("instance_uuid");
    const auto host = fields.string("host_name", 0, 255);
    if (!server && !host) fields.fail("instance_uuid", "or host_name is required");
    if (host && !host->empty()) check_host(fields, "host_name", *host);
    const auto device = fields.required_string("mountpoint", 1, 255);
    const auto mode = fields.one_of("mode", {"ro", "rw"}).value_or("rw");
    fields.finish();
    check_not_in_maintenance(action.volume);
    check_mode(action.volume, mode);
    for (const auto& item : repo::attachments_of(action.tx, action.volume.id))
        check_may_change(action.tx, action.call, item);
    if (action.volume.status == VolumeStatus::Attaching) {
        repo::try_change(action.tx, volume_change::kUnreserve, action.volume.id);
    }
    const auto id = flows::reserve_for_user(action.tx, action.volume.id, ServerId(server.value_or(""))).id;
    repo::set_mode(action.tx, id, mode);
    flows::connected(action.tx, id, host.value_or(""), device, {});
    flows::complete(action.tx, id);
    auto metadata = action.volume.admin_metadata;
    metadata["attached_mode"] = mode;
    if (!metadata.contains("readonly")) metadata["readonly"] = "False";
    repo::set_admin_metadata(action.tx, action.volume.id, metadata);
    return http::Response::empty(202);
}

constexpr int kUploadVisibility = 1;

flows::ImageRequest image_request(const Action& action) {
    auto fields = action.fields();
    flows::ImageRequest request;
    request.id = new_id<ImageId>();
    request.name = fields.required_string("image_name", 1, 255);
    request.force = fields.boolean("force").value_or(false);
    request.disk_format = fields.string("disk_format", 0, 255).value_or("raw");
    request.container_format = fields.string("container_format", 0, 255).value_or("bare");
    if (!action.call.at_least(kUploadVisibility)) {
        fields.finish();
        return request;
    }
    request.visibility = fields.one_of("visibility", {"public", "private", "shared", "community"}).value_or("private");
    request.is_protected = fields.boolean("protected").value_or(false);
    fields.finish();
    return request;
}

json::object type_summary(const VolumeType& type) {
    return {{"id", type.id},
            {"name", type.name},
            {"description", string_or_null(type.description)},
            {"is_public", type.is_public},
            {"extra_specs", type.extra_specs},
            {"qos_specs_id", nullptr},
            {"created_at", time_or_null(type.created_us)},
            {"updated_at", nullptr},
            {"deleted", false},
            {"deleted_at", nullptr}};
}

http::Response upload_image(const Action& action) {
    const auto request = image_request(action);
    flows::upload_image(action.tx, action.call.context.d, action.call.auth, action.volume.id, request);
    const auto& volume = action.volume;
    const auto type = repo::find_type(action.tx, volume.type_id);
    json::object view{{"id", volume.id.value},
                      {"updated_at", time_or_null(volume.updated_us)},
                      {"status", "uploading"},
                      {"display_description", string_or_null(volume.description)},
                      {"size", volume.size_gib},
                      {"volume_type", type ? json::value(type_summary(*type)) : json::value(nullptr)},
                      {"image_id", request.id.value},
                      {"container_format", request.container_format},
                      {"disk_format", request.disk_format},
                      {"image_name", request.name}};
    if (action.call.at_least(kUploadVisibility)) {
        view["visibility"] = request.visibility;
        view["protected"] = request.is_protected;
    }
    return http::Response::with_json(202, json::object{{action.name, std::move(view)}});
}

constexpr int kRevert = 40;
constexpr int kReimage = 68;

http::Response revert(const Action& action) {
    require_version(action.call, action.name, kRevert);
    auto fields = action.fields();
    const SnapshotId snapshot(fields.required_string("snapshot_id", 1, 255));
    fields.finish();
    flows::revert_volume(action.tx, action.call.context.d, action.call.auth, action.volume.id, snapshot);
    return http::Response::empty(202);
}

http::Response reimage(const Action& action) {
    require_version(action.call, action.name, kReimage);
    auto fields = action.fields();
    const ImageId image(fields.required_uuid("image_id"));
    const auto reserved = fields.boolean("reimage_reserved").value_or(false);
    fields.finish();
    flows::reimage_volume(action.tx, action.call.context.d, action.call.auth, action.volume.id, image, reserved);
    return http::Response::empty(202);
}

http::Response migrate(const Action& action) {
    return migrate(action.call, action.tx, action.volume, action.fields());
}

http::Response migrate_completion(const Action& action) {
    return api::migrate_completion(action.volume, action.fields());
}

http::Response unmanage(const Action& action) {
    flows::unmanage_volume(action.tx, action.call.context.d, action.call.auth, action.volume);
    return http::Response::empty(202);
}

const std::map<std::string, ActionHandler, std::less<>>& actions() {
    static const std::map<std::string, ActionHandler, std::less<>> all{
        {"os-extend", extend},
        {"os-set_bootable", set_bootable},
        {"os-update_readonly_flag", update_readonly},
        {"os-reset_status", reset_status},
        {"os-force_delete", force_delete},
        {"os-set_image_metadata", set_image_metadata},
        {"os-unset_image_metadata", unset_image_metadata},
        {"os-show_image_metadata", show_image_metadata},
        {"os-reserve", reserve},
        {"os-unreserve", unreserve},
        {"os-begin_detaching", begin_detaching},
        {"os-roll_detaching", roll_detaching},
        {"os-attach", attach},
        {"os-volume_upload_image", upload_image},
        {"os-retype", retype},
        {"os-migrate_volume", migrate},
        {"os-migrate_volume_completion", migrate_completion},
        {"os-reimage", reimage},
        {"os-unmanage", unmanage},
        {"revert", revert}};
    return all;
}

http::Response run(const Call& call) {
    const auto body = call.request.json_body();
    if (body.size() != 1) throw Error(ErrorCode::InvalidInput, "The body must name one action.");
    const std::string name(body.begin()->key());
    const auto found = actions().find(name);
    const auto connection_action = find_connection_action(name);
    if (found == actions().end() && connection_action == nullptr) {
        throw Error(ErrorCode::InvalidInput, "There is no such action: " + name.substr(0, 64) + ".");
    }
    const auto& value = body.begin()->value();
    if (!value.is_object() && !value.is_null() && !value.is_string()) {
        throw Error(ErrorCode::InvalidInput, name + ": must be an object.");
    }
    const auto argument = value.is_object() ? value.get_object() : json::object{};
    const auto& id = call.request.param("volume_id");
    if (connection_action != nullptr) {
        const auto volume = call.db().read_with([&](db::Transaction& tx) { return own_volume(tx, call, id); });
        return connection_action(call, volume, argument);
    }
    auto tx = call.db().write();
    const auto volume = own_volume(tx, call, id);
    auto response = found->second({call, tx, volume, argument, name});
    tx.commit();
    return response;
}

}  // namespace

void register_volume_actions(Routes& routes) {
    routes.add("POST", "/volumes/{volume_id}/action", kActions, run);
}

}  // namespace virga::volume::api
