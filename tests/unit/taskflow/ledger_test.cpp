#include "taskflow/ledger.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "taskflow/runner.hpp"

namespace virga::taskflow {
namespace {

/// One flow and two owners of it: `old` had it first.
class LedgerTest : public testing::Test {
protected:
    LedgerTest() : folder_(std::filesystem::temp_directory_path() / ("virga-ledger-" + new_uuid())) {
        std::filesystem::create_directories(folder_);
        database_ = std::make_unique<db::Database>("sqlite://" + (folder_ / "t.db").string());
        db::migrate(*database_, migrations());
        db::migrate(*database_, {{"t", 1, {"CREATE TABLE marks (id TEXT PRIMARY KEY)"}}});
        database_->write_with([&](db::Transaction& tx) {
            repo::insert(tx, {id_, "test", "r", {{"a"}, {"b"}}, {{"x", 1}}, "req", "p", "u", std::nullopt});
        });
        old_ = Ledger(*database_).take_over().front();
        now_ = Ledger(*database_).take_over().front();
    }
    ~LedgerTest() override {
        database_.reset();
        std::filesystem::remove_all(folder_);
    }

    static TaskRun run() {
        TaskRun run;
        run.task = "a";
        run.phase = "execute";
        run.started_us = run.ended_us = 1;
        return run;
    }
    static Outcome marking() {
        return {"mark", {{"x", 2}}, [](db::Transaction& tx) { tx.exec("INSERT INTO marks (id) VALUES ('a')"); }};
    }
    std::int64_t count(const std::string& table) { return database_->read().scalar("SELECT COUNT(*) FROM " + table); }
    FlowRecord stored() {
        return *database_->read_with([&](db::Transaction& tx) { return repo::find(tx, id_); });
    }
    void cancel() {
        database_->write_with([&](db::Transaction& tx) { ASSERT_TRUE(repo::request_cancel(tx, id_)); });
    }

    std::filesystem::path folder_;
    std::unique_ptr<db::Database> database_;
    const FlowId id_{"flow-1"};
    repo::StoredFlow old_;
    repo::StoredFlow now_;
};

TEST_F(LedgerTest, ATakeOverRaisesTheGeneration) {
    EXPECT_EQ(now_.generation, old_.generation + 1);
}

TEST_F(LedgerTest, OnlyOneOfTwoTakesOver) {
    database_->write_with([&](db::Transaction& tx) {
        EXPECT_TRUE(repo::take_over(tx, id_, now_.generation));
        EXPECT_FALSE(repo::take_over(tx, id_, now_.generation));
    });
}

TEST_F(LedgerTest, AFormerOwnerCanWriteNothing) {
    Ledger ledger(*database_);
    const Failure failure{ErrorCode::Internal, "late", {}, "a"};
    auto reverting = old_;
    reverting.state = FlowState::Reverting;
    reverting.failure = failure;
    const auto row = run();
    RevertOutcome reverted{"mark", {{"x", 2}}, marking().apply};

    EXPECT_EQ(ledger.forward(old_, row, marking()).fate, Fate::TakenOver);
    EXPECT_EQ(ledger.turn_back(old_, &row, failure).fate, Fate::TakenOver);
    EXPECT_EQ(ledger.backward(reverting, row, reverted, false).fate, Fate::TakenOver);
    EXPECT_EQ(ledger.backward(reverting, row, reverted, true).fate, Fate::TakenOver);
    EXPECT_EQ(ledger.record(old_, row).fate, Fate::TakenOver);

    EXPECT_EQ(count("marks"), 0);
    EXPECT_EQ(count("task_runs"), 0);
    EXPECT_EQ(stored().state, FlowState::Running);
    EXPECT_EQ(get_int(stored().data, "x"), 1);
}

TEST_F(LedgerTest, AFormerOwnerWhoseApplyFailsHearsThatItHasLostTheFlow) {
    Ledger ledger(*database_);
    Outcome outcome{"no", {}, [](db::Transaction&) { throw Error(ErrorCode::Conflict, "the state is another one"); }};
    EXPECT_EQ(ledger.forward(old_, run(), outcome).fate, Fate::TakenOver);
    EXPECT_THROW(ledger.forward(now_, run(), outcome), Error);
}

TEST_F(LedgerTest, TheOwnerMovesTheFlowToItsEnd) {
    Ledger ledger(*database_);
    auto move = ledger.forward(now_, run(), marking());
    ASSERT_EQ(move.fate, Fate::Written);
    EXPECT_EQ(move.flow.position, 1U);
    EXPECT_FALSE(ledger.has_ended(id_));
    move = ledger.forward(move.flow, run(), Outcome{"last"});
    ASSERT_EQ(move.fate, Fate::Written);
    EXPECT_TRUE(move.flow.has_ended());
    EXPECT_TRUE(ledger.has_ended(id_));
    EXPECT_EQ(stored().state, FlowState::Succeeded);
    EXPECT_GT(stored().ended_us, 0);
    EXPECT_EQ(get_int(stored().data, "x"), 2);
    EXPECT_EQ(count("marks"), 1);
    EXPECT_EQ(count("task_runs"), 2);
}

TEST_F(LedgerTest, ACancelThatIsCommittedFirstStopsTheStepAndIsHeardOnTheWayBack) {
    Ledger ledger(*database_);
    cancel();
    EXPECT_EQ(ledger.forward(now_, run(), marking()).fate, Fate::Cancelled);
    EXPECT_EQ(count("marks"), 0);
    EXPECT_TRUE(ledger.record(now_, run()).flow.cancel_requested);
    const auto move = ledger.turn_back(now_, nullptr, {ErrorCode::Internal, "other", {}, "a"});
    EXPECT_EQ(move.fate, Fate::Written);
    EXPECT_TRUE(move.flow.cancel_requested);
}

TEST_F(LedgerTest, AFailureComesBackAsItWasJudged) {
    Ledger ledger(*database_);
    Failure failure{ErrorCode::Internal, "m", "d", "label", Consequence::OtherHost, 1};
    ledger.turn_back(now_, nullptr, failure);
    const auto found = *ledger.take_over().front().failure;
    EXPECT_EQ(found.consequence, Consequence::OtherHost);
    EXPECT_EQ(found.task_index, 1U);
    EXPECT_EQ(found.detail, "d");
}

}  // namespace
}  // namespace virga::taskflow
