#include "identity/model/catalog.hpp"

#include <gtest/gtest.h>

#include <set>

namespace virga::identity {
namespace {

json::array catalog(const std::string& project) {
    return catalog_json(built_in_services(), built_in_endpoints("http://cloud:80", "RegionOne"), project);
}

std::string url_of(const json::array& catalog, std::string_view type) {
    for (const auto& service : catalog) {
        if (service.at("type").as_string() == type)
            return std::string(service.at("endpoints").at(0).at("url").as_string());
    }
    return {};
}

TEST(Catalog, HasEveryServiceWithThreeInterfaces) {
    const auto services = catalog("p1");
    EXPECT_EQ(url_of(services, "identity"), "http://cloud:80/identity/v3");
    EXPECT_EQ(url_of(services, "image"), "http://cloud:80/image");
    EXPECT_EQ(url_of(services, "volumev3"), "http://cloud:80/volume/v3/p1");
    EXPECT_EQ(url_of(services, "block-storage"), "http://cloud:80/volume/v3/p1");
    EXPECT_EQ(url_of(services, "compute"), "http://cloud:80/compute/v2.1");
    EXPECT_EQ(url_of(services, "network"), "http://cloud:80/network");
    for (const auto& service : services) {
        std::set<std::string> interfaces;
        for (const auto& endpoint : service.at("endpoints").as_array()) {
            interfaces.emplace(endpoint.at("interface").as_string());
            EXPECT_EQ(endpoint.at("region").as_string(), "RegionOne");
        }
        EXPECT_EQ(interfaces, (std::set<std::string>{"public", "internal", "admin"}));
    }
}

TEST(Catalog, LeavesOutWhatNeedsAProjectWithoutOne) {
    EXPECT_EQ(url_of(catalog(""), "volumev3"), "");
    EXPECT_NE(url_of(catalog(""), "compute"), "");
}

TEST(Catalog, AddressesEachClientByItsOwnUrl) {
    const auto first = built_in_endpoints("http://a", "R")[0];
    const auto second = built_in_endpoints("http://b", "S")[0];
    EXPECT_EQ(first.url, "http://a/identity/v3");
    EXPECT_EQ(first.region, "R");
    EXPECT_EQ(second.url, "http://b/identity/v3");
    EXPECT_EQ(second.region, "S");
}

TEST(Catalog, KeepsIdsAndHidesWhatIsDisabled) {
    EXPECT_EQ(built_in_endpoints("http://a", "R")[0].id, built_in_endpoints("http://b", "R")[0].id);
    CatalogService service{"s1", "dns", "designate", "", false, false};
    CatalogEndpoint endpoint{"e1", "s1", "public", "http://dns", "R", true, false};
    EXPECT_TRUE(catalog_json({service}, {endpoint}, "p").empty());
    service.enabled = true;
    EXPECT_EQ(catalog_json({service}, {endpoint}, "p").size(), 1u);
    endpoint.enabled = false;
    EXPECT_TRUE(catalog_json({service}, {endpoint}, "p").empty());
}

}  // namespace
}  // namespace virga::identity
