#pragma once
#include <string>
#include <vector>

#include "compute/model/claim.hpp"
#include "db/database.hpp"

/// SQL of the room that servers hold on hosts. The counters of `hosts` change with the rows, in one transaction, which
/// locks the row of a server before that of a host.
namespace virga::compute::repo {

/// Takes the room if it is there: check and counting are one statement, so the last room goes to one of many writers.
/// False, and nothing is changed, when the host is full, or not known. Error{Conflict}: the server holds that role.
bool claim(db::Transaction& tx, const Allocation& allocation);
/// Gives back what the server holds as `role`. Repeats are harmless.
void release(db::Transaction& tx, const ServerId& server, ClaimRole role);
/// All that the server holds.
void release(db::Transaction& tx, const ServerId& server);

std::vector<Allocation> allocations_of_server(db::Transaction& tx, const ServerId& server);
std::vector<Allocation> allocations_of_host(db::Transaction& tx, const std::string& host);
/// Whether the server holds room there, as whatever.
bool has_allocation(db::Transaction& tx, const ServerId& server, const std::string& host);

/// For `virga check`. Ids of servers whose current claim isn't what the row of the server says: found in one statement,
/// so that a large cloud isn't read row by row.
std::vector<std::string> servers_with_wrong_claim(db::Transaction& tx);
/// Claims of servers, or on hosts, that have no row.
std::vector<Allocation> allocations_without_owner(db::Transaction& tx);

/// The server is (to be) on that host: claims, and writes host and zone into its row. False as claim().
bool place_server(db::Transaction& tx, const ServerId& server, const std::string& host, const std::string& zone,
                  const Amounts& amounts);
/// It is nowhere: the opposite. `zone` is what its row shows meanwhile.
void unplace_server(db::Transaction& tx, const ServerId& server, const std::string& zone);

}  // namespace virga::compute::repo
