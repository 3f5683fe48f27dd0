#pragma once
#include "identity/policy/table.hpp"

namespace virga::image {

/// Who may do what in the image service, after Glance's defaults (2023.1).
const identity::policy::Table& policies();

}  // namespace virga::image
