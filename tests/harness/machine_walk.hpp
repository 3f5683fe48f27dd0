#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "harness/test_database.hpp"
#include "lifecycle/machine.hpp"

/// What holds for each machine of states.
namespace virga::test {

/// A database in a folder of its own, both gone at the end.
class ScratchDatabase {
    struct Folder {
        std::filesystem::path path = std::filesystem::temp_directory_path() / ("virga-changes-" + new_uuid());
        Folder() { std::filesystem::create_directories(path); }
        Folder(const Folder&) = delete;
        Folder& operator=(const Folder&) = delete;
        ~Folder() { std::filesystem::remove_all(path); }
    };
    Folder folder_;
    TestDatabase place_{folder_.path};

public:
    db::Database db{place_.url()};
};

template <class State>
std::vector<State> all_states() {
    std::vector<State> all;
    for (std::size_t i = 0; i < state_words(State{}).size(); ++i) all.push_back(static_cast<State>(i));
    return all;
}

template <class State>
void each_state_has_a_word_of_its_own() {
    std::set<std::string_view> words;
    for (const auto state : all_states<State>()) {
        words.insert(lifecycle::word(state));
        EXPECT_EQ(lifecycle::state_of<State>(lifecycle::word(state)), state);
    }
    EXPECT_EQ(words.size(), all_states<State>().size());
    EXPECT_EQ(lifecycle::find_state<State>("nonsense"), std::nullopt);
    EXPECT_THROW(lifecycle::state_of<State>("nonsense"), Error);
}

template <class... States>
std::tuple<States...> states_type(const lifecycle::Change<States...>&);
/// The tuple of a machine's states.
template <class C>
using StatesOf = decltype(states_type(std::declval<const C&>()));

/// Every combination of states.
template <class First, class... Rest>
std::vector<std::tuple<First, Rest...>> all_combinations(const std::tuple<First, Rest...>*) {
    std::vector<std::tuple<First, Rest...>> out;
    for (const auto first : all_states<First>()) {
        if constexpr (sizeof...(Rest) == 0) {
            out.emplace_back(first);
        } else {
            for (const auto& rest : all_combinations(static_cast<const std::tuple<Rest...>*>(nullptr)))
                out.push_back(std::tuple_cat(std::tuple(first), rest));
        }
    }
    return out;
}

/// A change that starts from nowhere that another one, or a new row, leads to is dead.
template <class C, std::size_t n>
void each_change_is_reachable(const lifecycle::Machine<C, n>& machine, std::set<StatesOf<C>> known) {
    std::set<std::string_view> used;
    std::set<std::string_view> names;
    for (std::size_t before = 0; before != known.size();) {
        before = known.size();
        for (const auto& states : std::set(known)) {
            for (const auto* change : machine.changes) {
                if (!lifecycle::starts_from(*change, states)) continue;
                used.insert(change->name);
                known.insert(lifecycle::after(*change, states));
            }
        }
    }
    for (const auto* change : machine.changes) {
        EXPECT_TRUE(used.contains(change->name)) << machine.resource << " " << change->name;
        EXPECT_TRUE(names.insert(change->name).second) << machine.resource << " " << change->name << " is there twice";
    }
}

template <class C, std::size_t n>
void put(db::Transaction& tx, const lifecycle::Machine<C, n>& machine, const std::string& id,
         const StatesOf<C>& states) {
    std::string sql;
    db::Params params;
    for (const auto column : machine.columns) sql += (sql.empty() ? "" : ", ") + std::string(column) + " = ?";
    std::apply([&](auto... state) { (params.emplace_back(lifecycle::text_of(state)), ...); }, states);
    params.emplace_back(id);
    tx.exec("UPDATE " + std::string(machine.table) + " SET " + sql + " WHERE id = ?", params);
}

template <class C, std::size_t n>
std::vector<std::string> words_in_row(db::Transaction& tx, const lifecycle::Machine<C, n>& machine,
                                      const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM " + std::string(machine.table) + " WHERE id = ?", {id});
    std::vector<std::string> out;
    for (const auto column : machine.columns) out.push_back(row->text(std::string(column)));
    return out;
}

template <class... States>
std::vector<std::string> words_of(const std::tuple<States...>& states) {
    return std::apply([](auto... state) { return std::vector<std::string>{lifecycle::text_of(state)...}; }, states);
}

/// The row `id` and the rule agree about every state and every change: from whichever state, and from just the one that
/// was seen.
template <class C, std::size_t n>
void the_row_moves_just_where_the_rule_allows_it(db::Database& db, const lifecycle::Machine<C, n>& machine,
                                                 const std::string& id) {
    for (const auto& states : all_combinations(static_cast<const StatesOf<C>*>(nullptr))) {
        auto tx = db.write();  // never committed: a server of databases looks at every version of a row in between
        put(tx, machine, id, states);
        for (const auto* change : machine.changes) {
            if (lifecycle::starts_from(*change, states)) continue;
            ASSERT_FALSE(lifecycle::try_change(tx, machine, *change, id)) << change->name;
            ASSERT_FALSE(lifecycle::try_change(tx, machine, *change, id, states)) << change->name;
        }
        ASSERT_EQ(words_in_row(tx, machine, id), words_of(states));
        for (const auto* change : machine.changes) {
            if (!lifecycle::starts_from(*change, states)) continue;
            const auto after = lifecycle::after(*change, states);
            put(tx, machine, id, states);
            ASSERT_TRUE(lifecycle::try_change(tx, machine, *change, id)) << change->name;
            ASSERT_EQ(words_in_row(tx, machine, id), words_of(after)) << change->name;
            // What was read before is out of date by now.
            if (after != states) {
                ASSERT_FALSE(lifecycle::try_change(tx, machine, *change, id, states)) << change->name;
            }
            put(tx, machine, id, states);
            ASSERT_TRUE(lifecycle::try_change(tx, machine, *change, id, states)) << change->name;
            ASSERT_EQ(words_in_row(tx, machine, id), words_of(after)) << change->name;
        }
    }
}

}  // namespace virga::test
