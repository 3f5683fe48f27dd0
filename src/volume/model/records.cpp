#include "volume/model/records.hpp"

namespace virga::volume {

bool VolumeType::multiattach() const {
    const auto* value = extra_specs.if_contains("multiattach");
    return value != nullptr && value->is_string() && value->get_string() == "<is> True";
}

const std::vector<std::string>& admin_metadata_names() {
    static const std::vector<std::string> names{"readonly", "attached_mode"};
    return names;
}

}  // namespace virga::volume
