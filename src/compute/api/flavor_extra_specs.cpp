#include "base/error.hpp"
#include "compute/api/flavor_view.hpp"
#include "compute/repo/flavor_repo.hpp"

namespace virga::compute::api {
namespace {

constexpr std::size_t kMostSpecs = 1024;

template <class F>
json::object edit(Call& call, F&& change) {
    return call.d.db.write_with([&](db::Transaction& tx) {
        auto flavor = visible_flavor(tx, call.auth, call.param("flavor_id"));
        change(flavor.extra_specs);
        if (flavor.extra_specs.size() > kMostSpecs) {
            throw Error(ErrorCode::InvalidInput,
                        "extra_specs: a flavor has at most " + std::to_string(kMostSpecs) + " of them");
        }
        repo::update_flavor(tx, flavor);
        return flavor.extra_specs;
    });
}

void check_key(std::string_view key) {
    constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -_:.";
    if (key.empty() || key.size() > 255 || key.find_first_not_of(kAllowed) != std::string_view::npos) {
        throw Error(ErrorCode::InvalidInput,
                    "extra_specs: a key has 1 to 255 letters, digits, spaces and - _ : . only");
    }
}

/// Values are texts; numbers are taken as their text.
std::string text_of(std::string_view key, const json::value& value) {
    check_key(key);
    if (value.is_string() && value.get_string().size() <= 255) return std::string(value.get_string());
    if (value.is_int64() || value.is_double()) return json::serialize(value);
    throw Error(ErrorCode::InvalidInput, "extra_specs." + std::string(key) + ": must be a string of at most 255 bytes");
}

json::object stored(Call& call) {
    auto tx = call.d.db.read();
    return visible_flavor(tx, call.auth, call.param("flavor_id")).extra_specs;
}

[[noreturn]] void no_spec(const Call& call) {
    throw Error(ErrorCode::NotFound,
                "Flavor " + call.param("flavor_id") + " has no extra specs with key " + call.param("key") + ".");
}

http::Response list(Call& call) {
    return json_response(200, "extra_specs", stored(call));
}

http::Response add(Call& call) {
    const auto given = body_object(call.request, "extra_specs");
    json::object specs;
    for (const auto& item : given) specs[item.key()] = text_of(item.key(), item.value());
    edit(call, [&](json::object& all) {
        for (const auto& item : specs) all[item.key()] = item.value();
    });
    return json_response(200, "extra_specs", specs);
}

http::Response show(Call& call) {
    const auto all = stored(call);
    const auto* value = all.if_contains(call.param("key"));
    if (value == nullptr) no_spec(call);
    return http::Response::with_json(200, json::object{{call.param("key"), *value}});
}

http::Response set(Call& call) {
    const auto body = call.request.json_body();
    const auto& key = call.param("key");
    if (body.size() != 1 || !body.contains(key)) {
        throw Error(ErrorCode::InvalidInput, "the body must have the one key " + key + " of the URL");
    }
    const auto text = text_of(key, body.at(key));
    edit(call, [&](json::object& all) { all[key] = text; });
    return http::Response::with_json(200, json::object{{key, text}});
}

http::Response remove(Call& call) {
    edit(call, [&](json::object& all) {
        if (all.erase(call.param("key")) == 0) no_spec(call);
    });
    return http::Response::empty(200);
}

}  // namespace

void add_flavor_extra_specs(Routes& routes) {
    const std::string all = "/flavors/{flavor_id}/os-extra_specs";
    routes.add("GET", all, "os_compute_api:os-flavor-extra-specs:index", list);
    routes.add("POST", all, "os_compute_api:os-flavor-extra-specs:create", add);
    routes.add("GET", all + "/{key}", "os_compute_api:os-flavor-extra-specs:show", show);
    routes.add("PUT", all + "/{key}", "os_compute_api:os-flavor-extra-specs:update", set);
    routes.add("DELETE", all + "/{key}", "os_compute_api:os-flavor-extra-specs:delete", remove);
}

}  // namespace virga::compute::api
