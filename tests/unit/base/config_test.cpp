#include "config/config.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace virga::config {
namespace {

const Setting<std::int64_t> kCount{"test.count", 3, "A number."};
const Setting<bool> kFlag{"test.flag", false, "A flag."};
const Setting<std::string> kName{"test.name", std::string("n"), "A text."};

class ConfigTest : public testing::Test {
protected:
    ~ConfigTest() override { std::remove(path_.c_str()); }
    void load(const std::string& text) {
        std::ofstream(path_) << text;
        config_.load_file(path_);
    }
    std::string message_of(const std::string& text) {
        try {
            load(text);
        } catch (const Error& failure) {
            return failure.message();
        }
        return "";
    }

    std::string path_ = "/tmp/virga-config-" + new_uuid() + ".toml";
    Config config_;
};

TEST_F(ConfigTest, DefaultsFileAndOverrides) {
    EXPECT_EQ(config_.get(kCount), 3);
    load("[test]\ncount = 7\nflag = true\n");
    EXPECT_EQ(config_.get(kCount), 7);
    EXPECT_TRUE(config_.get(kFlag));
    EXPECT_EQ(config_.get(kName), "n");
    config_.set("test.count", "9");
    EXPECT_EQ(config_.get(kCount), 9);
}

TEST_F(ConfigTest, MistakesAreNamed) {
    EXPECT_NE(message_of("[test]\nkount = 7\n").find("test.kount"), std::string::npos);
    EXPECT_NE(message_of("[test]\ncount = \"7\"\n").find("test.count"), std::string::npos);
    EXPECT_NE(message_of("[test\n").find("line 1"), std::string::npos);
    EXPECT_THROW(config_.set("test.count", "many"), Error);
    EXPECT_THROW(config_.set("no.such", "1"), Error);
    EXPECT_THROW(config_.load_file("/nonexistent/virga.toml"), Error);
}

TEST_F(ConfigTest, ReferencePageHasEverySetting) {
    const auto page = reference_markdown();
    for (const char* key : {"test.count", "test.flag", "test.name"}) EXPECT_NE(page.find(key), std::string::npos);
}

}  // namespace
}  // namespace virga::config
