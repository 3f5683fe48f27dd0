#include "fixture.hpp"

namespace virga::identity {
namespace {

/// However administrators change the cloud, one of them can still log in.
class AdministratorTest : public testing::IdentityTest {
protected:
    std::string id_of(const std::string& kind, const std::string& name) {
        auto tx = database_.read();
        return tx.query_one("SELECT id FROM " + kind + " WHERE name = ?", {name})->text("id");
    }

    http::Response change(const std::string& path, const std::string& key, json::object fields) {
        json::object body;
        body[key] = std::move(fields);
        return call("PATCH", "/identity/v3" + path, body, token_);
    }
    http::Response remove(const std::string& path) { return call("DELETE", "/identity/v3" + path, nullptr, token_); }

    std::string grant_on_system(const std::string& user) {
        return "/system/users/" + user + "/roles/" + role_id("admin");
    }
    std::string grant_on_project(const std::string& user) {
        return "/projects/" + id_of("projects", "admin") + "/users/" + user + "/roles/" + role_id("admin");
    }

    /// The change as an earlier version would have let it be made.
    void by_hand(const std::string& sql) {
        database_.write_with([&](db::Transaction& tx) { tx.exec(sql); });
    }

    int status_of_login(const std::string& password) {
        return call("POST", "/identity/v3/auth/tokens",
                    auth_body(password_identity("admin", password), project_scope("admin")))
            .status;
    }

    /// Whether who logs in as the file of credentials says administers the cloud.
    bool administers(const std::string& password) {
        const auto token = login("admin", password, project_scope("admin"));
        return call("GET", "/identity/v3/users", nullptr, token).status == 200;
    }

    std::string token_ = admin_token();
    std::string admin_ = id_of("users", "admin");
};

TEST_F(AdministratorTest, TheProjectsThatSettingsNameStayAsTheyAre) {
    for (const std::string name : {"admin", "service"}) {
        const auto path = "/projects/" + id_of("projects", name);
        for (const auto& answer : {change(path, "project", {{"name", "other"}}),
                                   change(path, "project", {{"enabled", false}}), remove(path)}) {
            EXPECT_EQ(answer.status, 403) << answer.body;
            EXPECT_NE(answer.body.find("identity." + name + "_project"), std::string::npos) << answer.body;
        }
        EXPECT_EQ(change(path, "project", {{"description", "other"}, {"name", name}, {"enabled", true}}).status, 200);
    }
    EXPECT_TRUE(administers(password_));
}

TEST_F(AdministratorTest, TheLastOneCannotBeTakenAway) {
    const auto user = "/users/" + admin_;
    for (const auto& answer : {change(user, "user", {{"enabled", false}}), remove(user)}) {
        EXPECT_EQ(answer.status, 409) << answer.body;
        EXPECT_NE(answer.body.find("identity.admin_project"), std::string::npos) << answer.body;
    }
    const auto last = grant_on_system(admin_);
    EXPECT_EQ(remove(grant_on_project(admin_)).status, 204);
    token_ = login("admin", password_, json::object{{"system", json::object{{"all", true}}}});
    EXPECT_EQ(remove(last).status, 409);
}

TEST_F(AdministratorTest, OneOfTwoMayGo) {
    const auto ada = create("/users", "user", json::object{{"name", "ada"}, {"password", "secret"}});
    EXPECT_EQ(call("PUT", "/identity/v3" + grant_on_system(ada), nullptr, token_).status, 204);
    EXPECT_EQ(remove("/users/" + admin_).status, 204);
}

TEST_F(AdministratorTest, WhoCannotLogInDoesNotCount) {
    const auto domain = create("/domains", "domain", json::object{{"name", "elsewhere"}});
    const auto mute = create("/users", "user", json::object{{"name", "mute"}});
    const auto off = create("/users", "user", {{"name", "off"}, {"password", "secret"}, {"enabled", false}});
    const auto away = create("/users", "user", {{"name", "away"}, {"password", "x"}, {"domain_id", domain}});
    for (const auto& user : {mute, off, away}) {
        EXPECT_EQ(call("PUT", "/identity/v3" + grant_on_system(user), nullptr, token_).status, 204);
    }
    EXPECT_EQ(change("/domains/" + domain, "domain", {{"enabled", false}}).status, 200);
    EXPECT_EQ(change("/users/" + admin_, "user", {{"enabled", false}}).status, 409);
}

TEST_F(AdministratorTest, TheDomainOfTheLastOneCannotBeDisabled) {
    const auto domain = create("/domains", "domain", json::object{{"name", "elsewhere"}});
    const auto ada = create("/users", "user", {{"name", "ada"}, {"password", "secret"}, {"domain_id", domain}});
    EXPECT_EQ(call("PUT", "/identity/v3" + grant_on_project(ada), nullptr, token_).status, 204);
    EXPECT_EQ(change("/users/" + admin_, "user", {{"enabled", false}}).status, 200);
    json::object holder{{"id", ada}, {"password", "secret"}};
    auto identity = password_identity("ada", "secret");
    identity["password"].as_object()["user"] = holder;
    const auto answer = call("POST", "/identity/v3/auth/tokens", auth_body(identity, project_scope("admin")));
    ASSERT_EQ(answer.status, 201) << answer.body;
    token_ = std::string(answer.headers.get("X-Subject-Token"));
    EXPECT_EQ(change("/domains/" + domain, "domain", {{"enabled", false}}).status, 409);
}

TEST_F(AdministratorTest, AStartMendsWhatWasBrokenBefore) {
    for (const auto* harm :
         {"UPDATE projects SET name = 'other', name_key = 'other' WHERE name = 'admin'",
          "UPDATE projects SET enabled = 0 WHERE name = 'admin'", "DELETE FROM projects WHERE name = 'admin'",
          "DELETE FROM role_assignments", "UPDATE users SET enabled = 0", "DELETE FROM users",
          "UPDATE users SET password_hash = NULL",
          "UPDATE roles SET name = 'root', name_key = 'root' WHERE name = 'admin'"}) {
        by_hand(harm);
        service_.bootstrap(Secret(password_));
        EXPECT_TRUE(administers(password_)) << harm;
    }
}

TEST_F(AdministratorTest, AStartGivesNothingWhereSomebodyAdministers) {
    const auto ada = create("/users", "user", json::object{{"name", "ada"}, {"password", "secret"}});
    EXPECT_EQ(call("PUT", "/identity/v3" + grant_on_system(ada), nullptr, token_).status, 204);
    EXPECT_EQ(change("/users/" + admin_, "user", {{"enabled", false}}).status, 200);
    service_.bootstrap(Secret(password_));
    EXPECT_EQ(status_of_login(password_), 401);
}

TEST_F(AdministratorTest, WhoLostThePasswordGetsANewOne) {
    by_hand("UPDATE users SET enabled = 0");
    service_.bootstrap(Secret("another password"), AdminPassword::New);
    EXPECT_EQ(status_of_login(password_), 401);
    EXPECT_TRUE(administers("another password"));
}

config::Config with_other_project() {
    config::Config config;
    config.set("identity.admin_project", "operators");
    return config;
}

class OtherProjectTest : public testing::IdentityTest {
protected:
    OtherProjectTest() : IdentityTest(with_other_project()) {}
};

TEST_F(OtherProjectTest, IsMadeAtTheStart) {
    const auto token = login("admin", password_, project_scope("operators"));
    EXPECT_EQ(call("GET", "/identity/v3/users", nullptr, token).status, 200);
}

TEST_F(AdministratorTest, AnotherProjectIsMadeAtALaterStart) {
    config::Config changed;
    changed.set("identity.admin_project", "operators");
    Service later(database_, changed);
    later.bootstrap(Secret(password_));
    http::Router router;
    later.register_routes(router);
    const auto token = login("admin", password_, project_scope("operators"));
    http::Request request;
    request.method = "GET";
    request.path = request.target = "/identity/v3/users";
    request.headers.add("X-Auth-Token", token);
    EXPECT_EQ(router.handle(request).status, 200);
}

TEST_F(AdministratorTest, ANameInOtherLettersIsRefusedAtTheStart) {
    config::Config changed;
    changed.set("identity.admin_project", "ADMIN");
    Service later(database_, changed);
    try {
        later.bootstrap(Secret(password_));
        FAIL() << "it was accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
        EXPECT_NE(std::string(error.what()).find("identity.admin_project"), std::string::npos);
    }
}

}  // namespace
}  // namespace virga::identity
