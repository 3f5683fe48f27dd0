#include <algorithm>
#include <cctype>

#include "http/http.hpp"

namespace virga::http {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

void Headers::set(std::string_view name, std::string value) {
    std::erase_if(items_, [&](const auto& item) { return same_name(item.first, name); });
    add(name, std::move(value));
}

void Headers::add(std::string_view name, std::string value) {
    items_.emplace_back(std::string(name), std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [key, value] : items_) {
        if (same_name(key, name)) return value;
    }
    return {};
}

bool Headers::contains(std::string_view name) const {
    return std::any_of(items_.begin(), items_.end(), [&](const auto& item) { return same_name(item.first, name); });
}

}  // namespace virga::http
