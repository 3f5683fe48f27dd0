#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

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

void append_value(std::string& line, const std::string& value) {
    const bool plain = !value.empty() && value.find_first_of(" \"=\n\t\\") == std::string::npos;
    if (plain) {
        line += value;
        return;
    }
    line += '"';
    for (char c : value) {
        if (c == '"' || c == '\\') line += '\\';
        if (c == '\n') {
            line += "\\n";
        } else {
            line += c;
        }
    }
    line += '"';
}

void write(spdlog::level::level_enum level, std::string_view text, Fields fields) {
    auto& target = *logger();
    if (!target.should_log(level)) return;
    std::string line(text);
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
