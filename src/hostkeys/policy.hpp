#pragma once
#include "identity/policy/table.hpp"

namespace virga::hostkeys {

/// Who decides which hosts may be of the cloud.
const identity::policy::Table& policies();

}  // namespace virga::hostkeys
