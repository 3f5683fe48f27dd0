#pragma once
#include "identity/policy/table.hpp"

namespace virga::volume {

/// Who may do what in the volume service, after Cinder's defaults (2023.1).
const identity::policy::Table& policies();

}  // namespace virga::volume
