#include "config/config.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>

#include "base/error.hpp"

// Some files that are no TOML break assertions of the library: they are refused as others are. (Those in functions that
// may not throw end the program, as they did.)
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wterminate"
#endif
#define TOML_ASSERT(expr) \
    ((expr) ? static_cast<void>(0) : throw virga::Error(virga::ErrorCode::InvalidInput, "this is not TOML"))
#include <toml++/toml.h>

namespace virga::config {
namespace {

std::map<std::string, Declaration, std::less<>>& registry() {
    static std::map<std::string, Declaration, std::less<>> instance;
    return instance;
}

bool has_named_tables(std::string_view family) {
    const auto prefix = std::string(family) + ".*.";
    const auto found = registry().lower_bound(prefix);
    return found != registry().end() && found->first.starts_with(prefix);
}

/// A key and, when it is of a named table, that table: "volume.backends.fast.driver" is "volume.backends.*.driver" of
/// "volume.backends.fast".
struct Place {
    const Declaration* declaration = nullptr;
    std::string table;
};

std::string checked_table(std::string_view family, std::string_view name) {
    constexpr std::size_t kMaxName = 64;
    const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    if (name.empty() || name.size() > kMaxName || !std::all_of(name.begin(), name.end(), allowed))
        throw Error(ErrorCode::InvalidInput, "table '" + std::string(family) + "." + std::string(name) +
                                                 "': a name is 1 to 64 letters, digits, '-' or '_'");
    return std::string(family) + "." + std::string(name);
}

Place find_place(std::string_view key) {
    if (const auto found = registry().find(key); found != registry().end()) return {&found->second, {}};
    for (auto dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.', dot + 1)) {
        const auto family = key.substr(0, dot);
        const auto end = key.find('.', dot + 1);
        if (end == std::string_view::npos || !has_named_tables(family)) continue;
        const auto found = registry().find(std::string(family) + ".*" + std::string(key.substr(end)));
        if (found == registry().end()) continue;
        return {&found->second, checked_table(family, key.substr(dot + 1, end - dot - 1))};
    }
    throw Error(ErrorCode::InvalidInput, "unknown setting '" + std::string(key) + "'");
}

[[noreturn]] void wrong_type(std::string_view key, std::string_view wanted) {
    throw Error(ErrorCode::InvalidInput, "setting '" + std::string(key) + "' must be " + std::string(wanted));
}

List list_from_toml(std::string_view key, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) wrong_type(key, "a list of texts");
    List list;
    for (const auto& item : *array) {
        const auto text = item.value_exact<std::string>();
        if (!text) wrong_type(key, "a list of texts");
        list.push_back(*text);
    }
    return list;
}

List list_from_text(std::string_view key, std::string_view text) {
    if (!text.starts_with('[')) return text.empty() ? List{} : List{std::string(text)};
    try {
        return list_from_toml(key, *toml::parse("list = " + std::string(text)).get("list"));
    } catch (const toml::parse_error&) {
        wrong_type(key, "a list of texts");
    }
}

Value from_toml(std::string_view key, const Declaration& declaration, const toml::node& node) {
    if (std::holds_alternative<List>(declaration.fallback)) return list_from_toml(key, node);
    if (std::holds_alternative<double>(declaration.fallback)) {
        if (node.is_number()) return *node.value<double>();
        wrong_type(key, "a number");
    }
    if (std::holds_alternative<bool>(declaration.fallback)) {
        if (const auto value = node.value_exact<bool>()) return *value;
        wrong_type(key, "true or false");
    }
    if (std::holds_alternative<std::int64_t>(declaration.fallback)) {
        if (const auto value = node.value_exact<std::int64_t>()) return *value;
        wrong_type(key, "a whole number");
    }
    if (const auto value = node.value_exact<std::string>()) return *value;
    wrong_type(key, "a text in quotes");
}

Value from_text(std::string_view key, const Declaration& declaration, std::string_view text) {
    if (std::holds_alternative<List>(declaration.fallback)) return list_from_text(key, text);
    if (std::holds_alternative<double>(declaration.fallback)) {
        double number = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure != std::errc() || end != text.data() + text.size()) wrong_type(key, "a number");
        return number;
    }
    if (std::holds_alternative<bool>(declaration.fallback)) {
        if (text == "true" || text == "1") return true;
        if (text == "false" || text == "0") return false;
        wrong_type(key, "true or false");
    }
    if (std::holds_alternative<std::int64_t>(declaration.fallback)) {
        std::int64_t number = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failure != std::errc() || end != text.data() + text.size()) wrong_type(key, "a whole number");
        return number;
    }
    return std::string(text);
}

struct Values {
    std::map<std::string, Value, std::less<>>& values;
    std::set<std::string>& tables;
};

void load_table(const Values& into, const toml::table& table, const std::string& path) {
    const bool named = has_named_tables(path);
    for (const auto& [name, node] : table) {
        const std::string key = (path.empty() ? "" : path + ".") + std::string(name.str());
        if (node.is_table()) {
            if (named) into.tables.insert(checked_table(path, name.str()));
            load_table(into, *node.as_table(), key);
        } else {
            into.values.insert_or_assign(key, from_toml(key, *find_place(key).declaration, node));
        }
    }
}

std::string show(const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* number = std::get_if<double>(&value)) {
        char text[32] = {};
        std::snprintf(text, sizeof text, "%.1f", *number);
        return text;
    }
    if (const auto* list = std::get_if<List>(&value)) {
        std::string items;
        for (const auto& item : *list) items += (items.empty() ? "\"" : ", \"") + item + "\"";
        return "[" + items + "]";
    }
    return "\"" + std::get<std::string>(value) + "\"";
}

std::string shown_key(std::string key) {
    if (const auto star = key.find('*'); star != std::string::npos) key.replace(star, 1, "NAME");
    return key;
}

}  // namespace

const std::map<std::string, Declaration, std::less<>>& declarations() {
    return registry();
}

void declare(Declaration declaration) {
    auto key = declaration.key;
    registry().insert_or_assign(std::move(key), std::move(declaration));
}

void Config::load_file(const std::string& path) {
    try {
        load_table({values_, tables_}, toml::parse_file(path), "");
    } catch (const toml::parse_error& failure) {
        throw Error(ErrorCode::InvalidInput, path + ": line " + std::to_string(failure.source().begin.line) + ": " +
                                                 std::string(failure.description()));
    } catch (const Error& failure) {
        throw Error(failure.code(), path + ": " + failure.message());
    }
}

void Config::set(std::string_view key, std::string_view text) {
    auto [declaration, table] = find_place(key);
    values_.insert_or_assign(std::string(key), from_text(key, *declaration, text));
    if (!table.empty()) tables_.insert(std::move(table));
}

const Value& Config::value(std::string_view key) const {
    const auto found = values_.find(key);
    return found != values_.end() ? found->second : find_place(key).declaration->fallback;
}

std::vector<std::string> Config::tables(std::string_view family) const {
    const auto prefix = std::string(family) + ".";
    std::vector<std::string> names;
    for (const auto& table : tables_) {
        if (table.starts_with(prefix)) names.push_back(table.substr(prefix.size()));
    }
    return names;
}

std::string reference_markdown() {
    std::string page =
        "# Settings\n\nGenerated by `virga config reference`. One TOML file; `section.name` is `name` "
        "in the table `[section]`. `section.NAME.name` is `name` in `[section.NAME]`, of which there may be any "
        "number.\n\n| setting | default | meaning |\n|---|---|---|\n";
    for (const auto& [key, declaration] : registry())
        page += "| `" + shown_key(key) + "` | `" + show(declaration.fallback) + "` | " + declaration.doc + " |\n";
    return page;
}

}  // namespace virga::config
