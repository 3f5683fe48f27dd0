#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "db/database.hpp"

namespace virga::db {

struct Columns {
    explicit Columns(std::vector<std::string> column_names) : names(std::move(column_names)) {
        for (std::size_t i = 0; i < names.size(); ++i) index.emplace(names[i], i);
    }
    std::vector<std::string> names;
    std::unordered_map<std::string_view, std::size_t> index;  ///< views into `names`
};

// As Row reads them; for who has looked the place of a column up once for many rows.
std::string text_of(const Value& value);
std::int64_t number_of(const Value& value);

}  // namespace virga::db
