#include "identity/model/catalog.hpp"

#include <array>
#include <optional>
#include <string_view>

#include "base/ids.hpp"

namespace virga::identity {
namespace {

struct BuiltIn {
    const char* type;
    const char* name;
    const char* description;
    const char* path;
};

constexpr std::string_view kProjectMark = "$(project_id)s";
constexpr std::array<BuiltIn, 6> kBuiltIn{{
    {"identity", "keystone", "Identity", "/identity/v3"},
    {"image", "glance", "Images", "/image"},
    {"volumev3", "cinderv3", "Block storage", "/volume/v3/$(project_id)s"},
    {"block-storage", "cinder", "Block storage", "/volume/v3/$(project_id)s"},
    {"compute", "nova", "Compute", "/compute/v2.1"},
    {"network", "neutron", "Networking", "/network"},
}};
constexpr std::array<const char*, 3> kInterfaces{"public", "internal", "admin"};
constexpr const char* kNamespace = "6f1f3d9a-8a53-5b0e-9c39-2d1b7c1e5a10";

std::string service_id(const BuiltIn& service) {
    return derived_uuid(kNamespace, service.type);
}

/// The URL for one project; nullopt when it needs a project and there is none.
std::optional<std::string> expand(std::string url, const std::string& project_id) {
    for (auto at = url.find(kProjectMark); at != std::string::npos; at = url.find(kProjectMark)) {
        if (project_id.empty()) return std::nullopt;
        url.replace(at, kProjectMark.size(), project_id);
    }
    return url;
}

json::array endpoints_json(const CatalogService& service, const std::vector<CatalogEndpoint>& endpoints,
                           const std::string& project_id) {
    json::array out;
    for (const auto& endpoint : endpoints) {
        if (endpoint.service_id != service.id || !endpoint.enabled) continue;
        const auto url = expand(endpoint.url, project_id);
        if (!url) continue;
        out.push_back(json::object{{"id", endpoint.id},
                                   {"interface", endpoint.interface},
                                   {"region", string_or_null(endpoint.region)},
                                   {"region_id", string_or_null(endpoint.region)},
                                   {"url", *url}});
    }
    return out;
}

}  // namespace

const std::vector<CatalogService>& built_in_services() {
    static const auto services = [] {
        std::vector<CatalogService> out;
        for (const auto& item : kBuiltIn) {
            out.push_back({service_id(item), item.type, item.name, item.description, true, true});
        }
        return out;
    }();
    return services;
}

std::vector<CatalogEndpoint> built_in_endpoints(const std::string& base_url, const std::string& region) {
    // Their ids are digests, and each token that is shown has them all. `url` is the path here.
    static const auto endpoints = [] {
        std::vector<CatalogEndpoint> out;
        for (const auto& item : kBuiltIn) {
            const auto id = service_id(item);
            for (const auto* interface : kInterfaces) {
                out.push_back({derived_uuid(id, interface), id, interface, item.path, {}, true, true});
            }
        }
        return out;
    }();
    auto out = endpoints;
    for (auto& endpoint : out) {
        endpoint.url.insert(0, base_url);
        endpoint.region = region;
    }
    return out;
}

json::array catalog_json(const std::vector<CatalogService>& services, const std::vector<CatalogEndpoint>& endpoints,
                         const std::string& project_id) {
    json::array out;
    for (const auto& service : services) {
        if (!service.enabled) continue;
        auto list = endpoints_json(service, endpoints, project_id);
        if (list.empty()) continue;
        json::object entry{{"id", service.id}, {"type", service.type}, {"name", service.name}};
        entry["endpoints"] = std::move(list);
        out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace virga::identity
