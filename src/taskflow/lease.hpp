#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "taskflow/periodic.hpp"

namespace virga::db {
class Database;
}

namespace virga::taskflow {

/// What makes this process the owner of its flows on a database that other processes share: a row that it renews.
/// Whoever finds the row expired ends it, and the flows are free. So that no two act on one flow, the process stops
/// first: it counts from before it sent a beat, by a clock that goes on while the machine is suspended, and the others
/// from when the database got it. A lease that has run out is never renewed: the next one has another id, and its owner
/// takes its former flows over like those of anybody else.
/// Elsewhere the process holds the database alone: every flow is its own, and nothing is written.
class Lease {
public:
    static constexpr std::chrono::milliseconds kBeat{1000};
    static constexpr std::chrono::microseconds kLength{3'000'000};

    explicit Lease(db::Database& database) : db_(database) {}

    /// Takes a lease, which the file `kept_in` (when not empty) then names. One that it named before ends: of a process
    /// that is known to be dead, since the file is this one's alone.
    void take(const std::filesystem::path& kept_in);
    /// Renews it from now on. `on_lost` is called when it has run out, on the thread that renews, before there is
    /// another.
    void keep(std::function<void()> on_lost);
    /// Nothing of the process works on flows any more: they are free at once.
    void end();

    /// Empty: none, now.
    std::string id() const;
    /// Whether flows of this owner may be worked on.
    bool holds(const std::string& owner) const;

private:
    void beat();
    void renew();
    void take_another();

    db::Database& db_;
    std::filesystem::path kept_in_;
    std::function<void()> on_lost_;
    mutable std::mutex mutex_;
    std::string id_;
    std::int64_t until_us_ = 0;  ///< by this machine's clock
    std::string former_;         ///< its row may be there still
    Periodic beats_;
};

}  // namespace virga::taskflow
