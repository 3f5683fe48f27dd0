#include "identity/repo/catalog_repo.hpp"

#include "identity/repo/revision.hpp"

namespace virga::identity::repo {

std::vector<CatalogService> list_services(db::Transaction& tx) {
    std::vector<CatalogService> out;
    for (const auto& row : tx.query("SELECT * FROM catalog_services ORDER BY type, id")) {
        out.push_back({row.text("id"), row.text("type"), row.text("name"), row.text("description"), row.flag("enabled"),
                       false, parse_object(row.text("extra"))});
    }
    return out;
}

void save_service(db::Transaction& tx, const CatalogService& service) {
    count_change(tx);
    tx.exec(
        "INSERT INTO catalog_services (id, type, name, description, enabled, extra) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET type = excluded.type, name = excluded.name, "
        "description = excluded.description, enabled = excluded.enabled, extra = excluded.extra",
        {service.id, service.type, service.name, service.description, std::int64_t{service.enabled},
         json::serialize(service.extra)});
}

void delete_service(db::Transaction& tx, const std::string& id) {
    count_change(tx);
    tx.exec("DELETE FROM catalog_endpoints WHERE service_id = ?", {id});
    tx.exec("DELETE FROM catalog_services WHERE id = ?", {id});
}

std::vector<CatalogEndpoint> list_endpoints(db::Transaction& tx) {
    std::vector<CatalogEndpoint> out;
    for (const auto& row : tx.query("SELECT * FROM catalog_endpoints ORDER BY id")) {
        out.push_back({row.text("id"), row.text("service_id"), row.text("interface"), row.text("url"),
                       row.text("region"), row.flag("enabled"), false, parse_object(row.text("extra"))});
    }
    return out;
}

void save_endpoint(db::Transaction& tx, const CatalogEndpoint& endpoint) {
    count_change(tx);
    tx.exec(
        "INSERT INTO catalog_endpoints (id, service_id, interface, url, region, enabled, extra) VALUES (?, ?, ?, ?, ?, "
        "?, ?) "
        "ON CONFLICT (id) DO UPDATE SET service_id = excluded.service_id, interface = excluded.interface, "
        "url = excluded.url, region = excluded.region, enabled = excluded.enabled, extra = excluded.extra",
        {endpoint.id, endpoint.service_id, endpoint.interface, endpoint.url, db::nullable(endpoint.region),
         std::int64_t{endpoint.enabled}, json::serialize(endpoint.extra)});
}

void delete_endpoint(db::Transaction& tx, const std::string& id) {
    count_change(tx);
    tx.exec("DELETE FROM catalog_endpoints WHERE id = ?", {id});
}

std::vector<Region> list_regions(db::Transaction& tx) {
    std::vector<Region> out;
    for (const auto& row : tx.query("SELECT * FROM catalog_regions ORDER BY id")) {
        out.push_back(
            {row.text("id"), row.text("description"), row.text("parent_region_id"), parse_object(row.text("extra"))});
    }
    return out;
}

void save_region(db::Transaction& tx, const Region& region) {
    tx.exec(
        "INSERT INTO catalog_regions (id, description, parent_region_id, extra) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET description = excluded.description, "
        "parent_region_id = excluded.parent_region_id, extra = excluded.extra",
        {region.id, region.description, db::nullable(region.parent_region_id), json::serialize(region.extra)});
}

void delete_region(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM catalog_regions WHERE id = ?", {id});
}

}  // namespace virga::identity::repo
