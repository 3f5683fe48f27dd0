#pragma once
#include <vector>

#include "db/database.hpp"

namespace virga::app {

/// The steps of every service's schema, in an order in which tables come before those that refer to them.
const std::vector<db::Migration>& migrations();

}  // namespace virga::app
