#include "base/error.hpp"
#include "http/microversion.hpp"
#include "http/target.hpp"
#include "image/api/api.hpp"
#include "image/model/attributes.hpp"
#include "image/model/list_query.hpp"
#include "image/model/patch.hpp"
#include "image/repo/image_repo.hpp"

namespace virga::image::api {
namespace {

constexpr const char* kCollection = "/v2/images";

std::string read_id(const json::object& body) {
    const auto* id = body.if_contains("id");
    if (id == nullptr) return new_uuid();
    if (!id->is_string() || !is_uuid_like(id->get_string())) {
        throw Error(ErrorCode::InvalidInput, "Attribute 'id': must be a UUID");
    }
    return canonical_uuid(id->get_string());
}

Record read_new_image(const json::object& body, const identity::Auth& auth, const Formats& formats) {
    Record record;
    record.id = read_id(body);
    record.owner = auth.project.value;
    record.created_us = record.updated_us = now_us();
    for (const auto& item : body) {
        if (item.key() != "id") set_attribute(record, auth, item.key(), item.value());
    }
    formats.require(record.disk_format);
    check_counts(record);
    return record;
}

http::Response create(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto record = read_new_image(request.json_body(), auth, context.formats);
    context.database.write_with([&](db::Transaction& tx) {
        context.uploader.quota().require_place(tx, record.owner);
        repo::insert(tx, record);
    });
    auto response = http::Response::with_json(201, image_json(record));
    response.headers.set("Location", request.base_url + "/image" + kCollection + "/" + record.id);
    return response;
}

/// The query of this request, without the marker; a new marker is appended when given.
std::string link(const http::Request& request, const std::string& marker) {
    std::string query;
    for (const auto& [name, value] : request.query) {
        if (name == "marker") continue;
        query += (query.empty() ? "?" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
    }
    if (!marker.empty()) query += (query.empty() ? "?" : "&") + std::string("marker=") + marker;
    return kCollection + query;
}

http::Response list(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto query = parse_list_query(request);
    auto tx = context.database.read();
    auto records = repo::list(tx, auth, query);
    const bool more = records.size() > query.limit;
    if (more) records.resize(query.limit);
    json::array images;
    for (const auto& record : records) images.push_back(image_json(record));
    json::object body;
    body["images"] = std::move(images);
    body["first"] = link(request, {});
    body["schema"] = "/v2/schemas/images";
    if (more && !records.empty()) body["next"] = link(request, records.back().id);
    return http::Response::with_json(200, body);
}

http::Response show(Context& context, http::Request& request, const identity::Auth& auth) {
    auto tx = context.database.read();
    return http::Response::with_json(200, image_json(require_visible(tx, request, auth)));
}

http::Response unknown_patch() {
    http::Response response;
    response.status = 415;
    response.body =
        http::html_fault(415, "Unsupported Content-Type: send the changes as " + patch_types().back() + ".");
    response.headers.set("Content-Type", "text/html; charset=UTF-8");
    std::string known;
    for (const auto& type : patch_types()) known += (known.empty() ? "" : ", ") + type;
    response.headers.set("Accept-Patch", known);
    return response;
}

http::Response update(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto type = request.headers.get(http::RequestHeader::ContentType);
    if (!is_patch_type(type)) return unknown_patch();
    const auto steps = parse_patch(type, request.body);
    const auto record = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require_changeable(tx, request, auth);
        if (steps.empty()) return changed;
        const auto before = changed;
        apply_patch(changed, auth, steps);
        if (changed.owner != before.owner) context.uploader.quota().require_place(tx, changed.owner);
        if (changed.disk_format != before.disk_format) context.formats.require(changed.disk_format);
        changed.updated_us = now_us();
        repo::update_attributes(tx, changed);
        return changed;
    });
    return http::Response::with_json(200, image_json(record));
}

/// The row goes first, then the data: a crash in between leaves a file without a row, which recover() removes.
http::Response remove(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto record = context.database.write_with([&](db::Transaction& tx) {
        auto image = require_changeable(tx, request, auth);
        if (image.is_protected) {
            throw Error(ErrorCode::Forbidden, "Image " + image.id + " is protected and cannot be deleted.");
        }
        if (repo::is_held(tx, image.id)) {
            throw Error(ErrorCode::Conflict, "Image " + image.id +
                                                 " is in use: a server or a volume is being made from it. Delete it "
                                                 "when that has ended.");
        }
        repo::mark_deleted(tx, image.id);
        if (image.upload_by_flow && context.upload_deleted) context.upload_deleted(tx, FlowId(image.upload_id));
        return image;
    });
    if (record.status == ImageStatus::Saving) context.uploads.stop(record.upload_id);
    if (record.has_data()) context.store.remove(record.id);
    return http::Response::empty(204);
}

}  // namespace

void add_images(http::Router& router, Context& context) {
    add_route(router, context, "POST", "/image/v2/images", "add_image", create);
    add_route(router, context, "GET", "/image/v2/images", "get_images", list);
    add_route(router, context, "GET", "/image/v2/images/{image_id}", "get_image", show);
    add_route(router, context, "PATCH", "/image/v2/images/{image_id}", "modify_image", update);
    add_route(router, context, "DELETE", "/image/v2/images/{image_id}", "delete_image", remove);
}

}  // namespace virga::image::api
