#include "network/repo/port_filters.hpp"

#include "db/conditions.hpp"

namespace virga::network::repo {
namespace {

void add_ports_of(ListQuery& query, const char* table, const char* column, db::Params values) {
    if (values.empty()) return;
    const auto among = db::in_list(column, std::move(values));
    query.add("t.id IN (SELECT port_id FROM " + std::string(table) + " WHERE " + among.sql + ")", among.params);
}

}  // namespace

void add_addresses(ListQuery& query, db::Params addresses) {
    add_ports_of(query, "ip_allocations", "address", std::move(addresses));
}

void add_address_part(ListQuery& query, const std::string& text) {
    // Not LIKE, where some characters have a meaning.
    query.add("t.id IN (SELECT port_id FROM ip_allocations WHERE REPLACE(address, ?, '') <> address)", {text});
}

void add_subnets(ListQuery& query, db::Params subnets) {
    add_ports_of(query, "ip_allocations", "subnet_id", std::move(subnets));
}

void add_security_groups(ListQuery& query, db::Params groups) {
    add_ports_of(query, "port_security_groups", "security_group_id", std::move(groups));
}

}  // namespace virga::network::repo
