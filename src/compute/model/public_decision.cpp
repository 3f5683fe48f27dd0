#include "compute/model/public_decision.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace virga::compute {

std::string public_decision(const taskflow::TaskRun& run) {
    static constexpr std::array<std::string_view, 5> kPublic{"compute.api.create", "compute.manager.active",
                                                             "compute.manager.build_networks", "compute.manager.delete",
                                                             "compute.manager.prep_block_device"};
    const bool open = run.phase == "execute" && std::find(kPublic.begin(), kPublic.end(), run.task) != kPublic.end();
    return open ? run.decision : std::string();
}

}  // namespace virga::compute
