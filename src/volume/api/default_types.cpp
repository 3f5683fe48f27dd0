#include "volume/api/types.hpp"
#include "volume/repo/type_access_repo.hpp"
#include "volume/repo/type_repo.hpp"

/// The types that projects get when a request names none.
namespace virga::volume::api {
namespace {

constexpr int kDefaultTypes = 62;

json::object view_of(const repo::DefaultType& type) {
    return {{"project_id", type.project.value}, {"volume_type_id", type.type_id}};
}

http::Response one(const repo::DefaultType& type) {
    return http::Response::with_json(200, json::object{{"default_type", view_of(type)}});
}

repo::DefaultType get_default(db::Transaction& tx, const Call& call) {
    const auto& project = call.request.param("target_project");
    const auto type = repo::default_type_of(tx, ProjectId(project));
    if (!type) throw Error(ErrorCode::NotFound, "Project " + project + " has no default volume type.", {}, project);
    return *type;
}

http::Response list(const Call& call) {
    auto tx = call.db().read();
    json::array items;
    for (const auto& type : repo::default_types(tx)) items.push_back(view_of(type));
    return http::Response::with_json(200, json::object{{"default_types", std::move(items)}});
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    return one(get_default(tx, call));
}

/// The project must exist, and be allowed to use the type.
http::Response set(const Call& call) {
    const auto body = body_object(call, "default_type");
    http::Fields fields(body, "default_type");
    const auto wanted = fields.required_string("volume_type", 1, 255);
    fields.finish();
    const ProjectId project(call.request.param("target_project"));
    auto tx = call.db().write();
    if (call.context.identity.project_name(tx, project).empty()) {
        throw Error(ErrorCode::NotFound, "Project " + project.value + " could not be found.", {}, project.value);
    }
    const auto found = repo::find_type(tx, wanted);
    if (!found) fields.fail("volume_type", "there is no volume type '" + wanted + "'");
    const auto& type = *found;
    if (!repo::may_use(tx, type, project)) {
        fields.fail("volume_type", "is private: give the project access to it first");
    }
    const repo::DefaultType chosen{project, type.id};
    repo::set_default_type(tx, chosen);
    tx.commit();
    return one(chosen);
}

http::Response clear(const Call& call) {
    auto tx = call.db().write();
    repo::clear_default_type(tx, get_default(tx, call).project);
    tx.commit();
    return http::Response::empty(204);
}

}  // namespace

void register_default_types(Routes& routes) {
    routes.add("GET", "/default-types", "volume_extension:default_get_all", list, kDefaultTypes);
    routes.add("GET", "/default-types/{target_project}", "volume_extension:default_get", show, kDefaultTypes);
    routes.add("PUT", "/default-types/{target_project}", "volume_extension:default_set_or_update", set, kDefaultTypes);
    routes.add("DELETE", "/default-types/{target_project}", "volume_extension:default_unset", clear, kDefaultTypes);
}

}  // namespace virga::volume::api
