#pragma once
#include <string>

#include "base/json.hpp"
#include "compute/flows/flows.hpp"

/// Keeps the rows of hosts in line with what hosts say of themselves.
namespace virga::compute::flows {

/// The host is connected, and said this. Writes nothing when the row says so already. Hosts that run no servers have
/// no row.
void record_host(Dependencies& d, const std::string& host, const json::object& report);
/// It was lost, or connected anew meanwhile: the row says which.
void record_connection(Dependencies& d, const std::string& host);
/// Does both for all: those that are connected, and those whose rows say so though they aren't. Looks at none of them
/// when no host has changed since it last did so.
void record_hosts(Dependencies& d);

}  // namespace virga::compute::flows
