#include "fixture.hpp"

namespace virga::identity {
namespace {

/// A project that is disabled is so with all below it.
class ProjectTreeTest : public testing::IdentityTest {
protected:
    std::string top_ = create("/projects", "project", json::object{{"name", "top"}});
    std::string below_ = create("/projects", "project", {{"name", "below"}, {"parent_id", top_}});

    int enable(const std::string& id, bool enabled) {
        return patch("/projects/" + id, "project", {{"enabled", enabled}});
    }
    int make_below(const std::string& parent, bool enabled) {
        json::object body;
        body["project"] = json::object{{"name", new_uuid()}, {"parent_id", parent}, {"enabled", enabled}};
        return call("POST", "/identity/v3/projects", body, admin_token()).status;
    }
};

TEST_F(ProjectTreeTest, IsDisabledFromBelow) {
    const auto lowest = create("/projects", "project", {{"name", "lowest"}, {"parent_id", below_}});
    EXPECT_EQ(enable(below_, false), 403);
    EXPECT_EQ(enable(lowest, false), 200);
    EXPECT_EQ(enable(below_, false), 200);
    EXPECT_EQ(enable(top_, false), 200);
}

TEST_F(ProjectTreeTest, IsEnabledFromAbove) {
    EXPECT_EQ(enable(below_, false), 200);
    EXPECT_EQ(enable(top_, false), 200);
    EXPECT_EQ(enable(below_, true), 403);
    EXPECT_EQ(make_below(top_, true), 403);
    EXPECT_EQ(enable(top_, true), 200);
    EXPECT_EQ(enable(below_, true), 200);
}

}  // namespace
}  // namespace virga::identity
