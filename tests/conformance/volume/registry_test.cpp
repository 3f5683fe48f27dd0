#include <algorithm>
#include <set>

#include "conformance/volume/suite.hpp"
#include "volume/host/drivers/registry.hpp"

namespace virga::volume::host::test {
namespace {

/// Kinds of backend that a suite of this program is instantiated with.
std::set<std::string> kinds_of(const std::string& suite) {
    std::set<std::string> names;
    const auto& program = *::testing::UnitTest::GetInstance();
    for (int i = 0; i < program.total_test_suite_count(); ++i) {
        const auto& found = *program.GetTestSuite(i);
        if (found.name() != "Drivers/" + suite) continue;
        for (int test = 0; test < found.total_test_count(); ++test) {
            const std::string name = found.GetTestInfo(test)->name();
            names.insert(name.substr(name.find('/') + 1));
        }
    }
    return names;
}

bool has_driver(const std::set<std::string>& kinds, const std::string& driver) {
    return std::any_of(kinds.begin(), kinds.end(),
                       [&](const auto& kind) { return kind.substr(0, kind.find('_')) == driver; });
}

TEST(VolumeRegistry, EveryDriverRunsInEverySuiteOfTheContract) {
    for (const auto& [driver, factory] : drivers()) {
        for (const auto* suite : {"DriverSuite", "OnlineSuite"})
            EXPECT_TRUE(has_driver(kinds_of(suite), driver)) << driver << " in " << suite;
        Folder folder("/tmp");
        BackendConfig config;
        config.name = driver;
        config.driver = driver;
        config.path = folder.at("backend");
        if (driver != "glusterfs" && driver != "nfs" && !factory(config)->capabilities().stores_data) continue;
        EXPECT_TRUE(has_driver(kinds_of("KillSuite"), driver)) << driver << " in KillSuite";
    }
}

}  // namespace
}  // namespace virga::volume::host::test
