#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/json.hpp"

namespace virga::simulate {

/// What one host has: guests that were booted on it, and its share of the filled ones. Those are servers that somebody
/// wrote into the database: number i is on host i modulo the number of hosts. Their ids follow from the number, so that
/// nothing is kept of them.
class Guests {
public:
    Guests(std::int64_t host, std::int64_t hosts) : host_(host), hosts_(hosts) {}

    void fill(std::int64_t servers) { filled_ = servers; }
    void plug(const std::string& tap) { plugged_.insert(tap); }
    void unplug(const std::string& tap) { plugged_.erase(tap); }
    void start(const std::string& server, const std::vector<std::string>& taps);
    void stop(const std::string& server);
    void remove(const std::string& server);
    /// nullopt: there is none.
    std::optional<std::int64_t> power_state(const std::string& server) const;

    /// As the commands compute.inventory and network.inventory answer.
    json::object inventory() const;
    json::array taps() const;

private:
    struct Guest {
        bool is_running = false;
        std::vector<std::string> taps;
    };
    bool is_filled(std::int64_t number) const;
    Guest* own(const std::string& server);
    template <class F>
    void each_filled(F&& of) const;

    std::int64_t host_;
    std::int64_t hosts_;
    std::int64_t filled_ = 0;
    std::unordered_set<std::int64_t> taken_;  ///< filled ones that are among `own_`, or gone
    std::unordered_map<std::string, Guest> own_;
    std::set<std::string> plugged_;
};

}  // namespace virga::simulate
