#pragma once
#include "identity/policy/table.hpp"

namespace virga::compute {

/// Who may do what in the compute service, after Nova's defaults (2023.1).
const identity::policy::Table& policies();

}  // namespace virga::compute
