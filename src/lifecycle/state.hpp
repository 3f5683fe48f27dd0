#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace virga::lifecycle {

/// States are enums that count from 0. Beside each stands `std::span<const std::string_view> state_words(Enum)`: the
/// words of its values, in their order, as the database and the API write them.
template <class State>
constexpr std::string_view word(State state) {
    return state_words(state)[static_cast<std::size_t>(state)];
}

/// The word, to put a message together.
template <class State>
std::string text_of(State state) {
    return std::string(word(state));
}

/// nullopt for a word that none of them has.
template <class State>
constexpr std::optional<State> find_state(std::string_view text) {
    const auto words = state_words(State{});
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == text) return static_cast<State>(i);
    }
    return std::nullopt;
}

/// Of what this program wrote itself. Throws Error{Internal} for a word that none of them has.
template <class State>
State state_of(std::string_view text) {
    if (const auto found = find_state<State>(text)) return *found;
    throw Error(ErrorCode::Internal, "there is no state '" + std::string(text) + "'");
}

/// Some of the values of an enum with at most 64 of them.
template <class State>
class StateSet {
public:
    constexpr StateSet(std::initializer_list<State> states) {
        for (const auto state : states) bits_ |= bit(state);
    }
    static constexpr StateSet any() {
        StateSet all{};
        all.bits_ = ~std::uint64_t{0};
        return all;
    }
    static constexpr StateSet all_but(std::initializer_list<State> states) {
        StateSet others(states);
        others.bits_ = ~others.bits_;
        return others;
    }
    constexpr bool contains(State state) const { return (bits_ & bit(state)) != 0; }
    constexpr bool is_any() const { return bits_ == ~std::uint64_t{0}; }

private:
    static constexpr std::uint64_t bit(State state) { return std::uint64_t{1} << static_cast<unsigned>(state); }

    std::uint64_t bits_ = 0;
};

}  // namespace virga::lifecycle
