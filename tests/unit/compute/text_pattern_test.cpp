#include "compute/model/text_pattern.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::compute {
namespace {

TEST(TextPattern, IsSearchedWithoutRegardToCase) {
    EXPECT_TRUE(TextPattern("name", "web").matches("my-WEB-1"));
    EXPECT_TRUE(TextPattern("name", "^w(e|a)b[0-9]{1,3}$").matches("web12"));
    EXPECT_FALSE(TextPattern("name", "^eb").matches("web"));
    EXPECT_TRUE(TextPattern("name", "").matches("anything"));
    EXPECT_TRUE(TextPattern("name", "ä").matches("träge"));
}

TEST(TextPattern, NamesTheFieldOfWhatCannotBeSearched) {
    for (const auto& bad :
         {std::string(15'000, '('), std::string(250, '('), std::string("[a"), std::string("*"), std::string("(a)\\1"),
          std::string("(?=a)"), std::string("(a{1000}){1000}"), std::string(256, 'a')}) {
        try {
            const TextPattern pattern("description", bad);
            FAIL() << bad.substr(0, 40);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
            EXPECT_EQ(error.message().rfind("description: ", 0), 0U) << error.message();
        }
    }
}

TEST(TextPattern, KnowsPlainTexts) {
    EXPECT_TRUE(TextPattern::is_plain("web-1_a"));
    EXPECT_FALSE(TextPattern::is_plain("web.1"));
}

}  // namespace
}  // namespace virga::compute
