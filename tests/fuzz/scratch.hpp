#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace virga::fuzz {

/// A folder for the files that a target's readers open; goes with the object.
class Scratch {
public:
    Scratch() { std::filesystem::create_directories(folder_); }
    ~Scratch() { std::filesystem::remove_all(folder_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::string at(const std::string& name) const { return (folder_ / name).string(); }
    std::string write(const std::string& name, std::string_view data) const {
        std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc) << data;
        return at(name);
    }

private:
    const std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("virga-fuzz-files-" + new_uuid());
};

/// The input is two files: two bytes give the length of the first.
inline std::pair<std::string_view, std::string_view> two_files(std::string_view input) {
    if (input.size() < 2) return {};
    const auto length = std::size_t{static_cast<unsigned char>(input[0])} << 8U | static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    const auto first = input.substr(0, length);
    return {first, input.substr(first.size())};
}

}  // namespace virga::fuzz
