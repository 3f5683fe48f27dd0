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
    return std::make_unique<Follower>(*this, resource);
}

void Watches::changed(const std::vector<std::string>& resources) {
    bool any = false;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& resource : resources) {
            const auto [begin, end] = followers_.equal_range(resource);
            for (auto each = begin; each != end; ++each) any = each->second->changed_ = true;
        }
    }
    if (any) told_.notify_all();
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
