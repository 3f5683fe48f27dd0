#include <signal.h>

#include "conformance/rpc/host_process.hpp"
#include "conformance/rpc/suite.hpp"

namespace virga::rpc::test {
namespace {

class Presence : public RpcSuite {
protected:
    HostProcess process(const std::string& name) const { return {GetParam(), meeting_->address(), name}; }
    std::int64_t pid_of(const std::string& name) const {
        for (const auto& host : control_->hosts()) {
            if (host.name == name) return get_int(host.report, "vcpus");
        }
        return 0;
    }
};
INSTANTIATE_TEST_SUITE_P(Transports, Presence, testing::ValuesIn(transport_names()), name_of);

TEST_P(Presence, ComesWithAReportAndGoesInOrder) {
    host_->start();
    EXPECT_TRUE(events_.wait("h1 host.up {\"vcpus\":2}"));
    EXPECT_TRUE(comes_true([this] { return control_->is_up("h1"); }));
    ASSERT_EQ(control_->hosts().size(), 1U);
    EXPECT_EQ(get_int(control_->find("h1").value().report, "vcpus"), 2);
    const auto found = control_->find("h1");
    ASSERT_TRUE(found);
    EXPECT_EQ(get_int(found->report, "vcpus"), 2);
    EXPECT_FALSE(control_->find("h2"));
    EXPECT_TRUE(control_->answers("h1"));
    host_->stop();
    EXPECT_TRUE(events_.wait("h1 host.down {}"));
    EXPECT_FALSE(control_->is_up("h1"));
    EXPECT_FALSE(control_->answers("h1"));
    EXPECT_TRUE(control_->hosts().empty());
    EXPECT_FALSE(control_->find("h1"));
}

TEST_P(Presence, AHostIsToldThatItWasTakenIn) {
    std::promise<bool> known;
    std::once_flag once;
    host_->on_welcome([&] { std::call_once(once, [&] { known.set_value(control_->is_up("h1")); }); });
    host_->start();
    EXPECT_TRUE(known.get_future().get());
}

TEST_P(Presence, ANewReportTakesThePlaceOfTheOld) {
    std::atomic<int> vcpus{2};
    host_->report_with([&] { return json::object{{"vcpus", vcpus.load()}}; });
    host_->start();
    EXPECT_TRUE(events_.wait("h1 host.up {\"vcpus\":2}"));
    EXPECT_TRUE(comes_true([this] { return control_->is_up("h1"); }));
    vcpus = 4;
    host_->publish_report();
    EXPECT_TRUE(events_.wait("h1 host.report {\"vcpus\":4}"));
    EXPECT_TRUE(comes_true([this] { return get_int(control_->find("h1").value().report, "vcpus") == 4; }));
}

TEST_P(Presence, OnlyWhatCanBeUsedOfAReportIsBelieved) {
    host_->report_with([] { return json::object{{"vcpus", "many"}, {"zone", 7}, {"memory_mib", 5}}; });
    host_->start();
    EXPECT_TRUE(events_.wait("h1 host.up {\"memory_mib\":5}"));
    ASSERT_TRUE(comes_true([this] { return control_->is_up("h1"); }));  // it may be told on another way than the event
    EXPECT_EQ(static_cast<const json::object&>(control_->find("h1").value().report), (json::object{{"memory_mib", 5}}));
    host_->publish_report();
    EXPECT_TRUE(events_.wait("h1 host.report {\"memory_mib\":5}"));
}

TEST_P(Presence, TheVersionChangesWithWhatHostsSay) {
    const auto before = control_->version();
    EXPECT_EQ(control_->version(), before);
    std::atomic<int> vcpus{2};
    host_->report_with([&] { return json::object{{"vcpus", vcpus.load()}}; });
    host_->start();
    EXPECT_TRUE(comes_true([this] { return control_->is_up("h1"); }));
    const auto up = control_->version();
    EXPECT_NE(up, before);
    vcpus = 4;
    host_->publish_report();
    EXPECT_TRUE(comes_true([this] { return get_int(control_->find("h1").value().report, "vcpus") == 4; }));
    const auto reported = control_->version();
    EXPECT_NE(reported, up);
    host_->publish_report();  // the same again
    EXPECT_TRUE(events_.wait("h1 host.report {\"vcpus\":4}", 2));
    EXPECT_EQ(control_->version(), reported);
    host_->stop();
    EXPECT_TRUE(comes_true([this] { return !control_->is_up("h1"); }));
    EXPECT_NE(control_->version(), reported);
}

TEST_P(Presence, EventsOfAHostComeInTheirOrder) {
    host_->start();
    EXPECT_TRUE(events_.wait("h1 host.up {\"vcpus\":2}"));
    constexpr int kEvents = 200;
    for (int i = 0; i < kEvents; ++i) host_->publish("guest.changed", {{"n", i}});
    EXPECT_TRUE(events_.wait("h1 guest.changed {\"n\":" + std::to_string(kEvents - 1) + "}"));
    int next = 0;
    for (const auto& event : events_.all()) {
        if (event == "h1 guest.changed {\"n\":" + std::to_string(next) + "}") ++next;
    }
    EXPECT_EQ(next, kEvents);
}

TEST_P(Presence, AnEventThatIsTooBigIsLostAndNoMore) {
    host_->start();
    EXPECT_TRUE(events_.wait("h1 host.up {\"vcpus\":2}"));
    host_->publish("big", {{"text", std::string(17'000'000, 'x')}});
    host_->publish("small", {});
    EXPECT_TRUE(events_.wait("h1 small {}"));
}

TEST_P(Presence, AFailingHandlerOfEventsHoldsUpNothing) {
    control_ = meeting_->control();
    const auto write = events_.writer();
    control_->on_event([&](const std::string& host, std::string_view event, const json::object& params) {
        write(host, event, params);
        throw Error(ErrorCode::Internal, "on purpose");
    });
    control_->start();
    host_->start();
    EXPECT_TRUE(events_.wait("h1 host.up {\"vcpus\":2}"));
    host_->publish("next", {});
    EXPECT_TRUE(events_.wait("h1 next {}"));
    EXPECT_EQ(echo({{"a", 1}}), (json::object{{"a", 1}}));
    control_->stop();
}

TEST_P(Presence, ANewControlLearnsOfTheHostsByItself) {
    host_->start();
    EXPECT_TRUE(events_.wait("h1 host.up {\"vcpus\":2}"));
    start_control();
    EXPECT_TRUE(events_.wait("h1 host.up {\"vcpus\":2}", 2));
    EXPECT_TRUE(comes_true([this] { return control_->is_up("h1"); }));
    EXPECT_EQ(echo({{"a", 1}}), (json::object{{"a", 1}}));
}

TEST_P(Presence, AHostThatIsStartedFirstWaitsForControl) {
    control_.reset();
    host_->start();
    start_control();
    EXPECT_EQ(echo({{"a", 1}}), (json::object{{"a", 1}}));
}

TEST_P(Presence, ACallOutlivesARestartOfTheHost) {
    auto call = std::async(std::launch::async, [this] { return echo({{"k", "v"}}); });
    host_->start();
    EXPECT_EQ(call.get(), (json::object{{"k", "v"}}));
    host_.reset();
    make_host();
    auto again = std::async(std::launch::async, [this] { return echo({{"k", 2}}); });
    host_->start();
    EXPECT_EQ(again.get(), (json::object{{"k", 2}}));
}

/// A host that ends cancels its commands: they are asked for again, and that they were cancelled is nobody's result.
TEST_P(Presence, ACommandThatRanIsAskedForAgain) {
    host_->start();
    auto call = std::async(std::launch::async, [this] {
        return control_->call("h1", "until_cancelled", {}, {.command_id = "c1", .deadline = kPatience});
    });
    entered_.get_future().wait();
    host_->stop();
    auto next = meeting_->host("h1", {1, 1});
    next->on("until_cancelled", [](const Command&) { return json::object{{"done", true}}; });
    next->start();
    EXPECT_EQ(call.get(), (json::object{{"done", true}}));
}

TEST_P(Presence, AKilledHostIsDownAndItsSuccessorUpAtOnce) {
    auto first = process("p1");
    EXPECT_EQ(echo({{"a", 1}}, "p1"), (json::object{{"a", 1}}));
    const auto old = pid_of("p1");
    first.kill();
    EXPECT_TRUE(events_.wait("p1 host.down {}"));
    EXPECT_FALSE(control_->is_up("p1"));
    auto call = std::async(std::launch::async, [this] { return echo({{"b", 2}}, "p1"); });
    auto second = process("p1");
    EXPECT_EQ(call.get(), (json::object{{"b", 2}}));
    EXPECT_NE(pid_of("p1"), old);
}

TEST_P(Presence, ASuccessorIsKnownBeforeItsPredecessorIsMissed) {
    auto first = process("p1");
    echo({}, "p1");
    const auto old = pid_of("p1");
    first.kill();
    auto second = process("p1");
    EXPECT_TRUE(comes_true([&] {
        const auto now = pid_of("p1");
        return now != 0 && now != old;
    }));
    EXPECT_EQ(echo({{"b", 2}}, "p1"), (json::object{{"b", 2}}));
}

TEST_P(Presence, AStoppedHostDoesNotAnswerUntilItGoesOn) {
    auto host = process("p1");
    echo({}, "p1");
    host.signal(SIGSTOP);
    EXPECT_TRUE(comes_true([this] { return !control_->answers("p1"); }));
    // Who is waited for by a user is told; a flow's call waits.
    EXPECT_EQ(
        failure([this] { control_->call("p1", "echo", {}, {.deadline = kPatience, .only_if_it_answers = true}); }),
        ErrorCode::Unavailable);
    auto call = std::async(std::launch::async, [this] { return echo({{"late", 1}}, "p1"); });
    host.signal(SIGCONT);
    EXPECT_EQ(call.get(), (json::object{{"late", 1}}));
    EXPECT_TRUE(comes_true([this] { return control_->answers("p1"); }));
}

TEST_P(Presence, CallsEndWithTheControlProcess) {
    auto call = std::async(std::launch::async, [this] { echo({}); });
    control_->stop();
    EXPECT_EQ(failure([&] { call.get(); }), ErrorCode::Cancelled);
    EXPECT_EQ(failure([&] { echo({}); }), ErrorCode::Cancelled);
}

}  // namespace
}  // namespace virga::rpc::test
