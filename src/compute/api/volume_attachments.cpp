#include <algorithm>

#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/model/server_changes.hpp"

namespace virga::compute::api {
namespace {

constexpr std::size_t kMostDisks = 1000;

json::object view(const Call& call, const BlockDevice& device) {
    json::object out;
    if (call.minor < 89) out["id"] = device.volume_id;
    out["volumeId"] = device.volume_id;
    out["serverId"] = device.server.value;
    if (!device.device_name.empty()) out["device"] = device.device_name;
    if (call.minor >= 70) out["tag"] = string_or_null(device.tag);
    if (call.minor >= 79) out["delete_on_termination"] = device.delete_on_termination;
    if (call.minor >= 89) {
        out["attachment_id"] = string_or_null(device.attachment_id);
        out["bdm_uuid"] = device.id.value;
    }
    return out;
}

std::size_t offset_of(const http::Request& request) {
    const auto text = request.query_value("offset").value_or("0");
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) {
        throw Error(ErrorCode::InvalidInput, "offset: '" + text.substr(0, 32) + "' is not an integer of at least 0");
    }
    return std::stoul(text);
}

/// limit and offset count block devices before those without a volume are left out, as Nova does.
http::Response list(Call& call) {
    check_query(call, "os-volume_attachments");
    auto tx = call.d.db.read();
    const auto server = visible_server(tx, call.auth, call.server_id());
    const auto devices = repo::block_devices(tx, server.id);
    const auto begin = std::min(offset_of(call.request), devices.size());
    const auto end = std::min(begin + http::page_of(call.request, kMostDisks).limit, devices.size());
    json::array views;
    for (auto i = begin; i < end; ++i) {
        if (!devices[i].volume_id.empty()) views.push_back(view(call, devices[i]));
    }
    return json_response(200, "volumeAttachments", std::move(views));
}

BlockDevice attached(db::Transaction& tx, const Call& call, const Server& server) {
    const auto& text = call.param("volume_id");
    const auto id = is_uuid_like(text) ? canonical_uuid(text) : text;
    auto device = id.empty() ? std::nullopt : repo::find_by_volume(tx, server.id, id);
    if (!device) {
        throw Error(ErrorCode::NotFound, "Instance " + server.id.value + " is not attached to volume " + id);
    }
    return *std::move(device);
}

http::Response show(Call& call) {
    auto tx = call.d.db.read();
    const auto server = visible_server(tx, call.auth, call.server_id());
    return json_response(200, "volumeAttachment", view(call, attached(tx, call, server)));
}

struct AttachRequest {
    VolumeId volume;
    std::string device;
    std::string tag;
    bool delete_on_termination = false;
};

AttachRequest read_attach(const Call& call) {
    const auto body = body_object(call.request, "volumeAttachment");
    http::Fields fields(body, "volumeAttachment");
    AttachRequest out;
    out.volume = VolumeId(fields.required_uuid("volumeId"));
    out.device = fields.string("device", 1, 255).value_or("");
    if (call.minor >= 49) out.tag = fields.string("tag", 1, 60).value_or("");
    if (call.minor >= 79) out.delete_on_termination = fields.boolean("delete_on_termination").value_or(false);
    fields.finish();
    return out;
}

/// Reasons to refuse that the state tables don't hold (block-devices.md 6 and 9).
void check_volume(db::Transaction& tx, const Call& call, const Server& server, const VolumeId& id) {
    const auto volume = call.d.volumes.get(tx, call.auth, id);
    if (repo::find_by_volume(tx, server.id, id.value)) {
        throw Error(ErrorCode::InvalidInput, "volumeAttachment.volumeId: volume " + id.value + " is already attached");
    }
    if (volume.multiattach && call.minor < 60) {
        throw Error(ErrorCode::InvalidInput,
                    "volumeAttachment.volumeId: multiattach volumes need compute API version 2.60 or newer");
    }
}

http::Response attach(Call& call) {
    const auto request = read_attach(call);
    const auto device = call.d.db.write_with([&](db::Transaction& tx) {
        const auto server = visible_server(tx, call.auth, call.server_id());
        require_unlocked(call.auth, server);
        require_allowed(server_change::kAttachVolume, server);
        check_volume(tx, call, server, request.volume);
        return flows::attach_volume(tx, call.d, call.auth, server.id, request.volume, request.device, request.tag,
                                    request.delete_on_termination);
    });
    return json_response(200, "volumeAttachment", view(call, device));
}

/// From 2.85 on everything but delete_on_termination must be what it is (block-devices.md 9).
void check_unchanged(http::Fields& fields, const BlockDevice& device) {
    const auto same = [&](std::string_view name, const std::string& now) {
        const auto given = fields.string(name, 0, 255);
        if (given && *given != now) fields.fail(name, "can't be changed");
    };
    same("id", device.volume_id);
    same("serverId", device.server.value);
    same("device", device.device_name);
    same("tag", device.tag);
    same("attachment_id", device.attachment_id);
    same("bdm_uuid", device.id.value);
}

/// Nova looks for the new volume first.
void require_volume(db::Transaction& tx, const Call& call, const std::string& id) {
    try {
        call.d.volumes.get(tx, call.auth, VolumeId(id));
    } catch (const Error& error) {
        if (error.code() != ErrorCode::NotFound) throw;
        throw Error(ErrorCode::InvalidInput, "volumeAttachment.volumeId: volume " + id + " could not be found");
    }
}

[[noreturn]] void refuse_swap(const std::string& volume) {
    throw Error(ErrorCode::Conflict,
                "volume " + volume + " is not migrating: only the volume service may swap volumes");
}

http::Response update(Call& call) {
    const auto body = body_object(call.request, "volumeAttachment");
    http::Fields fields(body, "volumeAttachment");
    const auto wanted = fields.required_uuid("volumeId");
    call.d.db.write_with([&](db::Transaction& tx) {
        const auto server = visible_server(tx, call.auth, call.server_id());
        const auto device = attached(tx, call, server);
        call.d.volumes.get(tx, call.auth, VolumeId(device.volume_id));  // it may be another project's now
        if (wanted != device.volume_id) require_volume(tx, call, wanted);
        if (call.minor < 85 || wanted != device.volume_id) refuse_swap(device.volume_id);
        check_unchanged(fields, device);
        const auto flag = fields.boolean("delete_on_termination");
        fields.finish();
        if (flag) repo::set_delete_on_termination(tx, device.id, *flag);
    });
    return http::Response::empty(202);
}

http::Response detach(Call& call) {
    call.d.db.write_with([&](db::Transaction& tx) {
        const auto server = visible_server(tx, call.auth, call.server_id());
        require_unlocked(call.auth, server);
        const auto device = attached(tx, call, server);
        if (device.is_root()) throw Error(ErrorCode::InvalidInput, "Cannot detach a root device volume");
        require_allowed(server_change::kDetachVolume, server);
        flows::detach_volume(tx, call.d, call.auth, server.id, VolumeId(device.volume_id));
    });
    return http::Response::empty(202);
}

}  // namespace

void add_volume_attachments(Routes& routes) {
    const std::string all = "/servers/{server_id}/os-volume_attachments";
    routes.add("GET", all, "os_compute_api:os-volumes-attachments:index", list);
    routes.add("POST", all, "os_compute_api:os-volumes-attachments:create", attach);
    routes.add("GET", all + "/{volume_id}", "os_compute_api:os-volumes-attachments:show", show);
    routes.add("PUT", all + "/{volume_id}", "os_compute_api:os-volumes-attachments:update", update);
    routes.add("DELETE", all + "/{volume_id}", "os_compute_api:os-volumes-attachments:delete", detach);
}

}  // namespace virga::compute::api
