#include "volume/api/types.hpp"
#include "volume/repo/type_access_repo.hpp"
#include "volume/repo/type_repo.hpp"

/// Who may use private types.
namespace virga::volume::api {
namespace {

const identity::policy::Actions kActions{
    {"addProjectAccess", "volume_extension:volume_type_access:addProjectAccess"},
    {"removeProjectAccess", "volume_extension:volume_type_access:removeProjectAccess"}};

http::Response list(const Call& call) {
    auto tx = call.db().read();
    const auto type = repo::get_type(tx, call.request.param("type_id"));
    if (type.is_public) {
        throw Error(ErrorCode::NotFound, "Volume type " + type.id + " is public: it has no access list.", {}, type.id);
    }
    json::array items;
    for (const auto& project : repo::projects_of_type(tx, type.id)) {
        items.push_back(json::object{{"volume_type_id", type.id}, {"project_id", project.value}});
    }
    return http::Response::with_json(200, json::object{{"volume_type_access", std::move(items)}});
}

http::Response action(const Call& call) {
    const auto body = call.request.json_body();
    const std::string name = body.size() == 1 ? std::string(body.begin()->key()) : std::string();
    if (name != "addProjectAccess" && name != "removeProjectAccess") {
        throw Error(ErrorCode::InvalidInput, "The body must name one action, addProjectAccess or removeProjectAccess.");
    }
    const auto argument = body_object(call, name);
    http::Fields fields(argument, name);
    const ProjectId project(fields.required_string("project", 1, 255));
    fields.finish();
    auto tx = call.db().write();
    const auto type = repo::get_type(tx, call.request.param("type_id"));
    if (type.is_public) {
        throw Error(ErrorCode::InvalidInput, "Volume type " + type.id + " is public: everyone has access to it.", {},
                    type.id);
    }
    if (name == "addProjectAccess") {
        repo::add_access(tx, type.id, project);
    } else {
        repo::remove_access(tx, type.id, project);
    }
    tx.commit();
    return http::Response::empty(202);
}

}  // namespace

void register_type_access(Routes& routes) {
    routes.add("GET", "/types/{type_id}/os-volume-type-access", "volume_extension:volume_type_access:get_all_for_type",
               list);
    routes.add("POST", "/types/{type_id}/action", kActions, action);
}

}  // namespace virga::volume::api
