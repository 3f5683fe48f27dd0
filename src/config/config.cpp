#include "config/config.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

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
    throw Error(ErrorCode::InvalidInput,
                "unknown setting '" + std::string(key) + "': `virga config reference` lists all");
}

std::string shown(std::int64_t number) {
    return std::to_string(number);
}

std::string shown(double number) {
    char text[32] = {};
    std::snprintf(text, sizeof text, "%.1f", number);
    return text;
}

std::string listed(const std::vector<std::string>& words) {
    std::string list;
    for (const auto& word : words) list += (list.empty() ? "" : ", ") + word;
    return list;
}

/// "1 to 16", "qemu, kvm"; empty: any text.
std::string allowed_values(const Declaration& declaration) {
    struct Shown {
        std::string operator()(std::monostate) const { return ""; }
        std::string operator()(const Range<std::int64_t>& r) const { return shown(r.least) + " to " + shown(r.most); }
        std::string operator()(const Range<double>& r) const { return shown(r.least) + " to " + shown(r.most); }
        std::string operator()(const OneOf& one) const { return listed(one.words); }
        std::string operator()(const Form& form) const { return form.what; }
    };
    if (std::holds_alternative<bool>(declaration.fallback)) return "true, false";
    return std::visit(Shown{}, declaration.allowed);
}

/// What a value must be, as messages say it.
std::string wanted(const Declaration& declaration) {
    const auto values = allowed_values(declaration);
    if (std::holds_alternative<bool>(declaration.fallback)) return "true or false";
    if (std::holds_alternative<std::int64_t>(declaration.fallback)) return "a whole number, " + values;
    if (std::holds_alternative<double>(declaration.fallback)) return "a number, " + values;
    const bool is_list = std::holds_alternative<List>(declaration.fallback);
    if (values.empty()) return is_list ? "a list of texts" : "a text in quotes";
    if (std::holds_alternative<OneOf>(declaration.allowed))
        return (is_list ? "a list of some of " : "one of ") + values;
    return (is_list ? "a list of texts, each " : "") + values;
}

/// `value` is shown unless it is empty.
[[noreturn]] void refuse(std::string_view key, const Declaration& declaration, const std::string& value) {
    throw Error(ErrorCode::InvalidInput, "setting '" + std::string(key) + "' must be " + wanted(declaration) +
                                             (value.empty() ? "" : ", not " + value));
}

std::string quoted(std::string_view text) {
    return "'" + std::string(text) + "'";
}

template <class T>
bool is_within(const Range<T>& range, T number) {
    return number >= range.least && number <= range.most;  // not a number: false
}

/// Whether a text, or an item of a list, is allowed.
bool fits(const Allowed& allowed, const std::string& text) {
    if (const auto* one = std::get_if<OneOf>(&allowed))
        return std::find(one->words.begin(), one->words.end(), text) != one->words.end();
    const auto* form = std::get_if<Form>(&allowed);
    return form == nullptr || form->fits(text);
}

/// The one place where values are held against what their settings allow.
Value checked(std::string_view key, const Declaration& declaration, Value value) {
    const auto& allowed = declaration.allowed;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        const auto* range = std::get_if<Range<std::int64_t>>(&allowed);
        if (range != nullptr && !is_within(*range, *whole)) refuse(key, declaration, shown(*whole));
    } else if (const auto* number = std::get_if<double>(&value)) {
        const auto* range = std::get_if<Range<double>>(&allowed);
        if (range != nullptr && !is_within(*range, *number)) refuse(key, declaration, shown(*number));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        if (!fits(allowed, *text)) refuse(key, declaration, quoted(*text));
    } else if (const auto* list = std::get_if<List>(&value)) {
        for (const auto& item : *list) {
            if (!fits(allowed, item)) refuse(key, declaration, quoted(item));
        }
    }
    return value;
}

/// As the file has it; a text that may be anything is not repeated: it may be a password in a URL.
std::string shown(const Declaration& declaration, const toml::node& node) {
    const bool may_be_secret =
        std::holds_alternative<std::string>(declaration.fallback) || std::holds_alternative<List>(declaration.fallback);
    if (may_be_secret || node.is_table() || node.is_array()) return "";
    std::ostringstream text;
    node.visit([&text](const auto& value) { text << value; });
    return text.str();
}

List list_from_toml(std::string_view key, const Declaration& declaration, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) refuse(key, declaration, "");
    List list;
    for (const auto& item : *array) {
        const auto text = item.value_exact<std::string>();
        if (!text) refuse(key, declaration, "");
        list.push_back(*text);
    }
    return list;
}

List list_from_text(std::string_view key, const Declaration& declaration, std::string_view text) {
    if (!text.starts_with('[')) return text.empty() ? List{} : List{std::string(text)};
    try {
        return list_from_toml(key, declaration, *toml::parse("list = " + std::string(text)).get("list"));
    } catch (const toml::parse_error&) {
        refuse(key, declaration, "");
    }
}

Value from_toml(std::string_view key, const Declaration& declaration, const toml::node& node) {
    if (std::holds_alternative<List>(declaration.fallback)) return list_from_toml(key, declaration, node);
    if (std::holds_alternative<double>(declaration.fallback)) {
        if (const auto number = node.value_exact<double>()) return *number;
        if (const auto whole = node.value_exact<std::int64_t>()) return static_cast<double>(*whole);
    } else if (std::holds_alternative<bool>(declaration.fallback)) {
        if (const auto value = node.value_exact<bool>()) return *value;
    } else if (std::holds_alternative<std::int64_t>(declaration.fallback)) {
        if (const auto value = node.value_exact<std::int64_t>()) return *value;
    } else if (const auto value = node.value_exact<std::string>()) {
        return *value;
    }
    refuse(key, declaration, shown(declaration, node));
}

template <class T>
Value number_from_text(std::string_view key, const Declaration& declaration, std::string_view text) {
    T number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size()) refuse(key, declaration, quoted(text));
    return number;
}

Value from_text(std::string_view key, const Declaration& declaration, std::string_view text) {
    if (std::holds_alternative<List>(declaration.fallback)) return list_from_text(key, declaration, text);
    if (std::holds_alternative<double>(declaration.fallback)) return number_from_text<double>(key, declaration, text);
    if (std::holds_alternative<std::int64_t>(declaration.fallback))
        return number_from_text<std::int64_t>(key, declaration, text);
    if (std::holds_alternative<bool>(declaration.fallback)) {
        if (text == "true" || text == "1") return true;
        if (text == "false" || text == "0") return false;
        refuse(key, declaration, quoted(text));
    }
    return std::string(text);
}

struct Values {
    std::map<std::string, Value, std::less<>>& values;
    std::set<std::string>& tables;
};

/// Says in which line a mistake is.
template <class F>
void at_line_of(const toml::node& node, F&& read) {
    try {
        read();
    } catch (const Error& failure) {
        throw Error(failure.code(), "line " + std::to_string(node.source().begin.line) + ": " + failure.message());
    }
}

void load_table(const Values& into, const toml::table& table, const std::string& path) {
    const bool named = has_named_tables(path);
    for (const auto& [name, node] : table) {
        const std::string key = (path.empty() ? "" : path + ".") + std::string(name.str());
        if (node.is_table()) {
            if (named) at_line_of(node, [&, &name = name] { into.tables.insert(checked_table(path, name.str())); });
            load_table(into, *node.as_table(), key);
        } else {
            at_line_of(node, [&, &node = node] {
                const auto& declaration = *find_place(key).declaration;
                into.values.insert_or_assign(key, checked(key, declaration, from_toml(key, declaration, node)));
            });
        }
    }
}

std::string read_text(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const ScopeExit close([fd] {
        if (fd >= 0) ::close(fd);
    });
    std::string text;
    std::array<char, 65536> buffer{};
    ssize_t got = -1;
    while (fd >= 0 && (got = ::read(fd, buffer.data(), buffer.size())) > 0)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) return text;
    throw Error(ErrorCode::InvalidInput, "settings file " + path + " can't be read: " + std::strerror(errno));
}

std::string show(const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<std::int64_t>(&value)) return shown(*number);
    if (const auto* number = std::get_if<double>(&value)) return shown(*number);
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
    try {
        checked(declaration.key, declaration, declaration.fallback);
    } catch (const Error& failure) {
        throw std::logic_error("default: " + failure.message());
    }
    auto key = declaration.key;
    registry().insert_or_assign(std::move(key), std::move(declaration));
}

void Config::load_file(const std::string& path) {
    const auto text = read_text(path);
    try {
        load_table({values_, tables_}, toml::parse(text), "");
    } catch (const toml::parse_error& failure) {
        throw Error(ErrorCode::InvalidInput, path + ": line " + std::to_string(failure.source().begin.line) + ": " +
                                                 std::string(failure.description()));
    } catch (const Error& failure) {
        throw Error(failure.code(), path + ": " + failure.message());
    }
}

void Config::set(std::string_view key, std::string_view text) {
    auto [declaration, table] = find_place(key);
    values_.insert_or_assign(std::string(key), checked(key, *declaration, from_text(key, *declaration, text)));
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
        "number. A value that isn't allowed ends the start.\n\n| setting | default | allowed | meaning "
        "|\n|---|---|---|---|\n";
    for (const auto& [key, declaration] : registry())
        page += "| `" + shown_key(key) + "` | `" + show(declaration.fallback) + "` | " + allowed_values(declaration) +
                " | " + declaration.doc + " |\n";
    return page;
}

}  // namespace virga::config
