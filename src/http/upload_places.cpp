#include "http/upload_places.hpp"

#include <algorithm>

namespace virga::http {

bool UploadPlaces::has_room(const std::string& account) const {
    const auto found = running_.find(account);
    return found == running_.end() || found->second < of_one_;
}

bool UploadPlaces::enter(const std::string& account, std::function<void()> run, Ticket& ticket) {
    ticket = waiting_.emplace(waiting_.end(), account, std::move(run));
    if (free_ > 0 && has_room(account)) {
        auto start = std::move(ticket->second);
        waiting_.erase(ticket);
        --free_;
        ++running_[account];
        start();
        return true;
    }
    update_wanted();
    return false;
}

void UploadPlaces::give_up(Ticket ticket) {
    waiting_.erase(ticket);
    update_wanted();
}

void UploadPlaces::leave(const std::string& account) {
    ++free_;
    const auto found = running_.find(account);
    if (--found->second == 0) running_.erase(found);
    start_waiting();
}

void UploadPlaces::start_waiting() {
    const auto next =
        std::find_if(waiting_.begin(), waiting_.end(), [this](const auto& each) { return has_room(each.first); });
    if (next != waiting_.end()) {
        const auto [account, run] = std::move(*next);
        waiting_.erase(next);
        --free_;
        ++running_[account];
        run();
    }
    update_wanted();
}

void UploadPlaces::update_wanted() {
    wanted_ = free_ == 0 &&
              std::any_of(waiting_.begin(), waiting_.end(), [this](const auto& each) { return has_room(each.first); });
}

}  // namespace virga::http
