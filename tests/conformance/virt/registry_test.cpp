#include <set>

#include "base/error.hpp"
#include "conformance/virt/host.hpp"

namespace virga::test {
namespace {

/// Names of the drivers that a suite of this program is instantiated with.
std::set<std::string> drivers_of(const std::string& suite) {
    std::set<std::string> names;
    const auto& program = *testing::UnitTest::GetInstance();
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

TEST(VirtRegistry, EveryDriverRunsInEverySuiteOfTheContract) {
    std::set<std::string> registered;
    for (const auto& [name, entry] : compute::virt::drivers()) registered.insert(name);
    for (const auto* suite : {"Spawn", "Power", "Volumes", "LiveDisk", "RealGuest", "Restart"})
        EXPECT_EQ(drivers_of(suite), registered) << suite;
}

TEST(VirtRegistry, ADriverCanDoWhatTheTableSays) {
    for (const auto& [name, entry] : compute::virt::drivers())
        EXPECT_EQ(Host::of(name).driver().capabilities(), entry.capabilities) << name;
}

TEST(VirtRegistry, AnUnknownDriverIsRefusedByTheNameOfItsSetting) {
    config::Config config;
    config.set("compute.driver", "vmware");
    try {
        compute::virt::wanted_driver(config);
        FAIL() << "no error";
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
        EXPECT_NE(failure.message().find("'compute.driver'"), std::string::npos) << failure.message();
        EXPECT_NE(failure.message().find("fake, libvirt"), std::string::npos) << failure.message();
    }
}

}  // namespace
}  // namespace virga::test
