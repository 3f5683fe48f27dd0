#pragma once
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace virga::log {

/// One key of a log line. Takes texts, numbers and booleans; a Secret has no constructor here.
struct Field {
    std::string_view key;
    std::string value;

    Field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
    template <std::integral T>
    requires(!std::same_as<T, bool>) Field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
};
using Fields = std::initializer_list<Field>;

/// Sets the process name that stands in each line and the least level (debug, info, warning, error).
void init(std::string_view process, std::string_view level);

/// Changes the least level; an unknown name changes nothing and gives false.
bool set_level(std::string_view level);
/// debug, info, warning or error.
std::string level();

// One line to standard error: time, level, process, text, then key=value pairs (quoted where needed, control characters
// escaped).
void debug(std::string_view text, Fields fields = {});
void info(std::string_view text, Fields fields = {});
void warning(std::string_view text, Fields fields = {});
void error(std::string_view text, Fields fields = {});

}  // namespace virga::log
