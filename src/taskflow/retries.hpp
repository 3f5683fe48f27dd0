#pragma once
#include <algorithm>
#include <chrono>

/// When a task is tried again, and which tries are on record.
namespace virga::taskflow {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestExecutePause{5'000};
constexpr std::chrono::milliseconds kLongestRevertPause{30'000};

inline std::chrono::milliseconds pause_before(int attempt, std::chrono::milliseconds longest) {
    auto pause = kFirstPause;
    for (int i = 1; i < attempt && pause < longest; ++i) pause *= 2;
    return std::min(pause, longest);
}

/// Retries that go on for days must not fill the journal: the first ten, then each power of two.
constexpr bool worth_a_row(int attempt) {
    return attempt <= 10 || (attempt & (attempt - 1)) == 0;
}

}  // namespace virga::taskflow
