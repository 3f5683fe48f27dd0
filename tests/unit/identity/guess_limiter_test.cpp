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

TEST_F(GuessLimiterTest, ARightLoginForgetsWhatTheUserFailedHereButNotTheAddress) {
    fail(40, "u", "a");
    limiter_.succeeded("u", "d", "a");
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(0));
    EXPECT_GT(limiter_.wait("v", "a"), seconds(0));
}

TEST_F(GuessLimiterTest, WhoHasLoggedInHereIsNotLockedOutByOthers) {
    limiter_.succeeded("u", "d", "home");
    for (int i = 0; i < 80; ++i) fail(1, "u", "address " + std::to_string(i));
    for (int i = 0; i < 80; ++i) fail(1, "user " + std::to_string(i), "home");
    EXPECT_GT(limiter_.wait("u", "elsewhere"), seconds(0));
    EXPECT_EQ(limiter_.wait("u", "home"), seconds(0));
    EXPECT_GT(limiter_.wait("v", "home"), seconds(0));
}

TEST_F(GuessLimiterTest, WhereOneHasLoggedInGuessesAreStillSlowedDown) {
    limiter_.succeeded("u", "d", "home");
    fail(6, "u", "home");
    EXPECT_EQ(limiter_.wait("u", "home"), seconds(1));
    fail(100, "u", "home");
    EXPECT_EQ(limiter_.wait("u", "home"), seconds(300));
    EXPECT_EQ(limiter_.wait("u", "elsewhere"), seconds(0));  // they count for nothing else
}

TEST_F(GuessLimiterTest, LoginsOfTheUserGiveGuessersNoNewStart) {
    for (int i = 0; i < 51; ++i) fail(1, "u", "address " + std::to_string(i));
    limiter_.succeeded("u", "d", "home");
    EXPECT_GT(limiter_.wait("u", "a new one"), seconds(0));
}

TEST_F(GuessLimiterTest, AGuesserGainsNothingByHisOwnLogins) {
    for (int i = 0; i < 51; ++i) {
        limiter_.succeeded("guesser", "d", "address " + std::to_string(i));
        fail(1, "u", "address " + std::to_string(i));
    }
    EXPECT_GT(limiter_.wait("u", "address 0"), seconds(0));
}

TEST_F(GuessLimiterTest, AnAddressOfManyUsersIsNotRemembered) {
    limiter_.succeeded("u", "d", "");
    for (int i = 0; i < 51; ++i) fail(1, "u", "address " + std::to_string(i));
    EXPECT_GT(limiter_.wait("u", ""), seconds(0));
}

TEST_F(GuessLimiterTest, APlaceIsForgottenAfterAWeek) {
    limiter_.succeeded("u", "d", "home");
    now_ += KnownPlaces::kForgotten;
    for (int i = 0; i < 51; ++i) fail(1, "u", "address " + std::to_string(i));
    EXPECT_GT(limiter_.wait("u", "home"), seconds(0));
}

TEST_F(GuessLimiterTest, ForgetsAfterAWhile) {
    fail(20, "u", "a");
    now_ += FailureTable::kForgotten;
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(0));
    fail(1, "u", "a");
    EXPECT_EQ(limiter_.wait("u", "a"), seconds(0));
}

TEST(KnownPlacesTest, OneUserPushesOutOnlyHisOwn) {
    KnownPlaces places;
    const KnownPlaces::Clock::time_point now{};
    places.add("u", "d", "home", now);
    for (std::size_t i = 0; i < 10 * KnownPlaces::kMostUsers; ++i) places.add("guesser", "d", std::to_string(i), now);
    EXPECT_TRUE(places.has("u", "home", now));
    EXPECT_EQ(places.size(), 2U);
    EXPECT_FALSE(places.has("guesser", "0", now));
    EXPECT_TRUE(places.has("guesser", std::to_string(10 * KnownPlaces::kMostUsers - 1), now));
}

TEST(KnownPlacesTest, WhoMakesUsersInHisDomainPushesOutOnlyThose) {
    KnownPlaces places;
    const KnownPlaces::Clock::time_point now{};
    for (int i = 0; i < 100; ++i) places.add("u" + std::to_string(i), "d", "home", now);
    for (std::size_t i = 0; i < 2 * KnownPlaces::kMostUsers; ++i) places.add(std::to_string(i), "own", "home", now);
    EXPECT_EQ(places.size(), KnownPlaces::kMostUsers);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(places.has("u" + std::to_string(i), "home", now)) << i;
    EXPECT_FALSE(places.has("0", "home", now));
    EXPECT_TRUE(places.has(std::to_string(2 * KnownPlaces::kMostUsers - 1), "home", now));
}

TEST(KnownPlacesTest, IsBounded) {
    KnownPlaces places;
    const KnownPlaces::Clock::time_point now{};
    for (std::size_t i = 0; i < KnownPlaces::kMostUsers + 100; ++i) places.add(std::to_string(i), "d", "home", now);
    EXPECT_EQ(places.size(), KnownPlaces::kMostUsers);
    EXPECT_FALSE(places.has("0", "home", now));
}

TEST(KnownPlacesTest, TheLatestPlacesStay) {
    KnownPlaces places;
    const KnownPlaces::Clock::time_point now{};
    for (std::size_t i = 0; i < KnownPlaces::kMostOfUser; ++i) places.add("u", "d", std::to_string(i), now);
    places.add("u", "d", "0", now);
    places.add("u", "d", "one more", now);
    EXPECT_TRUE(places.has("u", "0", now));
    EXPECT_FALSE(places.has("u", "1", now));
}

TEST_F(GuessLimiterTest, ANetworkOfIpv6IsOneAddress) {
    for (int i = 0; i < 31; ++i) fail(1, "user " + std::to_string(i), "2001:db8:1:2::" + std::to_string(i + 1));
    EXPECT_GT(limiter_.wait("another", "2001:db8:1:2:ffff::1"), seconds(0));
    EXPECT_EQ(limiter_.wait("another", "2001:db8:1:3::1"), seconds(0));
    for (int i = 0; i < 31; ++i) fail(1, "user " + std::to_string(i), "::ffff:192.0.2." + std::to_string(i + 1));
    EXPECT_EQ(limiter_.wait("another", "::ffff:192.0.2.99"), seconds(0));
}

/// Failures with many other names give no new start with one that is being guessed.
TEST(FailureTableTest, NobodyIsFreedByOthers) {
    FailureTable table({5, seconds(300)});
    FailureTable::Clock::time_point now{};
    for (int i = 0; i < 20; ++i) table.failed("target", now);
    for (std::size_t i = 0; i < 3 * FailureTable::kMost; ++i) table.failed(std::to_string(i), now);
    EXPECT_EQ(table.wait("target", now), seconds(300));
    EXPECT_EQ(table.size(), FailureTable::kMost);
}

TEST(FailureTableTest, WhoMakesRoomDoesNotBeginAnew) {
    FailureTable table({5, seconds(300)});
    FailureTable::Clock::time_point now{};
    for (std::size_t i = 0; i < FailureTable::kMost; ++i) {
        for (int k = 0; k < 7; ++k) table.failed(std::to_string(i), now);
    }
    table.failed("target", now);
    EXPECT_EQ(table.wait("target", now), seconds(4));  // the eighth, as it may be one of those
    now += seconds(4);
    for (int i = 0; i < 3; ++i) {
        table.failed("own " + std::to_string(i), now);
        table.forget("own " + std::to_string(i));
        table.failed("target", now);
    }
    EXPECT_EQ(table.wait("target", now), seconds(32));
    now += FailureTable::kForgotten;
    table.failed("a new one", now);
    EXPECT_EQ(table.wait("a new one", now), seconds(0));
    EXPECT_LE(table.size(), FailureTable::kMost);
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
