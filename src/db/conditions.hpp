#pragma once
#include <string>
#include <vector>

#include "db/database.hpp"

/// Parts of a WHERE clause whose text depends little on how much they hold, so that prepared statements are found
/// again.
namespace virga::db {

struct Condition {
    std::string sql;
    Params params;
};

/// "<expression> IN (?,?,...)". The marks are padded to few different numbers by repeating the last value; an empty
/// list gives a condition that nothing meets.
Condition in_list(std::string_view expression, Params values);

/// One key of a sorted list, with the value that the marker has there. Neither the expression nor the value is null.
struct SortValue {
    std::string expression;
    bool ascending = true;
    Value marker;
};
/// What comes behind the marker in the order of `keys` (one at least), the last of which makes the order total. Its
/// length grows with the number of keys, not with its square. Keys of one direction are compared as one row, which an
/// index of them finds at once, however far in the marker is.
Condition behind_marker(const std::vector<SortValue>& keys);

}  // namespace virga::db
