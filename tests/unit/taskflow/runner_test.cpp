#include "taskflow/runner.hpp"
#include "harness/test_database.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <map>

namespace virga::taskflow {
namespace {

TEST(FlowIds, BeginWithTheTime) {
    const auto before_ms = now_us() / 1'000;
    const auto id = new_flow_id().value;
    const auto after_ms = now_us() / 1'000;
    ASSERT_TRUE(is_uuid_like(id));
    EXPECT_EQ(canonical_uuid(id), id);
    EXPECT_EQ(id.at(14), '7');
    const auto ms = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
    EXPECT_GE(ms, before_ms);
    EXPECT_LE(ms, after_ms);
    EXPECT_NE(new_flow_id(), new_flow_id());
}

using namespace std::chrono_literals;

/// A task made of two functions.
class ScriptedTask : public Task {
public:
    std::function<Outcome(const TaskContext&)> on_execute = [](const TaskContext&) { return Outcome{"done"}; };
    std::function<RevertOutcome(const TaskContext&, const Failure&)> on_revert =
        [](const TaskContext&, const Failure&) { return RevertOutcome{"undone"}; };
    int seconds = 60;

    Outcome execute(const TaskContext& context) override {
        ++executed;
        return on_execute(context);
    }
    RevertOutcome revert(const TaskContext& context, const Failure& failure) override {
        ++reverted;
        return on_revert(context, failure);
    }
    int retry_seconds() const override { return seconds; }
    Consequence consequence(ErrorCode code, bool in_time) const override {
        const auto usual = Task::consequence(code, in_time);
        return usual == Consequence::OtherHost && only_here ? Consequence::Abort : usual;
    }
    bool only_here = false;

    std::atomic<int> executed{0};
    std::atomic<int> reverted{0};
};

class RunnerTest : public testing::Test {
protected:
    RunnerTest() : folder_(std::filesystem::temp_directory_path() / ("virga-flow-" + new_uuid())) {
        std::filesystem::create_directories(folder_);
        place_.emplace(folder_);
        database_ = std::make_unique<db::Database>(place_->url());
        db::migrate(*database_, migrations());
        db::migrate(*database_, {{"t", 1, {"CREATE TABLE marks (id TEXT PRIMARY KEY)"}}});
        for (const char* name : {"a", "b", "c"}) {
            tasks_[name] = std::make_shared<ScriptedTask>();
            registry_.add(name, tasks_[name]);
        }
        registry_.add_kind("test");
        registry_.add_kind("child");
        restart();
    }
    ~RunnerTest() override {
        runner_.reset();
        database_.reset();
        std::filesystem::remove_all(folder_);
    }

    /// What a new process does with the same database.
    void restart() {
        runner_ = std::make_unique<Runner>(*database_, registry_, 4);
        runner_->run();
    }

    FlowId start(std::vector<TaskSpec> tasks, std::optional<FlowId> parent = std::nullopt, std::string project = "p") {
        FlowSpec spec{new_id<FlowId>(),   "test", "resource-1", std::move(tasks), {}, "req-1",
                      std::move(project), "u",    parent};
        database_->write_with([&](db::Transaction& tx) { runner_->start(tx, spec); });
        return spec.id;
    }
    FlowRecord ended(const FlowId& id) {
        EXPECT_TRUE(runner_->wait(id, 10s));
        return *database_->read_with([&](db::Transaction& tx) { return runner_->find(tx, id); });
    }
    std::vector<std::string> journal(const FlowId& id) {
        std::vector<std::string> out;
        auto tx = database_->read();
        for (const auto& run : runner_->journal(tx, id)) out.push_back(run.task + " " + run.phase + " " + run.outcome);
        return out;
    }
    void cancel(const FlowId& id) {
        database_->write_with([&](db::Transaction& tx) { runner_->cancel(tx, id); });
    }
    std::int64_t marks() { return database_->read().scalar("SELECT COUNT(*) FROM marks"); }

    std::filesystem::path folder_;
    std::optional<test::TestDatabase> place_;
    std::unique_ptr<db::Database> database_;
    std::map<std::string, std::shared_ptr<ScriptedTask>> tasks_;
    Registry registry_;
    std::unique_ptr<Runner> runner_;
};

using Lines = std::vector<std::string>;

TEST_F(RunnerTest, RunsTasksInOrderAndPassesDataOn) {
    tasks_["a"]->on_execute = [](const TaskContext&) { return Outcome{"gave x", {{"x", 7}}}; };
    std::promise<std::int64_t> seen;
    tasks_["b"]->on_execute = [&](const TaskContext& context) {
        seen.set_value(get_int(context.data, "x") + get_int(context.arg, "y"));
        return Outcome{"saw x"};
    };
    const auto id = start({{"a"}, {"b", {{"y", 3}}, "label.of.b"}});
    EXPECT_EQ(ended(id).state, FlowState::Succeeded);
    EXPECT_EQ(seen.get_future().get(), 10);
    EXPECT_EQ(journal(id), (Lines{"a execute success", "label.of.b execute success"}));
}

TEST_F(RunnerTest, FailureRevertsInReverseOrderAndKeepsTheReason) {
    tasks_["b"]->on_execute = [](const TaskContext&) -> Outcome { throw Error(ErrorCode::InvalidInput, "no good"); };
    const auto id = start({{"a"}, {"b"}, {"c"}});
    const auto record = ended(id);
    EXPECT_EQ(record.state, FlowState::Failed);
    EXPECT_EQ(record.failure->message, "no good");
    EXPECT_EQ(record.failure->task, "b");
    EXPECT_EQ(journal(id), (Lines{"a execute success", "b execute error", "b revert success", "a revert success"}));
    EXPECT_EQ(tasks_["c"]->executed, 0);
}

TEST_F(RunnerTest, ApplyIsCommittedWithTheStepOrNotAtAll) {
    tasks_["a"]->on_execute = [](const TaskContext&) {
        return Outcome{"mark", {}, [](db::Transaction& tx) { tx.exec("INSERT INTO marks (id) VALUES ('a')"); }};
    };
    tasks_["b"]->on_execute = [](const TaskContext&) {
        return Outcome{"mark", {}, [](db::Transaction& tx) {
                           tx.exec("INSERT INTO marks (id) VALUES ('b')");
                           throw Error(ErrorCode::Conflict, "state changed meanwhile");
                       }};
    };
    EXPECT_EQ(ended(start({{"a"}, {"b"}})).state, FlowState::Failed);
    EXPECT_EQ(marks(), 1);
}

TEST_F(RunnerTest, RetryableErrorsAreTriedAgain) {
    tasks_["a"]->on_execute = [](const TaskContext& context) {
        if (context.attempt < 3) throw Error(ErrorCode::Unavailable, "host is away");
        return Outcome{"third time"};
    };
    const auto id = start({{"a"}});
    EXPECT_EQ(ended(id).state, FlowState::Succeeded);
    EXPECT_EQ(journal(id), (Lines{"a execute retry", "a execute retry", "a execute success"}));
}

TEST_F(RunnerTest, RetriesEndWhenTheTimeIsOver) {
    tasks_["a"]->seconds = 0;
    tasks_["a"]->on_execute = [](const TaskContext&) -> Outcome {
        throw Error(ErrorCode::Unavailable, "host is away");
    };
    EXPECT_EQ(ended(start({{"a"}})).state, FlowState::Failed);
    EXPECT_EQ(tasks_["a"]->executed, 1);
}

TEST_F(RunnerTest, RetryableRevertIsTriedAgainAndAnotherErrorIsSkipped) {
    tasks_["c"]->on_execute = [](const TaskContext&) -> Outcome { throw Error(ErrorCode::InvalidInput, "no"); };
    tasks_["b"]->on_revert = [](const TaskContext& context, const Failure&) -> RevertOutcome {
        if (context.attempt < 2) throw Error(ErrorCode::Busy, "not now");
        throw Error(ErrorCode::Internal, "broken");
    };
    const auto id = start({{"a"}, {"b"}, {"c"}});
    EXPECT_EQ(ended(id).state, FlowState::Failed);
    EXPECT_EQ(journal(id), (Lines{"a execute success", "b execute success", "c execute error", "c revert success",
                                  "b revert retry", "b revert error", "a revert success"}));
}

TEST_F(RunnerTest, RetryPointGoesForwardAgain) {
    std::atomic<int> tries{0};
    tasks_["b"]->on_execute = [&](const TaskContext&) -> Outcome {
        if (++tries == 1) throw Error(ErrorCode::Internal, "first host fails");
        return Outcome{"second host works"};
    };
    tasks_["a"]->on_revert = [](const TaskContext&, const Failure&) {
        return RevertOutcome{"another host", {{"excluded", "h1"}}, {}, {}, OnRevert::ExecuteAgain};
    };
    const auto id = start({{"a"}, {"b"}});
    const auto record = ended(id);
    EXPECT_EQ(record.state, FlowState::Succeeded);
    EXPECT_EQ(get_string(record.data, "excluded"), "h1");
    EXPECT_EQ(tasks_["a"]->executed, 2);
}

TEST_F(RunnerTest, WaitsForAnotherFlowByEvent) {
    std::promise<void> release;
    auto released = release.get_future().share();
    tasks_["b"]->on_execute = [released](const TaskContext&) {
        released.wait();
        return Outcome{"child done"};
    };
    const FlowId child = start({{"b"}});
    tasks_["a"]->on_execute = [&](const TaskContext& context) {
        const bool done = context.attempt > 1;
        return done ? Outcome{"child has ended"} : Outcome{"waits", {}, {}, {child}};
    };
    const auto id = start({{"a"}});
    for (int i = 0; i < 10'000 && journal(id) != Lines{"a execute parked"}; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_FALSE(runner_->wait(id, 1ms));
    release.set_value();
    EXPECT_EQ(ended(id).state, FlowState::Succeeded);
    EXPECT_EQ(journal(id), (Lines{"a execute parked", "a execute success"}));
}

TEST_F(RunnerTest, WhoWaitsForAFlowThatHasEndedGoesOnWithAnotherAttempt) {
    const FlowId child = start({{"b"}});
    ended(child);
    tasks_["a"]->on_execute = [&](const TaskContext& context) {
        return context.attempt == 1 ? Outcome{"waits", {}, {}, {child}} : Outcome{"child has ended"};
    };
    const auto id = start({{"a"}});
    EXPECT_EQ(ended(id).state, FlowState::Succeeded);
    EXPECT_EQ(tasks_["a"]->executed, 2);
    EXPECT_EQ(journal(id), Lines{"a execute success"});
}

TEST_F(RunnerTest, CancelInterruptsAParkedFlow) {
    std::promise<void> release;
    auto released = release.get_future().share();
    tasks_["b"]->on_execute = [released](const TaskContext&) {
        released.wait();
        return Outcome{"child done"};
    };
    const FlowId child = start({{"b"}});
    tasks_["a"]->on_execute = [&](const TaskContext&) { return Outcome{"waits", {}, {}, {child}}; };
    const auto id = start({{"a"}, {"c"}});
    cancel(id);
    EXPECT_EQ(ended(id).failure->code, ErrorCode::Cancelled);
    EXPECT_EQ(tasks_["a"]->reverted, 1);
    EXPECT_EQ(tasks_["c"]->executed, 0);
    release.set_value();
    EXPECT_EQ(ended(child).state, FlowState::Succeeded);
}

TEST_F(RunnerTest, CancelReachesLongWork) {
    std::promise<void> running;
    tasks_["a"]->on_execute = [&](const TaskContext& context) -> Outcome {
        running.set_value();
        while (!context.cancel_requested()) std::this_thread::yield();
        throw Error(ErrorCode::Cancelled, "stopped");
    };
    const auto id = start({{"a"}});
    running.get_future().wait();
    cancel(id);
    EXPECT_EQ(ended(id).state, FlowState::Failed);
    EXPECT_EQ(tasks_["a"]->reverted, 1);
}

TEST_F(RunnerTest, WhatNobodyAskedForLeavesThreadsToProjects) {
    std::promise<void> release;
    const auto released = release.get_future().share();
    tasks_["a"]->on_execute = [released](const TaskContext&) {
        released.wait();
        return Outcome{"done"};
    };
    std::vector<FlowId> looks;
    for (int i = 0; i < 8; ++i) looks.push_back(start({{"a"}}, std::nullopt, {}));
    EXPECT_EQ(ended(start({{"b"}})).state, FlowState::Succeeded);
    EXPECT_EQ(tasks_["a"]->executed, 2) << "of four threads";
    release.set_value();
    for (const auto& look : looks) EXPECT_EQ(ended(look).state, FlowState::Succeeded);
}

TEST_F(RunnerTest, CancelThatCommitsBeforeTheLastStepWins) {
    FlowId id = new_id<FlowId>();
    tasks_["a"]->on_execute = [&](const TaskContext&) {
        database_->write_with([&](db::Transaction& tx) { runner_->cancel(tx, id); });
        return Outcome{"done", {}, [](db::Transaction& tx) { tx.exec("INSERT INTO marks (id) VALUES ('a')"); }};
    };
    FlowSpec spec{id, "test", "r", {{"a"}}, {}, "req", "p", "u", std::nullopt};
    database_->write_with([&](db::Transaction& tx) { runner_->start(tx, spec); });
    EXPECT_EQ(ended(id).state, FlowState::Failed);
    EXPECT_EQ(marks(), 0);
}

TEST_F(RunnerTest, GoesOnAfterARestartAtTheUnfinishedTask) {
    std::promise<void> reached;
    std::atomic<bool> first{true};
    tasks_["b"]->on_execute = [&](const TaskContext& context) -> Outcome {
        if (!first.exchange(false)) return Outcome{"resumed"};
        reached.set_value();
        while (!context.cancel_requested()) std::this_thread::yield();
        throw Error(ErrorCode::Cancelled, "the process ends");
    };
    const auto id = start({{"a"}, {"b"}, {"c"}});
    reached.get_future().wait();
    runner_->stop();
    restart();
    EXPECT_EQ(ended(id).state, FlowState::Succeeded);
    EXPECT_EQ(tasks_["a"]->executed, 1);
    EXPECT_EQ(journal(id), (Lines{"a execute success", "b execute success", "c execute success"}));
}

TEST_F(RunnerTest, ARevertKnowsOfItsCancellationAfterARestart) {
    std::promise<void> running;
    tasks_["b"]->on_execute = [&](const TaskContext& context) -> Outcome {
        running.set_value();
        while (!context.cancel_requested()) std::this_thread::yield();
        throw Error(ErrorCode::Cancelled, "stopped");
    };
    std::promise<void> reverting;
    tasks_["b"]->on_revert = [&](const TaskContext&, const Failure&) -> RevertOutcome {
        if (tasks_["b"]->reverted == 1) reverting.set_value();
        throw Error(ErrorCode::Unavailable, "host is away");
    };
    const auto id = start({{"a"}, {"b"}});
    running.get_future().wait();
    cancel(id);
    reverting.get_future().wait();
    runner_.reset();
    std::atomic<bool> cancelled{false};
    tasks_["b"]->on_revert = [&](const TaskContext& context, const Failure&) {
        cancelled = context.cancelled;
        return RevertOutcome{"undone"};
    };
    restart();
    EXPECT_EQ(ended(id).state, FlowState::Failed);
    EXPECT_TRUE(cancelled);
}

TEST_F(RunnerTest, TheTaskThatFailedSaysWhatItMeans) {
    std::vector<Failure> seen;
    std::vector<bool> itself;
    for (const char* name : {"a", "b"}) {
        tasks_[name]->on_revert = [&](const TaskContext& context, const Failure& failure) {
            seen.push_back(failure);
            itself.push_back(context.failed_itself(failure));
            return RevertOutcome{"undone"};
        };
    }
    tasks_["b"]->on_execute = [](const TaskContext&) -> Outcome { throw Error(ErrorCode::Internal, "broken"); };
    ended(start({{"a"}, {"b"}}));
    tasks_["b"]->only_here = true;
    ended(start({{"a"}, {"b", {}, "a"}}));
    ASSERT_EQ(seen.size(), 4U);
    EXPECT_EQ(seen[0].consequence, Consequence::OtherHost);
    EXPECT_EQ(seen[2].consequence, Consequence::Abort);
    EXPECT_EQ(itself, (std::vector{true, false, true, false})) << "labels decide nothing";
}

TEST_F(RunnerTest, AFailureOfAnEarlierVersionIsJudgedWhenTheFlowIsTakenOver) {
    runner_.reset();
    std::promise<Failure> seen;
    tasks_["a"]->on_revert = [&](const TaskContext&, const Failure& failure) {
        seen.set_value(failure);
        return RevertOutcome{"undone"};
    };
    tasks_["b"]->only_here = true;
    FlowSpec spec{FlowId("old"), "test", "r", {{"a"}, {"b", {}, "label.of.b"}}, {}, "req", "p", "u", std::nullopt};
    Runner earlier(*database_, registry_, 1);
    database_->write_with([&](db::Transaction& tx) {
        earlier.start(tx, spec);
        tx.exec(
            "UPDATE flows SET state = 'reverting', failure = "
            "'{\"code\":\"Internal\",\"message\":\"m\",\"detail\":\"\",\"task\":\"label.of.b\"}' "
            "WHERE id = 'old'");
    });
    restart();
    EXPECT_EQ(ended(spec.id).state, FlowState::Failed);
    const auto failure = seen.get_future().get();
    EXPECT_EQ(failure.consequence, Consequence::Abort);
    EXPECT_EQ(failure.task_index, 1U);
}

TEST_F(RunnerTest, AFormerOwnerWritesNothingWhenItsTaskEnds) {
    std::promise<void> running;
    std::promise<void> release;
    tasks_["a"]->on_execute = [&, released = release.get_future().share()](const TaskContext&) {
        if (tasks_["a"]->executed == 1) running.set_value();
        released.wait();
        return Outcome{"mark", {}, [](db::Transaction& tx) { tx.exec("INSERT INTO marks (id) VALUES ('a')"); }};
    };
    const auto id = start({{"a"}, {"b"}});
    running.get_future().wait();
    Runner other(*database_, registry_, 1);
    other.run();
    release.set_value();
    EXPECT_TRUE(other.wait(id, 10s));
    runner_.reset();  // when its late task has ended
    std::vector<std::string> outcomes;
    for (const auto& run : database_->read_with([&](db::Transaction& tx) { return other.journal(tx, id); }))
        outcomes.push_back(run.task + " " + run.outcome);
    EXPECT_EQ(outcomes, (Lines{"a success", "b success"}));
    EXPECT_EQ(marks(), 1);
    EXPECT_EQ(tasks_["b"]->executed, 1);
}

TEST_F(RunnerTest, AFlowOfAnUnknownKindIsRefused) {
    FlowSpec spec{new_id<FlowId>(), "tset", "r", {{"a"}}, {}, "req", "p", "u", std::nullopt};
    auto tx = database_->write();
    EXPECT_THROW(runner_->start(tx, spec), Error);
}

TEST_F(RunnerTest, TheSameIdStartsOnce) {
    FlowSpec spec{new_id<FlowId>(), "test", "r", {{"a"}}, {}, "req", "p", "u", std::nullopt};
    database_->write_with([&](db::Transaction& tx) {
        runner_->start(tx, spec);
        runner_->start(tx, spec);
    });
    ended(spec.id);
    database_->write_with([&](db::Transaction& tx) { runner_->start(tx, spec); });
    EXPECT_EQ(tasks_["a"]->executed, 1);
}

TEST_F(RunnerTest, ATransactionThatIsRolledBackStartsNothing) {
    FlowSpec spec{new_id<FlowId>(), "test", "r", {{"a"}}, {}, "req", "p", "u", std::nullopt};
    {
        auto tx = database_->write();
        runner_->start(tx, spec);
    }
    EXPECT_FALSE(database_->read_with([&](db::Transaction& tx) { return runner_->find(tx, spec.id); }));
    EXPECT_EQ(tasks_["a"]->executed, 0);
}

TEST_F(RunnerTest, ATaskMayReplaceTheRest) {
    tasks_["a"]->on_execute = [](const TaskContext&) {
        Outcome outcome{"plan c instead of b"};
        outcome.then = std::vector<TaskSpec>{{"c"}};
        return outcome;
    };
    const auto id = start({{"a"}, {"b"}});
    ended(id);
    EXPECT_EQ(journal(id), (Lines{"a execute success", "c execute success"}));
}

TEST_F(RunnerTest, ShowsChildrenBelowTheirParent) {
    const auto parent = start({{"a"}});
    const auto child = start({{"b"}}, parent);
    ended(parent);
    ended(child);
    auto tx = database_->read();
    ASSERT_EQ(runner_->children(tx, parent).size(), 1U);
    EXPECT_EQ(runner_->children(tx, parent)[0].id, child);
    EXPECT_TRUE(runner_->unfinished(tx, "resource-1").empty());
}

TEST_F(RunnerTest, ForgetsOldFlowsWithTheirJournalAndNoOthers) {
    const auto old = start({{"a"}});
    ended(old);
    const auto time = now_us() + 1;
    std::promise<void> release;
    auto released = release.get_future().share();
    tasks_["b"]->on_execute = [released](const TaskContext&) {
        released.wait();
        return Outcome{"late"};
    };
    const auto running = start({{"b"}});
    EXPECT_EQ(runner_->forget_before(time), 1);
    EXPECT_TRUE(journal(old).empty());
    release.set_value();
    EXPECT_EQ(ended(running).state, FlowState::Succeeded);
    EXPECT_EQ(runner_->forget_before(time), 0);
}

TEST_F(RunnerTest, ProgressIsSeenWhileATaskRunsAndKeptAfterIt) {
    std::promise<void> reported;
    std::promise<void> release;
    tasks_["a"]->on_execute = [&, released = release.get_future().share()](const TaskContext& context) {
        context.report_progress(30, 120);
        reported.set_value();
        released.wait();
        context.report_progress(120, 120);
        return Outcome{"copied"};
    };
    const auto id = start({{"a"}, {"b"}});
    reported.get_future().wait();
    EXPECT_EQ(runner_->progress(id)->percent(), 25);
    auto runs = database_->read_with([&](db::Transaction& tx) { return runner_->journal(tx, id); });
    EXPECT_EQ(runs.back().progress.done_bytes, 30);
    release.set_value();
    ended(id);
    EXPECT_FALSE(runner_->progress(id));
    runs = database_->read_with([&](db::Transaction& tx) { return runner_->journal(tx, id); });
    EXPECT_EQ(runs.front().progress.done_bytes, 120);
    EXPECT_EQ(runs.front().progress.total_bytes, 120);
    EXPECT_EQ(runs.back().progress.total_bytes, 0);
}

TEST_F(RunnerTest, AWatchSeesEveryChangeOfItsResourceOnly) {
    const auto watch = runner_->watch("resource-1");
    const auto other = runner_->watch("resource-2");
    // In a shared database all watches are told when words of the others may have been missed, at the start for one.
    const bool is_precise = !database_->is_shared();
    if (is_precise) {
        EXPECT_FALSE(watch->wait(1ms));
    }
    ended(start({{"a"}}));
    EXPECT_TRUE(watch->wait(10s));
    if (is_precise) {
        EXPECT_FALSE(watch->wait(1ms));
        EXPECT_FALSE(other->wait(1ms));
    }
}

TEST_F(RunnerTest, AWatchSeesProgressOfAFlowBelow) {
    std::promise<void> go;
    std::promise<void> reported;
    std::promise<void> release;
    tasks_["b"]->on_execute = [&, gone = go.get_future().share(),
                               released = release.get_future().share()](const TaskContext& context) {
        gone.wait();
        context.report_progress(1, 2);
        reported.set_value();
        released.wait();
        return Outcome{"copied"};
    };
    std::optional<FlowId> child;
    tasks_["a"]->on_execute = [&](const TaskContext& context) {
        if (context.attempt > 1) return Outcome{"child ended"};
        FlowSpec spec{new_id<FlowId>(), "child", "resource-2", {{"b"}}, {}, "req-1", "p", "u", context.flow};
        database_->write_with([&](db::Transaction& tx) { runner_->start(tx, spec); });
        child = spec.id;
        Outcome outcome{"waits"};
        outcome.wait_for = {spec.id};
        return outcome;
    };
    const auto parent = start({{"a"}});
    const auto watch = runner_->watch("resource-1");
    while (watch->wait(50ms)) {
    }
    go.set_value();
    reported.get_future().wait();
    EXPECT_TRUE(watch->wait(10s));
    release.set_value();
    EXPECT_EQ(ended(parent).state, FlowState::Succeeded);
}

TEST_F(RunnerTest, WatchesEndWithTheProgram) {
    const auto watch = runner_->watch("resource-1");
    runner_->end_watches();
    const auto started = std::chrono::steady_clock::now();
    EXPECT_FALSE(watch->wait(60s));
    EXPECT_LT(std::chrono::steady_clock::now() - started, 10s);
}

TEST_F(RunnerTest, ManyFlowsAtOnce) {
    std::vector<FlowId> ids;
    for (int i = 0; i < 200; ++i) ids.push_back(start({{"a"}, {"b"}, {"c"}}));
    for (const auto& id : ids) EXPECT_EQ(ended(id).state, FlowState::Succeeded);
    EXPECT_EQ(tasks_["c"]->executed, 200);
}

}  // namespace
}  // namespace virga::taskflow
