#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "compute/api/flavor_view.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/repo/flavor_repo.hpp"
#include "http/query.hpp"

namespace virga::compute::api {
namespace {

constexpr std::int64_t kLargest = 2147483647;

std::int64_t query_number(const Call& call, const char* name) {
    const auto text = call.request.query_value(name);
    if (!text) return 0;
    if (text->empty() || text->size() > 10 || text->find_first_not_of("0123456789") != std::string::npos) {
        throw Error(ErrorCode::InvalidInput, std::string(name) + ": '" + text->substr(0, 32) + "' is not an integer");
    }
    return std::stoll(*text);
}

/// Admins see all with is_public=None, the private ones with false; others what they may use.
bool shown(db::Transaction& tx, const Call& call, const Flavor& flavor) {
    if (!may_use_all(call.auth)) return may_use(tx, call.auth, flavor);
    const auto wanted = call.request.query_value("is_public").value_or("");
    if (wanted == "None" || wanted == "none") return true;
    if (wanted.empty()) return flavor.is_public || repo::has_flavor_access(tx, flavor.id, call.auth.project);
    const json::object holder{{"is_public", wanted}};
    http::Fields fields(holder, "");
    return flavor.is_public == fields.boolean("is_public").value_or(true);
}

using Key = std::pair<std::int64_t, std::string>;

Key sort_key_of(const Flavor& flavor, const std::string& key) {
    if (key == "name") return {0, flavor.name};
    if (key == "memory_mb") return {flavor.memory_mib, {}};
    if (key == "vcpus") return {flavor.vcpus, {}};
    if (key == "root_gb") return {flavor.root_gib, {}};
    if (key == "ephemeral_gb") return {flavor.ephemeral_gib, {}};
    if (key == "swap") return {flavor.swap_mib, {}};
    if (key == "description") return {0, flavor.description};
    if (key == "is_public" || key == "disabled") return {key == "disabled" ? flavor.disabled : flavor.is_public, {}};
    if (key == "id" || key == "created_at" || key == "updated_at" || key == "rxtx_factor" || key == "vcpu_weight") {
        return {0, {}};
    }
    if (key == "flavorid") return {0, flavor.id};
    throw Error(ErrorCode::InvalidInput, "sort_key: flavors can't be sorted by '" + key.substr(0, 64) + "'");
}

void sort(const Call& call, std::vector<Flavor>& flavors) {
    auto sort = http::read_sort(call.request, http::SortForm::Pairs, true);
    sort.items.push_back({"flavorid", sort.items.empty() ? sort.ascending : sort.items.back().ascending});
    for (const auto& [key, unused] : sort.items) sort_key_of({}, key);
    std::stable_sort(flavors.begin(), flavors.end(), [&](const Flavor& a, const Flavor& b) {
        for (const auto& [key, ascending] : sort.items) {
            const auto left = sort_key_of(a, key);
            const auto right = sort_key_of(b, key);
            if (left != right) return ascending ? left < right : right < left;
        }
        return false;
    });
}

std::vector<Flavor> wanted(db::Transaction& tx, const Call& call) {
    const auto min_ram = query_number(call, "minRam");
    const auto min_disk = query_number(call, "minDisk");
    auto flavors = repo::all_flavors(tx);
    std::erase_if(flavors, [&](const Flavor& f) {
        return f.memory_mib < min_ram || f.root_gib < min_disk || !shown(tx, call, f);
    });
    sort(call, flavors);
    return flavors;
}

http::Response list(Call& call, bool detail) {
    check_query(call, "flavors");
    auto tx = call.d.db.read();
    const auto page = http::page_of(call.request);
    const auto flavors = wanted(tx, call);
    auto it = flavors.begin();
    if (page.marker) {
        it = std::find_if(flavors.begin(), flavors.end(), [&](const auto& f) { return f.id == *page.marker; });
        if (it == flavors.end())
            throw Error(ErrorCode::InvalidInput, "marker: there is no flavor " + page.marker->substr(0, 64));
        ++it;
    }
    json::array views;
    std::string last;
    for (; it != flavors.end() && views.size() < page.limit; ++it) {
        views.push_back(detail ? full_flavor(call, *it) : brief_flavor(call, *it));
        last = it->id;
    }
    json::object body;
    if (!views.empty() && views.size() == page.limit) {
        json::array links;
        links.push_back(json::object{{"rel", "next"}, {"href", http::next_link(call.request, last)}});
        body["flavors_links"] = std::move(links);
    }
    body["flavors"] = std::move(views);
    return http::Response::with_json(200, body);
}

http::Response show(Call& call) {
    auto tx = call.d.db.read();
    return json_response(200, "flavor", full_flavor(call, visible_flavor(tx, call.auth, call.param("flavor_id"))));
}

std::string read_id(http::Fields& fields) {
    const auto* value = fields.any("id");
    if (value == nullptr || value->is_null()) return new_uuid();
    if (value->is_int64()) return std::to_string(value->get_int64());
    auto id = fields.string("id", 1, 255).value_or("");
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(" ._-").find(c) != std::string_view::npos;
    });
    if (!plain || id.front() == ' ' || id.back() == ' ') fields.fail("id", "may have letters, digits and . _ - only");
    return id;
}

Flavor read_flavor(const Call& call) {
    const auto body = body_object(call.request, "flavor");
    http::Fields fields(body, "flavor");
    Flavor flavor;
    flavor.id = read_id(fields);
    flavor.name = fields.required_string("name", 1, 255);
    if (flavor.name.front() == ' ' || flavor.name.back() == ' ')
        fields.fail("name", "must not begin or end with a space");
    flavor.memory_mib = fields.required_integer("ram", 1, kLargest);
    flavor.vcpus = fields.required_integer("vcpus", 1, kLargest);
    flavor.root_gib = fields.required_integer("disk", 0, kLargest);
    flavor.ephemeral_gib = fields.integer("OS-FLV-EXT-DATA:ephemeral", 0, kLargest).value_or(0);
    const auto* swap = fields.any("swap");
    const bool no_swap = swap != nullptr && swap->is_string() && swap->get_string().empty();
    flavor.swap_mib = no_swap ? 0 : fields.integer("swap", 0, kLargest).value_or(0);
    fields.any("rxtx_factor");
    flavor.is_public = fields.boolean("os-flavor-access:is_public").value_or(true);
    if (call.minor >= 55) flavor.description = fields.string("description", 0, 65535).value_or("");
    fields.finish();
    return flavor;
}

http::Response create(Call& call) {
    const auto flavor = read_flavor(call);
    call.d.db.write_with([&](db::Transaction& tx) {
        if (repo::find_flavor(tx, flavor.id)) {
            throw Error(ErrorCode::Conflict, "Flavor with ID " + flavor.id + " already exists.");
        }
        for (const auto& other : repo::all_flavors(tx)) {
            if (other.name == flavor.name) {
                throw Error(ErrorCode::Conflict, "Flavor with name " + flavor.name + " already exists.");
            }
        }
        repo::insert_flavor(tx, flavor);
    });
    return json_response(200, "flavor", full_flavor(call, flavor));
}

http::Response update(Call& call) {
    const auto body = body_object(call.request, "flavor");
    http::Fields fields(body, "flavor");
    if (!fields.has("description")) fields.fail("description", "is required");
    const auto description = fields.string("description", 0, 65535).value_or("");
    fields.finish();
    const auto flavor = call.d.db.write_with([&](db::Transaction& tx) {
        auto found = visible_flavor(tx, call.auth, call.param("flavor_id"));
        found.description = description;
        repo::update_flavor(tx, found);
        return found;
    });
    return json_response(200, "flavor", full_flavor(call, flavor));
}

http::Response remove(Call& call) {
    call.d.db.write_with([&](db::Transaction& tx) {
        visible_flavor(tx, call.auth, call.param("flavor_id"));
        repo::delete_flavor(tx, call.param("flavor_id"));
    });
    return http::Response::empty(202);
}

}  // namespace

void add_flavors(Routes& routes) {
    routes.add("GET", "/flavors", "os_compute_api:flavors", [](Call& call) { return list(call, false); });
    routes.add("GET", "/flavors/detail", "os_compute_api:flavors", [](Call& call) { return list(call, true); });
    routes.add("POST", "/flavors", "os_compute_api:os-flavor-manage:create", create);
    routes.add("GET", "/flavors/{flavor_id}", "os_compute_api:flavors", show);
    routes.add("PUT", "/flavors/{flavor_id}", "os_compute_api:os-flavor-manage:update", update, 55);
    routes.add("DELETE", "/flavors/{flavor_id}", "os_compute_api:os-flavor-manage:delete", remove);
}

}  // namespace virga::compute::api
