// A volume is refused where it would touch what stays free for the cloud's state.
#include "disk/reserve.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <limits>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "volume/host/drivers/local/local_driver.hpp"

namespace virga::volume::host {
namespace {

TEST(Reserve, no_volume_is_made_in_it) {
    char name[] = "/tmp/virga-reserve-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    const std::string folder = name;
    const ScopeExit cleanup([&] {
        disk::keep_free(folder, 0);
        std::filesystem::remove_all(folder);
    });
    local::LocalDriver driver({.folder = folder});
    driver.create("0b0a6b5e-3e5c-4a53-9d5c-7b8a5d2f6d11", 1);
    disk::keep_free(folder, std::numeric_limits<std::int64_t>::max() / 2);
    const std::string id = "0b0a6b5e-3e5c-4a53-9d5c-7b8a5d2f6d12";
    try {
        driver.create(id, 1);
        FAIL() << "was not refused";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::NoSpace);
        EXPECT_NE(error.message().find("host.reserved_space_bytes"), std::string::npos) << error.message();
    }
    EXPECT_THROW(driver.extend("0b0a6b5e-3e5c-4a53-9d5c-7b8a5d2f6d11", 2), Error);
    EXPECT_THROW(driver.create_snapshot("0b0a6b5e-3e5c-4a53-9d5c-7b8a5d2f6d11", id), Error);
    EXPECT_THROW(driver.clone(id, 1, "0b0a6b5e-3e5c-4a53-9d5c-7b8a5d2f6d11", {}), Error);
    EXPECT_EQ(driver.inventory().free_bytes, 0) << "the scheduler sees the same";
    EXPECT_NO_THROW(driver.remove("0b0a6b5e-3e5c-4a53-9d5c-7b8a5d2f6d11")) << "what makes room is always done";
    disk::keep_free(folder, 0);
    EXPECT_NO_THROW(driver.create(id, 1));
}

}  // namespace
}  // namespace virga::volume::host
