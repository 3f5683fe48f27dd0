#pragma once
#include <map>
#include <set>
#include <string>

#include "db/database.hpp"

/// SQL of what the volumes of a project come to; an empty project means all of them.
namespace virga::volume::repo {

struct VolumeSummary {
    std::int64_t volumes = 0;
    std::int64_t gib = 0;
};
VolumeSummary volume_summary(db::Transaction& tx, const std::string& project);

/// Every metadata key with the values that it has.
using MetadataValues = std::map<std::string, std::set<std::string>>;
MetadataValues metadata_values(db::Transaction& tx, const std::string& project);

}  // namespace virga::volume::repo
