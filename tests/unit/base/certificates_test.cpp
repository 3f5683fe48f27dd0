#include "base/certificates.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/small_file.hpp"

namespace virga {
namespace {

class Certificates : public ::testing::Test {
protected:
    Certificates() {
        char name[] = "/tmp/virga-pki-XXXXXX";
        root_ = ::mkdtemp(name);
    }
    ~Certificates() override { std::filesystem::remove_all(root_); }

    std::string make(const std::string& host, const std::vector<std::string>& addresses, const char* ca = "/ca") {
        if (!std::filesystem::exists(root_ + ca)) make_ca(root_ + ca);
        return make_host_certificates(root_ + ca, host, addresses);
    }
    static std::string refusal(const std::string& folder, const std::string& host, const std::string& address) {
        try {
            check_host_certificates("host.tls_folder", folder, host, address);
        } catch (const Error& failure) {
            EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
            return failure.message();
        }
        return {};
    }

    std::string root_;
};

TEST_F(Certificates, of_a_host_are_for_its_name_and_addresses) {
    const auto folder = make("host-b", {"10.0.0.2", "fd00::2", "b.example.org"});
    for (const auto* address : {"10.0.0.2", "fd00::2", "[fd00::2]", "b.example.org", "host-b"})
        EXPECT_EQ(refusal(folder, "host-b", address), "") << address;
    EXPECT_NE(refusal(folder, "host-b", "10.0.0.3").find("10.0.0.3"), std::string::npos);
    EXPECT_NE(refusal(folder, "host-c", "10.0.0.2").find("O=virga,CN=host-c"), std::string::npos);
}

TEST_F(Certificates, a_host_has_a_group_that_need_not_be_searched_for) {
    const auto folder = make("host-b", {"10.0.0.2"});
    EXPECT_EQ(read_small_file(folder + "/dh-params.pem"), known_group());
    EXPECT_TRUE(known_group().starts_with("-----BEGIN DH PARAMETERS-----\nMIIBCAKCAQEA//////////+t+FRYortKmq/c"));
}

TEST_F(Certificates, keys_are_the_owners_alone) {
    const auto folder = make("host-b", {"10.0.0.2"});
    for (const auto& path : {folder + "/server-key.pem", folder + "/client-key.pem", root_ + "/ca/ca-key.pem"}) {
        struct stat info {};
        ASSERT_EQ(::stat(path.c_str(), &info), 0) << path;
        EXPECT_EQ(info.st_mode & 0777, 0600U) << path;
    }
    EXPECT_FALSE(std::filesystem::exists(folder + "/ca-key.pem"));
}

TEST_F(Certificates, what_doesnt_belong_together_is_refused) {
    const auto good = make("host-b", {"10.0.0.2"});
    const auto evil = make("host-b", {"10.0.0.2"}, "/evil");
    std::filesystem::copy_file(evil + "/client-key.pem", good + "/client-key.pem",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_NE(refusal(good, "host-b", "10.0.0.2").find("client-key.pem is not the key"), std::string::npos);
    std::filesystem::copy_file(evil + "/client-cert.pem", good + "/client-cert.pem",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_NE(refusal(good, "host-b", "10.0.0.2").find("client-cert.pem isn't signed"), std::string::npos);
    std::filesystem::remove(good + "/server-cert.pem");
    EXPECT_NE(refusal(good, "host-b", "10.0.0.2").find("server-cert.pem is missing"), std::string::npos);
    std::ofstream(good + "/server-cert.pem") << "nonsense";
    EXPECT_NE(refusal(good, "host-b", "10.0.0.2").find("no certificate"), std::string::npos);
}

TEST_F(Certificates, wrong_words_are_refused_and_leave_nothing) {
    make("host-b", {});
    const auto code = [&](const std::string& host, const std::vector<std::string>& addresses) {
        try {
            make_host_certificates(root_ + "/ca", host, addresses);
        } catch (const Error& failure) {
            return failure.code();
        }
        return ErrorCode::Internal;
    };
    for (const auto* name : {"", "../x", "a,CN=b", "a/b", "-x", ".x", "a b"})
        EXPECT_EQ(code(name, {"10.0.0.2"}), ErrorCode::InvalidInput) << name;
    for (const auto* address : {"", "10.0.0.2,DNS:x", "a b"})
        EXPECT_EQ(code("host-c", {address}), ErrorCode::InvalidInput) << address;
    EXPECT_EQ(folder_entries(root_ + "/ca"), (std::vector<std::string>{"ca-cert.pem", "ca-key.pem", "host-b"}));
    EXPECT_THROW(make_ca(root_ + "/ca"), Error);
    EXPECT_THROW(make_host_certificates(root_ + "/none", "host-b", {"10.0.0.2"}), Error);
}

}  // namespace
}  // namespace virga
