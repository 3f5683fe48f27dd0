#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rpc/rpc.hpp"

namespace virga::compute::flows {

/// Hosts in memory. Each command does to this model what a real host does to its machine; a script may answer a command
/// instead, or fail it.
class FakeHosts : public rpc::Caller {
public:
    using Script = std::function<std::optional<json::object>(const std::string& host, const json::object& params)>;

    void add(const std::string& name, json::object report = {});
    /// Asked before the model; nullopt: go on with the model.
    void script(const std::string& method, Script script);
    void set_down(const std::string& name, bool down);

    json::object call(const std::string& host, std::string_view method, json::object params,
                      const rpc::CallOptions& options) override;
    std::vector<rpc::HostState> hosts() const override;
    bool is_up(const std::string& host) const override;

    int count(const std::string& method) const;
    void set_power(const std::string& host, const std::string& server, int power_state);
    void put_stray(const std::string& host, const std::string& server, const std::string& tap);
    /// Guests, folders, taps and connections that are there now, one text each.
    std::vector<std::string> leftovers() const;
    bool guest_has_volume(const std::string& host, const std::string& server, const std::string& volume) const;

private:
    struct Guest {
        int power_state = 1;
        std::set<std::string> volumes;
        std::set<std::string> taps;
    };
    struct Host {
        json::object report;
        bool down = false;
        std::map<std::string, Guest> guests;
        std::set<std::string> folders;
        std::set<std::string> bases;
        std::set<std::string> taps;
        std::set<std::string> volumes;
        std::set<std::string> snapshots;
        std::set<std::string> connections;
    };

    json::object run(Host& host, const std::string& method, const json::object& params);
    json::object run_compute(Host& host, const std::string& method, const json::object& params);
    json::object run_volume(Host& host, const std::string& method, const json::object& params);
    json::object inventory(const Host& host) const;
    json::object create_disks(Host& host, const json::object& params);
    json::object spawn(Host& host, const json::object& guest);

    mutable std::mutex mutex_;
    std::map<std::string, Host> hosts_;
    std::map<std::string, Script> scripts_;
    std::map<std::string, int> counts_;
};

}  // namespace virga::compute::flows
