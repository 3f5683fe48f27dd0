#include <algorithm>

#include "http/http.hpp"

namespace virga::http {
void Headers::set(std::string_view name, std::string value) {
    std::erase_if(items_, [&](const auto& item) { return same_word(item.first, name); });
    add(name, std::move(value));
}

void Headers::add(std::string_view name, std::string value) {
    items_.emplace_back(std::string(name), std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [key, value] : items_) {
        if (same_word(key, name)) return value;
    }
    return {};
}

bool Headers::contains(std::string_view name) const {
    return std::any_of(items_.begin(), items_.end(), [&](const auto& item) { return same_word(item.first, name); });
}

}  // namespace virga::http
