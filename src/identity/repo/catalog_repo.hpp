#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "identity/model/catalog.hpp"

namespace virga::identity::repo {

struct Region {
    std::string id;
    std::string description;
    std::string parent_region_id;
    json::object extra{};
};

/// What administrators added to the catalog, next to the built-in entries.
std::vector<CatalogService> list_services(db::Transaction& tx);
void save_service(db::Transaction& tx, const CatalogService& service);
void delete_service(db::Transaction& tx, const std::string& id);  ///< with its endpoints
std::vector<CatalogEndpoint> list_endpoints(db::Transaction& tx);
void save_endpoint(db::Transaction& tx, const CatalogEndpoint& endpoint);
void delete_endpoint(db::Transaction& tx, const std::string& id);
std::vector<Region> list_regions(db::Transaction& tx);
void save_region(db::Transaction& tx, const Region& region);
void delete_region(db::Transaction& tx, const std::string& id);

}  // namespace virga::identity::repo
