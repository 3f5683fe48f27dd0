#include "base/json_text.hpp"

#include <gtest/gtest.h>

#include "base/marked_text.hpp"

namespace virga {
namespace {

TEST(JsonText, IsWhatATreeWouldBe) {
    std::string text;
    JsonText json(text);
    json.begin_object();
    json.add("plain", "text");
    json.add("escaped", std::string("\"quoted\" \\ \n \x01 \xC3\xA9"));
    json.add("number", std::int64_t{-7});
    json.add("flag", true);
    json.add_null("nothing");
    json.add_or_null("empty", "");
    json.add_or_null("full", "x");
    json.add("object", json::object{{"k", "v"}});
    json.add("no_members", json::object());
    json.begin_array("list");
    json.add_element("a");
    json.begin_object();
    json.end_object();
    json.add_element("b");
    json.end_array();
    json.begin_object("inner");
    json.add_to("raw") += "[1]";
    json.end_object();
    json.end_object();
    const json::value expected = {{"plain", "text"},
                                  {"escaped", "\"quoted\" \\ \n \x01 \xC3\xA9"},
                                  {"number", -7},
                                  {"flag", true},
                                  {"nothing", nullptr},
                                  {"empty", nullptr},
                                  {"full", "x"},
                                  {"object", {{"k", "v"}}},
                                  {"no_members", json::object()},
                                  {"list", json::array{"a", json::object(), "b"}},
                                  {"inner", {{"raw", json::array{1}}}}};
    EXPECT_EQ(json::parse(text), expected) << text;
}

TEST(MarkedText, IsFilledInAtEachMark) {
    std::string out = "> ";
    MarkedText("a<x>b<x>", "<x>").append_to(out, "1");
    MarkedText("none", "<x>").append_to(out, "2");
    EXPECT_EQ(out, "> a1b1none");
}

}  // namespace
}  // namespace virga
