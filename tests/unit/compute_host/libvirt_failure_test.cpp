#include "compute/virt/libvirt/failure.hpp"

#include <gtest/gtest.h>
#include <libvirt/libvirt.h>

namespace virga::compute::virt::libvirt {
namespace {

TEST(LibvirtFailure, ItsWordsForARefusalAreForAdministrators) {
    silence();
    ASSERT_LT(virGetVersion(nullptr, nullptr, nullptr), 0);
    const auto failure = last_failure("define the guest of server 1", "1");
    EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
    EXPECT_EQ(failure.message().find("libVer"), std::string::npos) << failure.message();
    EXPECT_EQ(failure.message().find("define the guest of server 1: the hypervisor"), 0U) << failure.message();
    EXPECT_NE(failure.detail().find("libVer"), std::string::npos) << failure.detail();
}

}  // namespace
}  // namespace virga::compute::virt::libvirt
