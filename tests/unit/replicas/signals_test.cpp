#include "db/signals.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>

#include "base/ids.hpp"
#include "db/database.hpp"
#include "harness/test_database.hpp"

namespace virga::db {
namespace {

constexpr std::chrono::seconds kLong{60};

/// What one process hears.
class Ear {
public:
    explicit Ear(Database& database) : signals_(database.signals()) {
        signals_->begin({[this](const std::string& word) { heard([&] { words_.insert(word); }); },
                         [this] { heard([&] { ++missed_; }); }});
    }
    void say(const std::string& word) { signals_->say(word); }
    Signals& signals() { return *signals_; }
    std::multiset<std::string> words() {
        const std::lock_guard lock(mutex_);
        return words_;
    }
    bool wait_for_words(const std::multiset<std::string>& wanted) {
        return wait([&] { return words_ == wanted; });
    }
    bool wait_missed(int times) {
        return wait([&] { return missed_ >= times; });
    }

private:
    template <class F>
    bool wait(F&& condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kLong, condition);
    }
    template <class F>
    void heard(F&& what) {
        {
            const std::lock_guard lock(mutex_);
            what();
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multiset<std::string> words_;
    int missed_ = 0;
    std::unique_ptr<Signals> signals_;
};

class SignalsTest : public testing::Test {
protected:
    SignalsTest() : folder_(std::filesystem::temp_directory_path() / ("virga-signals-" + new_uuid())) {
        std::filesystem::create_directories(folder_);
        place_.emplace(folder_);
        database_.emplace(place_->url());
    }
    ~SignalsTest() override {
        database_.reset();
        place_.reset();
        std::filesystem::remove_all(folder_);
    }
    void SetUp() override {
        if (!test::TestDatabase::is_postgresql())
            GTEST_SKIP() << "only PostgreSQL is shared: run it by tools/with-postgresql.sh";
    }

    std::filesystem::path folder_;
    std::optional<test::TestDatabase> place_;
    std::optional<Database> database_;
};

/// The first one hears that the second is there, so that neither begins too early.
struct Two {
    explicit Two(Database& database) : first(database) {
        EXPECT_TRUE(first.wait_missed(1));
        second.emplace(database);
        EXPECT_TRUE(first.wait_missed(2));
        EXPECT_TRUE(second->wait_missed(1));
    }
    Ear first;
    std::optional<Ear> second;
};

TEST_F(SignalsTest, AWordIsHeardByTheOthersOnly) {
    Two two(*database_);
    two.first.say("one");
    EXPECT_TRUE(two.second->wait_for_words({"one"}));
    two.second->say("two");
    EXPECT_TRUE(two.first.wait_for_words({"two"}));
    EXPECT_EQ(two.second->words(), std::multiset<std::string>{"one"});
}

TEST_F(SignalsTest, ManyWordsAreHeardOnceEach) {
    Two two(*database_);
    std::multiset<std::string> words;
    for (int i = 0; i < 1000; ++i) words.insert("word " + std::to_string(i) + std::string(100, 'x'));
    for (const auto& word : words) two.first.say(word);
    EXPECT_TRUE(two.second->wait_for_words(words));
}

TEST_F(SignalsTest, AWordThatIsTooLongIsLeftOut) {
    Two two(*database_);
    two.first.say(std::string(Signals::kLongestWord + 1, 'x'));
    const std::string longest(Signals::kLongestWord, 'y');
    two.first.say(longest);
    EXPECT_TRUE(two.second->wait_for_words({longest}));
}

TEST_F(SignalsTest, WhatWasSaidIsSentBeforeTheEnd) {
    Two two(*database_);
    two.first.say("one");
    two.first.say("two");
    two.first.signals().end();
    EXPECT_TRUE(two.second->wait_for_words({"one", "two"}));
}

TEST_F(SignalsTest, ALostConnectionComesBackAndBothAreTold) {
    Two two(*database_);
    database_->write_with([](Transaction& tx) {
        tx.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
            "pg_backend_pid() AND query LIKE '%virga%'");
    });
    EXPECT_TRUE(two.first.wait_missed(3));
    EXPECT_TRUE(two.second->wait_missed(2));
    two.first.say("again");
    EXPECT_TRUE(two.second->wait_for_words({"again"}));
}

}  // namespace
}  // namespace virga::db
