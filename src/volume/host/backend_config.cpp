#include "volume/host/backend_config.hpp"

#include <map>

#include "base/error.hpp"
#include "base/own_folder.hpp"
#include "base/small_file.hpp"
#include "volume/host/backend_settings.hpp"
#include "volume/host/settings.hpp"
#include "volume/settings.hpp"

namespace virga::volume::host {
namespace {

[[noreturn]] void wrong(const std::string& key, const std::string& expected) {
    throw Error(ErrorCode::InvalidInput, "setting " + key + " must be " + expected);
}

BackendConfig default_backend(const config::Config& config, const std::string& state_dir) {
    BackendConfig backend;
    backend.name = config.get(setting::backend);
    backend.driver = config.get(setting::driver);
    backend.path = config.get(setting::path);
    backend.format = config.get(setting::format);
    if (backend.path.empty()) backend.path = state_dir + "/volumes";
    backend.path_setting = setting::path.key;
    return backend;
}

std::vector<std::string> shares_of(const config::Config& config, const std::string& name, const std::string& table) {
    auto shares = config.get(setting::backends::shares, name);
    const auto& file = config.get(setting::backends::shares_file, name);
    if (file.empty()) return shares;
    if (!file.starts_with('/')) wrong(table + "shares_file", "an absolute path");
    const auto text = read_small_file(file);
    if (!text) wrong(table + "shares_file", "a file that exists; " + file + " doesn't");
    for (auto& share : shares_in(*text)) shares.push_back(std::move(share));
    return shares;
}

BackendConfig named_backend(const config::Config& config, const std::string& name, const std::string& state_dir) {
    namespace s = setting::backends;
    const auto table = std::string(s::kFamily) + "." + name + ".";
    BackendConfig backend;
    backend.name = name;
    backend.backend_name = config.get(s::backend_name, name);
    backend.driver = config.get(s::driver, name);
    backend.path = config.get(s::path, name);
    backend.format = config.get(s::format, name);
    backend.shares = shares_of(config, name, table);
    backend.mount_point_base = config.get(s::mount_point_base, name);
    backend.mount_options = config.get(s::mount_options, name);
    backend.reserved_percentage = config.get(s::reserved_percentage, name);
    backend.max_over_subscription_ratio = config.get(s::max_over_subscription_ratio, name);
    if (backend.path.empty()) backend.path = state_dir + "/volumes-" + name;
    if (backend.mount_point_base.empty()) backend.mount_point_base = state_dir + "/mnt";
    backend.path_setting = table + "path";
    check_folder(table + "mount_point_base", backend.mount_point_base);
    return backend;
}

// What two backends must not share: each has its own records of what is in it.
void check_apart(const std::vector<BackendConfig>& backends) {
    std::map<std::string, std::string> owners;
    for (const auto& backend : backends) {
        auto places = backend.shares;
        if (places.empty()) places.push_back(backend.path);
        for (const auto& place : places) {
            const auto bare = place.substr(0, place.find(' '));
            const auto [owner, fresh] = owners.emplace(bare, backend.name);
            if (!fresh)
                throw Error(ErrorCode::InvalidInput, "backends " + owner->second + " and " + backend.name +
                                                         ": both name " + bare + ", which only one place may");
        }
    }
}

}  // namespace

std::vector<BackendConfig> read_backends(const config::Config& config, const std::string& state_dir) {
    std::vector<BackendConfig> backends;
    for (const auto& name : config.tables(setting::backends::kFamily))
        backends.push_back(named_backend(config, name, state_dir));
    if (backends.empty()) backends.push_back(default_backend(config, state_dir));
    for (auto& backend : backends) {
        check_folder(backend.path_setting, backend.path);
        if (backend.backend_name.empty()) backend.backend_name = backend.name;
        backend.cache = {config.get(setting::base_keep_seconds), config.get(setting::cache_max_size_gib) << 30,
                         config.get(setting::cache_max_count)};
    }
    check_apart(backends);
    return backends;
}

std::vector<std::string> shares_in(const std::string& text) {
    std::vector<std::string> shares;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto line = text.substr(begin, end - begin);
        begin = end + 1;
        const auto first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos || line[first] == '#') continue;
        shares.push_back(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
    }
    return shares;
}

}  // namespace virga::volume::host
