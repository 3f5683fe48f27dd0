#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>

#include "base/printable.hpp"

namespace virga::log {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
    static auto instance = [] {
        auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        auto made = std::make_shared<spdlog::logger>("virga", sink);
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %n %v", spdlog::pattern_time_type::utc);
        return made;
    }();
    return instance;
}

bool is_plain(std::string_view value) {
    return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
        return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
    });
}

/// Values come from users: none may end the line, start another key or steer a terminal.
void append_value(std::string& line, std::string_view value) {
    if (is_plain(value)) {
        line += value;
        return;
    }
    std::string quoted;
    for (const char c : value) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    line += '"';
    append_printable(line, quoted);
    line += '"';
}

void write(spdlog::level::level_enum level, std::string_view text, Fields fields) {
    auto& target = *logger();
    if (!target.should_log(level)) return;
    auto line = printable(text);
    for (const auto& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        append_value(line, field.value);
    }
    target.log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void init(std::string_view process, std::string_view level) {
    logger() = logger()->clone(std::string(process));
    logger()->set_level(spdlog::level::from_str(std::string(level)));
}

bool set_level(std::string_view level) {
    for (const auto known : {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err}) {
        const auto name = spdlog::level::to_string_view(known);
        if (level != std::string_view(name.data(), name.size())) continue;
        logger()->set_level(known);
        return true;
    }
    return false;
}

std::string level() {
    const auto name = spdlog::level::to_string_view(logger()->level());
    return {name.data(), name.size()};
}

void debug(std::string_view text, Fields fields) {
    write(spdlog::level::debug, text, fields);
}
void info(std::string_view text, Fields fields) {
    write(spdlog::level::info, text, fields);
}
void warning(std::string_view text, Fields fields) {
    write(spdlog::level::warn, text, fields);
}
void error(std::string_view text, Fields fields) {
    write(spdlog::level::err, text, fields);
}

}  // namespace virga::log
