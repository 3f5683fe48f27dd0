#include "volume/api/quotas.hpp"
#include "volume/repo/quota_repo.hpp"

/// Limits by class. Those of the class "default" are what projects have without limits of their own.
namespace virga::volume::api {
namespace {

constexpr std::size_t kNameLength = 255;

const std::string& class_of(const Call& call) {
    const auto& name = call.request.param("quota_class");
    if (name.size() <= kNameLength) return name;
    throw Error(ErrorCode::InvalidInput, "quota_class: must have at most 255 characters.");
}

http::Response answer(json::object set) {
    return http::Response::with_json(200, json::object{{"quota_class_set", std::move(set)}});
}

http::Response show(const Call& call) {
    auto tx = call.db().read();
    auto set = limits_view(repo::class_limits(tx, call.context.d.config, class_of(call)));
    set["id"] = class_of(call);
    return answer(std::move(set));
}

http::Response update(const Call& call) {
    const auto& quota_class = class_of(call);
    const auto body = body_object(call, "quota_class_set");
    http::Fields fields(body, "quota_class_set");
    auto tx = call.db().write();
    const auto present = repo::class_limits(tx, call.context.d.config, quota_class);
    for (const auto& [name, limit] : wanted_limits(body, fields, present)) {
        repo::set_class_limit(tx, quota_class, name, limit);
    }
    auto set = limits_view(repo::class_limits(tx, call.context.d.config, quota_class));
    tx.commit();
    return answer(std::move(set));
}

}  // namespace

void register_quota_classes(Routes& routes) {
    routes.add("GET", "/os-quota-class-sets/{quota_class}", "volume_extension:quota_classes:get", show);
    routes.add("PUT", "/os-quota-class-sets/{quota_class}", "volume_extension:quota_classes:update", update);
}

}  // namespace virga::volume::api
