#pragma once
#include <memory>
#include <string>
#include <vector>

#include "rpc/rpc.hpp"

namespace virga::rpc::test {

/// Quick enough for a test, slow enough for a busy machine.
inline constexpr Heartbeat kQuick{std::chrono::milliseconds(50), std::chrono::milliseconds(1'000),
                                  std::chrono::milliseconds(2'000)};

/// Where the controls and hosts of one cloud meet, made for one test.
class Meeting {
public:
    virtual ~Meeting() = default;
    virtual std::unique_ptr<ControlEndpoint> control() = 0;
    virtual std::unique_ptr<HostEndpoint> host(const std::string& name, Threads threads) = 0;
    /// Opens the same one in another process: see transport().
    virtual std::string address() const = 0;
};

/// A way to carry commands, as the program has it.
struct Transport {
    std::string name;
    std::unique_ptr<Meeting> (*make)();
    std::unique_ptr<Meeting> (*open)(const std::string& address);
};

const std::vector<Transport>& transports();
const Transport& transport(const std::string& name);

}  // namespace virga::rpc::test
