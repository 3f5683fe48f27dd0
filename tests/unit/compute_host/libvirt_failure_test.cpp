#include "compute/virt/libvirt/failure.hpp"

#include <gtest/gtest.h>
#include <libvirt/libvirt.h>

#include <memory>

namespace virga::compute::virt::libvirt {
namespace {

TEST(LibvirtFailure, ItsWordsForARefusalAreForAdministrators) {
    silence();
    // Of libvirt's driver for tests, which needs no hypervisor.
    const std::unique_ptr<virConnect, int (*)(virConnectPtr)> connection(virConnectOpen("test:///default"),
                                                                         virConnectClose);
    ASSERT_NE(connection, nullptr);
    ASSERT_EQ(virDomainDefineXML(connection.get(), "<domain type='test'><unwanted"), nullptr);
    const auto failure = last_failure("define the guest of server 1", "1");
    EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
    EXPECT_EQ(failure.message().find("unwanted"), std::string::npos) << failure.message();
    EXPECT_EQ(failure.message().find("define the guest of server 1: the hypervisor"), 0U) << failure.message();
    EXPECT_NE(failure.detail().find("unwanted"), std::string::npos) << failure.detail();
}

}  // namespace
}  // namespace virga::compute::virt::libvirt
