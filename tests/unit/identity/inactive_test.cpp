#include "fixture.hpp"

namespace virga::identity {
namespace {

config::Config after_a_day() {
    config::Config config;
    config.set("identity.disable_user_account_days_inactive", "1");
    return config;
}

/// Who has not logged in for too long counts as disabled, and so do his tokens.
class InactiveTest : public testing::IdentityTest {
protected:
    InactiveTest() : IdentityTest(after_a_day()) { make_member("ada", "secret"); }

    void let_two_days_pass() {
        constexpr std::int64_t kTwoDays_us = 2 * 86'400'000'000;
        database_.write_with([&](db::Transaction& tx) {
            tx.exec("UPDATE users SET active_us = active_us - ? WHERE id = ?", {kTwoDays_us, user_});
        });
    }

    int validate(const std::string& token) {
        return call("GET", "/identity/v3/auth/tokens", nullptr, admin_token(), token).status;
    }

    http::Response by_token(const std::string& token) {
        json::array methods;
        methods.emplace_back("token");
        json::object identity;
        identity["methods"] = std::move(methods);
        identity["token"] = json::object{{"id", token}};
        return call("POST", "/identity/v3/auth/tokens", auth_body(identity));
    }
};

TEST_F(InactiveTest, HasNoWorkingToken) {
    const auto token = login("ada", "secret", project_scope("ada"));
    EXPECT_TRUE(is_valid(token));
    EXPECT_EQ(validate(token), 200);
    let_two_days_pass();
    EXPECT_FALSE(is_valid(token));
    EXPECT_EQ(validate(token), 404);
    EXPECT_EQ(by_token(token).status, 401);
    EXPECT_EQ(call("GET", "/identity/v3/users/" + user_, nullptr, token).status, 401);
    EXPECT_EQ(call("POST", "/identity/v3/auth/tokens", auth_body(password_identity("ada", "secret"))).status, 401);
}

TEST_F(InactiveTest, TokensOfBeforeDoNotComeBack) {
    const auto token = login("ada", "secret", project_scope("ada"));
    let_two_days_pass();
    EXPECT_EQ(patch("/users/" + user_, "user", {{"enabled", true}}), 200);
    EXPECT_FALSE(is_valid(token));
    EXPECT_TRUE(is_valid(login("ada", "secret", project_scope("ada"))));
}

TEST_F(InactiveTest, AnOptionOfTheUserKeepsHisToken) {
    EXPECT_EQ(patch("/users/" + user_, "user", {{"options", json::object{{"ignore_user_inactivity", true}}}}), 200);
    const auto token = login("ada", "secret", project_scope("ada"));
    let_two_days_pass();
    EXPECT_TRUE(is_valid(token));
    EXPECT_EQ(validate(token), 200);
}

}  // namespace
}  // namespace virga::identity
