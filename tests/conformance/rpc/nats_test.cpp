#include <signal.h>

#include "conformance/rpc/nats_server.hpp"
#include "conformance/rpc/suite.hpp"
#include "rpc/nats/control.hpp"
#include "rpc/nats/host.hpp"

/// What only a transport has at which several control processes meet, and that may be away itself.
namespace virga::rpc::test {
namespace {

std::string refusal(NatsControl& control) {
    try {
        control.start();
    } catch (const Error& error) {
        return std::string(to_string(error.code())) + " " + error.message() + error.detail();
    }
    return "accepted";
}

class OnBroker : public testing::Test {
protected:
    nats::Meeting meeting(const std::string& prefix = "virga") const {
        return {nats::servers_of(server_.url()), prefix, "", ""};
    }
    std::unique_ptr<NatsControl> control(Events& events, const std::string& prefix = "virga") const {
        auto made = std::make_unique<NatsControl>(meeting(prefix), kQuick);
        made->on_event(events.writer());
        made->start();
        return made;
    }
    std::unique_ptr<NatsHost> host(const std::string& name, const std::string& prefix = "virga") {
        auto made = std::make_unique<NatsHost>(meeting(prefix), name, Threads{4, 1}, kQuick);
        made->on("echo", [](const Command& command) { return command.params; });
        made->on("slow", [this](const Command&) {
            ++runs_;
            released_.wait();
            return json::object{{"runs", runs_.load()}};
        });
        made->start();
        return made;
    }
    static json::object echo(ControlEndpoint& control, json::object params, const std::string& name = "h1") {
        return control.call(name, "echo", std::move(params), {.deadline = kPatience});
    }
    static std::ptrdiff_t count(Events& events, const std::string& text) {
        const auto all = events.all();
        return std::count(all.begin(), all.end(), text);
    }

    NatsServer server_;
    Events events_;
    Events other_events_;
    std::atomic<int> runs_{0};
    std::promise<void> release_;
    std::shared_future<void> released_{release_.get_future().share()};
};

TEST_F(OnBroker, RepliesGoToTheControlThatAsked) {
    const auto one = control(events_);
    const auto two = control(other_events_);
    const auto working = host("h1");
    std::vector<std::future<bool>> calls;
    for (int i = 0; i < 20; ++i) {
        calls.push_back(std::async(std::launch::async, [&, i] {
            const json::object params{{"n", i}};
            return echo(i % 2 == 0 ? *one : *two, params) == params;
        }));
    }
    for (auto& call : calls) EXPECT_TRUE(call.get());
}

TEST_F(OnBroker, EveryControlKnowsEveryHostAndOneIsToldOfAnEvent) {
    const auto one = control(events_);
    const auto two = control(other_events_);
    auto working = host("h1");
    EXPECT_TRUE(comes_true([&] { return one->is_up("h1") && two->is_up("h1"); }));
    constexpr int kEvents = 20;
    for (int i = 0; i < kEvents; ++i) working->publish("guest.changed", {});
    const std::string event = "h1 guest.changed {}";
    EXPECT_TRUE(comes_true([&] { return count(events_, event) + count(other_events_, event) >= kEvents; }));
    EXPECT_EQ(count(events_, event) + count(other_events_, event), kEvents);
    EXPECT_EQ(count(events_, "h1 host.up {}") + count(other_events_, "h1 host.up {}"), 1);
    working->publish_report();
    EXPECT_TRUE(events_.wait("h1 host.report {}"));
    EXPECT_TRUE(other_events_.wait("h1 host.report {}"));
    working->stop();
    EXPECT_TRUE(events_.wait("h1 host.down {}"));
    EXPECT_TRUE(other_events_.wait("h1 host.down {}"));
}

/// Whose flow goes on elsewhere has its step asked for by another.
TEST_F(OnBroker, ACommandIsJoinedFromAnotherControl) {
    const auto one = control(events_);
    const auto two = control(other_events_);
    const auto working = host("h1");
    const auto call = [](ControlEndpoint& from) {
        return get_int(from.call("h1", "slow", {}, {.command_id = "c1", .deadline = kPatience}), "runs");
    };
    auto first = std::async(std::launch::async, [&] { return call(*one); });
    EXPECT_TRUE(comes_true([&] { return runs_ == 1; }));
    auto second = std::async(std::launch::async, [&] { return call(*two); });
    EXPECT_EQ(second.wait_for(200ms), std::future_status::timeout);
    release_.set_value();
    EXPECT_EQ(first.get(), 1);
    EXPECT_EQ(second.get(), 1);
    EXPECT_EQ(runs_, 1);
}

TEST_F(OnBroker, ACallOutlivesTheServer) {
    const auto one = control(events_);
    const auto working = host("h1");
    auto slow = std::async(std::launch::async, [&] {
        return get_int(one->call("h1", "slow", {}, {.command_id = "c1", .deadline = kPatience}), "runs");
    });
    EXPECT_TRUE(comes_true([&] { return runs_ == 1; }));
    server_.kill();
    try {
        one->call("h1", "echo", {}, {.deadline = kPatience, .only_if_it_answers = true});
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    }
    EXPECT_TRUE(one->is_up("h1")) << "who is cut off doesn't judge";
    EXPECT_TRUE(one->answers("h1")) << "a boot needs a host that it may wait for";
    release_.set_value();  // its reply is lost
    auto meanwhile = std::async(std::launch::async, [&] { return echo(*one, {{"b", 2}}); });
    EXPECT_EQ(meanwhile.wait_for(3s), std::future_status::timeout) << "longer than a host may be silent";
    server_.start();
    EXPECT_EQ(slow.get(), 1);
    EXPECT_EQ(meanwhile.get(), (json::object{{"b", 2}}));
    EXPECT_EQ(runs_, 1);
    EXPECT_EQ(count(events_, "h1 host.down {}"), 0);
}

TEST_F(OnBroker, CallsGoOnWhileServersDieAgainAndAgain) {
    const auto one = control(events_);
    const auto working = host("h1");
    std::atomic<bool> over{false};
    std::atomic<int> done{0};
    std::vector<std::future<void>> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.push_back(std::async(std::launch::async, [&, caller] {
            for (int i = 0; !over; ++i, ++done) {
                const json::object params{{"caller", caller}, {"i", i}};
                EXPECT_EQ(echo(*one, params), params);
            }
        }));
    }
    for (int round = 0; round < 5; ++round) {
        const int before = done;
        EXPECT_TRUE(comes_true([&] { return done > before + 20; }));
        server_.kill();
        server_.start();
    }
    over = true;
    for (auto& caller : callers) caller.get();
}

TEST_F(OnBroker, AHostThatIsStartedBeforeTheServerComes) {
    server_.kill();
    const auto working = host("h1");
    server_.start();
    const auto one = control(events_);
    EXPECT_EQ(echo(*one, {{"a", 1}}), (json::object{{"a", 1}}));
}

TEST_F(OnBroker, AHostMayHaveAnyName) {
    const auto one = control(events_);
    for (const std::string name : {"node-1.example.org", "a*b>c", "%2E", "späti 7"}) {
        const auto working = host(name);
        EXPECT_EQ(echo(*one, {{"a", 1}}, name), (json::object{{"a", 1}}));
        EXPECT_TRUE(one->is_up(name));
    }
}

TEST_F(OnBroker, TwoCloudsOnOneServerAreApart) {
    const auto one = control(events_, "one");
    const auto two = control(other_events_, "two");
    const auto of_one = host("h1", "one");
    const auto of_two = host("h2", "two");
    EXPECT_EQ(echo(*one, {}, "h1"), json::object());
    EXPECT_EQ(echo(*two, {}, "h2"), json::object());
    EXPECT_FALSE(one->is_up("h2"));
    EXPECT_FALSE(two->is_up("h1"));
}

TEST_F(OnBroker, ASecondHostOfANameIsRefused) {
    const auto one = control(events_);
    const auto working = host("h1");
    EXPECT_EQ(echo(*one, {{"a", 1}}), (json::object{{"a", 1}}));
    NatsHost second(meeting(), "h1", {1, 1}, kQuick);
    std::promise<std::string> why;
    second.on_refused([&](const Error& error) { why.set_value(error.message()); });
    second.start();
    EXPECT_NE(why.get_future().get().find("host.name"), std::string::npos);
    EXPECT_EQ(echo(*one, {{"b", 2}}), (json::object{{"b", 2}})) << "the first one is at work";
    EXPECT_EQ(count(events_, "h1 host.down {}"), 0);
}

TEST(NatsRefusals, AWrongPasswordNamesTheSettingAndIsNotTold) {
    const NatsServer server({"--user", "virga", "--pass", "right"});
    NatsControl wrong({nats::servers_of("nats://virga:wr0ng@" + server.place()), "virga", "", ""});
    const auto why = refusal(wrong);
    EXPECT_NE(why.find("rpc.url"), std::string::npos) << why;
    EXPECT_EQ(why.find("wr0ng"), std::string::npos) << why;
    NatsHost host({nats::servers_of("nats://virga:wr0ng@" + server.place()), "virga", "", ""}, "h1", {1, 1});
    EXPECT_THROW(host.start(), Error);
    NatsControl right({nats::servers_of("nats://virga:right@" + server.place()), "virga", "", ""});
    EXPECT_EQ(refusal(right), "accepted");
}

TEST(NatsRefusals, NoServerNamesTheSetting) {
    NatsServer server;
    server.kill();
    NatsControl control({nats::servers_of(server.url()), "virga", "", ""});
    const auto why = refusal(control);
    EXPECT_NE(why.find("rpc.url"), std::string::npos) << why;
    EXPECT_NE(why.find(server.place()), std::string::npos) << why;
}

TEST(NatsRefusals, UrlsThatAreNoneNameTheSetting) {
    for (const auto* url : {"127.0.0.1:4222", "http://a", "nats://", "nats://a:0", "nats://a:x", "nats://a:99999",
                            "nats://a,tls://b", "nats://a,", "nats://[::1", "nats://a/b", "nats://a b"}) {
        try {
            nats::servers_of(url);
            ADD_FAILURE() << url;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
            EXPECT_NE(error.message().find("rpc.url"), std::string::npos);
        }
    }
    EXPECT_EQ(nats::servers_of("tls://u:p@a:4222,tls://[::1]:4223").size(), 2U);
    EXPECT_EQ(nats::public_names(nats::servers_of("nats://u:p@a:1,nats://b")), "nats://a:1, nats://b");
}

TEST_F(OnBroker, ASecondCloudWithTheSamePrefixIsRefused) {
    NatsControl first(meeting(), kQuick);
    first.set_cloud("one");
    EXPECT_EQ(refusal(first), "accepted");
    const auto working = host("h1");
    EXPECT_EQ(echo(first, {{"a", 1}}), (json::object{{"a", 1}}));
    NatsControl other(meeting(), kQuick);
    other.set_cloud("two");
    other.on_event(events_.writer());
    EXPECT_NE(refusal(other).find("rpc.prefix"), std::string::npos);
    EXPECT_TRUE(events_.all().empty()) << "hosts of the first were taken for its own";
    NatsControl replica(meeting(), kQuick);
    replica.set_cloud("one");
    EXPECT_EQ(refusal(replica), "accepted");
    EXPECT_EQ(echo(first, {{"b", 2}}), (json::object{{"b", 2}}));
    EXPECT_EQ(echo(replica, {{"c", 3}}), (json::object{{"c", 3}}));
}

/// A server that is frozen keeps its connections, and says nothing.
TEST(NatsServers, TheOtherOneIsGoneToWhenOneDies) {
    NatsServer first;
    NatsServer second({"--cluster_name", "other"});
    const nats::Meeting both{nats::servers_of(first.url() + "," + second.url()), "virga", "", ""};
    NatsControl control(both, kQuick);
    control.start();
    NatsHost host(both, "h1", {1, 1}, kQuick);
    host.on("echo", [](const Command& command) { return command.params; });
    host.start();
    EXPECT_EQ(control.call("h1", "echo", {{"a", 1}}, {.deadline = kPatience}), (json::object{{"a", 1}}));
    first.kill();
    EXPECT_EQ(control.call("h1", "echo", {{"b", 2}}, {.deadline = kPatience}), (json::object{{"b", 2}}));
    second.signal(SIGSTOP);
    first.start();
    EXPECT_EQ(control.call("h1", "echo", {{"c", 3}}, {.deadline = kPatience}), (json::object{{"c", 3}}));
    second.signal(SIGCONT);
}

}  // namespace
}  // namespace virga::rpc::test
