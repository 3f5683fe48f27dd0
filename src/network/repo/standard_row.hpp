#pragma once
#include "db/database.hpp"
#include "network/model/types.hpp"

namespace virga::network::repo {

/// Columns of every resource, in the order of standard_values().
inline constexpr const char* kStandardColumns = "id, project_id, name, description, created_us, updated_us, revision";

void read_standard(const db::Row& row, Standard& into);
db::Params standard_values(const Standard& resource);
/// Sets the times of a new resource.
void stamp_new(Standard& resource);
/// Sets the time and number of a change.
void stamp_change(Standard& resource);
json::array parse_array(const std::string& text);

}  // namespace virga::network::repo
