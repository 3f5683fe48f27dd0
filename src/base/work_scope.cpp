#include "base/work_scope.hpp"

#include <time.h>

#include <string>

namespace virga {
namespace {

thread_local const WorkScope* innermost = nullptr;

std::chrono::nanoseconds thread_time() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

WorkScope::WorkScope(Gone gone, std::chrono::milliseconds limit)
    : gone_(std::move(gone)), limit_(limit), started_(thread_time()), outer_(innermost) {
    innermost = this;
}

WorkScope::~WorkScope() {
    innermost = outer_;
}

const WorkScope* WorkScope::current() {
    return innermost;
}

bool WorkScope::overdue() const {
    return limit_.count() > 0 && thread_time() - started_ > limit_;
}

void WorkScope::check() const {
    if (unwanted()) throw Error(ErrorCode::Cancelled, "the client closed the connection");
    if (!overdue()) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit_).count();
    throw Error(ErrorCode::Timeout,
                "The request needs more than " + std::to_string(seconds) +
                    " s of work (http.request_cpu_seconds): ask for less, with filters or a limit.");
}

}  // namespace virga
