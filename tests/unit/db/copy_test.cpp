#include "db/copy.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/ids.hpp"
#include "harness/test_database.hpp"

namespace virga::db {
namespace {

const std::vector<Migration>& schema() {
    static const std::vector<Migration> steps{
        {"a",
         1,
         {"CREATE TABLE parents (id TEXT PRIMARY KEY, n BIGINT)",
          "CREATE TABLE children(id TEXT PRIMARY KEY, parent TEXT NOT NULL REFERENCES parents (id), note TEXT)",
          "INSERT INTO parents (id, n) VALUES ('made by a step', 1)"}},
        {"a", 2, {"CREATE TABLE old (id TEXT)", "DROP TABLE old", "CREATE INDEX by_parent ON children (parent)"}},
    };
    return steps;
}

class CopyTest : public testing::Test {
protected:
    CopyTest() : folder_(std::filesystem::temp_directory_path() / ("virga-copy-" + new_uuid())) {
        std::filesystem::create_directories(folder_);
        place_.emplace(folder_);
        from_.emplace("sqlite://" + (folder_ / "source.db").string());
        to_.emplace(place_->url());
        migrate(*from_, schema());
    }
    ~CopyTest() override {
        from_.reset();
        to_.reset();
        std::filesystem::remove_all(folder_);
    }

    void fill(int count) {
        from_->write_with([&](Transaction& tx) {
            tx.exec("DELETE FROM parents");
            tx.exec("INSERT INTO parents (id, n) VALUES (?, ?)", {std::string("p"), std::int64_t{1} << 40});
            for (int i = 0; i < count; ++i) {
                const Value note = i % 3 == 0 ? Value() : Value("it's \"text\" \xC3\xA4 " + std::to_string(i));
                tx.exec("INSERT INTO children (id, parent, note) VALUES (?, 'p', ?)", {std::to_string(i), note});
            }
        });
    }

    static std::vector<std::string> notes(Database& database) {
        std::vector<std::string> all;
        database.read().each("SELECT id, note FROM children ORDER BY id", {}, [&](const Row& row) {
            all.push_back(row.text("id") + "=" + (row.is_null("note") ? "null" : row.text("note")));
        });
        return all;
    }

    std::filesystem::path folder_;
    std::optional<test::TestDatabase> place_;
    std::optional<Database> from_;
    std::optional<Database> to_;
};

TEST_F(CopyTest, KnowsTheTablesOfASchema) {
    EXPECT_EQ(tables_of(schema()), (std::vector<std::string>{"parents", "children"}));
    EXPECT_EQ(tables_of({{"b", 1, {"CREATE TABLE x (a TEXT)", "ALTER TABLE x RENAME TO y"}}}),
              std::vector<std::string>{"y"});
}

TEST_F(CopyTest, CopiesEveryRowAsItIs) {
    constexpr int kRows = 1234;
    fill(kRows);
    const auto copied = copy(*from_, *to_, schema());
    ASSERT_EQ(copied.size(), 2U);
    EXPECT_EQ(copied[0].rows, 1);
    EXPECT_EQ(copied[1].rows, kRows);
    EXPECT_EQ(notes(*to_), notes(*from_));
    EXPECT_EQ(to_->read().scalar("SELECT n FROM parents WHERE id = 'p'"), std::int64_t{1} << 40);
    EXPECT_EQ(to_->read().scalar("SELECT COUNT(*) FROM parents"), 1);
    migrate(*to_, schema());  // has nothing left to do
}

TEST_F(CopyTest, RefusesADatabaseThatHoldsACloud) {
    migrate(*to_, schema());
    try {
        copy(*from_, *to_, schema());
        FAIL();
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Conflict);
    }
    EXPECT_EQ(to_->read().scalar("SELECT COUNT(*) FROM parents"), 1);
}

TEST_F(CopyTest, LeavesNothingWhenItFails) {
    fill(10);
    from_->write_with([](Transaction& tx) { tx.exec("ALTER TABLE children ADD COLUMN of_nobody TEXT"); });
    try {
        copy(*from_, *to_, schema());
        FAIL();
    } catch (const Error& failure) {
        EXPECT_NE(std::string(failure.what()).find("table children"), std::string::npos) << failure.what();
    }
    migrate(*to_, schema());
    EXPECT_EQ(to_->read().scalar("SELECT COUNT(*) FROM children"), 0);
}

}  // namespace
}  // namespace virga::db
