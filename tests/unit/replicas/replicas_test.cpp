#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>

#include "clock.hpp"
#include "harness/test_database.hpp"
#include "taskflow/lease.hpp"
#include "taskflow/runner.hpp"

/// Several runners that share a database: in this process, and in children that are killed or frozen. Limits are long,
/// since nothing here is about speed; what has to be quick is that no lease is waited for when none needs to be.
namespace virga::taskflow {
namespace {

using namespace std::chrono_literals;
constexpr auto kLong = 60s;

/// A pipe: one process waits for the other. The child's ends are inherited.
class Signal {
public:
    Signal() {
        if (::pipe(ends_) != 0) throw std::runtime_error("pipe");
    }
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    ~Signal() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    void give() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
    void wait() const {
        char byte = 0;
        while (::read(ends_[0], &byte, 1) < 0 && errno == EINTR) {
        }
    }

private:
    int ends_[2]{};
};

class FunctionTask : public Task {
public:
    explicit FunctionTask(std::function<Outcome(const TaskContext&)> function) : function_(std::move(function)) {}
    Outcome execute(const TaskContext& context) override { return function_(context); }
    RevertOutcome revert(const TaskContext&, const Failure&) override { return {"undone"}; }
    int retry_seconds() const override { return 600; }

private:
    std::function<Outcome(const TaskContext&)> function_;
};

/// One replica: what a control process has.
class Replica {
public:
    using Body = std::function<Outcome(const TaskContext&)>;

    /// What each task does besides saying that it ran here.
    Replica(std::string name, const std::string& url, std::map<std::string, Body> bodies,
            const std::filesystem::path& lease_file = {})
        : database_(url), runner_(database_, registry_, 4) {
        for (const char* task : {"a", "b", "c"}) {
            const auto body = bodies.contains(task) ? bodies[task] : [](const TaskContext&) { return Outcome{"done"}; };
            registry_.add(task, std::make_shared<FunctionTask>([this, name, task, body](const TaskContext& context) {
                              database_.write_with([&](db::Transaction& tx) {
                                  tx.exec("INSERT INTO ran (task, replica) VALUES (?, ?)", {task, name});
                              });
                              return body(context);
                          }));
        }
        registry_.add_kind("test");
        runner_.keep_lease_in(lease_file);
        runner_.run();
    }

    FlowId start(std::vector<TaskSpec> tasks) {
        const FlowSpec spec{new_id<FlowId>(), "test", "r", std::move(tasks), {}, "req", "p", "u", std::nullopt};
        database_.write_with([&](db::Transaction& tx) { runner_.start(tx, spec); });
        return spec.id;
    }
    void cancel(const FlowId& flow) {
        database_.write_with([&](db::Transaction& tx) { runner_.cancel(tx, flow); });
    }
    FlowState state_of(const FlowId& flow) {
        return database_.read_with([&](db::Transaction& tx) { return runner_.find(tx, flow)->state; });
    }
    bool has_running_task(const FlowId& flow) {
        auto tx = database_.read();
        const auto runs = runner_.journal(tx, flow);
        return !runs.empty() && runs.back().outcome == "running";
    }
    db::Database& database() { return database_; }
    Runner& runner() { return runner_; }

private:
    db::Database database_;
    Registry registry_;
    Runner runner_;
};

class Replicas : public testing::Test {
protected:
    Replicas() : folder_(std::filesystem::temp_directory_path() / ("virga-replicas-" + new_uuid())) {
        std::filesystem::create_directories(folder_);
        place_.emplace(folder_);
        db::Database database(place_->url());
        db::migrate(database, migrations());
        db::migrate(database, {{"t", 1, {"CREATE TABLE ran (task TEXT NOT NULL, replica TEXT NOT NULL)"}}});
    }
    ~Replicas() override {
        if (child_ > 0) {
            ::kill(child_, SIGKILL);
            ::waitpid(child_, nullptr, 0);
        }
        place_.reset();
        std::filesystem::remove_all(folder_);
    }
    void SetUp() override {
        if (!test::TestDatabase::is_postgresql())
            GTEST_SKIP() << "only PostgreSQL is shared: run it by tools/with-postgresql.sh";
    }

    const std::string& url() const { return place_->url(); }
    /// Call it before this process has threads.
    void in_child(const std::function<void()>& function) {
        child_ = ::fork();
        if (child_ != 0) return;
        function();
        ::_exit(0);
    }
    int end_of_child() {
        int status = 0;
        ::waitpid(std::exchange(child_, 0), &status, 0);
        return status;
    }
    std::int64_t runs(Replica& on, const std::string& task, const std::string& replica) {
        return on.database().read().scalar("SELECT COUNT(*) FROM ran WHERE task = ? AND replica = ?", {task, replica});
    }
    FlowId flow_of(Replica& on) { return FlowId(on.database().read().query_one("SELECT id FROM flows")->text("id")); }
    std::int64_t generation(Replica& on, const FlowId& flow) {
        return on.database().read().scalar("SELECT generation FROM flows WHERE id = ?", {flow.value});
    }

    std::filesystem::path folder_;
    std::optional<test::TestDatabase> place_;
    pid_t child_ = 0;
};

/// A task that waits for `release`, and says when it began.
Replica::Body holding(std::promise<void>& begun, std::shared_future<void> release) {
    return [&begun, release](const TaskContext&) {
        begun.set_value();
        release.wait();
        return Outcome{"held"};
    };
}

TEST_F(Replicas, AnotherGoesOnWithTheFlowsOfOneThatWasKilled) {
    const Signal in_task;
    const Signal never;
    in_child([&] {
        Replica dying("dying", url(), {{"b", [&](const TaskContext&) {
                                            in_task.give();
                                            never.wait();
                                            return Outcome{"never"};
                                        }}});
        dying.start({{"a"}, {"b"}, {"c"}});
        never.wait();
    });
    in_task.wait();
    Replica other("other", url(), {});
    const auto flow = flow_of(other);
    ::kill(child_, SIGKILL);
    end_of_child();
    ASSERT_TRUE(other.runner().wait(flow, kLong));
    EXPECT_EQ(other.state_of(flow), FlowState::Succeeded);
    EXPECT_EQ(runs(other, "a", "other"), 0) << "what was committed is not done again";
    EXPECT_EQ(runs(other, "b", "other"), 1);
    EXPECT_EQ(runs(other, "c", "other"), 1);
}

TEST_F(Replicas, AnOwnerThatWasFrozenDoesNothingMore) {
    const Signal in_task;
    const Signal release;
    in_child([&] {
        Replica frozen("frozen", url(), {{"b", [&](const TaskContext&) {
                                              in_task.give();
                                              release.wait();
                                              return Outcome{"late", {{"late", true}}};
                                          }}});
        const auto flow = frozen.start({{"a"}, {"b"}, {"c"}});
        const auto watch = frozen.runner().watch("r");
        frozen.runner().wait(flow, kLong);
        while (frozen.has_running_task(flow)) watch->wait(1s);
        // A flow that begins while there is no lease is anybody's.
        for (int i = 0; i < 100 && runs(frozen, "a", "frozen") < 2; ++i)
            frozen.runner().wait(frozen.start({{"a"}}), kLong);
    });
    in_task.wait();
    ::kill(child_, SIGSTOP);
    Replica other("other", url(), {});
    const auto flow = flow_of(other);
    ASSERT_TRUE(other.runner().wait(flow, kLong));
    release.give();
    ::kill(child_, SIGCONT);
    EXPECT_EQ(end_of_child(), 0);
    EXPECT_EQ(runs(other, "c", "other"), 1);
    EXPECT_EQ(runs(other, "c", "frozen"), 0);
    EXPECT_EQ(runs(other, "a", "frozen"), 2) << "it goes on as a new replica";
    const auto record = other.database().read_with([&](db::Transaction& tx) { return *other.runner().find(tx, flow); });
    EXPECT_EQ(record.state, FlowState::Succeeded);
    EXPECT_FALSE(record.data.contains("late")) << "a commit of the former owner was taken";
}

/// What a task writes before its end is no less fenced.
TEST_F(Replicas, ATaskOfAFormerOwnerWritesNothing) {
    const Signal in_task;
    const Signal release;
    in_child([&] {
        std::atomic<bool> refused{false};
        Replica frozen("frozen", url(), {{"b", [&](const TaskContext& context) {
                                              in_task.give();
                                              release.wait();
                                              try {
                                                  context.write([](db::Transaction& tx) {
                                                      tx.exec("INSERT INTO ran (task, replica) VALUES ('b', 'late')");
                                                  });
                                              } catch (const Error& error) {
                                                  refused = error.code() == ErrorCode::Cancelled;
                                                  throw;
                                              }
                                              return Outcome{"late"};
                                          }}});
        const auto flow = frozen.start({{"a"}, {"b"}, {"c"}});
        const auto watch = frozen.runner().watch("r");
        frozen.runner().wait(flow, kLong);
        while (frozen.has_running_task(flow)) watch->wait(1s);
        frozen.runner().stop();
        ::_exit(refused ? 0 : 1);
    });
    in_task.wait();
    ::kill(child_, SIGSTOP);
    Replica other("other", url(), {});
    const auto flow = flow_of(other);
    ASSERT_TRUE(other.runner().wait(flow, kLong));
    release.give();
    ::kill(child_, SIGCONT);
    EXPECT_EQ(end_of_child(), 0);
    EXPECT_EQ(runs(other, "b", "late"), 0);
}

/// A writer that is frozen holds what all writers wait for.
TEST_F(Replicas, OneThatWasFrozenWhileItWroteStopsNobody) {
    const Signal in_task;
    const Signal others_are_there;
    const Signal writes;
    const Signal release;
    in_child([&] {
        Replica frozen("frozen", url(), {{"b", [&](const TaskContext&) {
                                              in_task.give();
                                              others_are_there.wait();
                                              Outcome outcome{"late", {{"late", true}}};
                                              outcome.apply = [&](db::Transaction& tx) {
                                                  tx.exec("INSERT INTO ran (task, replica) VALUES ('b', 'late')");
                                                  writes.give();
                                                  release.wait();
                                              };
                                              return outcome;
                                          }}});
        const auto flow = frozen.start({{"a"}, {"b"}, {"c"}});
        const auto watch = frozen.runner().watch("r");
        frozen.runner().wait(flow, kLong);
        while (frozen.has_running_task(flow)) watch->wait(1s);
    });
    in_task.wait();
    Replica other("other", url(), {});
    const auto flow = flow_of(other);
    others_are_there.give();
    writes.wait();
    ::kill(child_, SIGSTOP);
    ASSERT_TRUE(other.runner().wait(flow, kLong));
    EXPECT_EQ(runs(other, "c", "other"), 1);
    for (int run = 0; run < 10; ++run) release.give();  // the transaction may run again
    ::kill(child_, SIGCONT);
    EXPECT_EQ(end_of_child(), 0);
    EXPECT_EQ(runs(other, "b", "late"), 0);
}

/// The connection broke in COMMIT: the flow is there, and belongs to a process that doesn't know it.
TEST_F(Replicas, AFlowThatItsOwnerDoesNotKnowIsRun) {
    Replica replica("one", url(), {});
    replica.database().write_with([](db::Transaction& tx) {
        tx.exec(
            "INSERT INTO flows (id, kind, resource, state, tasks, data, position, runs, generation, cancel_requested, "
            "request_id, project_id, user_id, started_us, ended_us, owner) SELECT 'flow-1', 'test', 'r', 'running', "
            "'[{\"task\":\"a\",\"arg\":{},\"label\":\"\"}]', '{}', 0, 0, 0, 0, 'req', 'p', 'u', 1, 0, id FROM "
            "replicas");
    });
    ASSERT_TRUE(replica.runner().wait(FlowId("flow-1"), kLong));
    EXPECT_EQ(replica.state_of(FlowId("flow-1")), FlowState::Succeeded);
}

/// The same with a step: what it wrote is there, though it was told to have failed.
TEST_F(Replicas, AStepThatItsOwnerDoesNotKnowIsNotDoneAgain) {
    std::atomic<int> tries{0};
    Replica replica("one", url(), {{"b", [&](const TaskContext& context) {
                                        if (tries++ == 0) {
                                            context.db.write_with([&](db::Transaction& tx) {
                                                tx.exec("UPDATE flows SET position = 2, runs = runs + 1 WHERE id = ?",
                                                        {context.flow.value});
                                                tx.exec(
                                                    "INSERT INTO task_runs (flow_id, seq, task_index, task, phase, "
                                                    "attempt, started_us, ended_us, outcome, decision, error) VALUES "
                                                    "(?, 1, 1, 'b', 'execute', 1, 1, 1, 'success', '', '')",
                                                    {context.flow.value});
                                            });
                                        }
                                        return Outcome{"done"};
                                    }}});
    const auto flow = replica.start({{"a"}, {"b"}, {"c"}});
    ASSERT_TRUE(replica.runner().wait(flow, kLong));
    EXPECT_EQ(replica.state_of(flow), FlowState::Succeeded);
    EXPECT_EQ(tries, 1);
    EXPECT_EQ(runs(replica, "c", "one"), 1);
}

class ReplicasOfOtherClocks : public Replicas, public testing::WithParamInterface<std::chrono::seconds> {};

/// Neither does it lose its lease while it lives, nor keep it when it is dead.
TEST_P(ReplicasOfOtherClocks, AWrongClockChangesNothing) {
    const Signal in_task;
    const Signal never;
    in_child([&] {
        const auto before = now_us();
        test::shift_clock(GetParam());
        if (std::abs(now_us() - before) < 50'000'000) ::_exit(1);
        Replica dying("dying", url(), {{"a", [&](const TaskContext&) {
                                            in_task.give();
                                            never.wait();
                                            return Outcome{"never"};
                                        }}});
        dying.start({{"a"}});
        never.wait();
    });
    in_task.wait();
    Replica other("other", url(), {});
    const auto flow = flow_of(other);
    const auto last_beat = [&] {
        return other.database().read().scalar(
            "SELECT MAX(beat_us) FROM replicas WHERE id = (SELECT owner FROM flows WHERE ended_us = 0)");
    };
    const auto first = last_beat();
    const auto until = std::chrono::steady_clock::now() + kLong;
    while (last_beat() < first + Lease::kLength.count() + 1'000'000) {
        ASSERT_LT(std::chrono::steady_clock::now(), until) << "it doesn't beat";
        std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(generation(other, flow), 0);
    ::kill(child_, SIGKILL);
    end_of_child();
    ASSERT_TRUE(other.runner().wait(flow, kLong));
    EXPECT_EQ(runs(other, "a", "other"), 1);
}

INSTANTIATE_TEST_SUITE_P(Clocks, ReplicasOfOtherClocks, testing::Values(-60s, 60s));

class OneReplica : public Replicas {
protected:
    void SetUp() override {}  // of either database
    ~OneReplica() override { test::shift_clock(0s); }
};

TEST_F(OneReplica, AClockThatIsSetEndsNoTries) {
    int tries = 0;
    Replica replica("one", url(), {{"a", [&](const TaskContext&) -> Outcome {
                                        if (++tries > 1) return Outcome{"done"};
                                        test::shift_clock(3600s);
                                        throw Error(ErrorCode::Unavailable, "not yet");
                                    }}});
    const auto flow = replica.start({{"a"}});
    ASSERT_TRUE(replica.runner().wait(flow, kLong));
    EXPECT_EQ(replica.state_of(flow), FlowState::Succeeded);
    EXPECT_EQ(tries, 2);
}

TEST_F(Replicas, OneThatStartsTakesNothingOfOneThatLives) {
    std::promise<void> begun;
    std::promise<void> release;
    Replica first("first", url(), {{"a", holding(begun, release.get_future().share())}});
    const auto flow = first.start({{"a"}, {"b"}});
    begun.get_future().wait();
    Replica second("second", url(), {});
    EXPECT_EQ(generation(second, flow), 0);
    release.set_value();
    EXPECT_TRUE(first.runner().wait(flow, kLong));
    EXPECT_EQ(runs(first, "b", "first"), 1);
    EXPECT_EQ(runs(first, "a", "second") + runs(first, "b", "second"), 0);
}

TEST_F(Replicas, OneThatStopsHandsItsFlowsOver) {
    std::promise<void> tried;
    std::once_flag once;
    auto first = std::make_unique<Replica>(
        "first", url(), std::map<std::string, Replica::Body>{{"a", [&](const TaskContext&) -> Outcome {
                                                                  std::call_once(once, [&] { tried.set_value(); });
                                                                  throw Error(ErrorCode::Unavailable, "not here");
                                                              }}});
    Replica second("second", url(), {});
    const auto flow = first->start({{"a"}});
    tried.get_future().wait();
    first->runner().stop();
    EXPECT_EQ(second.database().read().scalar("SELECT COUNT(*) FROM replicas"), 1) << "nobody waits for its lease";
    ASSERT_TRUE(second.runner().wait(flow, kLong));
    EXPECT_EQ(second.state_of(flow), FlowState::Succeeded);
    EXPECT_EQ(runs(second, "a", "second"), 1);
}

TEST_F(Replicas, AFlowIsCancelledFromAnyOfThem) {
    std::promise<void> begun;
    Replica first("first", url(), {{"a", [&](const TaskContext& context) -> Outcome {
                                        begun.set_value();
                                        while (!context.cancel_requested()) std::this_thread::sleep_for(10ms);
                                        throw Error(ErrorCode::Cancelled, "interrupted");
                                    }}});
    Replica second("second", url(), {});
    const auto flow = first.start({{"a"}});
    begun.get_future().wait();
    second.cancel(flow);
    ASSERT_TRUE(second.runner().wait(flow, kLong));
    EXPECT_EQ(first.state_of(flow), FlowState::Failed);
    EXPECT_EQ(generation(first, flow), 0);
}

TEST_F(Replicas, AnyOfThemWaitsForAFlow) {
    std::promise<void> begun;
    std::promise<void> release;
    Replica first("first", url(), {{"a", holding(begun, release.get_future().share())}});
    Replica second("second", url(), {});
    const auto flow = first.start({{"a"}});
    begun.get_future().wait();
    EXPECT_FALSE(second.runner().wait(flow, 1ms));
    release.set_value();
    EXPECT_TRUE(second.runner().wait(flow, kLong));
}

TEST_F(Replicas, AParkedFlowIsWokenByTheEndOfAnothersFlow) {
    std::promise<void> begun;
    std::promise<void> release;
    Replica first("first", url(), {{"a", holding(begun, release.get_future().share())}});
    const auto awaited = first.start({{"a"}});
    begun.get_future().wait();
    std::atomic<int> tries{0};
    std::promise<void> parked;
    Replica second("second", url(), {{"b", [&](const TaskContext&) {
                                          Outcome outcome{"waits"};
                                          if (tries++ == 0) {
                                              outcome.wait_for = {awaited};
                                              parked.set_value();
                                          }
                                          return outcome;
                                      }}});
    const auto waiting = second.start({{"b"}});
    parked.get_future().wait();
    EXPECT_FALSE(second.runner().wait(waiting, 1ms));
    release.set_value();
    EXPECT_TRUE(second.runner().wait(waiting, kLong));
    EXPECT_EQ(tries, 2);
}

/// The slow look would take seconds each time.
class ReplicasByEvents : public Replicas {
protected:
    static constexpr int kTimes = 20;
    ~ReplicasByEvents() override { EXPECT_LT(std::chrono::steady_clock::now() - began_, 20s); }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

TEST_F(ReplicasByEvents, CancelsAndEndsAreTold) {
    std::atomic<int> begun{0};
    Replica first("first", url(), {{"a", [&](const TaskContext& context) -> Outcome {
                                        begun.fetch_add(1);
                                        begun.notify_all();
                                        while (!context.cancel_requested()) std::this_thread::sleep_for(1ms);
                                        throw Error(ErrorCode::Cancelled, "interrupted");
                                    }}});
    Replica second("second", url(), {});
    for (int i = 0; i < kTimes; ++i) {
        const auto flow = first.start({{"a"}});
        begun.wait(i);
        second.cancel(flow);
        ASSERT_TRUE(second.runner().wait(flow, kLong));
    }
    EXPECT_EQ(begun, kTimes);
}

TEST_F(ReplicasByEvents, WhoFollowsAResourceIsToldOfItsTasks) {
    Replica first("first", url(), {});
    Replica second("second", url(), {});
    const auto watch = second.runner().watch("r");
    for (int i = 0; i < kTimes; ++i) {
        const auto flow = first.start({{"a"}, {"b"}});
        while (second.database().read().scalar("SELECT COUNT(*) FROM task_runs WHERE flow_id = ?", {flow.value}) < 2)
            ASSERT_TRUE(watch->wait(kLong));
    }
}

/// A chain: each flow waits for the one before, which another replica has.
TEST_F(ReplicasByEvents, FlowsWakeThoseThatWaitForThem) {
    std::promise<void> begun;
    std::promise<void> release;
    const Replica::Body waits = [](const TaskContext& context) {
        Outcome outcome{"waits"};
        if (context.attempt == 1) outcome.wait_for = {FlowId(get_string(context.arg, "flow"))};
        return outcome;
    };
    Replica first("first", url(), {{"a", holding(begun, release.get_future().share())}, {"b", waits}});
    Replica second("second", url(), {{"b", waits}});
    auto last = first.start({{"a"}});
    begun.get_future().wait();
    for (int i = 0; i < kTimes; ++i) last = (i % 2 == 0 ? second : first).start({{"b", {{"flow", last.value}}}});
    EXPECT_FALSE(first.runner().wait(last, 1ms));
    release.set_value();
    EXPECT_TRUE(first.runner().wait(last, kLong));
}

/// Also of what happened while nobody was heard.
TEST_F(Replicas, ALostConnectionHidesNothing) {
    std::promise<void> begun;
    std::promise<void> release;
    Replica first("first", url(), {{"a", holding(begun, release.get_future().share())}});
    Replica second("second", url(), {});
    const auto flow = first.start({{"a"}});
    begun.get_future().wait();
    EXPECT_FALSE(second.runner().wait(flow, 1ms));
    first.database().write_with([](db::Transaction& tx) {
        tx.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE "
            "'%virga%' AND pid <> pg_backend_pid()");
    });
    release.set_value();
    EXPECT_TRUE(second.runner().wait(flow, kLong));
}

TEST_F(Replicas, ALongWriterEndsNobodysLease) {
    Replica replica("one", url(), {});
    db::Database other(url());
    auto writer = other.write();
    const auto beat = [&] { return replica.database().read().scalar("SELECT beat_us FROM replicas"); };
    const auto id = [&] { return replica.database().read().query_one("SELECT id FROM replicas")->text("id"); };
    const auto first = beat();
    const auto lease = id();
    const auto until = std::chrono::steady_clock::now() + kLong;
    while (beat() < first + Lease::kLength.count() + 1'000'000) {
        ASSERT_LT(std::chrono::steady_clock::now(), until) << "it doesn't beat while somebody writes";
        std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(id(), lease);
}

/// A lease of the distant future is one that nobody finds expired.
TEST_F(Replicas, ASuccessorNeedNotWaitForTheLeaseOfItsDeadPredecessor) {
    const auto file = folder_ / "lease";
    std::ofstream(file) << "former\n";
    db::Database database(url());
    database.write_with([](db::Transaction& tx) {
        tx.exec("INSERT INTO replicas (id, beat_us) VALUES ('former', 9000000000000000)");
        tx.exec(
            "INSERT INTO flows (id, kind, resource, state, tasks, data, position, runs, generation, cancel_requested, "
            "request_id, project_id, user_id, started_us, ended_us, owner) VALUES ('flow-1', 'test', 'r', 'running', "
            "'[{\"task\":\"a\",\"arg\":{},\"label\":\"\"}]', '{}', 0, 0, 0, 0, 'req', 'p', 'u', 1, 0, 'former')");
    });
    Replica successor("successor", url(), {}, file);
    EXPECT_TRUE(successor.runner().wait(FlowId("flow-1"), kLong));
    std::string named;
    std::ifstream(file) >> named;
    EXPECT_EQ(named, database.read().query_one("SELECT id FROM replicas")->text("id"));
}

/// What happens to a replica whose beats did not get through for too long.
TEST_F(Replicas, OneThatLostItsLeaseGoesOnWithAnother) {
    std::atomic<int> tries{0};
    std::promise<void> begun;
    Replica replica("one", url(), {{"a", [&](const TaskContext& context) {
                                        if (tries++ > 0) return Outcome{"again"};
                                        begun.set_value();
                                        while (!context.cancel_requested()) std::this_thread::sleep_for(10ms);
                                        throw Error(ErrorCode::Cancelled, "interrupted");
                                    }}});
    const auto flow = replica.start({{"a"}, {"b"}});
    begun.get_future().wait();
    replica.database().write_with([](db::Transaction& tx) { tx.exec("DELETE FROM replicas"); });
    ASSERT_TRUE(replica.runner().wait(flow, kLong));
    EXPECT_EQ(replica.state_of(flow), FlowState::Succeeded);
    EXPECT_EQ(generation(replica, flow), 1);
    EXPECT_EQ(runs(replica, "b", "one"), 1);
}

}  // namespace
}  // namespace virga::taskflow
