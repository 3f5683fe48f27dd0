#include "config/config.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace virga::config {
namespace {

const Setting<std::int64_t> kCount{"test.count", 3, {-1, 9}, "A number."};
const Setting<bool> kFlag{"test.flag", false, "A flag."};
const Setting<std::string> kName{"test.name", std::string("n"), "A text."};
const Setting<double> kRatio{"test.ratio", 1.5, {0.5, 4.0}, "A ratio."};
const Setting<List> kList{"test.list", {}, "Texts."};
const NamedSetting<std::int64_t> kSize{"test.boxes.*.size", 4, {1, 10}, "A size."};
const NamedSetting<std::string> kColour{"test.boxes.*.colour", std::string("red"), "A colour."};

const Setting<std::string> kSpeed{"test.speed", std::string("slow"), OneOf{"slow", "fast"}, "A speed."};
const Setting<List> kWays{"test.ways", {"on"}, OneOf{"on", "off", "up"}, "Some ways."};
const Setting<std::string> kWord{"test.word", std::string("a"),
                                 Form{"a text of one letter", [](auto text) { return text.size() == 1; }}, "A word."};

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

    std::string message_of_set(const char* key, const std::string& text) {
        try {
            config_.set(key, text);
        } catch (const Error& failure) {
            EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
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

TEST_F(ConfigTest, NumbersStayInTheirRange) {
    for (const char* text : {"-1", "0", "9"}) EXPECT_EQ(message_of_set("test.count", text), "");
    for (const char* text : {"-2", "10", "9223372036854775807", "9223372036854775808", "7x", "", " 7", "7 ", "+7",
                             "1e1", "0x7", "7.0", "nan"})
        EXPECT_NE(message_of_set("test.count", text).find("'test.count' must be a whole number, -1 to 9, not "),
                  std::string::npos)
            << text << ": " << message_of_set("test.count", text);
    EXPECT_NE(message_of_set("test.count", "-2").find("not -2"), std::string::npos);
    EXPECT_NE(message_of_set("test.count", "7x").find("not '7x'"), std::string::npos);
    EXPECT_EQ(config_.get(kCount), 9);
    for (const char* text : {"0.5", "4", "4.0"}) EXPECT_EQ(message_of_set("test.ratio", text), "");
    for (const char* text : {"0.4", "4.1", "nan", "-nan", "inf", "1e400", "2x", "", " 2"})
        EXPECT_NE(message_of_set("test.ratio", text).find("'test.ratio' must be a number, 0.5 to 4.0, not "),
                  std::string::npos)
            << text;
    EXPECT_NE(message_of_set("test.boxes.big.size", "0").find("'test.boxes.big.size' must be"), std::string::npos);
    EXPECT_NE(message_of_set("test.flag", "yes").find("true or false, not 'yes'"), std::string::npos);
}

TEST_F(ConfigTest, AFileIsHeldAgainstTheRangesToo) {
    EXPECT_NE(message_of("\n[test]\ncount = 10\n").find("line 3: setting 'test.count' must be"), std::string::npos);
    EXPECT_NE(message_of("[test]\ncount = 1.5\n").find("not 1.5"), std::string::npos);
    EXPECT_NE(message_of("[test]\ncount = \"7\"\n").find("-1 to 9"), std::string::npos);
    for (const char* number : {"nan", "inf", "-inf", "9007199254740993", "5"})
        EXPECT_NE(message_of(std::string("[test]\nratio = ") + number + "\n").find("test.ratio"), std::string::npos);
    EXPECT_NE(message_of("[test.boxes.big]\nsize = 11\n").find("1 to 10, not 11"), std::string::npos);
    EXPECT_NE(message_of("[test]\nspeed = \"lazy\"\n").find("one of slow, fast, not 'lazy'"), std::string::npos);
}

TEST_F(ConfigTest, WordsAndFormsAreKept) {
    EXPECT_EQ(message_of_set("test.speed", "fast"), "");
    for (const char* text : {"", "Fast", "fast ", "faster"})
        EXPECT_NE(message_of_set("test.speed", text).find("must be one of slow, fast, not '"), std::string::npos);
    EXPECT_EQ(message_of_set("test.ways", "[\"off\", \"up\"]"), "");
    EXPECT_NE(message_of_set("test.ways", "[\"off\", \"left\"]").find("on, off, up, not 'left'"), std::string::npos);
    EXPECT_EQ(message_of_set("test.word", "b"), "");
    EXPECT_NE(message_of_set("test.word", "bb").find("must be a text of one letter, not 'bb'"), std::string::npos);
}

TEST_F(ConfigTest, ADefaultThatIsNotAllowedIsAMistakeInTheProgram) {
    EXPECT_THROW((Setting<std::int64_t>{"test.wrong", 5, {0, 4}, "A number."}), std::logic_error);
    EXPECT_THROW((Setting<std::string>{"test.wrong", std::string("x"), OneOf{"y"}, "A text."}), std::logic_error);
}

TEST_F(ConfigTest, AFileThatCanNotBeReadIsNamedWithTheReason) {
    const auto reason = [this](const std::string& path) -> std::string {
        try {
            config_.load_file(path);
        } catch (const Error& failure) {
            return failure.message();
        }
        return "";
    };
    EXPECT_EQ(reason("/nonexistent/virga.toml"),
              "settings file /nonexistent/virga.toml can't be read: No such file or directory");
    EXPECT_EQ(reason("/tmp"), "settings file /tmp can't be read: Is a directory");
}

// What may hold a password is not repeated.
TEST_F(ConfigTest, TextsOfTheWrongTypeAreNotShown) {
    EXPECT_EQ(message_of("[test]\nname = [\"secret\"]\n").find("secret"), std::string::npos);
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
    EXPECT_NE(page.find("| `test.count` | `3` | -1 to 9 | A number. |"), std::string::npos) << page;
    EXPECT_NE(page.find("| `test.ratio` | `1.5` | 0.5 to 4.0 | A ratio. |"), std::string::npos);
    EXPECT_NE(page.find("| `test.speed` | `\"slow\"` | slow, fast | A speed. |"), std::string::npos);
    EXPECT_NE(page.find("| `test.flag` | `false` | true, false | A flag. |"), std::string::npos);
    EXPECT_NE(page.find("| `test.name` | `\"n\"` |  | A text. |"), std::string::npos);
}

}  // namespace
}  // namespace virga::config
