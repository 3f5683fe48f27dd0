#include <gtest/gtest.h>

#include <filesystem>

#include "base/ids.hpp"
#include "harness/test_database.hpp"
#include "identity/repo/user_repo.hpp"
#include "identity/service.hpp"

namespace virga::identity {
namespace {

/// A database of the first version, with names that differ in case only.
TEST(IdentityMigration, NamesOfBeforeStayUsable) {
    const auto folder = std::filesystem::temp_directory_path() / ("virga-identity-" + new_uuid());
    std::filesystem::create_directories(folder);
    const test::TestDatabase place(folder);
    db::Database database(place.url());
    db::migrate(database, {migrations().front()});
    database.write_with([](db::Transaction& tx) {
        for (const std::string name : {"Bob", "bob", "Alice", "Ünal"}) {
            tx.exec("INSERT INTO users (id, domain_id, name, enabled) VALUES (?, 'default', ?, 1)",
                    {"id of " + name, name});
        }
    });
    db::migrate(database, migrations());
    auto tx = database.write();
    const auto id = [&](const std::string& name) {
        const auto user = repo::find_user_named(tx, "default", name);
        return user ? user->id : std::string();
    };
    EXPECT_EQ(id("Bob"), "id of Bob");
    EXPECT_EQ(id("bob"), "id of bob");
    EXPECT_EQ(id("ALICE"), "id of Alice");
    EXPECT_EQ(id("Ünal"), "id of Ünal");
    EXPECT_EQ(id("carol"), "");
    User another;
    another.id = "another";
    another.domain_id = "default";
    another.name = "alice";
    EXPECT_THROW(repo::insert_user(tx, another), Error);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace virga::identity
