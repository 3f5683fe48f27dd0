#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "conformance/rpc/transports.hpp"

namespace virga::rpc::test {

using namespace std::chrono_literals;

/// Longer than anything takes that comes to pass.
constexpr auto kPatience = 60s;

template <class Condition>
bool comes_true(Condition&& condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

/// The events that a control process has handled.
class Events {
public:
    ControlEndpoint::EventHandler writer() {
        return [this](const std::string& host, std::string_view event, const json::object& params) {
            const std::lock_guard lock(mutex_);
            seen_.push_back(host + " " + std::string(event) + " " + json::serialize(params));
            changed_.notify_all();
        };
    }
    bool wait(const std::string& text, std::ptrdiff_t times = 1) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience,
                                 [&] { return std::count(seen_.begin(), seen_.end(), text) >= times; });
    }
    std::vector<std::string> all() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> seen_;
};

/// A control process and a host, "h1", that isn't started yet.
class RpcSuite : public testing::TestWithParam<std::string> {
protected:
    RpcSuite() : meeting_(transport(GetParam()).make()) {
        start_control();
        make_host();
    }
    ~RpcSuite() override {
        host_.reset();
        control_.reset();
    }

    void start_control() {
        control_.reset();
        control_ = meeting_->control();
        control_->on_event(events_.writer());
        control_->start();
    }
    void make_host() {
        host_ = meeting_->host("h1", {4, 4});
        host_->report_with([] { return json::object{{"vcpus", 2}}; });
        add_commands(*host_);
    }
    void add_commands(HostEndpoint& host) {
        host.on("echo", [](const Command& command) { return command.params; });
        host.on("fail", [this](const Command&) -> json::object {
            ++runs_;
            throw Error(ErrorCode::NoSpace, "disk is full", "detail");
        });
        host.on("slow", [this](const Command&) {
            if (++runs_ == 1) entered_.set_value();
            released_.wait();
            return json::object{{"runs", runs_.load()}};
        });
        host.on("until_cancelled", [this](const Command& command) -> json::object {
            entered_.set_value();
            while (!command.cancelled()) std::this_thread::yield();
            throw Error(ErrorCode::Cancelled, "stopped by request");
        });
    }

    json::object echo(json::object params, const std::string& host = "h1") {
        return control_->call(host, "echo", std::move(params), {.deadline = kPatience});
    }
    /// The code that it fails with.
    template <class Action>
    static ErrorCode failure(Action&& action) {
        try {
            action();
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "it succeeded";
        return ErrorCode::Internal;
    }

    Events events_;
    std::atomic<int> runs_{0};
    std::promise<void> entered_;
    std::promise<void> release_;
    std::shared_future<void> released_{release_.get_future().share()};
    std::unique_ptr<Meeting> meeting_;
    std::unique_ptr<ControlEndpoint> control_;
    std::unique_ptr<HostEndpoint> host_;
};

/// For INSTANTIATE_TEST_SUITE_P: each transport that the program has.
inline std::vector<std::string> transport_names() {
    std::vector<std::string> names;
    for (const auto& one : transports()) names.push_back(one.name);
    return names;
}
inline std::string name_of(const testing::TestParamInfo<std::string>& info) {
    return info.param;
}

}  // namespace virga::rpc::test
