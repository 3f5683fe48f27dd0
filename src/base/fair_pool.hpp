#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace virga {

/// Threads for work that can't be interrupted and may take hours, on the accounts of those who want it (projects).
/// Work begins in order of posting, but an account gets another thread only while more are free than it has: it never
/// holds more than half of them (rounded up), and there is one left for the next account. Work that throws ends the
/// program: catch inside.
class FairPool {
public:
    FairPool(std::string name, std::size_t threads);
    ~FairPool();
    FairPool(const FairPool&) = delete;
    FairPool& operator=(const FairPool&) = delete;

    /// `id` is what take_out() knows the work by. What is on nobody's account (empty) has no bound of its own.
    void post(std::string account, std::string id, std::function<void()> work);
    /// Drops work that hasn't begun. False: there is none of this id.
    bool take_out(const std::string& id);
    /// Drops what is queued, waits for what is running. Later posts are ignored.
    void stop();

private:
    struct Item {
        std::size_t turn;
        std::string id;
        std::function<void()> work;
    };
    struct Account {
        std::deque<Item> queue;
        std::size_t running = 0;
    };
    using Accounts = std::map<std::string, Account>;

    void run();
    bool may_run(const Accounts::value_type& account) const;
    Accounts::iterator next();
    Item take(Accounts::iterator account);
    void end(Accounts::iterator account);

    std::string name_;
    std::size_t most_;  ///< threads
    std::mutex mutex_;
    std::condition_variable ready_;
    Accounts accounts_;  ///< those with work
    std::size_t turns_ = 0;
    std::size_t running_ = 0;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace virga
