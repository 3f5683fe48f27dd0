#include "compute/model/device_kind.hpp"
#include "compute/service.hpp"

namespace virga::compute {
namespace {

/// In the boots that are under way: the change that a task makes is its argument now. `rest` is what follows it.
std::string give_step(const std::string& task, const std::string& change, const std::string& rest = {}) {
    const auto head = "{\"task\":\"" + task + "\",\"arg\":{";
    return "UPDATE flows SET tasks = REPLACE(tasks, '" + head + "', '" + head + "\"change\":\"" + change + "\"" + rest +
           "') WHERE kind = 'boot_server' AND ended_us = 0";
}

/// Its first sentence was all that told the way of a boot.
std::string give_way(BootWay way) {
    const std::string text(lifecycle::word(way));
    return "UPDATE flows SET data = '{\"way\":\"" + text +
           "\",' || SUBSTR(data, 2) WHERE kind = 'boot_server' AND data LIKE '%\"decisions\":[\"way: " + text + ";%'";
}

}  // namespace

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> steps{
        {"compute",
         1,
         {
             "CREATE TABLE servers (id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL,"
             " hostname TEXT NOT NULL, project_id TEXT NOT NULL, user_id TEXT NOT NULL, vm_state TEXT NOT NULL,"
             " task_state TEXT NOT NULL, power_state BIGINT NOT NULL, image_id TEXT NOT NULL, flavor_id TEXT NOT NULL,"
             " flavor TEXT NOT NULL, vcpus BIGINT NOT NULL, memory_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL,"
             " key_name TEXT NOT NULL, host TEXT NOT NULL, availability_zone TEXT NOT NULL,"
             " root_device_name TEXT NOT NULL, user_data TEXT NOT NULL, admin_password_hash TEXT NOT NULL,"
             " reservation_id TEXT NOT NULL, metadata TEXT NOT NULL, tags TEXT NOT NULL,"
             " security_groups TEXT NOT NULL, config_drive BIGINT NOT NULL, locked BIGINT NOT NULL,"
             " locked_reason TEXT NOT NULL, launch_index BIGINT NOT NULL, access_ip_v4 TEXT NOT NULL,"
             " access_ip_v6 TEXT NOT NULL, disk_config TEXT NOT NULL, fault TEXT NOT NULL,"
             " created_us BIGINT NOT NULL, updated_us BIGINT NOT NULL, launched_us BIGINT NOT NULL,"
             " terminated_us BIGINT NOT NULL)",
             "CREATE INDEX servers_project ON servers (project_id, created_us, id)",
             "CREATE INDEX servers_host ON servers (host)",
             "CREATE INDEX servers_state ON servers (vm_state, task_state)",
             "CREATE INDEX servers_created ON servers (created_us, id)",
             "CREATE TABLE block_devices (id TEXT PRIMARY KEY, server_id TEXT NOT NULL, position BIGINT NOT NULL,"
             " source_type TEXT NOT NULL, destination_type TEXT NOT NULL, guest_format TEXT NOT NULL,"
             " device_type TEXT NOT NULL, disk_bus TEXT NOT NULL, device_name TEXT NOT NULL, boot_index BIGINT,"
             " delete_on_termination BIGINT NOT NULL, no_device BIGINT NOT NULL, image_id TEXT NOT NULL,"
             " snapshot_id TEXT NOT NULL, volume_id TEXT NOT NULL, volume_size BIGINT, volume_type TEXT NOT NULL,"
             " attachment_id TEXT NOT NULL, connection_info TEXT NOT NULL, tag TEXT NOT NULL)",
             "CREATE INDEX block_devices_server ON block_devices (server_id, position)",
             "CREATE INDEX block_devices_volume ON block_devices (volume_id)",
             "CREATE TABLE instance_actions (id TEXT PRIMARY KEY, server_id TEXT NOT NULL, action TEXT NOT NULL,"
             " request_id TEXT NOT NULL, user_id TEXT NOT NULL, project_id TEXT NOT NULL, flow_id TEXT NOT NULL,"
             " server_name TEXT NOT NULL,"
             " start_us BIGINT NOT NULL)",
             "CREATE INDEX instance_actions_server ON instance_actions (server_id, start_us)",
             "CREATE TABLE flavors (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, vcpus BIGINT NOT NULL,"
             " memory_mib BIGINT NOT NULL, root_gib BIGINT NOT NULL, ephemeral_gib BIGINT NOT NULL,"
             " swap_mib BIGINT NOT NULL, is_public BIGINT NOT NULL, disabled BIGINT NOT NULL,"
             " description TEXT NOT NULL, extra_specs TEXT NOT NULL, created_us BIGINT NOT NULL)",
             "CREATE TABLE flavor_projects (flavor_id TEXT NOT NULL, project_id TEXT NOT NULL,"
             " PRIMARY KEY (flavor_id, project_id))",
             "CREATE TABLE keypairs (user_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,"
             " public_key TEXT NOT NULL, fingerprint TEXT NOT NULL, created_us BIGINT NOT NULL,"
             " PRIMARY KEY (user_id, name))",
             "CREATE TABLE compute_quotas (project_id TEXT NOT NULL, resource TEXT NOT NULL, hard_limit BIGINT NOT"
             " NULL, PRIMARY KEY (project_id, resource))",
         }},
        {"compute",
         2,
         {
             "ALTER TABLE servers ADD COLUMN key_data TEXT NOT NULL DEFAULT ''",
             "ALTER TABLE servers ADD COLUMN has_config_drive BIGINT NOT NULL DEFAULT 0",
         }},
        {"compute",
         3,
         {
             "ALTER TABLE servers RENAME COLUMN admin_password_hash TO admin_password",
             "UPDATE servers SET admin_password = ''",
         }},
        // The columns of `servers`, in their order: whoever adds one adds it to `deleted_servers`, too.
        {"compute",
         4,
         {
             "CREATE TABLE deleted_servers AS SELECT * FROM servers WHERE 1 = 0",
             "CREATE INDEX deleted_servers_id ON deleted_servers (id)",
             "CREATE INDEX deleted_servers_updated ON deleted_servers (updated_us)",
             "CREATE INDEX deleted_servers_project ON deleted_servers (project_id, updated_us)",
         }},
        // The room that servers hold on hosts, as it was claimed, and the hosts with the sums. Hosts that servers were
        // on are known from them; what such a host has, it says when it connects.
        {"compute",
         5,
         {
             "CREATE TABLE hosts (name TEXT PRIMARY KEY, zone TEXT NOT NULL, storage_zone TEXT, state TEXT NOT NULL,"
             " vcpus BIGINT NOT NULL, memory_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL,"
             " limit_vcpus BIGINT NOT NULL, limit_memory_mib BIGINT NOT NULL, limit_disk_gib BIGINT NOT NULL,"
             " used_vcpus BIGINT NOT NULL, used_memory_mib BIGINT NOT NULL, used_disk_gib BIGINT NOT NULL,"
             " servers BIGINT NOT NULL)",
             "CREATE INDEX hosts_room ON hosts (state, (limit_memory_mib - used_memory_mib) DESC, name)",
             "CREATE TABLE allocations (server_id TEXT NOT NULL, host TEXT NOT NULL, role TEXT NOT NULL,"
             " vcpus BIGINT NOT NULL, memory_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL,"
             " PRIMARY KEY (server_id, role))",
             "CREATE INDEX allocations_host ON allocations (host)",
             "INSERT INTO allocations (server_id, host, role, vcpus, memory_mib, disk_gib)"
             " SELECT id, host, 'current', vcpus, memory_mib, disk_gib FROM servers WHERE host <> ''",
             "INSERT INTO hosts (name, zone, state, vcpus, memory_mib, disk_gib, limit_vcpus, limit_memory_mib,"
             " limit_disk_gib, used_vcpus, used_memory_mib, used_disk_gib, servers) SELECT host, '', 'down', 0, 0, 0,"
             " 0, 0, 0, SUM(vcpus), SUM(memory_mib), SUM(disk_gib), COUNT(*) FROM allocations GROUP BY host",
         }},
        {"compute",
         6,
         {
             give_step("conductor.schedule", "create.reschedule"),
             give_step("compute.manager.build_networks", "create.networking"),
             give_step("compute.manager.prep_block_device", "create.block_device_mapping"),
             give_step("virt.libvirt.imagecache.fetch_image", "create.spawning", ","),
             give_step("virt.libvirt.imagebackend.create_image", "create.spawning", ","),
             give_step("virt.libvirt.create_image", "create.spawning"),
             give_step("compute.manager.active", "create.finish"),
         }},
        // Entries of no device were left out before they were stored.
        {"compute",
         7,
         {
             give_way(BootWay::Volume),
             give_way(BootWay::ImageToVolume),
             give_way(BootWay::SnapshotToVolume),
             give_way(BootWay::Image),
             give_way(BootWay::BlankToVolume),
             "ALTER TABLE block_devices DROP COLUMN no_device",
         }},
        // Which hosts run servers, what they say of themselves, and when any process of a shared database heard them.
        {"compute",
         8,
         {"CREATE TABLE host_presence (host TEXT PRIMARY KEY, report TEXT NOT NULL, heard_us BIGINT NOT NULL)"}},
        // Who hears which host is written when it changes; that he is there himself, again and again.
        {"compute",
         9,
         {"CREATE TABLE host_hearers (control TEXT PRIMARY KEY, beat_us BIGINT NOT NULL)",
          "CREATE TABLE hosts_heard (host TEXT NOT NULL, control TEXT NOT NULL, PRIMARY KEY (host, control))",
          "CREATE INDEX hosts_heard_by_control ON hosts_heard (control)",
          "ALTER TABLE host_presence DROP COLUMN heard_us"}},
        // What a project's quotas limit, as sums that change with its servers. Hosts without room are passed over in
        // the index, whichever amount they lack.
        {"compute",
         10,
         {
             "CREATE TABLE project_usage (project_id TEXT PRIMARY KEY, servers BIGINT NOT NULL, vcpus BIGINT NOT NULL,"
             " memory_mib BIGINT NOT NULL)",
             "INSERT INTO project_usage (project_id, servers, vcpus, memory_mib)"
             " SELECT project_id, COUNT(*), SUM(vcpus), SUM(memory_mib) FROM servers GROUP BY project_id",
             "DROP INDEX hosts_room",
             "CREATE INDEX hosts_room ON hosts (state, (limit_memory_mib - used_memory_mib) DESC, name,"
             " (limit_vcpus - used_vcpus), (limit_disk_gib - used_disk_gib), zone)",
         }},
        // What administrators say of the services of hosts, and which of them reach the volumes of others.
        {"compute",
         11,
         {
             "ALTER TABLE hosts ADD COLUMN disabled BIGINT NOT NULL DEFAULT 0",
             "ALTER TABLE hosts ADD COLUMN disabled_reason TEXT NOT NULL DEFAULT ''",
             "ALTER TABLE hosts ADD COLUMN forced_down BIGINT NOT NULL DEFAULT 0",
             "ALTER TABLE hosts ADD COLUMN remote_disks BIGINT NOT NULL DEFAULT 0",
             "CREATE INDEX hosts_remote_disks ON hosts (name) WHERE remote_disks <> 0",
         }},
        // Each step of a boot wrote an index that lists by state didn't use for their order. Claims are read by their
        // server or host only, and a new server is on no host.
        {"compute",
         12,
         {
             "DROP INDEX servers_state",
             "CREATE INDEX servers_state ON servers (vm_state, created_us, id)",
             "CREATE TABLE claims (server_id TEXT NOT NULL, host TEXT NOT NULL, role TEXT NOT NULL,"
             " vcpus BIGINT NOT NULL, memory_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL,"
             " PRIMARY KEY (server_id, role)) WITHOUT ROWID",
             "INSERT INTO claims (server_id, host, role, vcpus, memory_mib, disk_gib)"
             " SELECT server_id, host, role, vcpus, memory_mib, disk_gib FROM allocations",
             "DROP TABLE allocations",
             "ALTER TABLE claims RENAME TO allocations",
             "CREATE INDEX allocations_host ON allocations (host)",
             "DROP INDEX servers_host",
             "CREATE INDEX servers_host ON servers (host) WHERE host <> ''",
         }},
        // Which actions are of servers that are gone: those are forgotten some time.
        {"compute",
         13,
         {"CREATE INDEX instance_actions_deletes ON instance_actions (start_us) WHERE action = 'delete'"}},
    };
    return steps;
}

}  // namespace virga::compute
