#include "rpc/nats/parts.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "rpc/message.hpp"
#include "rpc/nats/meeting.hpp"

namespace virga::rpc::nats {
namespace {

std::vector<std::string> pieces(const std::string& text, std::size_t most) {
    std::vector<std::string> out;
    send_in_parts(text, most, [&](std::string_view piece) { out.emplace_back(piece); });
    return out;
}

TEST(Parts, WhatFitsIsNotSplit) {
    EXPECT_EQ(pieces("{}", 200), std::vector<std::string>{"{}"});
    EXPECT_EQ(Parts().add("{}"), "{}");
}

TEST(Parts, AreWholeAgainAndNoneIsTooLong) {
    for (const std::size_t size : {201, 400, 1'000, 100'000}) {
        const auto text = "{" + std::string(size, 'x') + "}";
        Parts parts;
        std::optional<std::string> whole;
        for (const auto& piece : pieces(text, 200)) {
            EXPECT_FALSE(whole);
            EXPECT_LE(piece.size(), 200U);
            whole = parts.add(piece);
        }
        EXPECT_EQ(whole, text);
        EXPECT_TRUE(parts.empty());
    }
}

TEST(Parts, AHoleDropsTheText) {
    const auto sent = pieces("{" + std::string(500, 'x') + "}", 200);
    Parts parts;
    parts.add(sent[0]);
    for (std::size_t i = 2; i < sent.size(); ++i) EXPECT_FALSE(parts.add(sent[i]));
    EXPECT_TRUE(parts.empty());
    std::optional<std::string> whole;
    for (const auto& piece : sent) whole = parts.add(piece);
    EXPECT_TRUE(whole) << "what is sent again is whole";
}

TEST(Parts, TheEndOfOneIsNoneOfTheNext) {
    const auto one = pieces("{" + std::string(300, 'a') + "}", 200);
    const auto two = pieces("{" + std::string(300, 'b') + "}", 200);
    Parts parts;
    parts.add(one[0]);
    for (std::size_t i = 1; i < two.size(); ++i) EXPECT_FALSE(parts.add(two[i]));
}

TEST(Parts, NonsenseIsNothing) {
    for (const auto* piece : {"#", "#\n", "# \n", "#a 0\n", "#a 0 0\nx", "#a 1 1\nx", "#a x 2\n", "#a 0 x\n",
                              "#a -1 2\nx", "#a 0 2", "#a 99999999999999999999 2\n"})
        EXPECT_FALSE(Parts().add(piece)) << piece;
    Parts parts;
    const std::string body(1'000'000, 'x');
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(parts.add("#a " + std::to_string(i) + " 20\n" + body));
    EXPECT_TRUE(parts.empty()) << "it is more than may be said at once";
}

TEST(Names, AreTokensAndBack) {
    for (const std::string name : {"h1", "node-1.example.org", "a b*c>d", "%2E", "%", "%2", "", "späti"}) {
        EXPECT_EQ(name_of(token_of(name)), name);
        EXPECT_EQ(token_of(name).find_first_of(".*> "), std::string::npos);
    }
    EXPECT_EQ(token_of("node-1.x"), "node-1%2Ex");
    EXPECT_EQ(token_at("a.b.c", 1), "b");
    EXPECT_EQ(token_at("a.b.c", 3), "");
}

}  // namespace
}  // namespace virga::rpc::nats
