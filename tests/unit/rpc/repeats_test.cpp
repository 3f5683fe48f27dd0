#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "rpc/command_server.hpp"
#include "rpc/message.hpp"
#include "rpc/switchboard.hpp"

/// A transport that loses what a test says.
namespace virga::rpc {
namespace {

using namespace std::chrono_literals;

class Host : public CommandServer {
public:
    Host() : CommandServer("h1", {2, 1}) {}
    ~Host() override { end_commands(); }
    void start() override {}
    void stop() override {}
    void take(const std::string& text) { handle("control", parse_object(text)); }
    std::function<void(const std::string&)> replied;

private:
    void tell(const Asker&, const std::string& text) override { replied(text); }
    void tell_all(const std::string&) override {}
    void tell_one(const std::string&) override {}
};

class Control : public Switchboard {
public:
    Control() : Switchboard(20ms) {}
    void start() override {}
    void stop() override { end_events(); }
    using Switchboard::connect;
    using Switchboard::handle;
};

class LossyLine : public Line {
public:
    explicit LossyLine(Host& host) : host_(host) {}
    void send(const std::string& text) override {
        if (get_string(parse_object(text), "type") != "call") return;
        if (++sent > lost) host_.take(text);
    }
    void shut_down() override {}
    std::atomic<int> sent{0};
    int lost = 0;

private:
    Host& host_;
};

class Repeats : public testing::Test {
protected:
    Repeats() : line_(std::make_shared<LossyLine>(host_)) {
        host_.on("fail", [this](const Command&) -> json::object {
            ++runs_;
            throw Error(ErrorCode::NoSpace, "disk is full");
        });
        host_.on("work", [this](const Command&) { return json::object{{"runs", ++runs_}}; });
        host_.replied = [this](const std::string& text) {
            if (++replies_ > lost_replies_) control_.handle(line_, parse_object(text));
        };
        control_.connect(line_, "h1", {});
    }
    ~Repeats() override { control_.stop(); }
    std::int64_t work() {
        return get_int(control_.call("h1", "work", {}, {.command_id = "c1", .deadline = 60s}), "runs");
    }

    Control control_;
    Host host_;
    std::shared_ptr<LossyLine> line_;
    std::atomic<int> runs_{0};
    std::atomic<int> replies_{0};
    int lost_replies_ = 0;
};

TEST_F(Repeats, ALostCommandIsSentAgain) {
    line_->lost = 2;
    EXPECT_EQ(work(), 1);
    EXPECT_EQ(line_->sent, 3);
}

TEST_F(Repeats, ALostReplyIsGivenAgainWithoutAnotherRun) {
    lost_replies_ = 2;
    EXPECT_EQ(work(), 1);
    EXPECT_EQ(runs_, 1);
}

/// The caller might have heard of the failure, and be at work on what follows from it.
TEST_F(Repeats, ALostFailureIsGivenAgainWithoutAnotherRunButIsTriedAgainWhenItIsAskedForAnew) {
    lost_replies_ = 2;
    for (int asked = 1; asked <= 2; ++asked) {
        EXPECT_THROW(control_.call("h1", "fail", {}, {.command_id = "c1", .deadline = 60s}), Error);
        EXPECT_EQ(runs_, asked);
    }
}

TEST_F(Repeats, AnAnswerInTimeNeedsNone) {
    EXPECT_EQ(work(), 1);
    EXPECT_EQ(line_->sent, 1);
}

}  // namespace
}  // namespace virga::rpc
