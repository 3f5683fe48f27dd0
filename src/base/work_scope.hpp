#pragma once
#include <chrono>
#include <functional>

#include "base/error.hpp"

namespace virga {

/// What a thread works for, as long as it lives: one request. Long work asks now and then whether it is still wanted:
/// the client may have gone, or the work may have used up its time. Threads without a scope (flows, housekeeping) are
/// never ended.
class WorkScope {
public:
    using Gone = std::function<bool()>;  ///< must be cheap: it is asked about every millisecond of work

    /// `limit` counts the CPU time of this thread, not the time that it waits; zero: none.
    WorkScope(Gone gone, std::chrono::milliseconds limit);
    ~WorkScope();
    WorkScope(const WorkScope&) = delete;
    WorkScope& operator=(const WorkScope&) = delete;

    /// Of this thread; null when it works for nobody in particular.
    static const WorkScope* current();

    bool unwanted() const { return gone_ && gone_(); }
    bool overdue() const;
    std::chrono::nanoseconds limit() const { return limit_; }  ///< zero: none
    /// Throws Error{Cancelled} when the work is unwanted, Error{Timeout} when it is overdue.
    void check() const;

private:
    Gone gone_;
    std::chrono::nanoseconds limit_;
    std::chrono::nanoseconds started_;
    const WorkScope* outer_;
};

}  // namespace virga
