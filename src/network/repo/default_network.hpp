#pragma once
#include "config/config.hpp"
#include "db/database.hpp"

namespace virga::network::repo {

/// Makes the shared network "default" with its subnet at the first start; never again, also when it was deleted.
/// Throws Error{InvalidInput} for a bad setting.
void make_default_network(db::Database& database, const config::Config& config);

}  // namespace virga::network::repo
