#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>

#include "lifecycle/machine.hpp"

/// Changes that differ only in the state that they lead to, as when an administrator says what something is.
namespace virga::lifecycle {

/// A text as a template's argument.
template <std::size_t n>
struct Text {
    char chars[n];
    constexpr Text(const char (&text)[n]) { std::copy_n(text, n, chars); }
    constexpr std::string_view view() const { return {chars, n - 1}; }
};

template <Text prefix, auto state>
inline constexpr auto kNameTo = [] {
    std::array<char, prefix.view().size() + word(state).size()> name{};
    std::copy_n(word(state).begin(), word(state).size(),
                std::copy_n(prefix.view().begin(), prefix.view().size(), name.begin()));
    return name;
}();

/// "reset.available"
template <Text prefix, auto state>
constexpr std::string_view name_to() {
    return {kNameTo<prefix, state>.data(), kNameTo<prefix, state>.size()};
}

/// The one among them whose first column gets the state with this word; nullptr: none.
template <class C, std::size_t n>
constexpr const C* change_to(const std::array<C, n>& changes, std::string_view wanted) {
    const auto found = std::find_if(changes.begin(), changes.end(),
                                    [&](const C& change) { return word(*std::get<0>(change.to)) == wanted; });
    return found == changes.end() ? nullptr : &*found;
}

/// All changes of a machine: those that stand alone, and `more`, which must live as long.
template <class C, std::size_t n, std::size_t m>
constexpr std::array<const C*, n + m> with(const std::array<const C*, n>& alone, const std::array<C, m>& more) {
    std::array<const C*, n + m> all{};
    std::copy(alone.begin(), alone.end(), all.begin());
    for (std::size_t i = 0; i < m; ++i) all[n + i] = &more[i];
    return all;
}

}  // namespace virga::lifecycle
