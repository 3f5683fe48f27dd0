#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/ids.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/service.hpp"
#include "harness/test_database.hpp"
#include "taskflow/runner.hpp"

namespace virga::compute {
namespace {

class InstanceActionsTest : public testing::Test {
protected:
    InstanceActionsTest() : path_(std::filesystem::temp_directory_path() / ("virga-actions-" + new_uuid())) {
        std::filesystem::create_directories(path_);
        place_.emplace(path_);
        db_.emplace(place_->url());
        db::migrate(*db_, taskflow::migrations());
        db::migrate(*db_, migrations());
    }
    ~InstanceActionsTest() override {
        db_.reset();
        place_.reset();
        std::filesystem::remove_all(path_);
    }

    /// `flow`: empty for an action that needs none.
    void act(const std::string& action, const std::string& server, const std::string& flow = {}) {
        repo::InstanceAction row;
        row.action = action;
        row.server = ServerId(server);
        row.project_id = "p";
        row.flow = FlowId(flow);
        row.start_us = ++time_us_;
        row.request_id = "req-" + std::to_string(time_us_);
        db_->write_with([&](db::Transaction& tx) { repo::insert_action(tx, row); }, db::Durability::Grouped);
    }
    void put_flow(const std::string& id, std::int64_t ended_us) {
        db_->write_with([&](db::Transaction& tx) {
            tx.exec(
                "INSERT INTO flows (id, kind, resource, state, tasks, data, position, runs, generation,"
                " cancel_requested, request_id, project_id, user_id, started_us, ended_us) VALUES (?, 'k', 's',"
                " 'running', '[]', '{}', 0, 0, 0, 0, '', '', '', 1, ?)",
                {id, ended_us});
        });
    }
    std::vector<repo::InstanceAction> actions(const std::string& server) {
        return db_->read_with([&](db::Transaction& tx) { return repo::actions_of(tx, ServerId(server)); });
    }

    std::filesystem::path path_;
    std::optional<test::TestDatabase> place_;
    std::optional<db::Database> db_;
    TimestampUs time_us_ = 0;
};

TEST_F(InstanceActionsTest, OfOneServerAreBounded) {
    put_flow("runs", 0);
    put_flow("ended", 5);
    act("create", "s", "ended");
    act("stop", "s", "ended");
    act("start", "s", "runs");
    act("create", "another");
    for (std::int64_t i = 0; i < repo::kMostActions + 50; ++i) act(i % 2 == 0 ? "lock" : "unlock", "s");
    const auto kept = actions("s");
    ASSERT_EQ(kept.size(), static_cast<std::size_t>(repo::kMostActions));
    EXPECT_EQ(kept.front().request_id, "req-" + std::to_string(time_us_));
    EXPECT_EQ(kept[kept.size() - 1].action, "create");
    EXPECT_EQ(kept[kept.size() - 2].action, "start");
    EXPECT_EQ(kept[kept.size() - 3].request_id, "req-" + std::to_string(time_us_ - (repo::kMostActions - 3)));
    EXPECT_EQ(actions("another").size(), 1U);
}

}  // namespace
}  // namespace virga::compute
