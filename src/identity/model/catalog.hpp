#pragma once
#include <string>
#include <vector>

#include "base/json.hpp"

namespace virga::identity {

struct CatalogService {
    std::string id;
    std::string type;
    std::string name;
    std::string description;
    bool enabled = true;
    bool built_in = false;
    json::object extra{};  ///< attributes of the client's own invention
};

struct CatalogEndpoint {
    std::string id;
    std::string service_id;
    std::string interface;  ///< public, internal, admin
    std::string url;        ///< may contain $(project_id)s
    std::string region;
    bool enabled = true;
    bool built_in = false;
    json::object extra{};  ///< attributes of the client's own invention
};

/// The services of this program, with ids that never change.
const std::vector<CatalogService>& built_in_services();
/// Their endpoints as a client that addresses the program by `base_url` reaches them.
std::vector<CatalogEndpoint> built_in_endpoints(const std::string& base_url, const std::string& region);

/// The `catalog` of a token. Endpoints whose URL needs a project are left out when there is none.
json::array catalog_json(const std::vector<CatalogService>& services, const std::vector<CatalogEndpoint>& endpoints,
                         const std::string& project_id);

}  // namespace virga::identity
