#include "lifecycle/transitions.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace virga::lifecycle {
namespace {

std::string join(const std::vector<std::string>& words, std::string_view last_separator) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? std::string(last_separator) : ", ";
        out += words[i];
    }
    return out;
}

}  // namespace

const Transition& TransitionTable::find(std::string_view action) const {
    const auto found = std::find_if(transitions.begin(), transitions.end(),
                                    [&](const Transition& transition) { return transition.action == action; });
    if (found == transitions.end())
        throw Error(ErrorCode::Internal, "no transition '" + std::string(action) + "' for " + resource);
    return *found;
}

bool try_change(db::Transaction& tx, const TransitionTable& table, std::string_view action, const std::string& id,
                std::string_view extra_condition) {
    const auto& transition = table.find(action);
    std::string sql = "UPDATE " + table.table + " SET updated_us = ?";
    db::Params params{now_us()};
    if (!transition.to.empty()) {
        sql += ", " + table.column + " = ?";
        params.emplace_back(transition.to);
    }
    sql += " WHERE id = ? AND " + table.column + " IN (";
    params.emplace_back(id);
    for (std::size_t i = 0; i < transition.from.size(); ++i) {
        sql += i == 0 ? "?" : ", ?";
        params.emplace_back(transition.from[i]);
    }
    sql += ") " + transition.condition + " ";
    sql += extra_condition;
    return tx.exec(sql, params) > 0;
}

void change(db::Transaction& tx, const TransitionTable& table, std::string_view action, const std::string& id,
            std::string_view extra_condition) {
    if (try_change(tx, table, action, id, extra_condition)) return;
    const auto row = tx.query_one("SELECT " + table.column + " AS status FROM " + table.table + " WHERE id = ?", {id});
    if (!row) throw Error(ErrorCode::NotFound, table.resource + " " + id + " could not be found.", {}, id);
    const auto present = row->text("status");
    const auto& from = table.find(action).from;
    std::string message = "Invalid " + table.resource + ": " + table.column + " must be " + join(from, " or ") +
                          " to " + std::string(action) + ", but " + table.resource + " " + id + " is " + present;
    if (std::find(from.begin(), from.end(), present) != from.end()) message += ", and another condition does not hold";
    throw Error(ErrorCode::Conflict, message + ".", {}, id);
}

bool compare_and_swap(db::Transaction& tx, const TransitionTable& table, const std::string& id, std::string_view from,
                      std::string_view to) {
    return tx.exec("UPDATE " + table.table + " SET " + table.column + " = ?, updated_us = ? WHERE id = ? AND " +
                       table.column + " = ?",
                   {std::string(to), now_us(), id, std::string(from)}) > 0;
}

std::string reference_markdown(const TransitionTable& table) {
    std::string page = "## " + table.resource + "\n\n| action | from | to |\n|---|---|---|\n";
    for (const auto& transition : table.transitions) {
        page += "| " + transition.action + " | " + join(transition.from, ", ") + " | " +
                (transition.to.empty() ? "unchanged" : transition.to) + " |\n";
    }
    return page;
}

}  // namespace virga::lifecycle
