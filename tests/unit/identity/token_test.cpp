#include "fixture.hpp"
#include "identity/repo/token_repo.hpp"

namespace virga::identity {
namespace {

using TokenTest = testing::IdentityTest;

TEST_F(TokenTest, ASecondBootstrapDoesNotChangeThePassword) {
    service_.bootstrap(Secret("another password"));
    EXPECT_EQ(
        call("POST", "/identity/v3/auth/tokens", auth_body(password_identity("admin", "another password"))).status,
        401);
    EXPECT_EQ(call("POST", "/identity/v3/auth/tokens", auth_body(password_identity("admin", password_))).status, 201);
}

TEST_F(TokenTest, AdminGetsATokenForHisDefaultProject) {
    const auto answer = call("POST", "/identity/v3/auth/tokens", auth_body(password_identity("admin", password_)));
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto token = json::parse(answer.body).at("token").as_object();
    EXPECT_EQ(token.at("project").at("name").as_string(), "admin");
    EXPECT_EQ(token.at("user").at("domain").at("name").as_string(), "Default");
    EXPECT_EQ(token.at("roles").as_array().size(), 4u);
    EXPECT_EQ(token.at("catalog").as_array().size(), 6u);
    EXPECT_EQ(answer.body.find(password_), std::string::npos);
}

TEST_F(TokenTest, NocatalogLeavesTheCatalogOut) {
    const auto answer =
        call("POST", "/identity/v3/auth/tokens?nocatalog", auth_body(password_identity("admin", password_)));
    EXPECT_FALSE(json::parse(answer.body).at("token").as_object().contains("catalog"));
}

/// What tokens have in common is kept between requests.
TEST_F(TokenTest, AChangedCatalogOrRoleIsShownAtOnceByEveryProcess) {
    Service other(database_, config_);
    http::Router others_routes;
    other.register_routes(others_routes);
    const auto token = admin_token();
    const auto seen_by_other = [&] {
        http::Request request;
        request.method = "GET";
        request.target = request.path = "/identity/v3/auth/tokens";
        request.base_url = "http://127.0.0.1:1";
        request.headers.add("X-Auth-Token", token);
        request.headers.add("X-Subject-Token", token);
        return json::parse(others_routes.handle(request).body).at("token").as_object();
    };
    const auto shown = [&] {
        const auto answer = call("GET", "/identity/v3/auth/tokens", nullptr, token, token);
        EXPECT_EQ(answer.status, 200) << answer.body;
        const auto seen = json::parse(answer.body).at("token").as_object();
        EXPECT_EQ(seen, seen_by_other());
        return seen;
    };
    EXPECT_EQ(shown().at("catalog").as_array().size(), 6U);
    const auto service = create("/services", "service", json::object{{"type", "dns"}, {"name", "designate"}});
    const auto endpoint =
        create("/endpoints", "endpoint",
               json::object{{"service_id", service}, {"interface", "public"}, {"url", "http://dns/$(project_id)s"}});
    const auto with_dns = shown();
    ASSERT_EQ(with_dns.at("catalog").as_array().size(), 7U);
    EXPECT_NE(json::serialize(with_dns.at("catalog"))
                  .find("http://dns/" + std::string(with_dns.at("project").at("id").as_string())),
              std::string::npos);
    EXPECT_EQ(call("DELETE", "/identity/v3/endpoints/" + endpoint, nullptr, token).status, 204);
    EXPECT_EQ(shown().at("catalog").as_array().size(), 6U);
    EXPECT_EQ(shown().at("roles").as_array().size(), 4U);
    EXPECT_EQ(patch("/users/" + std::string(with_dns.at("user").at("id").as_string()), "user",
                    json::object{{"name", "root"}}),
              200);
    EXPECT_EQ(shown().at("user").at("name").as_string(), "root");
}

TEST_F(TokenTest, WrongPasswordAndUnknownUserLookTheSame) {
    const auto path = "/identity/v3/auth/tokens";
    const auto wrong = call("POST", path, auth_body(password_identity("admin", "wrong")));
    const auto unknown = call("POST", path, auth_body(password_identity("nobody", "wrong")));
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.body, unknown.body);
}

TEST_F(TokenTest, TokenIsStoredAsADigestOnly) {
    const auto token = admin_token();
    auto tx = database_.read();
    for (const auto& row : tx.query("SELECT * FROM tokens")) {
        EXPECT_EQ(row.text("digest").size(), 64u);
        EXPECT_NE(row.text("digest"), token);
    }
}

TEST_F(TokenTest, RevocationIsSeenAtOnce) {
    const auto token = admin_token();
    EXPECT_TRUE(is_valid(token));
    EXPECT_EQ(call("DELETE", "/identity/v3/auth/tokens", nullptr, token, token).status, 204);
    EXPECT_FALSE(is_valid(token));
}

TEST_F(TokenTest, DisabledUserProjectOrDomainEndsTokensForGood) {
    make_member("ada", "secret");
    auto token = login("ada", "secret", project_scope("ada"));
    EXPECT_EQ(patch("/users/" + user_, "user", {{"enabled", false}}), 200);
    EXPECT_FALSE(is_valid(token));
    EXPECT_EQ(patch("/users/" + user_, "user", {{"enabled", true}}), 200);
    EXPECT_FALSE(is_valid(token));
    token = login("ada", "secret", project_scope("ada"));
    EXPECT_EQ(patch("/projects/" + project_, "project", {{"enabled", false}}), 200);
    EXPECT_FALSE(is_valid(token));
}

TEST_F(TokenTest, LosingTheLastRoleEndsTheToken) {
    make_member("ada", "secret");
    const auto token = login("ada", "secret", project_scope("ada"));
    EXPECT_TRUE(is_valid(token));
    const auto grant = "/identity/v3/projects/" + project_ + "/users/" + user_ + "/roles/" + role_id("member");
    EXPECT_EQ(call("DELETE", grant, nullptr, admin_token()).status, 204);
    EXPECT_FALSE(is_valid(token));
}

TEST_F(TokenTest, DeletingTheUserOrTheProjectEndsItsTokens) {
    make_member("ada", "secret");
    const auto scoped = login("ada", "secret", project_scope("ada"));
    const auto unscoped = login("ada", "secret");
    EXPECT_EQ(call("DELETE", "/identity/v3/projects/" + project_, nullptr, admin_token()).status, 204);
    EXPECT_FALSE(is_valid(scoped));
    EXPECT_TRUE(is_valid(unscoped));
    EXPECT_EQ(call("DELETE", "/identity/v3/users/" + user_, nullptr, admin_token()).status, 204);
    EXPECT_FALSE(is_valid(unscoped));
}

TEST_F(TokenTest, NewPasswordLogsOutWhoHasTheOldOne) {
    make_member("ada", "secret");
    const auto token = login("ada", "secret", project_scope("ada"));
    json::object user{{"original_password", "wrong"}, {"password", "better"}};
    json::object body;
    body["user"] = user;
    const auto path = "/identity/v3/users/" + user_ + "/password";
    EXPECT_EQ(call("POST", path, body, token).status, 401);
    user["original_password"] = "secret";
    body["user"] = user;
    EXPECT_EQ(call("POST", path, body, token).status, 204);
    EXPECT_FALSE(is_valid(token));
    EXPECT_FALSE(login("ada", "better").empty());
}

TEST_F(TokenTest, TokenFromATokenKeepsItsEnd) {
    const auto first = admin_token();
    json::object method{{"id", first}};
    json::array methods;
    methods.emplace_back("token");
    json::object identity;
    identity["methods"] = methods;
    identity["token"] = method;
    const auto answer = call("POST", "/identity/v3/auth/tokens", auth_body(identity, project_scope("admin")));
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto shown = call("GET", "/identity/v3/auth/tokens", nullptr, first, first);
    const auto made = json::parse(answer.body).at("token");
    EXPECT_EQ(made.at("expires_at"), json::parse(shown.body).at("token").at("expires_at"));
    EXPECT_EQ(made.at("audit_ids").as_array().size(), 2u);
    EXPECT_EQ(made.at("methods").as_array().size(), 2u);
}

TEST_F(TokenTest, ScopeNeedsARole) {
    make_member("ada", "secret");
    const auto identity = password_identity("ada", "secret");
    EXPECT_EQ(call("POST", "/identity/v3/auth/tokens", auth_body(identity, project_scope("admin"))).status, 401);
    EXPECT_EQ(call("POST", "/identity/v3/auth/tokens", auth_body(identity, project_scope("nowhere"))).status, 401);
    json::object system{{"system", json::object{{"all", true}}}};
    EXPECT_EQ(call("POST", "/identity/v3/auth/tokens", auth_body(identity, system)).status, 401);
}

TEST_F(TokenTest, OthersTokensAreNotToBeLookedAt) {
    make_member("ada", "secret");
    const auto token = login("ada", "secret", project_scope("ada"));
    const auto admin = admin_token();
    EXPECT_EQ(call("GET", "/identity/v3/auth/tokens", nullptr, token, admin).status, 403);
    EXPECT_EQ(call("DELETE", "/identity/v3/auth/tokens", nullptr, token, admin).status, 403);
    EXPECT_EQ(call("GET", "/identity/v3/auth/tokens", nullptr, admin, token).status, 200);
    EXPECT_EQ(call("GET", "/identity/v3/auth/tokens", nullptr, token, "nonsense").status, 404);
}

TEST_F(TokenTest, ExpiredTokenIsNoToken) {
    const auto token = admin_token();
    database_.write_with([](db::Transaction& tx) { tx.exec("UPDATE tokens SET expires_us = ?", {std::int64_t{1}}); });
    EXPECT_FALSE(is_valid(token));
    EXPECT_FALSE(is_valid(""));
    EXPECT_FALSE(is_valid(std::string(300, 'x')));
}

TEST_F(TokenTest, ALongChainEndsInOneStepAndExpiredOnesAreSweptAway) {
    constexpr int kTokens = 10'000;
    database_.write_with(
        [](db::Transaction& tx) {
            for (int i = 0; i < kTokens; ++i) {
                const auto parent = i == 0 ? std::string() : "chain-" + std::to_string(i - 1);
                tx.exec(
                    "INSERT INTO tokens (digest, user_id, methods, audit_ids, issued_us, expires_us, parent_digest) "
                    "VALUES (?, 'u', 'token', 'a', 1000, 2000, ?)",
                    {"chain-" + std::to_string(i), db::nullable(parent)});
            }
        },
        db::Durability::Grouped);
    const auto left = [&] {
        return database_.read_with([](db::Transaction& tx) {
            return tx.scalar("SELECT COUNT(*) FROM tokens WHERE digest LIKE 'chain-%'", {});
        });
    };
    ASSERT_EQ(left(), kTokens);
    database_.write_with([](db::Transaction& tx) { repo::delete_token(tx, "chain-100"); }, db::Durability::Grouped);
    EXPECT_EQ(left(), 100);
    ASSERT_EQ(call("POST", "/identity/v3/auth/tokens", auth_body(password_identity("admin", password_))).status, 201);
    EXPECT_EQ(left(), 0);
}

config::Config with_few_tokens() {
    config::Config config;
    config.set("identity.tokens_per_user", "3");
    return config;
}

class FewTokensTest : public testing::IdentityTest {
protected:
    FewTokensTest() : IdentityTest(with_few_tokens()) { make_member("ada", "secret"); }

    http::Response by_token(const std::string& token) {
        json::array methods;
        methods.emplace_back("token");
        json::object identity;
        identity["methods"] = std::move(methods);
        identity["token"] = json::object{{"id", token}};
        return call("POST", "/identity/v3/auth/tokens", auth_body(identity));
    }
};

TEST_F(FewTokensTest, OneMoreEndsTheOneThatExpiresFirst) {
    std::vector<std::string> tokens;
    for (int i = 0; i < 4; ++i) tokens.push_back(login("ada", "secret"));
    EXPECT_FALSE(is_valid(tokens[0]));
    for (int i = 1; i < 4; ++i) EXPECT_TRUE(is_valid(tokens[i])) << i;
    EXPECT_EQ(call("DELETE", "/identity/v3/auth/tokens", nullptr, tokens[2], tokens[2]).status, 204);
    tokens.push_back(login("ada", "secret"));
    EXPECT_TRUE(is_valid(tokens[1]));
}

TEST_F(FewTokensTest, OneThatEndsTakesThoseMadeFromItAlong) {
    const auto parent = login("ada", "secret");
    const auto child = std::string(by_token(parent).headers.get("X-Subject-Token"));
    login("ada", "secret");
    ASSERT_TRUE(is_valid(child));
    login("ada", "secret");
    EXPECT_FALSE(is_valid(parent));
    EXPECT_FALSE(is_valid(child));
}

TEST_F(FewTokensTest, ATokenMakesNoMoreThanThat) {
    const auto parent = login("ada", "secret");
    for (int i = 0; i < 2; ++i) ASSERT_EQ(by_token(parent).status, 201) << i;
    const auto refused = by_token(parent);
    EXPECT_EQ(refused.status, 429);
    EXPECT_NE(refused.body.find("3 valid tokens"), std::string::npos) << refused.body;
    EXPECT_TRUE(is_valid(parent));
    const auto later = login("ada", "secret");
    EXPECT_FALSE(is_valid(parent));
    EXPECT_EQ(by_token(later).status, 201);
}

TEST_F(FewTokensTest, ExpiredOnesDoNotCountAndGoInSteps) {
    const auto held = login("ada", "secret");
    database_.write_with([&](db::Transaction& tx) {
        for (int i = 0; i < 250; ++i) {
            tx.exec(
                "INSERT INTO tokens (digest, user_id, methods, audit_ids, issued_us, expires_us) "
                "VALUES (?, ?, 'token', 'a', 1000, 2000)",
                {"expired-" + std::to_string(i), user_});
        }
    });
    const auto expired = [&] {
        return database_.read_with(
            [](db::Transaction& tx) { return tx.scalar("SELECT COUNT(*) FROM tokens WHERE digest LIKE 'expired-%'"); });
    };
    login("ada", "secret");
    EXPECT_EQ(expired(), 150);
    login("ada", "secret");
    EXPECT_TRUE(is_valid(held));
    EXPECT_EQ(expired(), 50);
}

TEST_F(TokenTest, MembersAdministerNothing) {
    make_member("ada", "secret");
    const auto token = login("ada", "secret", project_scope("ada"));
    for (const auto* path :
         {"/users", "/projects", "/roles", "/services", "/endpoints", "/domains", "/role_assignments"}) {
        EXPECT_EQ(call("GET", std::string("/identity/v3") + path, nullptr, token).status, 403) << path;
    }
    EXPECT_EQ(call("GET", "/identity/v3/users/" + user_, nullptr, token).status, 200);
    EXPECT_EQ(call("GET", "/identity/v3/projects/" + project_, nullptr, token).status, 200);
    EXPECT_EQ(call("GET", "/identity/v3/users/" + user_ + "/projects", nullptr, token).status, 200);
    EXPECT_EQ(call("PATCH", "/identity/v3/users/" + user_, json::object{{"user", json::object{}}}, token).status, 403);
}

TEST_F(TokenTest, NamesAreUniqueInADomain) {
    make_member("ada", "secret");
    json::object body;
    body["user"] = json::object{{"name", "ada"}};
    EXPECT_EQ(call("POST", "/identity/v3/users", body, admin_token()).status, 409);
    body.clear();
    body["project"] = json::object{{"name", "ada"}};
    EXPECT_EQ(call("POST", "/identity/v3/projects", body, admin_token()).status, 409);
}

TEST_F(TokenTest, BuiltInCatalogEntriesCannotBeChanged) {
    const auto services = json::parse(call("GET", "/identity/v3/services", nullptr, admin_token()).body);
    const auto id = std::string(services.at("services").at(0).at("id").as_string());
    EXPECT_EQ(call("DELETE", "/identity/v3/services/" + id, nullptr, admin_token()).status, 403);
    EXPECT_EQ(patch("/services/" + id, "service", {{"name", "x"}}), 403);
}

}  // namespace
}  // namespace virga::identity
