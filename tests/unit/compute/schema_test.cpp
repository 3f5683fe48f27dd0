#include <gtest/gtest.h>

#include <filesystem>

#include "base/ids.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/service.hpp"

namespace virga::compute {
namespace {

class SchemaTest : public testing::Test {
protected:
    SchemaTest() : path_(std::filesystem::temp_directory_path() / ("virga-schema-" + new_uuid())) {
        database_ = std::make_unique<db::Database>("sqlite://" + path_.string());
        db::migrate(*database_, migrations());
    }
    ~SchemaTest() override {
        database_.reset();
        for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + end);
    }

    std::string columns(const std::string& table) {
        std::string names;
        for (const auto& row : database_->read().query("PRAGMA table_info(" + table + ")")) {
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
