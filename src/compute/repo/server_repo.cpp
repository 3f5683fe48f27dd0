#include "compute/repo/server_repo.hpp"

#include "base/error.hpp"
#include "compute/repo/allocation_repo.hpp"
#include "compute/repo/server_row.hpp"
#include "compute/repo/sql_text.hpp"

namespace virga::compute::repo {
namespace {

void set_column(db::Transaction& tx, const ServerId& id, const std::string& column, db::Value value) {
    tx.exec("UPDATE servers SET " + column + " = ?, updated_us = ? WHERE id = ?",
            {std::move(value), now_us(), id.value});
}

/// What a list of changes shows of a deleted server; secrets and large texts go at once.
void keep_line(db::Transaction& tx, const ServerId& id) {
    tx.exec("DELETE FROM deleted_servers WHERE id = ?", {id.value});
    tx.exec("INSERT INTO deleted_servers SELECT * FROM servers WHERE id = ?", {id.value});
    const auto now = now_us();
    tx.exec(
        "UPDATE deleted_servers SET vm_state = ?, task_state = ?, power_state = 0, user_data = '',"
        " admin_password = '', key_data = '', updated_us = ?, terminated_us = ? WHERE id = ?",
        {std::string(word(VmState::Deleted)), std::string(word(TaskState::None)), now, now, id.value});
}

void count_server(db::Transaction& tx, const Server& s) {
    tx.exec(
        "INSERT INTO project_usage (project_id, servers, vcpus, memory_mib) VALUES (?, 1, ?, ?)"
        " ON CONFLICT (project_id) DO UPDATE SET servers = project_usage.servers + 1,"
        " vcpus = project_usage.vcpus + excluded.vcpus,"
        " memory_mib = project_usage.memory_mib + excluded.memory_mib",
        {s.project.value, s.flavor.vcpus, s.flavor.memory_mib});
}

/// Whoever deletes the row takes it from the sums, so that it is taken once.
void delete_row(db::Transaction& tx, const ServerId& id) {
    const auto row =
        tx.query_one("DELETE FROM servers WHERE id = ? RETURNING project_id, vcpus, memory_mib", {id.value});
    if (!row) return;
    tx.exec(
        "UPDATE project_usage SET servers = servers - 1, vcpus = vcpus - ?, memory_mib = memory_mib - ?"
        " WHERE project_id = ?",
        {row->number("vcpus"), row->number("memory_mib"), row->text("project_id")});
}

}  // namespace

void insert_server(db::Transaction& tx, const Server& s) {
    count_server(tx, s);
    tx.exec(
        "INSERT INTO servers (id, name, description, hostname, project_id, user_id, vm_state, task_state,"
        " power_state, image_id, flavor_id, flavor, vcpus, memory_mib, disk_gib, key_name, host, availability_zone,"
        " root_device_name, user_data, admin_password, reservation_id, metadata, tags, security_groups,"
        " config_drive, locked, locked_reason, launch_index, access_ip_v4, access_ip_v6, disk_config, fault,"
        " created_us, updated_us, launched_us, terminated_us, key_data, has_config_drive) VALUES (" +
            placeholders(39) + ")",
        {s.id.value,
         s.name,
         s.description,
         s.hostname,
         s.project.value,
         s.user.value,
         std::string(word(s.vm_state)),
         std::string(word(s.task_state)),
         static_cast<std::int64_t>(s.power_state),
         s.image_id,
         s.flavor.id,
         json::serialize(s.flavor.to_json()),
         s.flavor.vcpus,
         s.flavor.memory_mib,
         s.disk_gib,
         s.key_name,
         s.host,
         s.availability_zone,
         s.root_device_name,
         s.user_data,
         s.admin_password,
         s.reservation_id,
         json::serialize(s.metadata),
         strings_to_text(s.tags),
         strings_to_text(s.security_groups),
         std::int64_t{s.has_config_drive},  // earlier versions kept the user's wish here
         std::int64_t{s.locked},
         s.locked_reason,
         s.launch_index,
         s.access_ip_v4,
         s.access_ip_v6,
         s.disk_config,
         s.fault ? fault_to_text(*s.fault) : std::string(),
         s.created_us,
         s.updated_us,
         s.launched_us,
         s.terminated_us,
         s.key_data,
         std::int64_t{s.has_config_drive}});
}

std::optional<Server> find_server(db::Transaction& tx, const ServerId& id) {
    const auto row = tx.query_one("SELECT * FROM servers WHERE id = ?", {id.value});
    if (!row) return std::nullopt;
    return server_of(*row);
}

Server get_server(db::Transaction& tx, const ServerId& id) {
    auto server = find_server(tx, id);
    if (!server) throw Error(ErrorCode::NotFound, "Instance " + id.value + " could not be found.", {}, id.value);
    return *std::move(server);
}

void hold_server(db::Transaction& tx, const ServerId& id) {
    tx.exec("UPDATE servers SET updated_us = updated_us WHERE id = ?", {id.value});
}

void delete_server(db::Transaction& tx, const ServerId& id, Line line) {
    tx.exec("DELETE FROM block_devices WHERE server_id = ?", {id.value});
    if (line == Line::Kept) keep_line(tx, id);
    delete_row(tx, id);
    release(tx, id);
}

void forget_deleted_servers(db::Transaction& tx, TimestampUs time, std::int64_t most) {
    tx.exec("DELETE FROM deleted_servers WHERE updated_us < ?", {time});
    const auto over = tx.scalar("SELECT COUNT(*) FROM deleted_servers") - most;
    if (over <= 0) return;
    tx.exec("DELETE FROM deleted_servers WHERE id IN (SELECT id FROM deleted_servers ORDER BY updated_us LIMIT ?)",
            {over});
}

bool was_deleted(db::Transaction& tx, const ServerId& id) {
    if (tx.scalar("SELECT COUNT(*) FROM servers WHERE id = ?", {id.value}) > 0) return false;
    return tx.scalar("SELECT COUNT(*) FROM deleted_servers WHERE id = ?", {id.value}) > 0 ||
           tx.scalar("SELECT COUNT(*) FROM instance_actions WHERE server_id = ? AND action = 'delete'", {id.value}) > 0;
}

std::vector<ServerId> all_server_ids(db::Transaction& tx) {
    std::vector<ServerId> ids;
    for (const auto& row : tx.query("SELECT id FROM servers")) ids.emplace_back(row.text("id"));
    return ids;
}

void set_power_state(db::Transaction& tx, const ServerId& id, PowerState state) {
    set_column(tx, id, "power_state", static_cast<std::int64_t>(state));
}

void set_running(db::Transaction& tx, const ServerId& id, TimestampUs time) {
    tx.exec("UPDATE servers SET power_state = ?, launched_us = ?, admin_password = '', updated_us = ? WHERE id = ?",
            {static_cast<std::int64_t>(PowerState::Running), time, now_us(), id.value});
}

void forget_admin_password(db::Transaction& tx, const ServerId& id) {
    set_column(tx, id, "admin_password", std::string());
}

void set_root_device_name(db::Transaction& tx, const ServerId& id, const std::string& name) {
    set_column(tx, id, "root_device_name", name);
}

void set_fault(db::Transaction& tx, const ServerId& id, const ServerFault& fault) {
    set_column(tx, id, "fault", fault_to_text(fault));
}

void update_details(db::Transaction& tx, const Server& s) {
    tx.exec(
        "UPDATE servers SET name = ?, description = ?, hostname = ?, metadata = ?, tags = ?, locked = ?,"
        " locked_reason = ?, access_ip_v4 = ?, access_ip_v6 = ?, disk_config = ?, updated_us = ? WHERE id = ?",
        {s.name, s.description, s.hostname, json::serialize(s.metadata), strings_to_text(s.tags),
         std::int64_t{s.locked}, s.locked_reason, s.access_ip_v4, s.access_ip_v6, s.disk_config, now_us(), s.id.value});
}

std::map<std::string, std::vector<ServerId>> servers_of_hosts(db::Transaction& tx) {
    std::map<std::string, std::vector<ServerId>> all;
    for (const auto& row : tx.query("SELECT id, host FROM servers WHERE host <> '' ORDER BY id"))
        all[row.text("host")].emplace_back(row.text("id"));
    return all;
}

ProjectUsage usage_of_project(db::Transaction& tx, const ProjectId& project) {
    const auto row =
        tx.query_one("SELECT servers, vcpus, memory_mib FROM project_usage WHERE project_id = ?", {project.value});
    if (!row) return {};
    return {row->number("servers"), row->number("vcpus"), row->number("memory_mib")};
}

std::vector<std::string> projects_with_wrong_usage(db::Transaction& tx) {
    std::vector<std::string> projects;
    const auto rows = tx.query(
        "SELECT p.project_id AS project_id FROM (SELECT project_id FROM project_usage UNION"
        " SELECT project_id FROM servers) p LEFT JOIN project_usage u ON u.project_id = p.project_id"
        " LEFT JOIN (SELECT project_id, COUNT(*) AS servers, SUM(vcpus) AS vcpus, SUM(memory_mib) AS memory_mib"
        " FROM servers GROUP BY project_id) s ON s.project_id = p.project_id"
        " WHERE COALESCE(u.servers, 0) <> COALESCE(s.servers, 0) OR COALESCE(u.vcpus, 0) <> COALESCE(s.vcpus, 0)"
        " OR COALESCE(u.memory_mib, 0) <> COALESCE(s.memory_mib, 0) ORDER BY p.project_id");
    for (const auto& row : rows) projects.push_back(row.text("project_id"));
    return projects;
}

}  // namespace virga::compute::repo
