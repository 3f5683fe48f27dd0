#include "identity/auth/guess_limiter.hpp"

#include <gtest/gtest.h>

namespace virga::identity {
namespace {

using std::chrono::seconds;

class GuessLimiterTest : public ::testing::Test {
protected:
    void fail(int times, const std::string& user, const std::string& address) {
        for (int i = 0; i < times; ++i) limiter_.failed(user, address);
    }
    GuessLimiter::Clock::time_point now_{};
    GuessLimiter limiter_{[this] { return now_; }};
};

TEST_F(GuessLimiterTest, DoublesTheWaitAfterTheFreeFailures) {
    fail(5, "u", "a");
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(0));
    fail(1, "u", "a");
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(1));
    fail(3, "u", "a");
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(8));
    now_ += seconds(7);
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(1));
    now_ += seconds(1);
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(0));
    fail(100, "u", "a");
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(300));
}

TEST_F(GuessLimiterTest, AnotherAddressIsNotSlowedDownByOneGuesser) {
    fail(20, "u", "a");
    EXPECT_GT(limiter_.wait("u", "a"), seconds(0));
    EXPECT_EQ(limiter_.wait("u", "b"), seconds(0));
}

TEST_F(GuessLimiterTest, ManyAddressesOfOneGuesserCountTogether) {
    for (int i = 0; i < 60; ++i) fail(1, "u", "address " + std::to_string(i));
    EXPECT_GT(limiter_.wait("u", "a new one"), seconds(0));
}

TEST_F(GuessLimiterTest, ManyUsersFromOneAddressCountTogether) {
    for (int i = 0; i < 31; ++i) fail(1, "user " + std::to_string(i), "a");
    EXPECT_GT(limiter_.wait("another", "a"), seconds(0));
    EXPECT_EQ(limiter_.wait("another", "b"), seconds(0));
}

TEST_F(GuessLimiterTest, AnAddressOfManyUsersIsNotCounted) {
    for (int i = 0; i < 100; ++i) fail(1, "user " + std::to_string(i), "");
    EXPECT_EQ(limiter_.wait("another", ""), seconds(0));
}

TEST_F(GuessLimiterTest, ARightLoginForgetsWhatTheUserFailedButNotTheAddress) {
    fail(40, "u", "a");
    limiter_.succeeded("u", "a");
    EXPECT_EQ(limiter_.wait("u", "b"), seconds(0));
    EXPECT_GT(limiter_.wait("v", "a"), seconds(0));
}

TEST_F(GuessLimiterTest, ForgetsAfterAWhile) {
    fail(20, "u", "a");
    now_ += FailureTable::kForgotten;
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(0));
    fail(1, "u", "a");
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(0));
}

TEST(FailureTableTest, IsBounded) {
    FailureTable table({0, seconds(60)});
    const FailureTable::Clock::time_point now{};
    for (std::size_t i = 0; i < FailureTable::kMost + 100; ++i) table.failed(std::to_string(i), now);
    EXPECT_EQ(table.size(), FailureTable::kMost);
    EXPECT_EQ(table.wait("0", now), seconds(0));
    EXPECT_GT(table.wait(std::to_string(FailureTable::kMost), now), seconds(0));
}

}  // namespace
}  // namespace virga::identity
