#include "volume/model/message_events.hpp"

#include <algorithm>

namespace virga::volume {
namespace {

struct Event {
    std::string_view resource_type;
    std::string_view operation;
    std::string_view numbers;
};
constexpr Event kEvents[] = {{"VOLUME", "create", "008_012"},          {"VOLUME", "extend", "007_010"},
                             {"VOLUME", "upload", "003_004"},          {"VOLUME", "reimage", "016_001"},
                             {"VOLUME_SNAPSHOT", "create", "009_013"}, {"VOLUME_SNAPSHOT", "delete", "010_016"},
                             {"VOLUME_BACKUP", "create", "013_001"},   {"VOLUME_BACKUP", "delete", "014_001"},
                             {"VOLUME", "restore", "015_001"}};

}  // namespace

std::string event_id(std::string_view resource_type, std::string_view operation) {
    std::string detail(operation);
    std::transform(detail.begin(), detail.end(), detail.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    for (const auto& event : kEvents) {
        if (event.resource_type == resource_type && event.operation == operation) detail = event.numbers;
    }
    return "VOLUME_" + std::string(resource_type) + "_" + detail;
}

}  // namespace virga::volume
