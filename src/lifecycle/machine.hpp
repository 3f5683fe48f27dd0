#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "db/database.hpp"
#include "lifecycle/state.hpp"

namespace virga::lifecycle {

/// One allowed change of the state of a resource, which is kept in one column or several, each an enum of its own.
template <class... States>
struct Change {
    std::string_view name;  ///< "create.finish"
    std::tuple<StateSet<States>...> from;
    std::tuple<std::optional<States>...> to;  ///< nullopt leaves the column
};

/// What one resource is called, where its states are kept, and all changes of them. Nothing else writes those columns,
/// but for the row's first state.
template <class Change, std::size_t n>
struct Machine {
    std::string_view resource;                ///< "server"
    std::string_view table;                   ///< SQL table, with columns id and updated_us
    std::array<std::string_view, n> columns;  ///< of its states
    std::span<const Change* const> changes;
};

/// The part of a change in one column, in words.
struct ColumnChange {
    std::string_view column;
    std::vector<std::string_view> from;  ///< empty: any
    std::optional<std::string_view> to;
};

/// What must hold for the row besides its states.
struct Condition {
    std::string sql = {};  ///< of a fixed list, never of a request; empty: nothing
    db::Params params = {};
};

/// Moves the row from what every column allows, in one statement, and sets updated_us. False when there is no such row.
bool swap(db::Transaction& tx, std::string_view table, const std::string& id, std::span<const ColumnChange> columns,
          const Condition& also = {});

struct NamedChange {
    std::string_view name;
    std::vector<ColumnChange> columns;
};
/// A Markdown table of changes.
std::string changes_markdown(std::string_view resource, const std::vector<NamedChange>& changes);

/// The parts of a change in its columns.
template <class... States, std::size_t n>
std::vector<ColumnChange> parts(const Change<States...>& change, const std::array<std::string_view, n>& columns) {
    static_assert(sizeof...(States) == n);
    std::vector<ColumnChange> out;
    const auto add = [&]<class State>(const StateSet<State>& from, const std::optional<State>& to) {
        auto& part = out.emplace_back(ColumnChange{columns[out.size()], {}, {}});
        if (to) part.to = word(*to);
        if (from.is_any()) return;
        const auto words = state_words(State{});
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (from.contains(static_cast<State>(i))) part.from.push_back(words[i]);
        }
    };
    [&]<std::size_t... i>(std::index_sequence<i...>) {
        (add(std::get<i>(change.from), std::get<i>(change.to)), ...);
    }
    (std::index_sequence_for<States...>{});
    return out;
}

/// True when the change starts from just these states.
template <class... States>
constexpr bool starts_from(const Change<States...>& change, const std::tuple<States...>& states) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
        return (std::get<i>(change.from).contains(std::get<i>(states)) && ...);
    }
    (std::index_sequence_for<States...>{});
}

/// The states after the change.
template <class... States>
constexpr std::tuple<States...> after(const Change<States...>& change, const std::tuple<States...>& states) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
        return std::tuple<States...>(std::get<i>(change.to).value_or(std::get<i>(states))...);
    }
    (std::index_sequence_for<States...>{});
}

/// Compare and swap from the states that were read: false when the change doesn't start from them, or when the row has
/// others by now.
template <class C, std::size_t n, class... States>
bool try_change(db::Transaction& tx, const Machine<C, n>& machine, const Change<States...>& change,
                const std::string& id, const std::tuple<States...>& seen) {
    if (!starts_from(change, seen)) return false;
    const Change<States...> from_seen{
        change.name, std::apply([](auto... state) { return std::tuple(StateSet{state}...); }, seen), change.to};
    return swap(tx, machine.table, id, parts(from_seen, machine.columns));
}

/// Moves the row from whichever of its states the change starts from. False when it has none of them, or when the
/// condition doesn't hold.
template <class C, std::size_t n, class... States>
bool try_change(db::Transaction& tx, const Machine<C, n>& machine, const Change<States...>& change,
                const std::string& id, const Condition& also = {}) {
    return swap(tx, machine.table, id, parts(change, machine.columns), also);
}

template <class C, std::size_t n>
std::string reference_markdown(const Machine<C, n>& machine) {
    std::vector<NamedChange> changes;
    for (const auto* change : machine.changes) changes.push_back({change->name, parts(*change, machine.columns)});
    return changes_markdown(machine.resource, changes);
}

}  // namespace virga::lifecycle
