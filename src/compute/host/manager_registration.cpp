#include "compute/host/manager.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "compute/host_commands.hpp"

namespace virga::compute::host {
namespace {

/// What may move a whole disk.
constexpr std::array<std::string_view, 5> kLong{command::kFetchImage, command::kCreateDisks, command::kCommitDisk,
                                                command::kPullDisk, command::kMirrorDisk};

rpc::Length length_of(std::string_view method) {
    return std::find(kLong.begin(), kLong.end(), method) == kLong.end() ? rpc::Length::Short : rpc::Length::Long;
}

}  // namespace

void Manager::register_commands(rpc::HostEndpoint& endpoint) {
    for (auto& [method, handler] : commands()) endpoint.on(method, handler, length_of(method));
    publish_with(
        [&endpoint](std::string_view event, json::object params) { endpoint.publish(event, std::move(params)); });
}

}  // namespace virga::compute::host
