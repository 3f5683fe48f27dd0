#include "volume/repo/type_access_repo.hpp"

namespace virga::volume::repo {
namespace {

bool has_access(db::Transaction& tx, const std::string& type_id, const ProjectId& project) {
    return tx.scalar("SELECT COUNT(*) FROM volume_type_access WHERE volume_type_id = ? AND project_id = ?",
                     {type_id, project.value}) != 0;
}

DefaultType default_of(const db::Row& row) {
    return {ProjectId(row.text("project_id")), row.text("volume_type_id")};
}

}  // namespace

bool may_use(db::Transaction& tx, const VolumeType& type, const ProjectId& project) {
    return type.is_public || has_access(tx, type.id, project);
}

std::vector<ProjectId> projects_of_type(db::Transaction& tx, const std::string& type_id) {
    std::vector<ProjectId> out;
    for (const auto& row : tx.query(
             "SELECT project_id FROM volume_type_access WHERE volume_type_id = ? ORDER BY project_id", {type_id})) {
        out.emplace_back(row.text("project_id"));
    }
    return out;
}

void add_access(db::Transaction& tx, const std::string& type_id, const ProjectId& project) {
    if (has_access(tx, type_id, project)) {
        throw Error(ErrorCode::Conflict,
                    "Project " + project.value + " has access to volume type " + type_id + " already.");
    }
    tx.exec("INSERT INTO volume_type_access (volume_type_id, project_id) VALUES (?, ?)", {type_id, project.value});
}

void remove_access(db::Transaction& tx, const std::string& type_id, const ProjectId& project) {
    if (tx.exec("DELETE FROM volume_type_access WHERE volume_type_id = ? AND project_id = ?",
                {type_id, project.value}) == 0) {
        throw Error(ErrorCode::NotFound, "Project " + project.value + " has no access to volume type " + type_id + ".");
    }
}

std::vector<DefaultType> default_types(db::Transaction& tx) {
    std::vector<DefaultType> out;
    for (const auto& row : tx.query("SELECT * FROM volume_default_types ORDER BY project_id")) {
        out.push_back(default_of(row));
    }
    return out;
}

std::optional<DefaultType> default_type_of(db::Transaction& tx, const ProjectId& project) {
    const auto row = tx.query_one("SELECT * FROM volume_default_types WHERE project_id = ?", {project.value});
    if (!row) return std::nullopt;
    return default_of(*row);
}

void set_default_type(db::Transaction& tx, const DefaultType& type) {
    tx.exec(
        "INSERT INTO volume_default_types (project_id, volume_type_id) VALUES (?, ?) "
        "ON CONFLICT (project_id) DO UPDATE SET volume_type_id = excluded.volume_type_id",
        {type.project.value, type.type_id});
}

void clear_default_type(db::Transaction& tx, const ProjectId& project) {
    tx.exec("DELETE FROM volume_default_types WHERE project_id = ?", {project.value});
}

std::int64_t projects_with_default(db::Transaction& tx, const std::string& type_id) {
    return tx.scalar("SELECT COUNT(*) FROM volume_default_types WHERE volume_type_id = ?", {type_id});
}

}  // namespace virga::volume::repo
