#include "identity/model/auth_request.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::identity {
namespace {

AuthRequest parse(std::string_view text) {
    return parse_auth_request(json::parse(text).as_object());
}

ErrorCode failure_of(std::string_view text) {
    try {
        parse(text);
    } catch (const Error& failure) {
        return failure.code();
    }
    ADD_FAILURE() << "accepted: " << text;
    return ErrorCode::Internal;
}

TEST(AuthRequest, ReadsAPasswordWithTheUsersDomain) {
    const auto request = parse(R"({"auth": {"identity": {"methods": ["password"], "password": {"user":
        {"name": "ada", "domain": {"name": "Default"}, "password": "x"}}}}})");
    EXPECT_EQ(request.methods, std::vector<std::string>{"password"});
    EXPECT_EQ(request.user.name, "ada");
    EXPECT_EQ(request.user.domain_name, "Default");
    EXPECT_EQ(request.password.reveal(), "x");
    EXPECT_EQ(request.scope, ScopeKind::Default);
}

TEST(AuthRequest, ReadsEachKindOfScope) {
    const auto scoped = [](const std::string& scope) {
        return parse(R"({"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": )" + scope + "}}");
    };
    EXPECT_EQ(scoped(R"({"project": {"id": "p"}})").target.id, "p");
    EXPECT_EQ(scoped(R"({"project": {"name": "p", "domain": {"id": "default"}}})").scope, ScopeKind::Project);
    EXPECT_EQ(scoped(R"({"domain": {"name": "Default"}})").scope, ScopeKind::Domain);
    EXPECT_EQ(scoped(R"({"system": {"all": true}})").scope, ScopeKind::System);
    EXPECT_EQ(scoped(R"("unscoped")").scope, ScopeKind::Unscoped);
    EXPECT_EQ(scoped(R"({"unscoped": {}})").scope, ScopeKind::Unscoped);
}

TEST(AuthRequest, CountsARepeatedMethodOnce) {
    const auto request = parse(R"({"auth": {"identity": {"methods": ["token", "token"], "token": {"id": "t"}}}})");
    EXPECT_EQ(request.methods.size(), 1u);
}

TEST(AuthRequest, RefusesWhatIsMalformed) {
    for (
        const auto* text : {
            R"({})",
            R"({"auth": []})",
            R"({"auth": {"identity": {}}})",
            R"({"auth": {"identity": {"methods": []}}})",
            R"({"auth": {"identity": {"methods": [1]}}})",
            R"({"auth": {"identity": {"methods": ["password"]}}})",
            R"({"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "a", "password": "x"}}}}})",
            R"({"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "a"}}}}})",
            R"({"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": 1}})",
            R"({"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {}}})",
            R"({"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {"galaxy": {}}}})",
            R"({"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}, "scope": {"project": {"name": "p"}}}})",
        }) {
        EXPECT_EQ(failure_of(text), ErrorCode::InvalidInput) << text;
    }
}

TEST(AuthRequest, RefusesAMethodThatIsNotOffered) {
    EXPECT_EQ(failure_of(R"({"auth": {"identity": {"methods": ["oauth1"]}}})"), ErrorCode::Unauthenticated);
}

TEST(AuthRequest, BoundsThePassword) {
    const std::string body =
        R"({"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "a", "password": ")" +
        std::string(4097, 'x') + R"("}}}}})";
    EXPECT_EQ(failure_of(body), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace virga::identity
