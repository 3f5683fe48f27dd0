#include <gtest/gtest.h>

#include <filesystem>

#include "base/ids.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/service.hpp"
#include "harness/test_database.hpp"
#include "taskflow/runner.hpp"

namespace virga::compute {
namespace {

class SchemaTest : public testing::Test {
protected:
    SchemaTest() : path_(std::filesystem::temp_directory_path() / ("virga-schema-" + new_uuid())) {
        std::filesystem::create_directories(path_);
        place_.emplace(path_);
        database_ = std::make_unique<db::Database>(place_->url());
        db::migrate(*database_, taskflow::migrations());
        db::migrate(*database_, migrations());
    }
    ~SchemaTest() override {
        database_.reset();
        std::filesystem::remove_all(path_);
    }

    std::string columns(const std::string& table) {
        std::string names;
        const std::string of_table = "'" + table + "'";
        const auto sql =
            test::TestDatabase::is_postgresql()
                ? "SELECT column_name AS name FROM information_schema.columns WHERE table_name = " + of_table +
                      " ORDER BY ordinal_position"
                : "SELECT name FROM pragma_table_info(" + of_table + ")";
        for (const auto& row : database_->read().query(sql)) {
            names += row.text("name") + " ";
        }
        return names;
    }
    void add_and_delete(const std::string& id) {
        Server server;
        server.id = ServerId(id);
        server.user_data = "c2VjcmV0";
        database_->write_with([&](db::Transaction& tx) {
            repo::insert_server(tx, server);
            repo::delete_server(tx, server.id);
        });
    }
    std::int64_t kept() { return database_->read().scalar("SELECT COUNT(*) FROM deleted_servers"); }

    std::filesystem::path path_;
    std::optional<test::TestDatabase> place_;
    std::unique_ptr<db::Database> database_;
};

TEST_F(SchemaTest, DeletedServersHaveTheColumnsOfServers) {
    EXPECT_EQ(columns("deleted_servers"), columns("servers"));
}

TEST_F(SchemaTest, DeletedServersAreForgotten) {
    for (const char* id : {"a", "b", "c"}) add_and_delete(id);
    EXPECT_EQ(kept(), 3);
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) FROM deleted_servers WHERE user_data <> ''"), 0);
    database_->write_with([](db::Transaction& tx) { repo::forget_deleted_servers(tx, 0, 2); });
    EXPECT_EQ(kept(), 2);
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) FROM deleted_servers WHERE id = 'a'"), 0);
    database_->write_with([](db::Transaction& tx) { repo::forget_deleted_servers(tx, now_us() + 1, 2); });
    EXPECT_EQ(kept(), 0);
}

}  // namespace
}  // namespace virga::compute
