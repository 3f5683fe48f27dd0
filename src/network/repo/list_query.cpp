#include "network/repo/list_query.hpp"

namespace virga::network::repo {

std::optional<db::Row> first_row(db::Transaction& tx, const char* table, const std::vector<std::string>& expressions,
                                 const ListQuery& query) {
    std::string select;
    for (std::size_t i = 0; i < expressions.size(); ++i) {
        select += (i == 0 ? "" : ", ") + expressions[i] + " AS k" + std::to_string(i);
    }
    return tx.query_one(query.sql(select, table), query.params);
}

}  // namespace virga::network::repo
