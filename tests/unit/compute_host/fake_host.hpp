#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "compute/host/manager.hpp"
#include "unit/compute_host/temp_folder.hpp"

namespace virga::test {

/// A host with the fake hypervisor, called as the RPC would.
class FakeHost {
public:
    explicit FakeHost(const std::string& folder, const std::string& script = "") : taps_(false, folder) {
        config_.set("compute.driver", "fake");
        config_.set("fake.script", script);
        manager_ = std::make_unique<compute::host::Manager>(
            config_, folder, "host-1", taps_, compute::host::Folders{folder + "/images", {folder + "/volumes"}});
        manager_->publish_with([this](std::string_view event, json::object params) {
            events.emplace_back(std::string(event), std::move(params));
        });
        manager_->start();
        table_ = manager_->commands();
    }
    ~FakeHost() { manager_->stop(); }

    json::object call(const char* method, json::object params) {
        rpc::Command command;
        command.method = method;
        command.params = std::move(params);
        return rpc::run(table_.at(method), command);
    }
    compute::host::Manager& manager() { return *manager_; }
    network::host::Taps& taps() { return taps_; }

    std::vector<std::pair<std::string, json::object>> events;

private:
    config::Config config_;
    network::host::Taps taps_;
    std::unique_ptr<compute::host::Manager> manager_;
    compute::host::CommandTable table_;
};

}  // namespace virga::test
