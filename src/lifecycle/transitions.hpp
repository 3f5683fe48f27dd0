#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "db/database.hpp"

namespace virga::lifecycle {

/// One allowed change of a resource's status: `action` moves it from any of `from` to `to`. An empty `to` keeps the
/// status: the row is only checked. `condition` ("AND attach_status <> 'attached'", SQL without parameters) must hold
/// besides.
struct Transition {
    std::string action;
    std::vector<std::string> from;
    std::string to;
    std::string condition = {};
};

/// The transition table of one status column. It is what the code uses and what the generated page shows.
struct TransitionTable {
    std::string resource;  ///< "volume": names the resource in messages
    std::string table;     ///< SQL table, with a column `id`
    std::string column;    ///< "status"
    std::vector<Transition> transitions;

    const Transition& find(std::string_view action) const;
};

/// Compare and swap: changes the status in one statement and returns the number of rows changed, 1 or 0.
/// `extra_condition` narrows it as Transition::condition does. Also sets updated_us.
bool try_change(db::Transaction& tx, const TransitionTable& table, std::string_view action, const std::string& id,
                std::string_view extra_condition = {});

/// As try_change, but throws Error{Conflict} "Invalid volume: status must be available or error, but it is in-use."
/// when nothing changed, or Error{NotFound} when there is no such row.
void change(db::Transaction& tx, const TransitionTable& table, std::string_view action, const std::string& id,
            std::string_view extra_condition = {});

/// Moves `id` from exactly `from` to `to`; false when it isn't in `from`.
bool compare_and_swap(db::Transaction& tx, const TransitionTable& table, const std::string& id, std::string_view from,
                      std::string_view to);

/// A Markdown table of all transitions.
std::string reference_markdown(const TransitionTable& table);

}  // namespace virga::lifecycle
