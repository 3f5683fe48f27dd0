#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "compute/scheduler/host_view.hpp"
#include "db/database.hpp"

/// SQL of why hosts can't take a server, for when none of many can: counted where they are, without reading them.
namespace virga::compute::repo {

struct Refusals {
    std::map<std::string, int> by_filter;  ///< as scheduler::reject names them, each host by the first that refuses it
    std::int64_t hosts = 0;                ///< all, those too that no filter refuses
};
/// By what the rows say: that a host which is up doesn't answer isn't among it.
Refusals count_refusals(db::Transaction& tx, const scheduler::Request& request);

}  // namespace virga::compute::repo
