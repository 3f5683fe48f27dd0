#include "volume/api/log_levels.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "volume/flows/services.hpp"
#include "volume/host_commands.hpp"

namespace virga::volume::api {
namespace {

constexpr std::string_view kLogger = "virga";
constexpr const char* kLogLevels = "log levels";  ///< asks every storage host
constexpr const char* kApiBinary = "cinder-api";

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// Which processes' logs a request means.
struct Wanted {
    std::string binary;  ///< empty: all
    std::string server;  ///< empty: all
    bool logger = true;  ///< the prefix is one of our logger's name

    bool fits(std::string_view name, const std::string& host) const {
        return logger && (binary.empty() || binary == name) &&
               (server.empty() || server == host || host.substr(0, host.find('@')) == server);
    }
};

Wanted wanted_of(http::Fields& fields) {
    Wanted wanted;
    const auto binary = fields.one_of(
        "binary", {"", "*", kApiBinary, flows::kSchedulerBinary, flows::kVolumeBinary, flows::kBackupBinary});
    if (binary && *binary != "*") wanted.binary = *binary;
    wanted.server = fields.string("server", 0, 255).value_or("");
    wanted.logger = kLogger.starts_with(fields.string("prefix", 0, 255).value_or(""));
    return wanted;
}

/// Calls `visit` with binary, host and a function that sets (unless empty) and returns the level.
template <class Visit>
void for_each_log(const Call& call, const Wanted& wanted, Visit&& visit) {
    const auto own = [](const std::string& level) {
        if (!level.empty()) log::set_level(level);
        return log::level();
    };
    for (const auto* binary : {kApiBinary, flows::kSchedulerBinary}) {
        if (wanted.fits(binary, flows::kControlHost)) visit(binary, std::string(flows::kControlHost), own);
    }
    auto& hosts = call.context.d.hosts;
    for (const auto& backend : backends_of(hosts.hosts())) {
        const auto label = backend.host + "@" + backend.name;
        if (!wanted.fits(flows::kVolumeBinary, label)) continue;
        visit(flows::kVolumeBinary, label, [&](const std::string& level) {
            const auto reply =
                hosts.call(backend.host, command::kLogLevel, {{"level", level}},
                           {.request_id = call.auth.request_id, .deadline = kHostDeadline, .only_if_it_answers = true});
            return get_string(reply, "level");
        });
    }
}

}  // namespace

http::Response set_log_levels(const Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto level = lower(fields.required_string("level", 1, 16));
    if (level != "debug" && level != "info" && level != "warning" && level != "error") {
        fields.fail("level", "must be DEBUG, INFO, WARNING or ERROR");
    }
    const auto wanted = wanted_of(fields);
    fields.finish();
    return waiting_for(call, kLogLevels, [wanted, level](const Call& later) {
        for_each_log(later, wanted, [&](const char*, const std::string&, const auto& change) { change(level); });
        return http::Response::empty(202);
    });
}

http::Response get_log_levels(const Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto wanted = wanted_of(fields);
    fields.any("level");
    fields.finish();
    return waiting_for(call, kLogLevels, [wanted](const Call& later) {
        json::array items;
        for_each_log(later, wanted, [&](const char* binary, const std::string& host, const auto& change) {
            json::object levels;
            levels[kLogger] = upper(change(""));
            items.push_back(json::object{{"binary", binary}, {"host", host}, {"levels", std::move(levels)}});
        });
        return http::Response::with_json(200, json::object{{"log_levels", std::move(items)}});
    });
}

}  // namespace virga::volume::api
