#include "compute/repo/flavor_repo.hpp"

#include "base/clock.hpp"

namespace virga::compute::repo {
namespace {

Flavor flavor_of(const db::Row& row) {
    Flavor flavor;
    flavor.id = row.text("id");
    flavor.name = row.text("name");
    flavor.vcpus = row.number("vcpus");
    flavor.memory_mib = row.number("memory_mib");
    flavor.root_gib = row.number("root_gib");
    flavor.ephemeral_gib = row.number("ephemeral_gib");
    flavor.swap_mib = row.number("swap_mib");
    flavor.is_public = row.flag("is_public");
    flavor.disabled = row.flag("disabled");
    flavor.description = row.text("description");
    flavor.extra_specs = parse_object(row.text("extra_specs"));
    return flavor;
}

}  // namespace

void insert_flavor(db::Transaction& tx, const Flavor& f) {
    tx.exec(
        "INSERT INTO flavors (id, name, vcpus, memory_mib, root_gib, ephemeral_gib, swap_mib, is_public, disabled,"
        " description, extra_specs, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {f.id, f.name, f.vcpus, f.memory_mib, f.root_gib, f.ephemeral_gib, f.swap_mib, std::int64_t{f.is_public},
         std::int64_t{f.disabled}, f.description, json::serialize(f.extra_specs), now_us()});
}

void update_flavor(db::Transaction& tx, const Flavor& flavor) {
    tx.exec("UPDATE flavors SET description = ?, extra_specs = ? WHERE id = ?",
            {flavor.description, json::serialize(flavor.extra_specs), flavor.id});
}

bool delete_flavor(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM flavor_projects WHERE flavor_id = ?", {id});
    return tx.exec("DELETE FROM flavors WHERE id = ?", {id}) == 1;
}

std::optional<Flavor> find_flavor(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM flavors WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return flavor_of(*row);
}

std::vector<Flavor> all_flavors(db::Transaction& tx) {
    std::vector<Flavor> flavors;
    for (const auto& row : tx.query("SELECT * FROM flavors ORDER BY memory_mib, id")) flavors.push_back(flavor_of(row));
    return flavors;
}

std::vector<std::string> flavor_projects(db::Transaction& tx, const std::string& flavor_id) {
    std::vector<std::string> projects;
    for (const auto& row :
         tx.query("SELECT project_id FROM flavor_projects WHERE flavor_id = ? ORDER BY project_id", {flavor_id})) {
        projects.push_back(row.text("project_id"));
    }
    return projects;
}

bool has_flavor_access(db::Transaction& tx, const std::string& flavor_id, const ProjectId& project) {
    return tx.scalar("SELECT COUNT(*) FROM flavor_projects WHERE flavor_id = ? AND project_id = ?",
                     {flavor_id, project.value}) > 0;
}

void add_flavor_access(db::Transaction& tx, const std::string& flavor_id, const std::string& project) {
    tx.exec("INSERT INTO flavor_projects (flavor_id, project_id) VALUES (?, ?)", {flavor_id, project});
}

bool remove_flavor_access(db::Transaction& tx, const std::string& flavor_id, const std::string& project) {
    return tx.exec("DELETE FROM flavor_projects WHERE flavor_id = ? AND project_id = ?", {flavor_id, project}) == 1;
}

}  // namespace virga::compute::repo
