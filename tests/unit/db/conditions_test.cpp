#include "db/conditions.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/ids.hpp"
#include "db/sqlite/connection.hpp"

namespace virga::db {
namespace {

TEST(InList, HasFewDifferentTexts) {
    std::set<std::string> texts;
    for (int count = 1; count <= 2000; ++count) {
        const auto list = in_list("id", Params(static_cast<std::size_t>(count), std::int64_t{1}));
        EXPECT_GE(list.params.size(), static_cast<std::size_t>(count));
        texts.insert(list.sql);
    }
    EXPECT_EQ(texts.size(), 7U);
    EXPECT_EQ(in_list("id", {}).sql, "1 = 0");
    const auto three = in_list("id", {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}});
    EXPECT_EQ(three.sql, "id IN (?,?,?,?)");
    EXPECT_EQ(three.params.back(), Value(std::int64_t{3}));
}

TEST(BehindMarker, GrowsWithTheKeys) {
    EXPECT_EQ(behind_marker({{"a", true, std::int64_t{1}}}).sql, "(a) > (?)");
    const auto two = behind_marker({{"a", false, std::int64_t{1}}, {"b", false, std::int64_t{2}}});
    EXPECT_EQ(two.sql, "(a, b) < (?,?)");
    EXPECT_EQ(two.params, (Params{std::int64_t{1}, std::int64_t{2}}));
    const auto three =
        behind_marker({{"a", true, std::int64_t{1}}, {"b", false, std::int64_t{2}}, {"c", true, std::int64_t{3}}});
    EXPECT_EQ(three.sql, "(a > ? OR (a = ? AND (b < ? OR (b = ? AND (c > ?)))))");
    EXPECT_EQ(three.params.size(), 5U);
}

class ConnectionTest : public testing::Test {
protected:
    ConnectionTest() : path_(std::filesystem::temp_directory_path() / ("virga-db-" + new_uuid())), connection_(path_) {
        connection_.run("CREATE TABLE things (a BIGINT, b BIGINT, text TEXT)");
    }
    ~ConnectionTest() override {
        for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + end);
    }

    std::filesystem::path path_;
    sqlite::Connection connection_;
};

TEST_F(ConnectionTest, FindsWhatIsBehindAMarker) {
    for (std::int64_t a = 0; a < 3; ++a) {
        for (std::int64_t b = 0; b < 3; ++b) connection_.exec("INSERT INTO things (a, b) VALUES (?, ?)", {a, b});
    }
    const auto found_behind = [&](const std::vector<SortValue>& keys, const std::string& order) {
        const auto behind = behind_marker(keys);
        std::string found;
        for (const auto& row :
             connection_.query("SELECT a, b FROM things WHERE " + behind.sql + " ORDER BY " + order, behind.params)) {
            found += row.text("a") + row.text("b") + " ";
        }
        return found;
    };
    const std::int64_t one = 1;
    EXPECT_EQ(found_behind({{"a", false, one}, {"b", true, one}}, "a DESC, b"), "12 00 01 02 ");
    EXPECT_EQ(found_behind({{"a", true, one}, {"b", true, one}}, "a, b"), "12 20 21 22 ");
    EXPECT_EQ(found_behind({{"a", false, one}, {"b", false, one}}, "a DESC, b DESC"), "10 02 01 00 ");
}

TEST_F(ConnectionTest, KeepsAStatementThatIsUsedAndDropsOthers) {
    const std::string used = "SELECT a FROM things WHERE a = ?";
    for (int i = 0; i < 2000; ++i) {
        connection_.query(used, {std::int64_t{i}});
        connection_.query("SELECT a FROM things WHERE b = " + std::to_string(i), {});
        EXPECT_LE(connection_.cache().count(), 400U);
    }
    EXPECT_GT(connection_.cache().count(), 100U);
}

TEST_F(ConnectionTest, HoldsLargeStatementsWithinItsBytes) {
    for (int i = 0; i < 100; ++i) {
        std::string sql = "SELECT a FROM things WHERE text = '" + std::to_string(i) + "'";
        Params params;
        for (int j = 0; j < 500; ++j) {
            sql += " AND text <> ?";
            params.emplace_back(std::string(100, 'x'));
        }
        connection_.query(sql, params);
        EXPECT_LE(connection_.cache().bytes(), 2U << 20U);
    }
}

TEST_F(ConnectionTest, BindsLongAndShortTextsInTurn) {
    for (const std::size_t size : {10U, 100'000U, 3U, 0U}) {
        const std::string text(size, 'x');
        connection_.exec("INSERT INTO things (text) VALUES (?)", {text});
        EXPECT_EQ(connection_.scalar("SELECT COUNT(*) FROM things WHERE text = ?", {text}), 1);
    }
}

}  // namespace
}  // namespace virga::db
