#include <gtest/gtest.h>

#include "base/error.hpp"
#include "identity/policy/rule.hpp"
#include "identity/policy/table.hpp"
#include "identity/service.hpp"

namespace virga::identity::policy {
namespace {

Standings in_project(std::vector<std::string> roles) {
    return standings_of({.scope = ScopeOf::Project, .roles = std::move(roles)});
}

constexpr Standings kReader = Standing::Token | Standing::Reader;
constexpr Standings kMember = kReader | Standing::Member;
constexpr Standings kManager = kMember | Standing::Manager;

TEST(Standings, OfAProjectGoUpWithTheRole) {
    EXPECT_EQ(in_project({}), Standing::Token);
    EXPECT_EQ(in_project({"auditor"}), Standing::Token);
    EXPECT_EQ(in_project({"reader"}), kReader);
    EXPECT_EQ(in_project({"member"}), kMember);
    EXPECT_EQ(in_project({"reader", "manager"}), kManager);
}

TEST(Standings, AdministratorOfOneProjectIsNoMoreThanItsManager) {
    EXPECT_EQ(in_project({"admin"}), kManager);
}

TEST(Standings, AdministratorOfTheAdminProjectIsTheClouds) {
    EXPECT_EQ(standings_of({.scope = ScopeOf::Project, .roles = {"admin"}, .admin_project = true}),
              kManager | Standing::Admin);
    EXPECT_EQ(standings_of({.scope = ScopeOf::Project, .roles = {"manager"}, .admin_project = true}), kManager);
}

TEST(Standings, ASettingMakesEveryAdministratorTheClouds) {
    EXPECT_EQ(standings_of({.scope = ScopeOf::Project, .roles = {"admin"}, .admin_anywhere = true}),
              kManager | Standing::Admin);
    EXPECT_EQ(standings_of({.scope = ScopeOf::Project, .roles = {"member"}, .admin_anywhere = true}), kMember);
    EXPECT_FALSE(
        standings_of({.scope = ScopeOf::Domain, .roles = {"admin"}, .admin_anywhere = true}).has(Standing::Admin));
}

TEST(Standings, ServiceCountsInTheServicesProjectOnly) {
    EXPECT_EQ(in_project({"service"}), Standing::Token);
    EXPECT_EQ(standings_of({.scope = ScopeOf::Project, .roles = {"service"}, .service_project = true}),
              Standing::Token | Standing::Service);
    EXPECT_EQ(standings_of({.scope = ScopeOf::System, .roles = {"service"}, .service_project = true}), Standing::Token);
}

TEST(Standings, OfADomainAreNothingElsewhere) {
    const auto admin_of_domain = standings_of({.scope = ScopeOf::Domain, .roles = {"admin"}, .admin_project = true});
    EXPECT_TRUE(admin_of_domain.has(Standing::DomainAdmin));
    EXPECT_FALSE(admin_of_domain.has(Standing::Admin | Standing::Reader));
    EXPECT_FALSE(standings_of({.scope = ScopeOf::Domain, .roles = {"manager"}}).has(Standing::DomainAdmin));
}

TEST(Standings, OfTheSystem) {
    EXPECT_TRUE(standings_of({.scope = ScopeOf::System, .roles = {"admin"}}).has(Standing::Admin));
    EXPECT_EQ(standings_of({.scope = ScopeOf::System, .roles = {"member"}}), Standing::Token | Standing::SystemReader);
}

TEST(ImpliedRoles, FollowTheLadder) {
    EXPECT_EQ(implied_roles("admin"), (std::vector<std::string>{"manager", "member", "reader"}));
    EXPECT_EQ(implied_roles("member"), (std::vector<std::string>{"reader"}));
    EXPECT_TRUE(implied_roles("reader").empty());
    EXPECT_TRUE(implied_roles("service").empty());
    EXPECT_TRUE(implied_roles("auditor").empty());
}

TEST(Rule, OfAProjectEndsAtItsBorder) {
    const Subject subject{kMember, "user", "own", ""};
    EXPECT_TRUE(allows(member, subject));
    EXPECT_TRUE(allows(member, subject, {.project = "own"}));
    EXPECT_FALSE(allows(member, subject, {.project = "foreign"}));
    EXPECT_FALSE(allows(manager, subject, {.project = "own"}));
    EXPECT_FALSE(allows(admin, subject));
    EXPECT_FALSE(allows(nobody, subject));
}

TEST(Rule, AdministratorsAndServicesReachEverything) {
    EXPECT_TRUE(allows(member, {Standing::Admin, "user", "own", ""}, {.project = "foreign"}));
    EXPECT_TRUE(allows(member | service, {Standing::Service, "user", "own", ""}, {.project = "foreign"}));
    EXPECT_FALSE(allows(member, {Standing::Service, "user", "own", ""}, {.project = "own"}));
    // Who is both a service and a member is one or the other by what the rule says.
    EXPECT_FALSE(allows(member, {kMember | Standing::Service, "user", "own", ""}, {.project = "foreign"}));
}

TEST(Rule, OfADomainEndsAtItsBorder) {
    const Subject subject{Standing::DomainAdmin, "user", "", "own"};
    EXPECT_TRUE(allows(domain_admin, subject, {.domain = "own"}));
    EXPECT_FALSE(allows(domain_admin, subject, {.domain = "foreign"}));
    EXPECT_FALSE(allows(domain_admin, subject, {.domain = ""}));
    EXPECT_FALSE(allows(domain_reader, subject, {.domain = "own"}));
}

TEST(Rule, OwnerIsWhomTheTargetBelongsTo) {
    const Subject subject{Standing::Token, "user", "", ""};
    EXPECT_TRUE(allows(owner, subject, {.user = "user"}));
    EXPECT_FALSE(allows(owner, subject, {.user = "other"}));
    EXPECT_TRUE(allows(admin | owner, {Standing::Admin, "user", "", ""}, {.user = "other"}));
}

TEST(Rule, IsReadable) {
    EXPECT_EQ(to_string(member), "member, admin");
    EXPECT_EQ(to_string(system_reader | owner), "system reader, admin, owner");
    EXPECT_EQ(to_string(nobody), "nobody");
}

const Table& table() {
    static const Table rows("test",
                            {{"b:write", member, "Write."}, {"a:read", reader, "Read."}, {"c:all", admin, "All."}});
    return rows;
}

Auth caller(Standings standings) {
    Auth auth;
    auth.user = UserId("user");
    auth.project = ProjectId("own");
    auth.standings = standings;
    return auth;
}

template <class F>
ErrorCode code_of(F&& function, const std::string& text) {
    try {
        function();
    } catch (const Error& error) {
        EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
        return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::Internal;
}

TEST(Guard, RefusesByNameOfThePolicy) {
    const Guard guard(table(), "b:write");
    EXPECT_EQ(guard.require(caller(kMember), {}).name, "b:write");
    EXPECT_EQ(code_of([&] { guard.require(caller(kReader), {}); }, "Policy doesn't allow b:write to be performed."),
              ErrorCode::Forbidden);
}

TEST(Guard, OfActionsLooksAtTheOneThatTheBodyNames) {
    const Guard guard(table(), Actions{{"write", "b:write"}, {"all", "c:all"}});
    http::Request request;
    request.body = R"({"write": {}})";
    EXPECT_EQ(guard.require(caller(kMember), request).name, "b:write");
    request.body = R"({"all": {}})";
    EXPECT_EQ(code_of([&] { guard.require(caller(kMember), request); }, "c:all"), ErrorCode::Forbidden);
    request.body = R"({"write": {}, "all": {}})";
    EXPECT_EQ(code_of([&] { guard.require(caller(kMember), request); }, "c:all"), ErrorCode::Forbidden);
    request.body = R"({"unheard": {}})";
    EXPECT_EQ(code_of([&] { guard.require(caller(kMember), request); }, "no such action"), ErrorCode::InvalidInput);
    request.body = "not JSON";
    EXPECT_EQ(code_of([&] { guard.require(caller(kMember), request); }, "JSON"), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] { guard.require(caller(kReader), request); }, "Policy"), ErrorCode::Forbidden);
}

TEST(Guard, NeedsAPolicyThatThereIs) {
    EXPECT_EQ(code_of([] { Guard(table(), "d:gone"); }, "d:gone"), ErrorCode::Internal);
    EXPECT_EQ(code_of([] { Guard(table(), Actions{}); }, "without"), ErrorCode::Internal);
    EXPECT_EQ(code_of([] { Table("test", {{"a", reader, "."}, {"a", member, "."}}); }, "twice"), ErrorCode::Internal);
}

TEST(Auth, ReachesWhatThePolicyOfTheRequestSays) {
    auto auth = caller(kMember | Standing::Service);
    EXPECT_TRUE(auth.reaches(ProjectId("own")));
    EXPECT_FALSE(auth.reaches(ProjectId("foreign")));
    auth.admitted_by = &table().at("b:write");
    EXPECT_FALSE(auth.reaches(ProjectId("foreign")));
    const Policy services{"d", member | service, "."};
    auth.admitted_by = &services;
    EXPECT_TRUE(auth.reaches(ProjectId("foreign")));
}

}  // namespace
}  // namespace virga::identity::policy
