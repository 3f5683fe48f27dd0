#include <gtest/gtest.h>

#include <chrono>

#include "http/microversion.hpp"
#include "http/schema.hpp"
#include "http/target.hpp"

namespace virga::http {
namespace {

template <class F>
std::string message_of(F&& call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
        return error.message();
    }
    return "no error";
}

json::object parse(std::string_view text) {
    return json::parse(text).as_object();
}

TEST(HeadersTest, ignore_case) {
    Headers headers;
    headers.add("X-Auth-Token", "a");
    headers.add("x-auth-token", "b");
    EXPECT_EQ(headers.get("X-AUTH-TOKEN"), "a");
    headers.set("X-auth-Token", "c");
    EXPECT_EQ(headers.all().size(), 1U);
    EXPECT_EQ(headers.get("x-auth-token"), "c");
    EXPECT_FALSE(headers.contains("x-auth"));
}

TEST(JsonBody, is_checked) {
    Request request;
    EXPECT_NE(message_of([&] { request.json_body(); }).find("needs a JSON body"), std::string::npos);
    request.body = "{\"a\": ";
    EXPECT_NE(message_of([&] { request.json_body(); }).find("not valid JSON"), std::string::npos);
    request.body = "[1]";
    EXPECT_NE(message_of([&] { request.json_body(); }).find("must be a JSON object"), std::string::npos);
    request.body = "{\"a\": \"\xff\"}";
    EXPECT_NE(message_of([&] { request.json_body(); }).find("not valid JSON"), std::string::npos);
    request.body = "{\"a\": 1}";
    EXPECT_EQ(request.json_body().at("a").as_int64(), 1);
}

TEST(JsonBody, has_no_name_twice_in_one_object) {
    const auto refusal = [](std::string body) {
        Request request;
        request.body = std::move(body);
        return message_of([&] { request.json_body(); });
    };
    for (const auto* body :
         {R"({"twin":1,"twin":2})", R"({"twin":{"a":1},"b":[],"twin":{"a":1}})", R"({"twin":1,"tw\u0069n":2})",
          R"({"a":{"b":[1,{"c":"x:y","twin":"\"","twin" : "\\"}]}})", R"({"a:b":1,"twin":"c:d","twin":"e:f"})"}) {
        EXPECT_NE(refusal(body).find("'twin' twice in one object"), std::string::npos) << body;
    }
    for (const auto* body : {R"({"a":{"a":1},"b":{"a":[{"a":1},{"a":2}]}})", R"({"a":":","b":"\":\\","c:":":\\\":"})",
                             R"({"":"x","a":"a","A":"a"})", R"({"a":["b","b"]})"}) {
        EXPECT_EQ(refusal(body), "no error") << body;
    }
    const std::string longest(100'000, 'x');
    EXPECT_LT(refusal("{\"" + longest + "\":1,\"" + longest + "\":2}").size(), 200U);
}

/// Bounded by what a test machine can need for something linear; quadratic work takes minutes.
TEST(JsonBody, finds_names_in_linear_time) {
    const auto started = std::chrono::steady_clock::now();
    for (const std::string& body :
         {"{\"a\":\"" + std::string(1U << 20U, ':') + "\"}", "{\"a\":\":" + std::string(1U << 20U, '\\') + "\"}"}) {
        Request request;
        request.body = body;
        EXPECT_NO_THROW(request.json_body());
    }
    std::string many = "{\"a\":[";
    for (int i = 0; i < 1000; ++i) many += "{\"" + std::string(900, 'x') + std::to_string(i) + "\":\":\"},";
    Request request;
    request.body = many + "{\"b\":1,\"b\":2}]}";
    EXPECT_NE(message_of([&] { request.json_body(); }).find("'b' twice"), std::string::npos);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
}

TEST(JsonBody, is_taken_as_json_only) {
    const auto status = [](std::string_view type) {
        Request request;
        if (!type.empty()) request.headers.add(RequestHeader::ContentType, type);
        request.body = "{}";
        try {
            request.json_body();
        } catch (const StatusError& error) {
            return error.status;
        }
        return 200;
    };
    for (const auto* type : {"", "application/json", "Application/JSON; charset=utf-8",
                             "application/json ;charset=utf-8", "application/vnd.openstack.compute+json"}) {
        EXPECT_EQ(status(type), 200) << type;
    }
    for (const auto* type :
         {"text/plain", "text/plain; application/json", "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=a", "application/jsonp", ";application/json", "text/json"}) {
        EXPECT_EQ(status(type), 415) << type;
    }
}

TEST(JsonBody, has_bounded_depth) {
    const auto nested = [](int depth) {
        return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
    };
    Request request;
    request.body = nested(32);
    EXPECT_NO_THROW(request.json_body());
    request.body = nested(33);
    EXPECT_NE(message_of([&] { request.json_body(); }).find("nested deeper"), std::string::npos);
    request.body = nested(100'000);
    EXPECT_NE(message_of([&] { request.json_body(); }).find("nested deeper"), std::string::npos);
}

TEST(Target, is_taken_apart) {
    EXPECT_EQ(path_of("/a/b?x=1#f"), "/a/b");
    EXPECT_EQ(path_of("http://host:1/a?x"), "/a");
    EXPECT_EQ(path_of("http://host"), "/");
    const std::vector<std::pair<std::string, std::string>> expected{{"a", "1 2"}, {"b", ""}, {"a", "x&y"}};
    EXPECT_EQ(parse_query("a=1+2&b&&a=x%26y"), expected);
    EXPECT_EQ(percent_decode("%41%zz%4", false), "A%zz%4");
    EXPECT_EQ(percent_encode("a b/ä"), "a%20b%2F%C3%A4");
}

TEST(Target, utf8_is_checked) {
    EXPECT_TRUE(is_clean_utf8("grün 🚀"));
    EXPECT_EQ(utf8_length("grün 🚀"), 6U);
    for (const std::string_view bad :
         {"\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3"}) {
        EXPECT_FALSE(is_clean_utf8(bad));
    }
    EXPECT_FALSE(is_clean_utf8(std::string_view("a\0b", 3)));
}

TEST(FieldsTest, read_strings) {
    const auto object = parse(R"({"name": "grün", "empty": "", "null": null, "number": 5})");
    Fields fields(object, "server");
    EXPECT_EQ(fields.required_string("name", 1, 4), "grün");
    EXPECT_EQ(fields.string("null", 1, 4), std::nullopt);
    EXPECT_EQ(fields.string("absent", 1, 4), std::nullopt);
    EXPECT_EQ(message_of([&] { fields.string("empty", 1, 255); }), "server.empty: must have 1 to 255 characters");
    EXPECT_EQ(message_of([&] { fields.string("name", 0, 3); }), "server.name: must have at most 3 characters");
    EXPECT_EQ(message_of([&] { fields.string("number", 0, 3); }), "server.number: must be a string");
    EXPECT_EQ(message_of([&] { fields.required_string("flavorRef", 1, 9); }), "server.flavorRef: is required");
}

TEST(FieldsTest, read_integers) {
    const auto object =
        parse(R"({"size": 5, "text": "-7", "word": "abc", "float": 1.5, "big": 18446744073709551615, "t": true,
                  "huge": 100000000000000000000})");
    Fields fields(object, "volume");
    EXPECT_EQ(fields.required_integer("size", 1, 9), 5);
    EXPECT_EQ(fields.integer("text", -9, 9), -7);
    EXPECT_EQ(message_of([&] { fields.integer("word", 1, 2147483647); }),
              "volume.word: 'abc' is not an integer from 1 to 2147483647");
    EXPECT_EQ(message_of([&] { fields.integer("huge", 0, 9); }),
              "volume.huge: this number is not an integer from 0 to 9");
    for (const auto* name : {"float", "big", "t"}) EXPECT_THROW(fields.integer(name, 0, INT64_MAX), Error) << name;
    EXPECT_THROW(fields.integer("size", 6, 9), Error);
    EXPECT_EQ(message_of([&] { fields.required_integer("count", 0, 1); }), "volume.count: is required");
}

TEST(FieldsTest, read_booleans) {
    const auto object = parse(R"({"a": true, "b": "Yes", "c": 0, "d": "OFF", "e": "maybe", "f": 2, "g": null})");
    Fields fields(object, "");
    EXPECT_EQ(fields.boolean("a"), true);
    EXPECT_EQ(fields.boolean("b"), true);
    EXPECT_EQ(fields.boolean("c"), false);
    EXPECT_EQ(fields.boolean("d"), false);
    EXPECT_EQ(fields.boolean("g"), std::nullopt);
    EXPECT_EQ(message_of([&] { fields.boolean("e"); }), "e: 'maybe' is not a boolean (true or false)");
    EXPECT_THROW(fields.boolean("f"), Error);
}

TEST(FieldsTest, read_uuids_and_choices) {
    const auto object = parse(R"({"id": "6F70656E737461636B20697320676F6F", "bad": "x", "kind": "image"})");
    Fields fields(object, "bdm");
    EXPECT_EQ(fields.required_uuid("id"), "6f70656e-7374-6163-6b20-697320676f6f");
    EXPECT_EQ(message_of([&] { fields.uuid("bad"); }), "bdm.bad: 'x' is not a UUID");
    EXPECT_EQ(message_of([&] { fields.required_uuid("none"); }), "bdm.none: is required");
    EXPECT_EQ(fields.one_of("kind", {"image", "volume"}), "image");
    EXPECT_EQ(message_of([&] {
                  fields.one_of("kind", {"blank", "volume"});
              }),
              "bdm.kind: 'image' is not one of blank, volume");
}

TEST(FieldsTest, read_containers) {
    const auto object = parse(R"({"o": {"a": 1}, "l": [1, 2], "m": {"k": "v"}, "bad": {"k": 5}, "nokey": {"": "v"}})");
    Fields fields(object, "server");
    EXPECT_EQ(fields.object("o")->size(), 1U);
    EXPECT_EQ(fields.object("absent"), nullptr);
    EXPECT_EQ(fields.array("l", 2)->size(), 2U);
    EXPECT_EQ(message_of([&] { fields.array("l", 1); }), "server.l: must have at most 1 entries");
    EXPECT_EQ(message_of([&] { fields.array("o", 1); }), "server.o: must be a list");
    EXPECT_EQ(message_of([&] { fields.object("l"); }), "server.l: must be an object");
    EXPECT_EQ(fields.metadata("m")->at("k").as_string(), "v");
    EXPECT_EQ(message_of([&] { fields.metadata("bad"); }), "server.bad.k: must be a string");
    EXPECT_EQ(message_of([&] { fields.metadata("nokey"); }), "server.nokey: keys must have 1 to 255 characters");
}

TEST(FieldsTest, refuse_what_nobody_read) {
    const auto object = parse(R"({"name": "x", "foo": 1})");
    Fields fields(object, "server");
    fields.string("name", 1, 2);
    EXPECT_EQ(message_of([&] { fields.finish(); }), "server: unknown field 'foo'");
    EXPECT_TRUE(fields.has_value("foo"));
    fields.any("foo");
    EXPECT_NO_THROW(fields.finish());
}

TEST(Paging, reads_limit_and_marker) {
    Request request;
    EXPECT_EQ(page_of(request, 50).limit, 50U);
    request.query = {{"limit", "7"}, {"marker", "m"}};
    EXPECT_EQ(page_of(request, 50).limit, 7U);
    EXPECT_EQ(page_of(request, 50).marker, "m");
    EXPECT_EQ(page_of(request, 5).limit, 5U);
    for (const auto* bad : {"-1", "x", "", "1.5"}) {
        request.query = {{"limit", bad}};
        EXPECT_THROW(page_of(request), Error) << bad;
    }
    request.query = {{"limit", "99999999999999999999999"}};
    EXPECT_EQ(page_of(request, 5).limit, 5U);
}

TEST(Paging, links_to_the_next_page) {
    Request request;
    request.base_url = "http://cloud";
    request.target = "/volume/v3/volumes?limit=2&marker=old&name=a%20b";
    request.query = parse_query(query_of(request.target));
    EXPECT_EQ(next_link(request, "new"), "http://cloud/volume/v3/volumes?limit=2&name=a%20b&marker=new");
}

const MicroversionRange kRange{"compute", RequestHeader::NovaApiVersion, {2, 1}, {2, 93}};

Microversion asked(std::string_view name, const std::string& value) {
    Request request;
    request.headers.add(name, value);
    return negotiate(request, kRange);
}

TEST(MicroversionTest, is_negotiated) {
    EXPECT_EQ(negotiate(Request{}, kRange), (Microversion{2, 1}));
    EXPECT_EQ(asked("openstack-api-version", "compute 2.53"), (Microversion{2, 53}));
    EXPECT_EQ(asked("OpenStack-API-Version", "volume 3.5, compute  2.60"), (Microversion{2, 60}));
    EXPECT_EQ(asked("OpenStack-API-Version", "compute latest"), (Microversion{2, 93}));
    EXPECT_EQ(asked("OpenStack-API-Version", "volume 3.5"), (Microversion{2, 1}));
    EXPECT_EQ(asked("X-OpenStack-Nova-API-Version", "2.10"), (Microversion{2, 10}));
    EXPECT_LT((Microversion{2, 9}), (Microversion{2, 10}));
}

TEST(MicroversionTest, the_new_header_wins) {
    Request request;
    request.headers.add("X-OpenStack-Nova-API-Version", "2.10");
    request.headers.add("OpenStack-API-Version", "volume 3.5");
    request.headers.add("OpenStack-API-Version", "compute 2.20");
    EXPECT_EQ(negotiate(request, kRange), (Microversion{2, 20}));
}

TEST(MicroversionTest, two_versions_of_one_service_are_refused) {
    const auto message = message_of([] { asked("OpenStack-API-Version", "compute 2.1, volume 3.5, compute 2.53"); });
    EXPECT_NE(message.find("OpenStack-API-Version"), std::string::npos) << message;
    EXPECT_EQ(asked("OpenStack-API-Version", "compute 2.53, compute 2.53"), (Microversion{2, 53}));
}

TEST(MicroversionTest, bad_versions_are_refused) {
    for (const auto* bad :
         {"compute 2", "compute x.y", "compute 2.01", "compute 02.1", "compute 2.1.1", "compute 2.-1"}) {
        EXPECT_NE(message_of([&] { asked("OpenStack-API-Version", bad); }).find("malformed"), std::string::npos) << bad;
    }
    for (const auto* beyond : {"compute 2.94", "compute 1.1", "compute 3.1", "compute 2.0"}) {
        try {
            asked("OpenStack-API-Version", beyond);
            FAIL() << beyond;
        } catch (const StatusError& error) {
            EXPECT_EQ(error.status, 406);
        }
    }
}

TEST(MicroversionTest, is_announced) {
    Response response;
    announce(response, kRange, {2, 7});
    EXPECT_EQ(response.headers.get("OpenStack-API-Version"), "compute 2.7");
    EXPECT_EQ(response.headers.get("X-OpenStack-Nova-API-Version"), "2.7");
    EXPECT_NE(response.headers.get("Vary").find("OpenStack-API-Version"), std::string_view::npos);
}

}  // namespace
}  // namespace virga::http
