#include "lifecycle/machine.hpp"

#include "base/clock.hpp"

namespace virga::lifecycle {
namespace {

std::string shown(std::string_view word) {
    return word.empty() ? "none" : std::string(word);
}

std::string shown(const std::vector<std::string_view>& words) {
    if (words.empty()) return "any";
    std::string out;
    for (const auto word : words) out += (out.empty() ? "" : ", ") + shown(word);
    return out;
}

/// A column that is named in an UPDATE costs a write of each of its indices, whatever it is set to.
bool stays(const ColumnChange& part) {
    return part.from.size() == 1 && part.from.front() == *part.to;
}

/// "from" and "to" alone where there is but one column.
std::string head(std::string_view side, const std::vector<ColumnChange>& columns) {
    std::string out;
    for (const auto& part : columns) {
        out += " | " + std::string(side) + (columns.size() > 1 ? " " + std::string(part.column) : "");
    }
    return out;
}

}  // namespace

bool swap(db::Transaction& tx, std::string_view table, const std::string& id, std::span<const ColumnChange> columns,
          const Condition& also) {
    std::string sql = "UPDATE " + std::string(table) + " SET updated_us = ?";
    std::string condition = " WHERE id = ?";
    db::Params params{now_us()};
    db::Params narrowing{id};
    for (const auto& part : columns) {
        const std::string column(part.column);
        if (part.to && !stays(part)) {
            sql += ", " + column + " = ?";
            params.emplace_back(std::string(*part.to));
        }
        if (part.from.empty()) continue;
        condition += " AND " + column + " IN (";
        for (std::size_t i = 0; i < part.from.size(); ++i) {
            condition += i == 0 ? "?" : ", ?";
            narrowing.emplace_back(std::string(part.from[i]));
        }
        condition += ")";
    }
    if (!also.sql.empty()) {
        condition += " AND " + also.sql;
        narrowing.insert(narrowing.end(), also.params.begin(), also.params.end());
    }
    params.insert(params.end(), narrowing.begin(), narrowing.end());
    return tx.exec(sql + condition, params) > 0;
}

std::string changes_markdown(std::string_view resource, const std::vector<NamedChange>& changes) {
    std::string page = "## " + std::string(resource) + "\n\n";
    if (changes.empty()) return page;
    const auto& columns = changes.front().columns;
    page += "| action" + head("from", columns) + head("to", columns) + " |\n|---|";
    for (std::size_t i = 0; i < 2 * columns.size(); ++i) page += "---|";
    page += "\n";
    for (const auto& change : changes) {
        page += "| " + std::string(change.name);
        for (const auto& part : change.columns) page += " | " + shown(part.from);
        for (const auto& part : change.columns) page += " | " + (part.to ? shown(*part.to) : "unchanged");
        page += " |\n";
    }
    return page;
}

}  // namespace virga::lifecycle
