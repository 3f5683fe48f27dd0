#include "rpc/rpc.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "base/host_error.hpp"
#include "base/ids.hpp"
#include "rpc/connection.hpp"

namespace virga::rpc {
namespace {

using namespace std::chrono_literals;

class RpcTest : public testing::Test {
protected:
    RpcTest() : socket_("/tmp/virga-rpc-" + new_uuid() + ".sock") {
        start_control();
        make_host();
    }
    ~RpcTest() override {
        host_.reset();
        control_.reset();
        std::filesystem::remove(socket_);
    }

    void start_control() {
        control_ = std::make_unique<ControlEndpoint>(socket_);
        control_->on_event([this](const std::string& host, std::string_view event, const json::object& params) {
            const std::lock_guard lock(mutex_);
            events_.push_back(host + " " + std::string(event) + " " + json::serialize(params));
            seen_.notify_all();
        });
        control_->start();
    }
    void make_host() {
        host_ = std::make_unique<HostEndpoint>(socket_, "h1", Threads{4, 4});
        host_->report_with([] { return json::object{{"vcpus", 2}}; });
        host_->on("echo", [](const Command& command) { return command.params; });
        host_->on("fail", [this](const Command&) -> json::object {
            ++runs_;
            throw Error(ErrorCode::NoSpace, "disk is full", "detail");
        });
        host_->on("lose", [](const Command&) -> json::object {
            throw Error(ErrorCode::InvalidInput, "open /var/lib/virga/secret: no such file", "here");
        });
        host_->on("typed", [](const Command& command) {
            return json::object{{"size", get_int(command.params, "size")},
                                {"disks", get_objects(command.params, "disks").size()},
                                {"names", get_strings(command.params, "names").size()}};
        });
        host_->on("slow", [this](const Command&) {
            ++runs_;
            entered_.set_value();
            released_.wait();
            return json::object{{"runs", runs_.load()}};
        });
        host_->on("copy", [](const Command& command) {
            for (const auto done : {1, 2, 3}) command.progress(done, 3);
            return json::object();
        });
        host_->on("until_cancelled", [this](const Command& command) -> json::object {
            entered_.set_value();
            while (!command.cancelled()) std::this_thread::yield();
            throw Error(ErrorCode::Cancelled, "stopped by request");
        });
    }
    bool wait_event(const std::string& text) {
        std::unique_lock lock(mutex_);
        return seen_.wait_for(lock, 60s,
                              [&] { return std::find(events_.begin(), events_.end(), text) != events_.end(); });
    }

    std::string socket_;
    std::mutex mutex_;
    std::condition_variable seen_;
    std::vector<std::string> events_;
    std::atomic<int> runs_{0};
    std::promise<void> entered_;
    std::promise<void> release_;
    std::shared_future<void> released_{release_.get_future().share()};
    std::unique_ptr<ControlEndpoint> control_;
    std::unique_ptr<HostEndpoint> host_;
};

TEST_F(RpcTest, CallsAHostAndReportsIt) {
    host_->start();
    EXPECT_EQ(control_->call("h1", "echo", {{"a", 1}}, {}), (json::object{{"a", 1}}));
    EXPECT_TRUE(wait_event("h1 host.up {\"vcpus\":2}"));
    ASSERT_EQ(control_->hosts().size(), 1U);
    EXPECT_EQ(get_int(control_->hosts()[0].report, "vcpus"), 2);
    host_->publish("guest.changed", {{"x", 1}});
    EXPECT_TRUE(wait_event("h1 guest.changed {\"x\":1}"));
    host_->stop();
    EXPECT_TRUE(wait_event("h1 host.down {}"));
    EXPECT_FALSE(control_->is_up("h1"));
}

TEST_F(RpcTest, AHostIsToldThatItWasTakenIn) {
    std::promise<bool> known;
    host_->on_welcome([&] { known.set_value(control_->is_up("h1")); });
    host_->start();
    EXPECT_TRUE(known.get_future().get());
}

TEST(RpcNonsense, ControlEndsTheConnectionAndAnswersOthers) {
    const auto path = "/tmp/virga-rpc-" + new_uuid() + ".sock";
    ControlEndpoint control(path);
    control.start();
    Connection nonsense(connect_unix(path));
    ASSERT_TRUE(nonsense.send({{"type", 1}}));
    EXPECT_FALSE(nonsense.receive());
    HostEndpoint host(path, "h1", {1, 1});
    host.on("echo", [](const Command& command) { return command.params; });
    host.start();
    EXPECT_EQ(control.call("h1", "echo", {{"a", 1}}, {}), (json::object{{"a", 1}}));
}

// What a control process sends is no reason for a host to end.
TEST(RpcNonsense, AHostConnectsAnew) {
    const auto path = "/tmp/virga-rpc-" + new_uuid() + ".sock";
    const int listener = listen_unix(path);
    HostEndpoint host(path, "h1", {1, 1});
    host.start();
    for (const json::object& message :
         {json::object{{"type", 1}}, json::object{{"type", "call"}, {"id", "a"}, {"params", 7}},
          json::object{{"type", "call"}, {"id", 5}}, json::object{{"type", "cancel"}, {"id", json::array()}}}) {
        Connection control(::accept(listener, nullptr, nullptr));
        ASSERT_TRUE(control.receive());
        ASSERT_TRUE(control.send(message));
        EXPECT_FALSE(control.receive());
    }
    ::close(listener);
}

TEST_F(RpcTest, AnErrorComesBackAsItWasAndIsTriedAgain) {
    host_->start();
    for (int i = 0; i < 2; ++i) {
        try {
            control_->call("h1", "fail", {}, {.command_id = "same"});
            FAIL();
        } catch (const Error& failure) {
            EXPECT_EQ(failure.code(), ErrorCode::NoSpace);
            EXPECT_NE(failure.message().find("not enough room"), std::string::npos)
                << "its own words: for administrators";
            EXPECT_NE(failure.detail().find("disk is full"), std::string::npos);
        }
    }
    EXPECT_EQ(runs_, 2);
}

/// Of whatever kind it is: who reads the message may be a member.
TEST_F(RpcTest, WhatAHostSaysOfItsFilesIsNotInTheMessage) {
    host_->start();
    try {
        control_->call("h1", "lose", {}, {});
        FAIL();
    } catch (const HostError& error) {
        EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
        EXPECT_EQ(error.message(), "open (file): no such file");
        EXPECT_EQ(error.host_text(), "open /var/lib/virga/secret: no such file");
        EXPECT_EQ(error.detail(), "open /var/lib/virga/secret: no such file: here");
    }
}

TEST_F(RpcTest, ParametersOfAWrongTypeAreInvalidInput) {
    host_->start();
    for (const auto* params : {R"({"size": "1"})", R"({"size": [1]})", R"({"disks": 1})", R"({"disks": [1]})",
                               R"({"disks": [{}, "x"]})", R"({"names": {}})", R"({"names": [{}]})"}) {
        try {
            control_->call("h1", "typed", parse_object(params), {});
            ADD_FAILURE() << params;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput) << params << error.message();
            EXPECT_NE(error.message().find("field"), std::string::npos) << error.message();
        }
    }
    EXPECT_EQ(get_int(control_->call("h1", "typed", {}, {}), "size"), 0);
}

TEST_F(RpcTest, UnknownCommandIsNotSupported) {
    host_->start();
    try {
        control_->call("h1", "nothing", {}, {});
        FAIL();
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::NotSupported);
    }
}

TEST_F(RpcTest, ARepeatJoinsTheRunningCommandAndThenItsReply) {
    host_->start();
    auto call = [this] { return get_int(control_->call("h1", "slow", {}, {.command_id = "c1"}), "runs"); };
    auto first = std::async(std::launch::async, call);
    entered_.get_future().wait();
    // The control process is replaced while the command runs: the new one asks again and gets the one result.
    control_->stop();
    EXPECT_THROW(first.get(), Error);
    start_control();
    auto second = std::async(std::launch::async, call);
    EXPECT_EQ(second.wait_for(300ms), std::future_status::timeout);
    release_.set_value();
    EXPECT_EQ(second.get(), 1);
    EXPECT_EQ(call(), 1);
    EXPECT_EQ(runs_, 1);
}

TEST_F(RpcTest, EveryCallerOfACommandGetsItsReply) {
    host_->start();
    auto call = [this] {
        return get_int(control_->call("h1", "slow", {}, {.command_id = "c1", .deadline = 60s}), "runs");
    };
    auto first = std::async(std::launch::async, call);
    entered_.get_future().wait();
    auto second = std::async(std::launch::async, call);
    EXPECT_EQ(second.wait_for(100ms), std::future_status::timeout);
    release_.set_value();
    EXPECT_EQ(first.get(), 1);
    EXPECT_EQ(second.get(), 1);
}

TEST_F(RpcTest, ACallOutlivesARestartOfTheHost) {
    auto call = std::async(std::launch::async, [this] { return control_->call("h1", "echo", {{"k", "v"}}, {}); });
    host_->start();
    EXPECT_EQ(call.get(), (json::object{{"k", "v"}}));
    host_.reset();
    make_host();
    auto again = std::async(std::launch::async, [this] { return control_->call("h1", "echo", {{"k", 2}}, {}); });
    host_->start();
    EXPECT_EQ(again.get(), (json::object{{"k", 2}}));
}

TEST_F(RpcTest, TheEndOfAQuickCopyIsTold) {
    host_->start();
    std::vector<std::int64_t> told;
    CallOptions options;
    options.on_progress = [&](std::int64_t done, std::int64_t) { told.push_back(done); };
    control_->call("h1", "copy", {}, options);
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back(), 3);
}

TEST_F(RpcTest, CancelReachesTheHost) {
    host_->start();
    std::atomic<bool> cancel{false};
    auto call = std::async(std::launch::async, [&] {
        CallOptions options;
        options.cancelled = [&] { return cancel.load(); };
        control_->call("h1", "until_cancelled", {}, options);
    });
    entered_.get_future().wait();
    cancel = true;
    control_->wake();
    try {
        call.get();
        FAIL();
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Cancelled);
        EXPECT_EQ(failure.message(), "stopped by request");
    }
}

/// A host whose long work is held until the test ends.
class LongWork : public RpcTest {
protected:
    LongWork() {
        host_->on(
            "long",
            [this](const Command& command) -> json::object {
                {
                    const std::lock_guard lock(mutex_);
                    begun_.push_back(get_string(command.params, "name"));
                }
                seen_.notify_all();
                while (!command.cancelled()) std::this_thread::yield();
                throw Error(ErrorCode::Cancelled, "stopped by request");
            },
            Length::Long);
        host_->start();
        EXPECT_TRUE(wait_event("h1 host.up {\"vcpus\":2}"));
    }
    ~LongWork() override {
        cancel_ = true;
        control_->wake();
        for (auto& call : calls_) call.wait();
    }

    void begin(const std::string& account, const std::string& name) {
        calls_.push_back(std::async(std::launch::async, [this, account, name] { return ask(account, name, cancel_); }));
    }
    /// What is said when it ends.
    std::string ask(const std::string& account, const std::string& name, const std::atomic<bool>& cancelled) {
        CallOptions options;
        options.account = account;
        options.cancelled = [&] { return cancelled.load(); };
        try {
            control_->call("h1", "long", {{"name", name}}, options);
        } catch (const Error& failure) {
            return failure.message();
        }
        return {};
    }
    bool has_begun(const std::vector<std::string>& names) {
        std::unique_lock lock(mutex_);
        return seen_.wait_for(lock, 60s, [&] { return begun_ == names; });
    }

    std::atomic<bool> cancel_{false};
    std::vector<std::string> begun_;
    std::vector<std::future<std::string>> calls_;
};

TEST_F(LongWork, OfOneProjectLeavesThreadsToOthersAndToShortWork) {
    begin("a", "a1");
    ASSERT_TRUE(has_begun({"a1"}));
    begin("a", "a2");
    ASSERT_TRUE(has_begun({"a1", "a2"}));
    for (int i = 3; i < 9; ++i) begin("a", "a" + std::to_string(i));
    begin("b", "b1");
    EXPECT_TRUE(has_begun({"a1", "a2", "b1"}));
    EXPECT_EQ(control_->call("h1", "echo", {{"k", 1}}, {}), (json::object{{"k", 1}}));
}

TEST_F(LongWork, ThatIsCancelledBeforeItsTurnEndsAtOnce) {
    begin("a", "a1");
    ASSERT_TRUE(has_begun({"a1"}));
    begin("a", "a2");
    ASSERT_TRUE(has_begun({"a1", "a2"}));
    const std::atomic<bool> at_once{true};
    EXPECT_EQ(ask("a", "a3", at_once), "the command was cancelled before it began");
    EXPECT_TRUE(has_begun({"a1", "a2"}));
}

TEST_F(RpcTest, TheDeadlineIsATimeout) {
    host_->start();
    try {
        CallOptions options;
        options.deadline = 100ms;
        control_->call("h1", "slow", {}, options);
        FAIL();
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Timeout);
    }
    release_.set_value();
}

TEST_F(RpcTest, AHostThatIsAwayIsUnavailable) {
    try {
        CallOptions options;
        options.deadline = 200ms;
        control_->call("nobody", "echo", {}, options);
        FAIL();
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Unavailable);
    }
}

}  // namespace
}  // namespace virga::rpc
