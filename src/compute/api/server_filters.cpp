#include "compute/api/server_filters.hpp"

#include <set>

#include "base/iso_time.hpp"
#include "compute/model/text_pattern.hpp"

namespace virga::compute::api {
namespace {

using Accept = std::function<bool(const Server&)>;

/// A parameter whose pattern is searched in a text of the server.
struct TextFilter {
    const char* name;
    std::string (*text)(const Server&);
};

/// As Nova's database has them; there are no kernels, RAM disks and progress.
constexpr TextFilter kTexts[] = {
    {"name", [](const Server& s) { return s.name; }},
    {"display_name", [](const Server& s) { return s.name; }},
    {"description", [](const Server& s) { return s.description; }},
    {"display_description", [](const Server& s) { return s.description; }},
    {"hostname", [](const Server& s) { return s.hostname; }},
    {"key_name", [](const Server& s) { return s.key_name; }},
    {"reservation_id", [](const Server& s) { return s.reservation_id; }},
    {"availability_zone", [](const Server& s) { return s.availability_zone; }},
    {"root_device_name", [](const Server& s) { return s.root_device_name; }},
    {"access_ip_v4", [](const Server& s) { return s.access_ip_v4; }},
    {"access_ip_v6", [](const Server& s) { return s.access_ip_v6; }},
    {"power_state", [](const Server& s) { return std::to_string(static_cast<int>(s.power_state)); }},
    {"launch_index", [](const Server& s) { return std::to_string(s.launch_index); }},
    {"auto_disk_config", [](const Server& s) { return std::string(s.disk_config == "AUTO" ? "1" : "0"); }},
    {"locked_by", [](const Server& s) { return std::string(s.locked ? "owner" : ""); }},
    {"progress", [](const Server&) { return std::string("0"); }},
    {"kernel_id", [](const Server&) { return std::string(); }},
    {"ramdisk_id", [](const Server&) { return std::string(); }},
};

struct TimeFilter {
    const char* name;
    TimestampUs Server::*time;
};
constexpr TimeFilter kTimes[] = {{"created_at", &Server::created_us},
                                 {"updated_at", &Server::updated_us},
                                 {"launched_at", &Server::launched_us},
                                 {"terminated_at", &Server::terminated_us}};

/// A whole time means that second; anything else is searched in the time as the database writes it.
Accept by_time(const TimeFilter& filter, const std::string& text) {
    constexpr std::size_t kDateOnly = 10;
    constexpr TimestampUs kSecond = 1'000'000;
    const auto time = parse_iso_time(text);
    if (time && text.size() > kDateOnly) {
        return
            [member = filter.time, second = *time / kSecond](const Server& s) { return s.*member / kSecond == second; };
    }
    return [member = filter.time, matcher = TextPattern(filter.name, text)](const Server& s) {
        if (s.*member == 0) return false;
        auto subject = iso8601(s.*member);
        subject[kDateOnly] = ' ';
        subject.pop_back();
        return matcher.matches(subject);
    };
}

Accept by_config_drive(const std::string& text) {
    static const std::set<std::string, std::less<>> kNo{"false", "False", "FALSE", "0", "no"};
    const bool wanted = !kNo.contains(text) && !text.empty();
    if (!wanted) return [](const Server& s) { return !s.has_config_drive; };
    if (text == "1" || text == "yes") return [](const Server& s) { return s.has_config_drive; };
    return [matcher = TextPattern("config_drive", text)](const Server& s) {
        return matcher.matches(s.has_config_drive ? "True" : "");
    };
}

}  // namespace

std::vector<Accept> text_conditions(const Call& call) {
    std::vector<Accept> all;
    for (const auto& filter : kTexts) {
        const auto text = call.request.query_value(filter.name);
        // The empty pattern is found everywhere.
        if (!text || text->empty()) continue;
        all.push_back([read = filter.text, matcher = TextPattern(filter.name, *text)](const Server& server) {
            return matcher.matches(read(server));
        });
    }
    for (const auto& filter : kTimes) {
        const auto text = call.request.query_value(filter.name);
        if (text && !text->empty()) all.push_back(by_time(filter, *text));
    }
    if (const auto text = call.request.query_value("config_drive")) all.push_back(by_config_drive(*text));
    return all;
}

}  // namespace virga::compute::api
