#include <thread>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "compute/virt/fake/fake_driver.hpp"
#include "conformance/virt/host.hpp"

namespace virga::test {
namespace {

using compute::virt::fake::FakeDriver;

class FakeScript : public testing::Test {
protected:
    ErrorCode spawn(FakeDriver& driver, const std::string& id) {
        try {
            driver.spawn(guest_spec(id), {{"/disk", disk::Format::Raw, ""}}, "");
        } catch (const Error& failure) {
            return failure.code();
        }
        return ErrorCode::NotFound;  // stands for "no error"
    }
    std::string folder_ = Host::of("fake").folder() + "/" + new_uuid();
};

TEST_F(FakeScript, FailsTheNthCall) {
    FakeDriver driver(folder_, "fail spawn 2");
    EXPECT_EQ(spawn(driver, new_uuid()), ErrorCode::NotFound);
    const auto second = new_uuid();
    EXPECT_EQ(spawn(driver, second), ErrorCode::Internal);
    EXPECT_FALSE(driver.state(second).exists);
    EXPECT_EQ(spawn(driver, second), ErrorCode::NotFound);
}

TEST_F(FakeScript, LosesTheReply) {
    FakeDriver driver(folder_, "lose spawn");
    const auto id = new_uuid();
    EXPECT_EQ(spawn(driver, id), ErrorCode::Unavailable);
    EXPECT_TRUE(driver.state(id).exists);
}

TEST_F(FakeScript, HangsUntilItIsStopped) {
    FakeDriver driver(folder_, "hang spawn");
    auto code = ErrorCode::NotFound;
    std::thread hanging([&] { code = spawn(driver, new_uuid()); });
    driver.stop();
    hanging.join();
    EXPECT_EQ(code, ErrorCode::Unavailable);
}

TEST_F(FakeScript, RefusesAnUnknownWord) {
    EXPECT_THROW(FakeDriver(folder_, "explode spawn"), Error);
}

}  // namespace
}  // namespace virga::test
