#pragma once
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/records.hpp"

/// SQL of who may use private volume types, and of the types that projects get by default.
namespace virga::volume::repo {

/// Public types are open to every project.
bool may_use(db::Transaction& tx, const VolumeType& type, const ProjectId& project);
std::vector<ProjectId> projects_of_type(db::Transaction& tx, const std::string& type_id);
/// Throws Error{Conflict} when the project has access already.
void add_access(db::Transaction& tx, const std::string& type_id, const ProjectId& project);
/// Throws Error{NotFound} when the project has none.
void remove_access(db::Transaction& tx, const std::string& type_id, const ProjectId& project);

struct DefaultType {
    ProjectId project;
    std::string type_id;
};
std::vector<DefaultType> default_types(db::Transaction& tx);
std::optional<DefaultType> default_type_of(db::Transaction& tx, const ProjectId& project);
void set_default_type(db::Transaction& tx, const DefaultType& type);
/// Success when there is none.
void clear_default_type(db::Transaction& tx, const ProjectId& project);
std::int64_t projects_with_default(db::Transaction& tx, const std::string& type_id);

}  // namespace virga::volume::repo
