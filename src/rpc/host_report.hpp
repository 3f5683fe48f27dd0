#pragma once
#include <string>
#include <vector>

#include "base/json.hpp"

/// What hosts say of themselves: see compute/host_commands.hpp.
namespace virga::rpc {

/// The part of a report that can be used: fields that are known, of their type and within their bounds. One host that
/// says odd things, by mistake or in an attacker's hand, must not keep others from being chosen, listed or counted.
struct BelievedReport {
    json::object report;
    std::vector<std::string> left_out;  ///< "backends[1].free_gib", the first 20 of them
};
BelievedReport believe(const json::object& said);

}  // namespace virga::rpc
