#include <gtest/gtest.h>

#include "http/http.hpp"
#include "http/microversion.hpp"

namespace virga::http {
namespace {

Handler says(std::string text) {
    return [text](Request&) {
        auto response = Response::empty(200);
        response.body = text;
        return response;
    };
}

Handler throws(ErrorCode code, const std::string& message) {
    return [code, message](Request&) -> Response { throw Error(code, message, "secret detail"); };
}

Response call(const Router& router, const std::string& method, const std::string& target) {
    Request request;
    request.method = method;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    request.request_id = "req-1";
    request.base_url = "http://cloud";
    return router.handle(request);
}

class RouterTest : public ::testing::Test {
protected:
    Router router_;
};

TEST_F(RouterTest, prefers_literals_and_fills_parameters) {
    router_.add({"GET", "/servers/detail", says("detail")});
    router_.add({"GET", "/servers/{server_id}", [](Request& r) { return says(r.param("server_id"))(r); }});
    router_.add(
        {"GET", "/servers/{id}/tags/{tag}", [](Request& r) { return says(r.param("id") + r.param("{tag}"))(r); }});
    EXPECT_EQ(call(router_, "GET", "/servers/detail").body, "detail");
    EXPECT_EQ(call(router_, "GET", "/servers/7?x=1").body, "7");
    EXPECT_EQ(call(router_, "GET", "/servers/7/tags/a%2Fb").body, "7a/b");
    EXPECT_EQ(call(router_, "GET", "/servers//7/").body, "7");
}

TEST_F(RouterTest, a_literal_without_the_method_does_not_hide_a_parameter) {
    router_.add({"GET", "/images/detail", says("list")});
    router_.add({"DELETE", "/images/{id}", says("deleted")});
    EXPECT_EQ(call(router_, "DELETE", "/images/detail").body, "deleted");
}

TEST_F(RouterTest, unknown_path_is_404_and_other_method_405) {
    router_.add({"GET", "/a/{id}", says("x")});
    router_.add({"PUT", "/a/{id}", says("x")});
    EXPECT_EQ(call(router_, "GET", "/a").status, 404);
    EXPECT_EQ(call(router_, "GET", "/a/1/2").status, 404);
    const auto refused = call(router_, "DELETE", "/a/1");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.headers.get("allow"), "GET, PUT");
}

TEST_F(RouterTest, head_falls_back_to_get) {
    router_.add({"GET", "/a", says("get")});
    router_.add({"GET", "/b", says("get")});
    router_.add({"HEAD", "/b", says("head")});
    EXPECT_EQ(call(router_, "HEAD", "/a").body, "get");
    EXPECT_EQ(call(router_, "HEAD", "/b").body, "head");
}

TEST_F(RouterTest, knows_streaming_routes_by_encoded_path) {
    router_.add({"PUT", "/images/{id}/file", says("x"), true});
    EXPECT_TRUE(router_.traits_of("PUT", "/images/1/file").streaming);
    EXPECT_FALSE(router_.traits_of("GET", "/images/1/file").streaming);
    EXPECT_FALSE(router_.traits_of("PUT", "/images/1%2Ffile").streaming);
}

TEST_F(RouterTest, refuses_a_route_twice) {
    router_.add({"GET", "/a/{id}", says("x")});
    EXPECT_THROW(router_.add({"GET", "/a/{other}", says("y")}), Error);
}

TEST_F(RouterTest, lists_its_routes) {
    router_.add({"PUT", "/b", says("x")});
    router_.add({"GET", "/a/{id}", says("x")});
    const std::vector<std::pair<std::string, std::string>> expected{{"GET", "/a/{id}"}, {"PUT", "/b"}};
    EXPECT_EQ(router_.routes(), expected);
}

TEST_F(RouterTest, writes_faults_in_the_form_of_the_longest_prefix) {
    router_.set_fault_writer("/compute", envelope_fault);
    router_.set_fault_writer("/compute/odd", neutron_fault);
    EXPECT_TRUE(call(router_, "GET", "/compute/x").body.starts_with("{\"itemNotFound\""));
    EXPECT_TRUE(call(router_, "GET", "/compute/odd/x").body.starts_with("{\"NeutronError\""));
    EXPECT_TRUE(call(router_, "GET", "/computer").body.starts_with("{\"error\""));
}

TEST_F(RouterTest, errors_become_faults_without_their_detail) {
    router_.set_fault_writer("/compute", envelope_fault);
    router_.add({"GET", "/compute/a", throws(ErrorCode::Conflict, "it is busy building")});
    const auto response = call(router_, "GET", "/compute/a");
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.body, R"({"conflictingRequest":{"code":409,"message":"it is busy building"}})");
    EXPECT_EQ(response.headers.get("content-type"), "application/json");
    EXPECT_EQ(response.headers.get("x-openstack-request-id"), "req-1");
    EXPECT_EQ(response.headers.get("x-compute-request-id"), "req-1");
}

TEST_F(RouterTest, status_errors_keep_their_status) {
    router_.set_fault_writer("/compute", envelope_fault);
    router_.add({"GET", "/compute/a", [](Request&) -> Response { throw StatusError(406, "no such version"); }});
    const auto response = call(router_, "GET", "/compute/a");
    EXPECT_EQ(response.status, 406);
    EXPECT_EQ(response.body, R"({"computeFault":{"code":406,"message":"no such version"}})");
}

TEST_F(RouterTest, internal_text_stays_inside) {
    router_.add({"GET", "/a", [](Request&) -> Response { throw std::runtime_error("/etc/secret"); }});
    router_.add({"GET", "/b", throws(ErrorCode::Internal, "open /etc/secret")});
    for (const auto* path : {"/a", "/b"}) {
        const auto response = call(router_, "GET", path);
        EXPECT_EQ(response.status, 500);
        EXPECT_EQ(response.body.find("secret"), std::string::npos);
        EXPECT_NE(response.body.find("req-1"), std::string::npos);
        EXPECT_FALSE(response.headers.contains("x-compute-request-id"));
    }
}

TEST_F(RouterTest, tells_where_to_authenticate) {
    router_.add({"GET", "/network/a", throws(ErrorCode::Unauthenticated, "log in")});
    router_.add({"GET", "/identity/a", throws(ErrorCode::Unauthenticated, "log in")});
    EXPECT_EQ(call(router_, "GET", "/network/a").headers.get("www-authenticate"),
              "Keystone uri=\"http://cloud/identity\"");
    EXPECT_FALSE(call(router_, "GET", "/identity/a").headers.contains("www-authenticate"));
}

TEST(Faults, statuses_differ_by_service_where_the_apis_do) {
    EXPECT_EQ(status_of(ErrorCode::QuotaExceeded, "/volume/v3/p/volumes"), 413);
    EXPECT_EQ(status_of(ErrorCode::QuotaExceeded, "/compute/v2.1/servers"), 403);
    EXPECT_EQ(status_of(ErrorCode::QuotaExceeded, "/volumes"), 403);
    EXPECT_EQ(status_of(ErrorCode::NoSpace, "/image/v2/images"), 413);
    EXPECT_EQ(status_of(ErrorCode::NoSpace, "/volume/v3"), 503);
    EXPECT_EQ(status_of(ErrorCode::NotSupported, "/compute"), 400);
    EXPECT_EQ(status_of(ErrorCode::Timeout, "/compute"), 503);
}

TEST(Faults, bodies_have_the_form_of_each_service) {
    EXPECT_EQ(envelope_fault(413, "full"), R"({"overLimit":{"code":413,"message":"full","retryAfter":"0"}})");
    EXPECT_EQ(envelope_fault(500, "x"), R"({"computeFault":{"code":500,"message":"x"}})");
    EXPECT_EQ(error_fault(401, "x"), R"({"error":{"code":401,"message":"x","title":"Unauthorized"}})");
    EXPECT_EQ(neutron_fault(409, "x"), R"({"NeutronError":{"type":"Conflict","message":"x","detail":""}})");
    const auto html = html_fault(404, "<no> image");
    EXPECT_NE(html.find("<title>404 Not Found</title>"), std::string::npos);
    EXPECT_NE(html.find("&lt;no&gt; image"), std::string::npos);
}

}  // namespace
}  // namespace virga::http
