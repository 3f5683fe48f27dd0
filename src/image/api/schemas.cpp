#include "image/api/api.hpp"
#include "image/model/attributes.hpp"
#include "image/model/formats.hpp"

namespace virga::image::api {
namespace {

json::value type_of(const Attribute& attribute) {
    if (!attribute.nullable) return json::value(attribute.type);
    json::array types;
    types.emplace_back("null");
    types.emplace_back(attribute.type);
    return types;
}

json::object text_schema() {
    json::object out;
    out["type"] = "string";
    return out;
}

void add_choices(json::object& property, std::string_view name, const Formats& formats) {
    json::array choices;
    if (name == "disk_format" || name == "container_format") {
        choices.emplace_back(nullptr);
        for (const auto& word : name == "disk_format" ? formats.allowed() : container_formats())
            choices.emplace_back(word);
    } else if (name == "visibility") {
        for (const auto& word : visibilities()) choices.emplace_back(word);
    }
    if (!choices.empty()) property["enum"] = std::move(choices);
}

json::object property_schema(const Attribute& attribute, const Formats& formats) {
    json::object property;
    property["type"] = type_of(attribute);
    property["description"] = attribute.description;
    if (attribute.kind == AttributeKind::ReadOnly) property["readOnly"] = true;
    if (std::string_view(attribute.name) == "tags") property["items"] = text_schema();
    add_choices(property, attribute.name, formats);
    return property;
}

json::array links(std::initializer_list<std::pair<const char*, const char*>> items) {
    json::array out;
    for (const auto& [rel, href] : items) out.push_back(json::object{{"rel", rel}, {"href", href}});
    return out;
}

json::object image_schema(const Formats& formats) {
    json::object properties;
    for (const auto& attribute : attributes()) {
        const bool shown =
            attribute.kind != AttributeKind::Reserved && std::string_view(attribute.name) != "direct_url";
        if (shown) properties[attribute.name] = property_schema(attribute, formats);
    }
    json::object schema;
    schema["name"] = "image";
    schema["properties"] = std::move(properties);
    schema["additionalProperties"] = text_schema();
    schema["links"] = links({{"self", "{self}"}, {"enclosure", "{file}"}, {"describedby", "{schema}"}});
    return schema;
}

json::object member_schema() {
    json::object properties;
    for (const auto* name : {"member_id", "image_id", "created_at", "updated_at", "status", "schema"}) {
        properties[name] = text_schema();
    }
    json::array statuses;
    for (const auto* word : {"pending", "accepted", "rejected"}) statuses.emplace_back(word);
    properties["status"].as_object()["enum"] = std::move(statuses);
    json::object schema;
    schema["name"] = "member";
    schema["properties"] = std::move(properties);
    return schema;
}

/// A page of items of another schema.
json::object list_schema(const char* name, json::object item) {
    json::object items;
    items["type"] = "array";
    items["items"] = std::move(item);
    json::object properties;
    properties[name] = std::move(items);
    properties["schema"] = text_schema();
    if (std::string_view(name) == "images") {
        properties["first"] = text_schema();
        properties["next"] = text_schema();
    }
    json::object schema;
    schema["name"] = name;
    schema["properties"] = std::move(properties);
    schema["links"] = links({{"first", "{first}"}, {"next", "{next}"}, {"describedby", "{schema}"}});
    return schema;
}

http::Response show_image(Context& context, http::Request&, const identity::Auth&) {
    return http::Response::with_json(200, image_schema(context.formats));
}

http::Response show_images(Context& context, http::Request&, const identity::Auth&) {
    return http::Response::with_json(200, list_schema("images", image_schema(context.formats)));
}

http::Response show_member(Context&, http::Request&, const identity::Auth&) {
    return http::Response::with_json(200, member_schema());
}

http::Response show_members(Context&, http::Request&, const identity::Auth&) {
    return http::Response::with_json(200, list_schema("members", member_schema()));
}

}  // namespace

void add_schemas(http::Router& router, Context& context) {
    const std::string path = "/image/v2/schemas/";
    add_route(router, context, "GET", path + "image", "get_schemas", show_image);
    add_route(router, context, "GET", path + "images", "get_schemas", show_images);
    add_route(router, context, "GET", path + "member", "get_schemas", show_member);
    add_route(router, context, "GET", path + "members", "get_schemas", show_members);
}

}  // namespace virga::image::api
