#include "volume/host/backend_config.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "volume/host/drivers/registry.hpp"
#include "volume/host/drivers/remotefs/share.hpp"

namespace virga::volume::host {
namespace {

class BackendConfigTest : public testing::Test {
protected:
    ~BackendConfigTest() override { std::remove(path_.c_str()); }
    std::vector<BackendConfig> read(const std::string& text) {
        std::ofstream(path_) << text;
        config::Config config;
        config.load_file(path_);
        return read_backends(config, "/state");
    }
    std::string message_of(const std::string& text) {
        try {
            read(text);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ErrorCode::InvalidInput);
            return e.message();
        }
        return "";
    }

    std::string path_ = "/tmp/virga-backends-" + new_uuid();
};

TEST_F(BackendConfigTest, WithoutTablesThereIsTheDefaultOne) {
    const auto backends = read("[volume]\nbackend = \"disks\"\nformat = \"qcow2\"\n");
    ASSERT_EQ(backends.size(), 1U);
    EXPECT_EQ(backends[0].name, "disks");
    EXPECT_EQ(backends[0].driver, "local");
    EXPECT_EQ(backends[0].path, "/state/volumes");
    EXPECT_EQ(backends[0].format, "qcow2");
    EXPECT_EQ(backends[0].backend_name, "disks");
    EXPECT_NE(message_of("[volume]\ndriver = \"glusterfs\"\n").find("[volume.backends.NAME]"), std::string::npos);
}

TEST_F(BackendConfigTest, EachTableIsABackend) {
    const auto backends = read(
        "[volume.backends.fast]\nvolume_backend_name = \"ssd\"\n"
        "[volume.backends.shared]\ndriver = \"glusterfs\"\nshares = [\"s1:/v -o backup-volfile-servers=s2\"]\n"
        "mount_options = \"log-level=WARNING\"\nreserved_percentage = 5\nmax_over_subscription_ratio = 2\n");
    ASSERT_EQ(backends.size(), 2U);
    EXPECT_EQ(backends[0].backend_name, "ssd");
    EXPECT_EQ(backends[0].path, "/state/volumes-fast");
    EXPECT_EQ(backends[1].backend_name, "shared");
    EXPECT_EQ(backends[1].mount_point_base, "/state/mnt");
    EXPECT_EQ(backends[1].reserved_percentage, 5);
    EXPECT_EQ(backends[1].max_over_subscription_ratio, 2.0);
}

TEST_F(BackendConfigTest, MistakesNameTheSetting) {
    const std::string table = "[volume.backends.x]\n";
    for (const auto& [line, named] : std::vector<std::pair<std::string, std::string>>{
             {"format = \"vmdk\"", "volume.backends.x.format"},
             {"path = \"here\"", "volume.backends.x.path"},
             {"mount_point_base = \"here\"", "volume.backends.x.mount_point_base"},
             {"reserved_percentage = 101", "volume.backends.x.reserved_percentage"},
             {"max_over_subscription_ratio = 0.5", "volume.backends.x.max_over_subscription_ratio"},
             {"shares_file = \"/nonexistent/shares\"", "volume.backends.x.shares_file"},
             {"share = [\"a:/b\"]", "volume.backends.x.share"}})
        EXPECT_NE(message_of(table + line + "\n").find(named), std::string::npos) << message_of(table + line + "\n");
    EXPECT_NE(message_of("[volume.backends.a]\npath = \"/p\"\n[volume.backends.b]\npath = \"/p\"\n").find("/p"),
              std::string::npos);
    EXPECT_NE(message_of("[volume.backends.a]\nshares = [\"s:/v\"]\n[volume.backends.b]\nshares = [\"s:/v -o ro\"]\n")
                  .find("s:/v"),
              std::string::npos);
}

TEST_F(BackendConfigTest, SharesFileHasCommentsAndOptions) {
    EXPECT_EQ(shares_in("# the shares\n\n  s1:/v -o a,b  \r\n#s2:/v\ns3:/v"),
              (std::vector<std::string>{"s1:/v -o a,b", "s3:/v"}));
    const auto file = path_ + ".shares";
    std::ofstream(file) << "# comment\ns2:/v\n";
    const auto backends =
        read("[volume.backends.g]\ndriver = \"nfs\"\nshares = [\"s1:/v\"]\nshares_file = \"" + file + "\"\n");
    std::remove(file.c_str());
    EXPECT_EQ(backends.at(0).shares, (std::vector<std::string>{"s1:/v", "s2:/v"}));
}

TEST(Share, IsReadWithItsOptions) {
    const auto plain = remotefs::parse_share("nfs", "server:/export", "vers=4.2");
    EXPECT_EQ(plain.source, "server:/export");
    EXPECT_EQ(plain.options, "vers=4.2");
    const auto own = remotefs::parse_share("glusterfs", "[2001:db8::1]:/v  -o  a=1,b", "c");
    EXPECT_EQ(own.source, "[2001:db8::1]:/v");
    EXPECT_EQ(own.options, "c,a=1,b");
    for (const auto* wrong :
         {"", "server", "/export", ":/export", "-o:/x", "s:/v rw", "s:/v -o", "s:/v -o a b", "s:/v -o -x"})
        EXPECT_THROW(remotefs::parse_share("nfs", wrong, ""), Error) << wrong;
}

TEST(Registry, UnknownDriversAndMissingSharesAreRefused) {
    BackendConfig config;
    config.name = "x";
    config.driver = "ceph";
    EXPECT_THROW(make_driver(config), Error);
    config.driver = "glusterfs";
    EXPECT_THROW(make_driver(config), Error);
}

}  // namespace
}  // namespace virga::volume::host
