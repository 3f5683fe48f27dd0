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
const Setting<double> kRatio{"test.ratio", 1.5, "A ratio."};
const Setting<List> kList{"test.list", {}, "Texts."};
const NamedSetting<std::int64_t> kSize{"test.boxes.*.size", 4, "A size."};
const NamedSetting<std::string> kColour{"test.boxes.*.colour", std::string("red"), "A colour."};

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

// The parser has assertions that such files break.
TEST_F(ConfigTest, AFileThatIsNoTomlIsRefused) {
    EXPECT_NE(message_of(std::string("[\0\0]\n", 5)), "");
    EXPECT_NE(message_of("[te\xcf\xb5]\n"), "");
}

TEST_F(ConfigTest, NamedTables) {
    EXPECT_TRUE(config_.tables("test.boxes").empty());
    load("[test.boxes.big]\nsize = 9\n[test.boxes.plain-1]\n");
    config_.set("test.boxes.set.colour", "blue");
    EXPECT_EQ(config_.tables("test.boxes"), (std::vector<std::string>{"big", "plain-1", "set"}));
    EXPECT_EQ(config_.get(kSize, "big"), 9);
    EXPECT_EQ(config_.get(kSize, "plain-1"), 4);
    EXPECT_EQ(config_.get(kColour, "big"), "red");
    EXPECT_EQ(config_.get(kColour, "set"), "blue");
}

TEST_F(ConfigTest, MistakesInNamedTablesAreNamed) {
    EXPECT_NE(message_of("[test.boxes.big]\nweight = 9\n").find("test.boxes.big.weight"), std::string::npos);
    EXPECT_NE(message_of("[test.boxes.big]\nsize = true\n").find("test.boxes.big.size"), std::string::npos);
    EXPECT_NE(message_of("[test.boxes.big.deep]\nsize = 1\n").find("test.boxes.big.deep.size"), std::string::npos);
    EXPECT_NE(message_of("[test.boxes]\nsize = 1\n").find("test.boxes.size"), std::string::npos);
    EXPECT_NE(message_of("[test.boxes.\"a/b\"]\nsize = 1\n").find("a/b"), std::string::npos);
    EXPECT_THROW(config_.set("test.boxes..size", "1"), Error);
}

TEST_F(ConfigTest, ListsAndRatios) {
    load("[test]\nlist = [\"a:/x -o y,z\", \"b\"]\nratio = 2\n");
    EXPECT_EQ(config_.get(kList), (List{"a:/x -o y,z", "b"}));
    EXPECT_EQ(config_.get(kRatio), 2.0);
    config_.set("test.list", "one -o two,three");
    config_.set("test.ratio", "0.5");
    EXPECT_EQ(config_.get(kList), List{"one -o two,three"});
    EXPECT_EQ(config_.get(kRatio), 0.5);
    config_.set("test.list", "[\"a\", \"b\"]");
    EXPECT_EQ(config_.get(kList), (List{"a", "b"}));
    EXPECT_NE(message_of("[test]\nlist = \"a\"\n").find("list of texts"), std::string::npos);
    EXPECT_NE(message_of("[test]\nlist = [1]\n").find("list of texts"), std::string::npos);
    EXPECT_THROW(config_.set("test.list", "[\"a\""), Error);
    EXPECT_THROW(config_.set("test.ratio", "1x"), Error);
}

TEST_F(ConfigTest, ReferencePageHasEverySetting) {
    const auto page = reference_markdown();
    for (const char* key : {"test.count", "test.flag", "test.name", "test.boxes.NAME.size"})
        EXPECT_NE(page.find(key), std::string::npos);
}

}  // namespace
}  // namespace virga::config
