#include "network/api/bodies.hpp"

#include "network/model/fault.hpp"

namespace virga::network::api {
namespace {

constexpr std::size_t kMaxBulk = 100;
constexpr std::size_t kMaxText = 255;

std::optional<std::string> read_text(http::Fields& fields, std::string_view name) {
    if (fields.has(name) && !fields.has_value(name)) fields.fail(name, "must be a string, not null; \"\" clears it");
    return fields.string(name, 0, kMaxText);
}

}  // namespace

NewItems new_items(const http::Request& request, const Collection& collection) {
    auto body = request.json_body();
    NewItems wanted;
    if (auto* list = body.if_contains(collection.plural)) {
        wanted.is_bulk = true;
        if (!list->is_array() || list->get_array().empty() || list->get_array().size() > kMaxBulk) {
            throw Error(ErrorCode::InvalidInput,
                        std::string(collection.plural) + ": must be a list of 1 to 100 objects");
        }
        for (auto& item : list->get_array()) {
            if (!item.is_object()) {
                throw Error(ErrorCode::InvalidInput, std::string(collection.plural) + ": entries must be objects");
            }
            wanted.items.push_back(std::move(item.get_object()));
        }
        return wanted;
    }
    wanted.items.push_back(body_object(request, collection));
    return wanted;
}

json::object body_object(const http::Request& request, const Collection& collection) {
    auto body = request.json_body();
    auto* object = body.if_contains(collection.singular);
    if (object == nullptr || !object->is_object()) {
        throw Error(ErrorCode::InvalidInput, std::string(collection.singular) + ": is required and must be an object");
    }
    return std::move(object->get_object());
}

std::string project_of(http::Fields& fields, const identity::Auth& auth, const std::string& rule) {
    const auto project = fields.string("project_id", 1, kMaxText);
    const auto tenant = fields.string("tenant_id", 1, kMaxText);
    if (project && tenant && *project != *tenant) fields.fail("tenant_id", "differs from project_id");
    const auto wanted = project ? *project : tenant.value_or(auth.project.value);
    if (!auth.reaches(ProjectId(wanted))) throw forbidden(rule + ":project_id");
    return wanted;
}

void read_names(http::Fields& fields, Standard& resource) {
    if (auto name = read_text(fields, "name")) resource.name = *name;
    if (auto description = read_text(fields, "description")) resource.description = *description;
}

void accept_only(http::Fields& fields, std::string_view name, const json::value& supported) {
    const auto* value = fields.any(name);
    if (value == nullptr || value->is_null() || *value == supported) return;
    fields.fail(name, "only " + json::serialize(supported) + " is supported");
}

json::object standard_view(const Standard& resource) {
    constexpr std::size_t kFields = 28;  // of the longest view: lists of thousands don't grow each object
    const auto created = iso8601(resource.created_us);
    json::object out;
    out.reserve(kFields);
    out["id"] = resource.id;
    out["name"] = resource.name;
    out["description"] = resource.description;
    out["tenant_id"] = resource.project_id;
    out["project_id"] = resource.project_id;
    out["created_at"] = created;
    out["updated_at"] = resource.updated_us == resource.created_us ? created : iso8601(resource.updated_us);
    out["revision_number"] = resource.revision;
    out["tags"] = json::array();
    return out;
}

http::Response item_response(int status, const Collection& collection, json::object item) {
    json::object body;
    body[collection.singular] = std::move(item);
    return http::Response::with_json(status, body);
}

}  // namespace virga::network::api
