#include "db/statement_cache.hpp"

namespace virga::db {

std::string statement_key(std::string_view sql, const Params& params) {
    std::string key(sql);
    key += '|';
    for (const auto& param : params) key += std::holds_alternative<std::int64_t>(param) ? 'n' : 't';
    return key;
}

}  // namespace virga::db
