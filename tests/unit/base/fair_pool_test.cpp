#include "base/fair_pool.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <set>

namespace virga {
namespace {

/// Work that runs until it is let go. What begins is told by name.
class FairPoolTest : public testing::Test {
protected:
    explicit FairPoolTest(std::size_t threads = 4) : pool_("fair", threads) {}
    ~FairPoolTest() override {
        release_all();
        pool_.stop();
    }

    void post(const std::string& account, const std::string& id) {
        pool_.post(account, id, [this, id] {
            std::unique_lock lock(mutex_);
            begun_.insert(id);
            changed_.notify_all();
            changed_.wait(lock, [&] { return all_released_ || released_.contains(id); });
        });
    }
    /// Something that must begin, whatever else runs.
    bool begins(const std::string& id) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return begun_.contains(id); });
    }
    bool has_begun(const std::string& id) {
        const std::lock_guard lock(mutex_);
        return begun_.contains(id);
    }
    void release(const std::string& id) {
        const std::lock_guard lock(mutex_);
        released_.insert(id);
        changed_.notify_all();
    }
    void release_all() {
        const std::lock_guard lock(mutex_);
        all_released_ = true;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> begun_;
    std::set<std::string> released_;
    bool all_released_ = false;
    FairPool pool_;
};

TEST_F(FairPoolTest, an_account_has_at_most_half_of_the_threads) {
    for (const auto* id : {"a1", "a2", "a3", "a4", "a5"}) post("a", id);
    EXPECT_TRUE(begins("a1") && begins("a2"));
    post("b", "b1");  // begins although a's came before
    EXPECT_TRUE(begins("b1"));
    EXPECT_FALSE(has_begun("a3"));
    post("c", "c1");  // one is left for the next account, too
    EXPECT_TRUE(begins("c1"));
    EXPECT_FALSE(has_begun("a3"));
    release("a1");
    release("b1");
    release("c1");
    EXPECT_TRUE(begins("a3"));
}

TEST_F(FairPoolTest, what_is_on_nobodys_account_has_no_bound) {
    for (const auto* id : {"1", "2", "3", "4"}) post("", id);
    for (const auto* id : {"1", "2", "3", "4"}) EXPECT_TRUE(begins(id));
}

TEST_F(FairPoolTest, work_is_taken_out_until_it_begins) {
    for (const auto* id : {"a1", "a2", "a3", "a4"}) post("a", id);
    EXPECT_TRUE(begins("a1") && begins("a2"));
    EXPECT_TRUE(pool_.take_out("a3"));
    EXPECT_FALSE(pool_.take_out("a3"));
    EXPECT_FALSE(pool_.take_out("a1"));
    release("a1");
    EXPECT_TRUE(begins("a4"));
    EXPECT_FALSE(has_begun("a3"));
}

class OneThread : public FairPoolTest {
protected:
    OneThread() : FairPoolTest(1) {}
};

TEST_F(OneThread, serves_everybody_in_order) {
    post("a", "a1");
    post("b", "b1");
    EXPECT_TRUE(begins("a1"));
    release("a1");
    EXPECT_TRUE(begins("b1"));
}

TEST_F(FairPoolTest, nothing_begins_after_stop) {
    post("a", "a1");
    EXPECT_TRUE(begins("a1"));
    release("a1");
    pool_.stop();
    post("a", "a2");
    EXPECT_FALSE(pool_.take_out("a2"));
}

}  // namespace
}  // namespace virga
