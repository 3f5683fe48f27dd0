#include "compute/host/images/base_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/small_file.hpp"

namespace virga::compute::host {
namespace {

constexpr std::string_view kRecord = ".json";

bool older_than(const std::string& path, std::int64_t age_s) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return false;
    return now_us() / 1'000'000 - found.st_mtim.tv_sec >= age_s;
}

}  // namespace

std::string base_name(const std::string& image_id) {
    return hash_hex(HashAlgorithm::Sha1, image_id);
}

void BaseFolder::create() const {
    std::error_code failure;
    std::filesystem::create_directories(path_, failure);
    if (failure) throw_errno(ErrorCode::Internal, "make folder " + path_, failure.value());
    // Guests' users pass through to the files that are theirs, and see no others.
    ::chmod(path_.c_str(), 0711);
    ::chmod(std::filesystem::path(path_).parent_path().c_str(), 0711);
}

std::optional<BaseImage> BaseFolder::find(const std::string& name) const {
    const auto text = read_small_file(file(name) + std::string(kRecord));
    if (!text || ::utimensat(AT_FDCWD, file(name).c_str(), nullptr, 0) != 0) return std::nullopt;
    return read_stored([&] {
        const auto record = parse_object(*text);
        return BaseImage{file(name), disk::format_of(get_string(record, "format")),
                         get_int(record, "virtual_size_bytes")};
    });
}

void BaseFolder::record(const std::string& name, const BaseImage& base) const {
    write_small_file(file(name) + std::string(kRecord),
                     json::serialize(json::object{{"format", disk::to_string(base.format)},
                                                  {"virtual_size_bytes", base.virtual_size_bytes}}));
}

std::vector<std::string> BaseFolder::names() const {
    std::vector<std::string> names;
    for (const auto& entry : folder_entries(path_))
        if (entry.ends_with(kRecord)) names.push_back(entry.substr(0, entry.size() - kRecord.size()));
    return names;
}

std::vector<CachedFile> BaseFolder::inventory() const {
    std::vector<CachedFile> files;
    for (const auto& name : names()) {
        struct stat found {};
        if (::stat(file(name).c_str(), &found) == 0) files.push_back({name, found.st_blocks * 512});
    }
    return files;
}

// The users are asked for under the lock: a disk that is being made holds it too, or has touched the base just now.
bool BaseFolder::evict(const std::string& name, const std::function<std::set<std::string>()>& used,
                       std::int64_t max_age_s) {
    const auto guard = lock(name);
    if (!older_than(file(name), max_age_s) || used().contains(file(name))) return false;
    ::unlink((file(name) + std::string(kRecord)).c_str());
    ::unlink(file(name).c_str());
    log::info("cached image is removed, unused", {{"base", name}});
    return true;
}

int BaseFolder::evict_unused(const std::function<std::set<std::string>()>& used, std::int64_t max_age_s) {
    int evicted = 0;
    for (const auto& name : names()) {
        if (!older_than(file(name), max_age_s)) continue;
        if (evict(name, used, max_age_s)) ++evicted;
    }
    return evicted;
}

}  // namespace virga::compute::host
