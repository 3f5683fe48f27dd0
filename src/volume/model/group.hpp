#pragma once
#include <optional>
#include <string>
#include <vector>

#include "volume/model/group_state.hpp"
#include "volume/model/records.hpp"

/// Volumes that are handled together: one group lies on one backend, so that a snapshot of all of them is one step.
namespace virga::volume {

struct GroupType {
    std::string id;
    std::string name;
    std::string description;
    bool is_public = true;
    json::object specs;
    TimestampUs created_us = 0;
};

struct Group {
    std::string id;
    ProjectId project;
    UserId user;
    std::string name;
    std::string description;
    GroupStatus status = GroupStatus::Creating;
    std::string group_type;                 ///< id
    std::vector<std::string> volume_types;  ///< ids: what its volumes may be
    std::string availability_zone;
    std::string host;  ///< empty before it is scheduled
    std::string backend;
    std::string group_snapshot_id;  ///< what it was made from, or empty
    std::string source_group_id;
    TimestampUs created_us = 0;
};

struct GroupSnapshot {
    std::string id;
    ProjectId project;
    UserId user;
    std::string group_id;
    std::string group_type;
    std::string name;
    std::string description;
    GroupStatus status = GroupStatus::Creating;
    TimestampUs created_us = 0;
};

/// Throws Error{InvalidInput} unless the volume may be in the group: its type, its backend, no other group, and a
/// status in which nothing else works on it.
void check_member(const Group& group, const VolumeRecord& volume);

}  // namespace virga::volume
