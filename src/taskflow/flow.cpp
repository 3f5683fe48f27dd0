#include "taskflow/flow.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace virga::taskflow {

FlowId new_flow_id() {
    constexpr std::size_t kVersionAt = 14;
    const auto ms = static_cast<unsigned long long>(now_us()) / 1'000;
    std::array<char, kVersionAt + 1> head{};
    std::snprintf(head.data(), head.size(), "%08llx-%04llx-", (ms >> 16) & 0xffff'ffff, ms & 0xffff);
    return FlowId(std::string(head.data()) + "7" + new_uuid().substr(kVersionAt + 1));
}

RevertOutcome Task::revert(const TaskContext&, const Failure&) {
    return {};
}

std::string_view to_string(Consequence consequence) {
    switch (consequence) {
        case Consequence::RetryHere:
            return "retry_here";
        case Consequence::OtherHost:
            return "other_host";
        case Consequence::Abort:
            return "abort";
    }
    return "abort";
}

Consequence consequence_of(ErrorCode code, bool in_time) {
    if (in_time && is_retryable(code)) return Consequence::RetryHere;
    switch (code) {
        case ErrorCode::InvalidInput:
        case ErrorCode::QuotaExceeded:
        case ErrorCode::TooLarge:
        case ErrorCode::Conflict:
        case ErrorCode::NotFound:
        case ErrorCode::Cancelled:
        case ErrorCode::Corrupt:
        case ErrorCode::Forbidden:
        case ErrorCode::Unauthenticated:
            return Consequence::Abort;
        case ErrorCode::NotSupported:
        case ErrorCode::NoSpace:
        case ErrorCode::Busy:
        case ErrorCode::Unavailable:
        case ErrorCode::Timeout:
        case ErrorCode::Internal:
            return Consequence::OtherHost;
    }
    return Consequence::Abort;
}

std::string_view to_string(FlowState state) {
    switch (state) {
        case FlowState::Running:
            return "running";
        case FlowState::Reverting:
            return "reverting";
        case FlowState::Succeeded:
            return "succeeded";
        case FlowState::Failed:
            return "failed";
    }
    return "failed";
}

void Registry::add(std::string name, std::shared_ptr<Task> task) {
    if (!tasks_.emplace(name, std::move(task)).second)
        throw Error(ErrorCode::Internal, "task '" + name + "' is registered twice");
}

void Registry::add_kind(std::string kind) {
    if (!kinds_.insert(kind).second)
        throw Error(ErrorCode::Internal, "kind of flow '" + kind + "' is registered twice");
}

Task& Registry::get(const std::string& name) const {
    const auto found = tasks_.find(name);
    if (found == tasks_.end()) throw Error(ErrorCode::Internal, "task '" + name + "' is not registered");
    return *found->second;
}

bool Registry::contains(const std::string& name) const {
    return tasks_.count(name) > 0;
}

std::vector<std::string> Registry::names() const {
    std::vector<std::string> out;
    for (const auto& [name, task] : tasks_) out.push_back(name);
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace virga::taskflow
