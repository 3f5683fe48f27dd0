#include "db/connection.hpp"

namespace virga::db {

std::vector<Row> Connection::query(std::string_view sql, const Params& params) {
    std::vector<Row> rows;
    each(sql, params, [&](const Row& row) { rows.push_back(row); });
    return rows;
}

std::int64_t Connection::scalar(std::string_view sql, const Params& params) {
    const auto rows = query(sql, params);
    return rows.empty() ? 0 : rows.front().first_number();
}

}  // namespace virga::db
