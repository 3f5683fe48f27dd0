#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace virga::http {

/// Threads for requests that wait for something outside of this process, each for one thing ("host-1"). At most half of
/// the threads wait for the same thing, so that one that is stuck leaves the others usable. Nor does one account (a
/// project) take all places of a thing: there stay more free ones than it has, for the others. Threads are started when
/// they are needed.
class Waiters {
public:
    /// Run: go on. Refused: too many wait for the same thing, or it waited too long, or the server ends.
    enum class Turn { Run, Refused };
    using Work = std::function<void(Turn)>;

    /// How many may wait for their turn at one thing, how many of them on one account, and for how long.
    static constexpr std::size_t kMostQueued = 256;
    static constexpr std::size_t kMostOfOne = kMostQueued / 4;
    static constexpr std::chrono::seconds kLongestWait{30};

    explicit Waiters(std::size_t threads);
    ~Waiters();
    Waiters(const Waiters&) = delete;
    Waiters& operator=(const Waiters&) = delete;

    /// Calls `work` once: on a thread of its own when it is its turn, or in the caller's thread when that is refused at
    /// once. `work` must not throw. What is on nobody's account (empty) has no share of its own.
    void post(const std::string& on, const std::string& account, Work work);
    /// Refuses what is queued, waits for what is running.
    void stop();

private:
    using Clock = std::chrono::steady_clock;
    struct Item {
        std::string account;
        Work work;
        Clock::time_point since;
    };
    struct Lane {
        std::deque<Item> queue;
        std::size_t running = 0;
        std::map<std::string, std::size_t> running_of;  ///< by account
    };
    using Lanes = std::map<std::string, Lane>;
    using Queue = std::deque<Item>;

    static bool has_place(const Lane& lane, const std::string& account);
    void run();
    bool may_run(const Lane& lane, const std::string& account) const;
    Queue::iterator next_item(Lane& lane) const;
    Lanes::iterator next_lane();
    bool add_thread();
    void begin(Lane& lane, const std::string& account);
    void end(Lanes::iterator lane, const std::string& account);

    const std::size_t most_threads_;
    std::mutex mutex_;
    std::condition_variable ready_;
    Lanes lanes_;
    std::map<std::string, std::size_t> running_of_;  ///< by account, in all lanes
    std::string last_;                               ///< the lane that had the last turn
    std::size_t queued_ = 0;
    std::size_t idle_ = 0;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace virga::http
