#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "db/database.hpp"

namespace virga::db {

struct Copied {
    std::string table;
    std::int64_t rows = 0;
};

/// Copies the whole content of one database into another, of either kind, in one transaction: on failure nothing of it
/// is there. `migrations` are all of the program's; both databases are brought up to date by them first.
/// Nobody may write to `from` meanwhile. Error{Conflict}: `to` has a schema already. Errors of a value that `to` can't
/// hold name its table.
std::vector<Copied> copy(Database& from, Database& to, const std::vector<Migration>& migrations);

/// Names of the tables that these steps leave behind, those that others refer to first.
std::vector<std::string> tables_of(const std::vector<Migration>& migrations);

}  // namespace virga::db
