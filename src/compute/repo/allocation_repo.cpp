#include "compute/repo/allocation_repo.hpp"

namespace virga::compute::repo {
namespace {

Allocation allocation_of(const db::Row& row) {
    Allocation a;
    a.server = ServerId(row.text("server_id"));
    a.host = row.text("host");
    a.role = claim_role_of(row.text("role"));
    a.amounts = {row.number("vcpus"), row.number("memory_mib"), row.number("disk_gib")};
    return a;
}

std::vector<Allocation> allocations_where(db::Transaction& tx, const std::string& column, const std::string& value) {
    std::vector<Allocation> found;
    for (const auto& row : tx.query("SELECT * FROM allocations WHERE " + column + " = ?", {value})) {
        found.push_back(allocation_of(row));
    }
    return found;
}

bool take_room(db::Transaction& tx, const std::string& host, const Amounts& a) {
    std::string sql =
        "UPDATE hosts SET used_vcpus = used_vcpus + ?, used_memory_mib = used_memory_mib + ?,"
        " used_disk_gib = used_disk_gib + ?, servers = servers + 1 WHERE name = ?"
        " AND used_vcpus + ? <= limit_vcpus AND used_memory_mib + ? <= limit_memory_mib";
    db::Params params{a.vcpus, a.memory_mib, a.disk_gib, host, a.vcpus, a.memory_mib};
    if (a.disk_gib > 0) {  // a server without local disks fits on a host whose disk is full
        sql += " AND used_disk_gib + ? <= limit_disk_gib";
        params.emplace_back(a.disk_gib);
    }
    return tx.exec(sql, params) == 1;
}

/// Whoever deletes the row gives the room back, so that it is given back once.
void release_where(db::Transaction& tx, const std::string& condition, const db::Params& params) {
    for (const auto& row : tx.query("DELETE FROM allocations WHERE " + condition + " RETURNING *", params)) {
        const auto a = allocation_of(row);
        tx.exec(
            "UPDATE hosts SET used_vcpus = used_vcpus - ?, used_memory_mib = used_memory_mib - ?,"
            " used_disk_gib = used_disk_gib - ?, servers = servers - 1 WHERE name = ?",
            {a.amounts.vcpus, a.amounts.memory_mib, a.amounts.disk_gib, a.host});
    }
}

void set_place(db::Transaction& tx, const ServerId& server, const std::string& host, const std::string& zone) {
    tx.exec("UPDATE servers SET host = ?, availability_zone = ?, updated_us = ? WHERE id = ?",
            {host, zone, now_us(), server.value});
}

}  // namespace

bool claim(db::Transaction& tx, const Allocation& a) {
    if (!take_room(tx, a.host, a.amounts)) return false;
    tx.exec(
        "INSERT INTO allocations (server_id, host, role, vcpus, memory_mib, disk_gib)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        {a.server.value, a.host, std::string(to_string(a.role)), a.amounts.vcpus, a.amounts.memory_mib,
         a.amounts.disk_gib});
    return true;
}

void release(db::Transaction& tx, const ServerId& server, ClaimRole role) {
    release_where(tx, "server_id = ? AND role = ?", {server.value, std::string(to_string(role))});
}

void release(db::Transaction& tx, const ServerId& server) {
    release_where(tx, "server_id = ?", {server.value});
}

std::vector<Allocation> allocations_of_server(db::Transaction& tx, const ServerId& server) {
    return allocations_where(tx, "server_id", server.value);
}

std::vector<Allocation> allocations_of_host(db::Transaction& tx, const std::string& host) {
    return allocations_where(tx, "host", host);
}

bool has_allocation(db::Transaction& tx, const ServerId& server, const std::string& host) {
    return tx.scalar("SELECT COUNT(*) FROM allocations WHERE server_id = ? AND host = ?", {server.value, host}) > 0;
}

std::vector<std::string> servers_with_wrong_claim(db::Transaction& tx) {
    std::vector<std::string> ids;
    for (const auto& row : tx.query(
             "SELECT s.id AS id FROM servers s LEFT JOIN allocations a ON a.server_id = s.id AND a.role = 'current'"
             " WHERE s.host <> COALESCE(a.host, '') OR a.vcpus <> s.vcpus OR a.memory_mib <> s.memory_mib"
             " OR a.disk_gib <> s.disk_gib ORDER BY s.id")) {
        ids.push_back(row.text("id"));
    }
    return ids;
}

std::vector<Allocation> allocations_without_owner(db::Transaction& tx) {
    std::vector<Allocation> found;
    for (const auto& row :
         tx.query("SELECT * FROM allocations WHERE NOT EXISTS (SELECT 1 FROM servers WHERE servers.id = server_id)"
                  " OR NOT EXISTS (SELECT 1 FROM hosts WHERE hosts.name = host) ORDER BY server_id, role")) {
        found.push_back(allocation_of(row));
    }
    return found;
}

bool place_server(db::Transaction& tx, const ServerId& server, const std::string& host, const std::string& zone,
                  const Amounts& amounts) {
    if (!claim(tx, {server, host, ClaimRole::Current, amounts})) return false;
    set_place(tx, server, host, zone);
    return true;
}

void unplace_server(db::Transaction& tx, const ServerId& server, const std::string& zone) {
    set_place(tx, server, {}, zone);
    release(tx, server, ClaimRole::Current);
}

}  // namespace virga::compute::repo
