#pragma once
#include "identity/policy/table.hpp"

namespace virga::network {

/// Who may do what in the network service, after Neutron's defaults (2023.1).
const identity::policy::Table& policies();

}  // namespace virga::network
