#pragma once
#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <string>

namespace virga::http {

/// Who of the uploads has a thread: so many of all, so many of one account. The others wait in order of arrival,
/// without holding up those behind them whose account has room. On the I/O thread only, but for wanted().
class UploadPlaces {
public:
    UploadPlaces(std::size_t all, std::size_t of_one) : free_(all), of_one_(of_one) {}

    using Ticket = std::list<std::pair<std::string, std::function<void()>>>::iterator;

    /// Calls `run` at once (true), or when a place is free (false; `ticket` leaves the queue again).
    bool enter(const std::string& account, std::function<void()> run, Ticket& ticket);
    void give_up(Ticket ticket);
    /// The place of one that ran is free again.
    void leave(const std::string& account);
    /// Somebody waits for a thread, whom his own account would not hold back. From any thread.
    bool wanted() const { return wanted_; }

private:
    bool has_room(const std::string& account) const;
    void start_waiting();
    void update_wanted();

    std::size_t free_;
    const std::size_t of_one_;
    std::map<std::string, std::size_t, std::less<>> running_;
    std::list<std::pair<std::string, std::function<void()>>> waiting_;
    std::atomic<bool> wanted_{false};
};

}  // namespace virga::http
