#pragma once
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"

namespace virga::compute {

/// A flavor, also as it is embedded in a server (where it stays what it was at boot).
struct Flavor {
    std::string id;  ///< any text that the operator chose, not always a UUID
    std::string name;
    std::int64_t vcpus = 1;
    std::int64_t memory_mib = 0;
    std::int64_t root_gib = 0;
    std::int64_t ephemeral_gib = 0;
    std::int64_t swap_mib = 0;
    bool is_public = true;
    bool disabled = false;
    std::string description;
    json::object extra_specs;

    json::object to_json() const;
    bool operator==(const Flavor& other) const = default;
    static Flavor from_json(const json::object& object);
};

}  // namespace virga::compute
