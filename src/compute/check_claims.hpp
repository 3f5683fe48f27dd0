#pragma once
#include <string>
#include <vector>

#include "db/database.hpp"

namespace virga::compute {

/// Whether what hosts have given is the sum of the claims on them, and each server claims what it is to have, where it
/// is. One sentence for each difference; servers that flows work on are looked at, too.
std::vector<std::string> check_claims(db::Transaction& tx);

}  // namespace virga::compute
