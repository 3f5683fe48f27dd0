#include "db/database.hpp"
#include "harness/test_database.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/work_scope.hpp"
#include "db/sqlite/connection.hpp"
#include "lifecycle/machine.hpp"

namespace virga::db {
namespace {

class DatabaseTest : public testing::Test {
protected:
    DatabaseTest() : folder_(std::filesystem::temp_directory_path() / ("virga-db-" + new_uuid())) {
        std::filesystem::create_directories(folder_);
        place_.emplace(folder_);
        database_ = std::make_unique<Database>(place_->url());
        migrate(*database_,
                {{"t", 1, {"CREATE TABLE things (id TEXT PRIMARY KEY, status TEXT, n BIGINT, updated_us BIGINT)"}}});
    }
    ~DatabaseTest() override {
        database_.reset();
        std::filesystem::remove_all(folder_);
    }

    void insert(const std::string& id, const std::string& status, std::int64_t n) {
        database_->write_with([&](Transaction& tx) {
            tx.exec("INSERT INTO things (id, status, n) VALUES (?, ?, ?)", {id, status, n});
        });
    }

    std::filesystem::path folder_;
    std::optional<test::TestDatabase> place_;
    std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, KeepsTypesAndNulls) {
    insert("a", "new", 1'234'567'890'123);
    database_->write_with([](Transaction& tx) {
        tx.exec("INSERT INTO things (id, status, n) VALUES (?, ?, ?)",
                {std::string("b"), std::monostate(), std::monostate()});
    });
    auto tx = database_->read();
    const auto rows = tx.query("SELECT id, status, n, n + 1 AS more FROM things ORDER BY id");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].number("n"), 1'234'567'890'123);
    EXPECT_EQ(rows[0].number("more"), 1'234'567'890'124);
    EXPECT_EQ(rows[0].text("status"), "new");
    EXPECT_TRUE(rows[1].is_null("status"));
    EXPECT_EQ(rows[1].optional_number("n"), std::nullopt);
    EXPECT_THROW(static_cast<void>(rows[0].text("nothing")), Error);
}

TEST_F(DatabaseTest, RollsBackWithoutCommitAndRunsHooksOnlyAfterCommit) {
    int called = 0;
    {
        auto tx = database_->write();
        tx.exec("INSERT INTO things (id) VALUES (?)", {std::string("x")});
        tx.after_commit([&] { ++called; });
    }
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) FROM things"), 0);
    EXPECT_EQ(called, 0);
    auto tx = database_->write();
    tx.after_commit([&] {
        ++called;
        database_->write_with([](Transaction&) {});  // the writer is free by now
    });
    tx.commit();
    EXPECT_EQ(called, 1);
}

TEST_F(DatabaseTest, UniqueViolationIsAConflictAndEndsTheTransaction) {
    insert("a", "new", 1);
    auto tx = database_->write();
    try {
        tx.exec("INSERT INTO things (id) VALUES (?)", {std::string("a")});
        FAIL() << "a second row of the same id was taken";
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Conflict);
    }
    EXPECT_THROW(tx.exec("UPDATE things SET n = ? WHERE id = ?", {std::int64_t{2}, std::string("a")}), Error);
    EXPECT_THROW(tx.commit(), Error);
}

TEST_F(DatabaseTest, ReaderSeesASnapshot) {
    insert("a", "new", 1);
    auto reader = database_->read();
    EXPECT_EQ(reader.scalar("SELECT COUNT(*) FROM things"), 1);
    insert("b", "new", 1);
    EXPECT_EQ(reader.scalar("SELECT COUNT(*) FROM things"), 1);
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) FROM things"), 2);
}

TEST_F(DatabaseTest, WritersQueueUpAndNoUpdateIsLost) {
    insert("a", "new", 0);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([this, i] {
            for (int k = 0; k < 50; ++k) {
                database_->write_with(
                    [](Transaction& tx) {
                        const auto n = tx.scalar("SELECT n FROM things WHERE id = 'a'");
                        tx.exec("UPDATE things SET n = ? WHERE id = 'a'", {n + 1});
                    },
                    i % 2 == 0 ? Durability::Synced : Durability::Grouped);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(database_->read().scalar("SELECT n FROM things"), 200);
}

TEST_F(DatabaseTest, SwapChangesOnlyFromAllowedStates) {
    const std::vector<lifecycle::ColumnChange> removal{{"status", {"available", "error"}, "deleting"}};
    insert("a", "available", 0);
    insert("b", "in-use", 0);
    auto tx = database_->write();
    EXPECT_FALSE(lifecycle::swap(tx, "things", "a", removal, {"n > ?", {std::int64_t{0}}}));
    EXPECT_TRUE(lifecycle::swap(tx, "things", "a", removal, {"n = ?", {std::int64_t{0}}}));
    EXPECT_FALSE(lifecycle::swap(tx, "things", "a", removal));
    EXPECT_FALSE(lifecycle::swap(tx, "things", "b", removal));
    EXPECT_FALSE(lifecycle::swap(tx, "things", "nothing", removal));
    const std::vector<lifecycle::ColumnChange> any{{"status", {}, "available"}};
    EXPECT_TRUE(lifecycle::swap(tx, "things", "a", any));
    EXPECT_EQ(tx.scalar("SELECT COUNT(*) FROM things WHERE status = 'available'"), 1);
    tx.commit();
}

TEST_F(DatabaseTest, ServersOfOneDatabaseLoseNoUpdate) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite has one process";
    insert("a", "new", 0);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([this] {
            Database own(place_->url());
            for (int k = 0; k < 25; ++k) {
                own.write_with([](Transaction& tx) {
                    const auto n = tx.scalar("SELECT n FROM things WHERE id = 'a'");
                    tx.exec("UPDATE things SET n = ? WHERE id = 'a'", {n + 1});
                });
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(database_->read().scalar("SELECT n FROM things"), 100);
}

/// A number that each one reads and writes back, under a lock of its own and together with others.
TEST_F(DatabaseTest, ALockKeepsApartWhoWritesTogether) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite has one process";
    insert("a", "new", 0);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([this] {
            Database own(place_->url());
            for (int k = 0; k < 25; ++k) {
                own.write_with(
                    [](Transaction& tx) {
                        tx.lock(Lock::Project, "p");
                        const auto n = tx.scalar("SELECT n FROM things WHERE id = 'a'");
                        tx.exec("UPDATE things SET n = ? WHERE id = 'a'", {n + 1});
                    },
                    Durability::Grouped, Writers::Together);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(database_->read().scalar("SELECT n FROM things"), 100);
}

TEST_F(DatabaseTest, WhoWritesTogetherWaitsForNoOther) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite has one writer";
    auto first = database_->write(Durability::Grouped, Writers::Together);
    first.lock(Lock::Project, "one");
    auto second = database_->write(Durability::Grouped, Writers::Together);
    second.lock(Lock::Project, "two");
    second.lock(Lock::Addresses, "one");
    second.exec("INSERT INTO things (id) VALUES ('second')");
    second.commit();
    first.exec("INSERT INTO things (id) VALUES ('first')");
    first.commit();
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) FROM things"), 2);
}

/// Whoever holds the first lock wants the second, and the other way round: one of them runs again.
TEST_F(DatabaseTest, LocksInTwoOrdersCostAnotherRun) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite takes no locks";
    std::atomic<int> holding = 0;
    const auto write = [&](const std::string& first, const std::string& second) {
        Database own(place_->url());
        own.write_with(
            [&](Transaction& tx) {
                tx.lock(Lock::Project, first);
                if (++holding < 2) {
                    while (holding < 2) std::this_thread::yield();
                }
                tx.lock(Lock::Project, second);
                tx.exec("INSERT INTO things (id) VALUES (?)", {first});
            },
            Durability::Grouped, Writers::Together);
    };
    auto other = std::async(std::launch::async, [&] { write("a", "b"); });
    write("b", "a");
    other.get();
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) FROM things"), 2);
}

TEST_F(DatabaseTest, WhoIsAloneWaitsForThoseTogether) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite has one writer";
    auto together = database_->write(Durability::Grouped, Writers::Together);
    // It begins with its first statement.
    together.exec("INSERT INTO things (id) VALUES ('together')");
    std::atomic<bool> ended = false;
    auto alone = std::async(std::launch::async, [&] {
        database_->write_with([](Transaction& tx) {
            const auto n = tx.scalar("SELECT COUNT(*) FROM things");
            tx.exec("INSERT INTO things (id, n) VALUES ('alone', ?)", {n});
        });
        ended = true;
    });
    while (database_->read().scalar("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                                    "wait_event = 'advisory'") == 0)
        std::this_thread::yield();
    EXPECT_FALSE(ended);
    together.commit();
    alone.get();
    EXPECT_EQ(database_->read().scalar("SELECT n FROM things WHERE id = 'alone'"), 1);
}

TEST_F(DatabaseTest, LostConnectionsAreMadeAgain) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite has no connections to lose";
    insert("a", "new", 0);
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) FROM things"), 1);
    // One that is idle, and one in the middle of a transaction, which runs again.
    int runs = 0;
    database_->write_with([&](Transaction& tx) {
        tx.exec("UPDATE things SET n = n + 1");
        if (++runs > 1) return;
        Database other(place_->url());
        other.read().query(
            "SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE datname = current_database() AND "
            "pid <> pg_backend_pid()");
        tx.exec("UPDATE things SET n = n + 10");
    });
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(database_->read().scalar("SELECT n FROM things"), 1);
}

TEST_F(DatabaseTest, AWriterThatWaitedInVainWritesLater) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "writers of SQLite wait inside their process";
    Database other(place_->url());
    auto first = database_->write();
    auto waiting = std::async(std::launch::async, [&other] { other.write(); });
    while (database_->read().scalar("SELECT COUNT(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE datname = "
                                    "current_database() AND wait_event = 'advisory'") == 0)
        std::this_thread::yield();
    EXPECT_THROW(waiting.get(), Error);
    first.commit();
    other.write_with([](Transaction& tx) { tx.exec("INSERT INTO things (id) VALUES ('a')"); });
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) FROM things"), 1);
}

/// So that its locks don't stop everybody.
TEST_F(DatabaseTest, AWriterThatDoesNothingForLongIsEnded) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "writers of SQLite end with their process";
    Database other(place_->url());
    auto frozen = database_->write();
    other.write_with([](Transaction& tx) { tx.exec("INSERT INTO things (id) VALUES ('a')"); });
    EXPECT_THROW(frozen.exec("INSERT INTO things (id) VALUES ('late')"), RunAgain);
    EXPECT_EQ(other.read().scalar("SELECT COUNT(*) FROM things"), 1);
}

TEST_F(DatabaseTest, ADatabaseOfANewerVersionIsRefused) {
    migrate(*database_, {{"t", 1, {}}, {"t", 2, {"ALTER TABLE things ADD COLUMN more TEXT"}}});
    try {
        migrate(*database_, {{"t", 1, {}}});
        FAIL() << "a database of a newer version was taken";
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
        EXPECT_NE(failure.message().find("database.url: "), std::string::npos);
    }
}

TEST_F(DatabaseTest, BoundValuesAreInNoError) {
    insert("hidden-secret", "new", 0);
    try {
        insert("hidden-secret", "new", 0);
        FAIL() << "a second row of the same id was taken";
    } catch (const Error& failure) {
        EXPECT_EQ((failure.message() + failure.detail()).find("hidden-secret"), std::string::npos);
    }
}

TEST(DatabaseUrl, WrongOnesAreRefusedWithoutTheirPassword) {
    for (const std::string url :
         {"postgresql://virga:hidden-secret@127.0.0.1:1/virga", "postgresql://virga:hidden-secret@127.0.0.1:x/virga",
          "postgresql://virga:hidden@-secret@127.0.0.1/virga", "postgresql://virga:hidden/-secret@127.0.0.1/virga",
          "postgresql://virga:hidden-secret%@127.0.0.1/virga",
          "postgres://virga@127.0.0.1/virga?password=-secret&port=1", "mysql://virga:hidden-secret@host/virga",
          "-secret"}) {
        try {
            const Database database(url);
            FAIL() << url << " was taken";
        } catch (const Error& failure) {
            EXPECT_EQ(failure.code(), ErrorCode::InvalidInput) << url;
            EXPECT_TRUE(failure.message().starts_with("database.url: ")) << failure.message();
            EXPECT_EQ((failure.message() + failure.detail()).find("-secret"), std::string::npos) << failure.message();
        }
    }
}

TEST(DatabaseUrl, AWrongPasswordIsNotShown) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite has no password";
    const test::TestDatabase place("/nowhere");
    auto url = place.url();
    const auto begin = url.find(':', url.find("://") + 3) + 1;
    url.replace(begin, url.find('@') - begin, "hidden-secret");
    try {
        const Database database(url);
        FAIL() << "a wrong password was taken";
    } catch (const Error& failure) {
        EXPECT_TRUE(failure.message().starts_with("database.url: ")) << failure.message();
        EXPECT_NE(failure.message().find("password authentication failed"), std::string::npos);
        EXPECT_EQ((failure.message() + failure.detail()).find("hidden-secret"), std::string::npos);
    }
}

TEST(DatabaseUrl, TextsMustBeOrderedByTheirBytes) {
    if (!test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite has one order";
    for (const std::string locale :
         {"LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LC_COLLATE 'C' LC_CTYPE 'C'",
          "LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LC_COLLATE 'C' LC_CTYPE 'C'", "ENCODING 'LATIN1' LOCALE 'C'"}) {
        const test::TestDatabase place("/nowhere", locale);
        try {
            const Database database(place.url());
            FAIL() << "a database was taken that has " << locale;
        } catch (const Error& failure) {
            EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
            EXPECT_NE(failure.message().find("CREATE DATABASE"), std::string::npos) << failure.message();
        }
    }
    for (const std::string locale : {"LOCALE 'C'", "LOCALE 'C.UTF-8'"}) {
        const test::TestDatabase place("/nowhere", locale);
        EXPECT_NO_THROW(Database(place.url())) << locale;
    }
}

TEST(DatabaseUrl, AFullFileIsOneError) {
    if (test::TestDatabase::is_postgresql()) GTEST_SKIP() << "SQLite ends the transaction by itself";
    sqlite::Connection connection(":memory:");
    connection.run("CREATE TABLE things (content TEXT)");
    connection.run("PRAGMA max_page_count = 3");
    connection.begin(Access::WriteAlone, Durability::Grouped);
    EXPECT_THROW(for (int i = 0; i < 10; ++i)
                     connection.exec("INSERT INTO things (content) VALUES (?)", {std::string(65536, 'x')}),
                 Error);
    EXPECT_NO_THROW(connection.rollback());
    connection.begin(Access::WriteAlone, Durability::Grouped);
    connection.rollback();
}

constexpr const char* kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) AS c FROM n";

TEST_F(DatabaseTest, AReadEndsWithItsScope) {
    insert("a", "new", 1);
    for (const auto code : {ErrorCode::Cancelled, ErrorCode::Timeout}) {
        const auto limit = std::chrono::milliseconds(code == ErrorCode::Timeout ? 20 : 0);
        const WorkScope scope([&] { return code == ErrorCode::Cancelled; }, limit);
        auto tx = database_->read();
        try {
            tx.query(kEndless);
            FAIL() << "an endless statement ended";
        } catch (const Error& failure) {
            EXPECT_EQ(failure.code(), code);
        }
    }
    // The connection is good for the next one.
    EXPECT_EQ(database_->read().scalar("SELECT COUNT(*) AS c FROM things"), 1);
}

}  // namespace
}  // namespace virga::db
