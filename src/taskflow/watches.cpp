#include "taskflow/watches.hpp"

namespace virga::taskflow {

class Watches::Follower : public Watch {
public:
    Follower(Watches& watches, const std::string& resource) : watches_(watches) {
        const std::lock_guard lock(watches_.mutex_);
        place_ = watches_.followers_.emplace(resource, this);
        ++watches_.count_;
    }
    ~Follower() override {
        const std::lock_guard lock(watches_.mutex_);
        watches_.followers_.erase(place_);
        --watches_.count_;
    }
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    bool wait(std::chrono::milliseconds timeout) override {
        std::unique_lock lock(watches_.mutex_);
        watches_.told_.wait_for(lock, timeout, [this] { return changed_ || watches_.ended_; });
        return std::exchange(changed_, false);
    }

private:
    friend class Watches;

    Watches& watches_;
    std::unordered_multimap<std::string, Follower*>::iterator place_;
    bool changed_ = false;
};

std::unique_ptr<Watch> Watches::watch(const std::string& resource) {
    auto follower = std::make_unique<Follower>(*this, resource);
    if (others_.follow) others_.follow(resource);
    return follower;
}

bool Watches::mark(const std::string& resource) {
    const auto [begin, end] = followers_.equal_range(resource);
    for (auto each = begin; each != end; ++each) each->second->changed_ = true;
    return begin != end;
}

void Watches::changed(const std::vector<std::string>& resources) {
    bool any = false;
    std::vector<std::string> wanted;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& resource : resources) {
            any = mark(resource) || any;
            if (elsewhere_.contains(resource)) wanted.push_back(resource);
        }
    }
    if (any) told_.notify_all();
    for (const auto& resource : wanted) others_.changed(resource);
}

void Watches::followed_elsewhere(const std::string& resource) {
    bool is_new = false;
    {
        const std::lock_guard lock(mutex_);
        is_new = elsewhere_.insert_or_assign(resource, Clock::now() + kFollowed).second;
        if (is_new) ++count_;
    }
    if (is_new) others_.changed(resource);
}

void Watches::changed_elsewhere(const std::string& resource) {
    bool any = false;
    {
        const std::lock_guard lock(mutex_);
        any = mark(resource);
    }
    if (any) told_.notify_all();
}

void Watches::follow_again() {
    std::vector<std::string> resources;
    {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        count_ -= std::erase_if(elsewhere_, [now](const auto& item) { return item.second < now; });
        for (const auto& [resource, follower] : followers_) resources.push_back(resource);
    }
    for (const auto& resource : resources) others_.follow(resource);
}

void Watches::all_changed() {
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [resource, follower] : followers_) follower->changed_ = true;
    }
    told_.notify_all();
}

void Watches::end() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    told_.notify_all();
}

}  // namespace virga::taskflow
