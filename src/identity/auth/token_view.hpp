#pragma once
#include <string>

#include "base/json.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "identity/model/types.hpp"

namespace virga::identity {

/// The catalog as a token for `project_id` (may be empty) shows it.
json::array catalog_for(db::Transaction& tx, const config::Config& config, const std::string& base_url,
                        const std::string& project_id);

/// {"token": {...}} as Keystone answers. `catalog` is left out when null.
json::object token_json(db::Transaction& tx, const Token& token, json::value catalog);

}  // namespace virga::identity
