#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "db/database.hpp"
#include "image/service.hpp"
#include "rpc/rpc.hpp"
#include "taskflow/runner.hpp"

namespace virga::volume {
class AttachedVolumes;
class KeyVault;
}  // namespace virga::volume

namespace virga::volume::flows {

/// What flows and their tasks work with; lives as long as the service.
struct Dependencies {
    db::Database& db;
    const config::Config& config;
    image::Service& images;
    rpc::Caller& hosts;
    taskflow::Runner& runner;
    AttachedVolumes* attached = nullptr;  ///< given by the composition root
    KeyVault* vault = nullptr;            ///< given by the composition root
};

/// How long a command that copies data may take.
inline constexpr std::chrono::hours kCopyDeadline{12};
inline constexpr std::chrono::minutes kShortDeadline{5};
/// For how long a task waits for a host that is away before it gives up.
inline constexpr int kHostRetrySeconds = 600;
/// Past the point of no return a task is tried until it succeeds.
inline constexpr int kForeverSeconds = 10 * 365 * 24 * 3600;

/// Calls a command of a storage host for a task, with the keys of the volumes that it is about. `part` tells several
/// commands of one task apart.
json::object call_host(Dependencies& d, const taskflow::TaskContext& context, const std::string& host,
                       std::string_view method, json::object params, std::chrono::milliseconds deadline,
                       std::string_view part = "execute");

}  // namespace virga::volume::flows
