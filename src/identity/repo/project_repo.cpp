#include "identity/repo/project_repo.hpp"

#include "base/error.hpp"
#include "identity/repo/name_key.hpp"

namespace virga::identity::repo {
namespace {

Project read(const db::Row& row) {
    Project project;
    project.id = row.text("id");
    project.domain_id = row.text("domain_id");
    project.name = row.text("name");
    project.description = row.text("description");
    project.parent_id = row.text("parent_id");
    project.enabled = row.flag("enabled");
    project.tags = get_array(parse_object(row.text("tags")), "tags");
    project.extra = parse_object(row.text("extra"));
    return project;
}

std::vector<Project> read_all(const std::vector<db::Row>& rows) {
    std::vector<Project> out;
    for (const auto& row : rows) out.push_back(read(row));
    return out;
}

std::string tags_text(const Project& project) {
    return json::serialize(json::object{{"tags", project.tags}});
}

void require_free_name(db::Transaction& tx, const Project& project) {
    const auto other = find_project_named(tx, project.domain_id, project.name);
    if (other && other->id != project.id) {
        throw Error(ErrorCode::Conflict, "A project with the name " + project.name + " exists already in this domain.");
    }
}

}  // namespace

std::optional<Project> find_project(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM projects WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return read(*row);
}

std::optional<Project> find_project_named(db::Transaction& tx, const std::string& domain_id, const std::string& name) {
    const auto row = tx.query_one("SELECT * FROM projects WHERE domain_id = ? AND " + same_name(),
                                  {domain_id, name_key(name), name, name});
    if (!row) return std::nullopt;
    return read(*row);
}

std::vector<Project> list_projects(db::Transaction& tx) {
    return read_all(tx.query("SELECT * FROM projects ORDER BY name, id"));
}

std::vector<Project> list_projects_below(db::Transaction& tx, const std::string& id) {
    return read_all(tx.query("SELECT * FROM projects WHERE parent_id = ? ORDER BY id", {id}));
}

std::vector<Project> list_projects_of_user(db::Transaction& tx, const std::string& user_id) {
    return read_all(
        tx.query("SELECT p.* FROM projects p JOIN domains d ON d.id = p.domain_id WHERE p.enabled = 1 AND "
                 "d.enabled = 1 AND p.id IN (SELECT target_id FROM role_assignments WHERE user_id = ? AND "
                 "target = 'project') ORDER BY p.name, p.id",
                 {user_id}));
}

void insert_project(db::Transaction& tx, const Project& project) {
    require_free_name(tx, project);
    tx.exec(
        "INSERT INTO projects (id, domain_id, name, name_key, description, parent_id, enabled, tags, extra) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {project.id, project.domain_id, project.name, name_key(project.name), project.description, project.parent_id,
         std::int64_t{project.enabled}, tags_text(project), json::serialize(project.extra)});
}

void update_project(db::Transaction& tx, const Project& project) {
    require_free_name(tx, project);
    tx.exec(
        "UPDATE projects SET name = ?, name_key = ?, description = ?, enabled = ?, tags = ?, extra = ? WHERE id = ?",
        {project.name, name_key(project.name), project.description, std::int64_t{project.enabled}, tags_text(project),
         json::serialize(project.extra), project.id});
}

void delete_project(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM tokens WHERE project_id = ?", {id});
    tx.exec("DELETE FROM role_assignments WHERE target = 'project' AND target_id = ?", {id});
    tx.exec("UPDATE users SET default_project_id = NULL WHERE default_project_id = ?", {id});
    tx.exec("DELETE FROM projects WHERE id = ?", {id});
}

}  // namespace virga::identity::repo
