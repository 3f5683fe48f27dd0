#include "base/host_error.hpp"
#include "conformance/rpc/suite.hpp"

namespace virga::rpc::test {
namespace {

class Commands : public RpcSuite {};
INSTANTIATE_TEST_SUITE_P(Transports, Commands, testing::ValuesIn(transport_names()), name_of);

TEST_P(Commands, AreAnswered) {
    host_->start();
    EXPECT_EQ(echo({{"a", 1}}), (json::object{{"a", 1}}));
}

TEST_P(Commands, AnErrorComesBackAsItWasAndIsTriedAgain) {
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
TEST_P(Commands, WhatAHostSaysOfItsFilesIsNotInTheMessage) {
    host_->on("lose", [](const Command&) -> json::object {
        throw Error(ErrorCode::InvalidInput, "open /var/lib/virga/secret: no such file", "here");
    });
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

TEST_P(Commands, ParametersOfAWrongTypeAreInvalidInput) {
    host_->on("typed", [](const Command& command) {
        return json::object{{"size", get_int(command.params, "size")},
                            {"disks", get_objects(command.params, "disks").size()},
                            {"names", get_strings(command.params, "names").size()}};
    });
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

TEST_P(Commands, AnUnknownOneIsNotSupported) {
    host_->start();
    EXPECT_EQ(failure([&] { control_->call("h1", "nothing", {}, {}); }), ErrorCode::NotSupported);
}

TEST_P(Commands, ARepeatJoinsTheRunningCommandAndThenItsReply) {
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

TEST_P(Commands, EveryCallerOfOneGetsItsReply) {
    host_->start();
    auto call = [this] {
        return get_int(control_->call("h1", "slow", {}, {.command_id = "c1", .deadline = kPatience}), "runs");
    };
    auto first = std::async(std::launch::async, call);
    entered_.get_future().wait();
    auto second = std::async(std::launch::async, call);
    EXPECT_EQ(second.wait_for(100ms), std::future_status::timeout);
    release_.set_value();
    EXPECT_EQ(first.get(), 1);
    EXPECT_EQ(second.get(), 1);
}

// What a host still works on for a control process that is gone is of no other command.
TEST_P(Commands, AReplyToADeadControlIsNotTakenForAnothers) {
    host_->on("stay", [](const Command& command) {
        while (!command.cancelled()) std::this_thread::sleep_for(1ms);
        return json::object();
    });
    host_->start();
    auto first = std::async(std::launch::async, [this] { control_->call("h1", "slow", {}, {.command_id = "old"}); });
    entered_.get_future().wait();
    control_->stop();
    EXPECT_THROW(first.get(), Error);
    start_control();
    auto second = std::async(std::launch::async,
                             [this] { control_->call("h1", "stay", {}, {.command_id = "new", .deadline = 1s}); });
    release_.set_value();
    EXPECT_EQ(failure([&] { second.get(); }), ErrorCode::Timeout) << "the reply to the old command came instead";
    EXPECT_EQ(echo({{"after", 1}}), (json::object{{"after", 1}}));
}

TEST_P(Commands, TheEndOfAQuickCopyIsTold) {
    host_->on("copy", [](const Command& command) {
        for (const auto done : {1, 2, 3}) command.progress(done, 3);
        return json::object();
    });
    host_->start();
    std::vector<std::int64_t> told;
    CallOptions options;
    options.on_progress = [&](std::int64_t done, std::int64_t) { told.push_back(done); };
    control_->call("h1", "copy", {}, options);
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back(), 3);
}

/// What it is told is told to its caller's own things.
TEST_P(Commands, ACallDoesNotEndWhileItIsToldOfProgress) {
    host_->on("copy", [this](const Command& command) {
        command.progress(1, 3);
        release_.get_future().wait();
        return json::object();
    });
    host_->start();
    std::promise<void> is_told;
    std::promise<void> go_on;
    auto call = std::async(std::launch::async, [&] {
        CallOptions options;
        options.deadline = 500ms;
        options.on_progress = [&](std::int64_t, std::int64_t) {
            is_told.set_value();
            go_on.get_future().wait();
        };
        control_->call("h1", "copy", {}, options);
    });
    ASSERT_EQ(is_told.get_future().wait_for(10s), std::future_status::ready);
    EXPECT_EQ(call.wait_for(1s), std::future_status::timeout) << "the call has ended before its listener";
    go_on.set_value();
    EXPECT_EQ(failure([&] { call.get(); }), ErrorCode::Timeout);
    release_.set_value();
}

TEST_P(Commands, CancelReachesTheHost) {
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

TEST_P(Commands, TheDeadlineIsATimeout) {
    host_->start();
    EXPECT_TRUE(comes_true([this] { return control_->is_up("h1"); }));
    EXPECT_EQ(failure([&] { control_->call("h1", "slow", {}, {.deadline = 100ms}); }), ErrorCode::Timeout);
    release_.set_value();
}

TEST_P(Commands, AHostThatIsAwayIsUnavailable) {
    EXPECT_EQ(failure([&] { control_->call("nobody", "echo", {}, {.deadline = 200ms}); }), ErrorCode::Unavailable);
}

/// A host whose long work is held until the test ends.
class LongWork : public RpcSuite {
protected:
    LongWork() {
        host_->on(
            "long",
            [this](const Command& command) -> json::object {
                {
                    const std::lock_guard lock(mutex_);
                    begun_.push_back(get_string(command.params, "name"));
                }
                begun_changed_.notify_all();
                while (!command.cancelled()) std::this_thread::yield();
                throw Error(ErrorCode::Cancelled, "stopped by request");
            },
            Length::Long);
        host_->start();
        EXPECT_TRUE(comes_true([this] { return control_->is_up("h1"); }));
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
        return begun_changed_.wait_for(lock, 60s, [&] { return begun_ == names; });
    }

    std::atomic<bool> cancel_{false};
    std::mutex mutex_;
    std::condition_variable begun_changed_;
    std::vector<std::string> begun_;
    std::vector<std::future<std::string>> calls_;
};

INSTANTIATE_TEST_SUITE_P(Transports, LongWork, testing::ValuesIn(transport_names()), name_of);

TEST_P(LongWork, OfOneProjectLeavesThreadsToOthersAndToShortWork) {
    begin("a", "a1");
    ASSERT_TRUE(has_begun({"a1"}));
    begin("a", "a2");
    ASSERT_TRUE(has_begun({"a1", "a2"}));
    for (int i = 3; i < 9; ++i) begin("a", "a" + std::to_string(i));
    begin("b", "b1");
    EXPECT_TRUE(has_begun({"a1", "a2", "b1"}));
    EXPECT_EQ(control_->call("h1", "echo", {{"k", 1}}, {}), (json::object{{"k", 1}}));
}

TEST_P(LongWork, ThatIsCancelledBeforeItsTurnEndsAtOnce) {
    begin("a", "a1");
    ASSERT_TRUE(has_begun({"a1"}));
    begin("a", "a2");
    ASSERT_TRUE(has_begun({"a1", "a2"}));
    const std::atomic<bool> at_once{true};
    EXPECT_EQ(ask("a", "a3", at_once), "the command was cancelled before it began");
    EXPECT_TRUE(has_begun({"a1", "a2"}));
}

TEST_P(Commands, BigOnesAreCarriedWhole) {
    host_->start();
    for (const std::size_t size : {1'000'000, 1'048'576, 5'000'000, 16'000'000}) {
        const json::object params{{"text", std::string(size, 'x')}};
        EXPECT_EQ(echo(params), params) << size;
    }
}

TEST_P(Commands, ManyBigOnesAtOnceAreNotMixed) {
    host_->start();
    std::vector<std::future<bool>> calls;
    for (int i = 0; i < 8; ++i) {
        calls.push_back(std::async(std::launch::async, [this, i] {
            const json::object params{{"text", std::string(3'000'000, static_cast<char>('a' + i))}};
            return echo(params) == params;
        }));
    }
    for (auto& call : calls) EXPECT_TRUE(call.get());
}

TEST_P(Commands, WhatIsTooBigIsRefusedAtOnce) {
    host_->on("long answer", [](const Command&) { return json::object{{"text", std::string(17'000'000, 'x')}}; });
    host_->start();
    const json::object params{{"text", std::string(17'000'000, 'x')}};
    EXPECT_EQ(failure([&] { control_->call("h1", "echo", params, {.deadline = kPatience}); }), ErrorCode::TooLarge);
    EXPECT_EQ(failure([&] { control_->call("h1", "long answer", {}, {.deadline = kPatience}); }), ErrorCode::TooLarge);
    EXPECT_EQ(echo({{"after", 1}}), (json::object{{"after", 1}}));
}

/// A host whose commands all wait is nobody else's delay.
TEST_P(Commands, ABusyHostHoldsUpNoOther) {
    host_->start();
    const auto other = meeting_->host("h2", {1, 1});
    other->on("echo", [](const Command& command) { return command.params; });
    other->start();
    std::vector<std::future<void>> busy;
    for (int i = 0; i < 8; ++i) {
        busy.push_back(
            std::async(std::launch::async, [this] { control_->call("h1", "slow", {}, {.deadline = kPatience}); }));
    }
    EXPECT_TRUE(comes_true([this] { return runs_ == 4; }));
    EXPECT_EQ(echo({{"b", 2}}, "h2"), (json::object{{"b", 2}}));
    EXPECT_TRUE(control_->answers("h1")) << "its threads are at work, it isn't stuck";
    release_.set_value();
    for (auto& call : busy) call.get();
}

TEST_P(Commands, OfManyHostsReachTheRightOnes) {
    constexpr int kHosts = 40;
    std::vector<std::unique_ptr<HostEndpoint>> hosts;
    for (int i = 0; i < kHosts; ++i) {
        hosts.push_back(meeting_->host("host-" + std::to_string(i), {1, 1}));
        hosts.back()->on("who", [i](const Command&) { return json::object{{"host", i}}; });
        hosts.back()->start();
    }
    std::vector<std::future<std::int64_t>> calls;
    for (int i = 0; i < kHosts; ++i) {
        calls.push_back(std::async(std::launch::async, [this, i] {
            const auto host = "host-" + std::to_string(i);
            return get_int(control_->call(host, "who", {}, {.deadline = kPatience}), "host", -1);
        }));
    }
    for (int i = 0; i < kHosts; ++i) EXPECT_EQ(calls[static_cast<std::size_t>(i)].get(), i);
    EXPECT_EQ(control_->hosts().size(), static_cast<std::size_t>(kHosts));
}

}  // namespace
}  // namespace virga::rpc::test
