#pragma once
#include <utility>

namespace virga {

/// Runs a function when the scope ends, unless dismissed. The function must not throw.
template <class F>
class ScopeExit {
public:
    explicit ScopeExit(F function) : function_(std::move(function)) {}
    ~ScopeExit() {
        if (armed_) function_();
    }
    ScopeExit(const ScopeExit&) = delete;
    ScopeExit& operator=(const ScopeExit&) = delete;
    void dismiss() { armed_ = false; }

private:
    F function_;
    bool armed_ = true;
};

}  // namespace virga
