#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/secret.hpp"
#include "image/image_source.hpp"
#include "image/image_target.hpp"

/// Checked reading of a command's parameters: ids become file names, so nothing but a UUID passes.
namespace virga::volume::host {

/// Canonical form. Throws Error{InvalidInput} naming the parameter.
std::string read_id(const json::object& params, std::string_view key);
std::int64_t read_size_gib(const json::object& params);  ///< 1 to 65,536
/// By volume id; empty when the command has none.
std::map<std::string, Secret> read_keys(const json::object& params);
/// How long the command may wait for its volume; nullopt: as long as it takes.
std::optional<std::chrono::milliseconds> read_patience(const json::object& params);
std::string read_connector_host(const json::object& params);
ImageSource read_image(const json::object& params);
ImageTarget read_target(const json::object& params);

}  // namespace virga::volume::host
