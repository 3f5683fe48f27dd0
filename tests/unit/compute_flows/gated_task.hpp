#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "taskflow/runner.hpp"

namespace virga::compute::flows {

/// Lets a test act at the boundaries of tasks: "<label>.before" and "<label>.after" an execution, each once.
class Gate {
public:
    void at(const std::string& point, std::function<void()> action) {
        const std::lock_guard lock(mutex_);
        actions_[point] = std::move(action);
    }
    void pass(const std::string& point) {
        std::function<void()> action;
        {
            const std::lock_guard lock(mutex_);
            const auto found = actions_.find(point);
            if (found == actions_.end()) return;
            action = std::move(found->second);
            actions_.erase(found);
        }
        action();
    }
    /// Whether the action at `point` has been taken.
    bool passed(const std::string& point) {
        const std::lock_guard lock(mutex_);
        return !actions_.contains(point);
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::function<void()>> actions_;
};

class GatedTask : public taskflow::Task {
public:
    GatedTask(taskflow::Task& inner, Gate& gate) : inner_(inner), gate_(gate) {}

    taskflow::Outcome execute(const taskflow::TaskContext& context) override {
        gate_.pass(context.task_name + ".before");
        auto outcome = inner_.execute(context);
        gate_.pass(context.task_name + ".after");
        return outcome;
    }
    taskflow::RevertOutcome revert(const taskflow::TaskContext& context, const taskflow::Failure& failure) override {
        gate_.pass(context.task_name + ".revert");
        return inner_.revert(context, failure);
    }
    int retry_seconds() const override { return inner_.retry_seconds(); }
    taskflow::Consequence consequence(ErrorCode code, bool in_time) const override {
        return inner_.consequence(code, in_time);
    }

private:
    taskflow::Task& inner_;
    Gate& gate_;
};

}  // namespace virga::compute::flows
