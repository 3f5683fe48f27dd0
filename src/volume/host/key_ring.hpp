#pragma once
#include <map>
#include <mutex>
#include <string>

#include "base/secret.hpp"

namespace virga::volume::host {

/// The keys of encrypted volumes, each for as long as a command works on its volume. Thread-safe.
class KeyRing {
public:
    /// Holds a key until it is destroyed.
    class Held {
    public:
        Held(KeyRing& ring, std::string id, Secret key);
        ~Held();
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

    private:
        KeyRing& ring_;
        std::string id_;
    };

    /// Empty when there is none.
    Secret find(const std::string& volume_id) const;

private:
    mutable std::mutex mutex_;
    std::multimap<std::string, Secret> keys_;
};

}  // namespace virga::volume::host
