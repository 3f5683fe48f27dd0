#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/ids.hpp"
#include "rpc/socket/connection.hpp"
#include "rpc/socket/control.hpp"

namespace virga::rpc {
namespace {

using namespace std::chrono_literals;

/// A host that a test speaks for: it answers when it is told to.
class Heartbeats : public testing::Test {
protected:
    Heartbeats() : socket_("/tmp/virga-rpc-" + new_uuid() + ".sock"), control_(socket_, {5ms, 50ms}) {
        control_.start();
        host_ = std::make_unique<Connection>(connect_unix(socket_));
        host_->send({{"type", "hello"}, {"host", "h1"}, {"report", json::object()}});
        wait([this] { return control_.is_up("h1"); });
    }
    ~Heartbeats() override {
        control_.stop();
        std::filesystem::remove(socket_);
    }

    template <class Condition>
    static void wait(Condition&& reached) {
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (!reached() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
        EXPECT_TRUE(reached());
    }
    void wait_silent() {
        wait([this] { return !control_.answers("h1"); });
    }
    ErrorCode failure(const CallOptions& options) {
        try {
            control_.call("h1", "anything", {}, options);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::Internal;
    }

    std::string socket_;
    SocketControl control_;
    std::unique_ptr<Connection> host_;
};

TEST_F(Heartbeats, AHostThatDoesNotAnswerIsConnectedAndSeen) {
    wait_silent();
    EXPECT_TRUE(control_.is_up("h1"));
    ASSERT_EQ(control_.hosts().size(), 1U);
    EXPECT_FALSE(control_.hosts().front().answers);
}

TEST_F(Heartbeats, WhoIsWaitedForIsToldAtOnce) {
    EXPECT_EQ(failure({.deadline = 1h, .only_if_it_answers = true}), ErrorCode::Unavailable);
    wait_silent();
    EXPECT_EQ(failure({.deadline = 1h, .only_if_it_answers = true}), ErrorCode::Unavailable);
}

TEST_F(Heartbeats, OthersWaitUntilTheirDeadline) {
    wait_silent();
    EXPECT_EQ(failure({.deadline = 20ms}), ErrorCode::Timeout);
}

TEST_F(Heartbeats, NothingIsSentToASilentHostUntilItAnswers) {
    wait_silent();
    std::thread caller([this] {
        EXPECT_EQ(control_.call("h1", "late", {}, {.deadline = 1h}), (json::object{{"done", true}}));
    });
    int pings = 0;
    while (auto message = host_->receive()) {
        const auto type = get_string(*message, "type");
        if (type == "ping") {
            ++pings;
            host_->send({{"type", "pong"}});
        }
        if (type != "call") continue;
        EXPECT_GE(pings, 1) << "it was sent before the host answered";
        host_->send({{"type", "reply"}, {"id", message->at("id")}, {"result", json::object{{"done", true}}}});
        break;
    }
    caller.join();
}

// What a host still worked on for a control process that was killed.
TEST_F(Heartbeats, AReplyToAnotherCommandIsNotTaken) {
    std::thread caller([this] {
        EXPECT_EQ(control_.call("h1", "mine", {}, {.command_id = "mine", .deadline = 1h}),
                  (json::object{{"of", "mine"}}));
    });
    while (auto message = host_->receive()) {
        if (get_string(*message, "type") != "call") continue;
        auto foreign = *message;
        foreign["type"] = "reply";
        foreign["id"] = "foreign";
        foreign["result"] = json::object{{"of", "foreign"}};
        host_->send(foreign);
        host_->send({{"type", "reply"}, {"id", "mine"}, {"result", json::object{{"of", "mine"}}}});
        break;
    }
    caller.join();
}

TEST_F(Heartbeats, OneQuestionAtATimeFillsNoSocket) {
    wait_silent();
    control_.stop();
    int pings = 0;
    while (auto message = host_->receive()) pings += get_string(*message, "type") == "ping" ? 1 : 0;
    EXPECT_EQ(pings, 1);
}

}  // namespace
}  // namespace virga::rpc
