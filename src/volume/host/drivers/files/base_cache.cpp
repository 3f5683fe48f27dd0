#include "volume/host/drivers/files/base_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "disk/file.hpp"
#include "image/format/inspector.hpp"

namespace virga::volume::host::files {
namespace {

bool is_hex(const std::string& text) {
    return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// By content, so that two images with the same data share; the digest is verified while it is fetched.
std::string base_file(const ImageSource& image) {
    constexpr std::size_t kSha512Hex = 128;
    constexpr std::size_t kKeyHex = 40;
    const bool by_content = image.sha512.size() == kSha512Hex && is_hex(image.sha512);
    const auto key = by_content ? image.sha512.substr(0, kKeyHex) : hash_hex(HashAlgorithm::Sha1, image.image_id);
    return "_base/" + key + ".raw";
}

void touch(const std::string& path) {
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
}

std::int64_t last_use(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mtime : 0;
}

void check_bound(std::int64_t bytes, std::int64_t max_bytes) {
    if (bytes <= max_bytes) return;
    throw Error(ErrorCode::InvalidInput, "The image's virtual size of " + std::to_string(bytes) +
                                             " bytes is larger than the volume of " + std::to_string(max_bytes) +
                                             " bytes; ask for a larger volume.");
}

}  // namespace

BaseCache::BaseCache(Catalog& catalog, const CacheLimits& limits) : catalog_(catalog), limits_(limits) {
    std::filesystem::create_directories(catalog_.path("_base"));
}

BaseCache::Pin::Pin(BaseCache& cache, std::string file) : cache_(cache), file_(std::move(file)) {
    const std::lock_guard lock(cache_.mutex_);
    cache_.pinned_.insert(file_);
}

BaseCache::Pin::~Pin() {
    const std::lock_guard lock(cache_.mutex_);
    cache_.pinned_.erase(cache_.pinned_.find(file_));
}

std::unique_ptr<BaseCache::Pin> BaseCache::get(const ImageSource& image, std::int64_t max_bytes, const Call& call) {
    auto pin = std::make_unique<Pin>(*this, base_file(image));
    const auto path = catalog_.path(pin->file());
    pin->hit = disk::exists(path);
    while (!disk::exists(path)) {
        if (!join(pin->file(), call)) continue;
        try {
            pin->copied_bytes = fetch(image, pin->file(), max_bytes, call);
            land(pin->file(), nullptr);
            evict_over_limits();
        } catch (const std::exception&) {
            land(pin->file(), std::current_exception());
            throw;
        }
    }
    pin->virtual_size_bytes = disk::virtual_size(path, "raw");
    check_bound(pin->virtual_size_bytes, max_bytes);
    touch(path);
    return pin;
}

// True: the caller is the one to fetch and must call land(). False: somebody else has fetched, look again. A fetch that
// was cancelled or whose volume was too small fails for its own caller only; the next waiter takes over.
bool BaseCache::join(const std::string& file, const Call& call) {
    std::unique_lock lock(mutex_);
    const auto [place, first] = flights_.try_emplace(file);
    if (first) {
        place->second = std::make_shared<Flight>();
        if (!disk::exists(catalog_.path(file))) return true;
        flights_.erase(place);
        return false;
    }
    const auto flight = place->second;
    while (!flight->done) {
        landed_.wait_for(lock, std::chrono::milliseconds(100));
        if (call.cancelled && call.cancelled())
            throw Error(ErrorCode::Cancelled, "waiting for the image was cancelled");
    }
    if (!flight->error) return false;
    try {
        std::rethrow_exception(flight->error);
    } catch (const Error& e) {
        if (e.code() == ErrorCode::Cancelled || e.code() == ErrorCode::InvalidInput) return false;
        throw;
    }
}

void BaseCache::land(const std::string& file, const std::exception_ptr& error) {
    const std::lock_guard lock(mutex_);
    const auto flight = flights_.at(file);
    flight->error = error;
    flight->done = true;
    flights_.erase(file);
    landed_.notify_all();
}

std::int64_t BaseCache::fetch(const ImageSource& image, const std::string& file, std::int64_t max_bytes,
                              const Call& call) {
    try {
        return fetch_once(image, file, max_bytes, call);
    } catch (const Error& e) {
        if (e.code() != ErrorCode::NoSpace) throw;
        log::warning("no space for an image: dropping unused bases", {{"image", image.image_id}});
    }
    drop_unneeded();
    return fetch_once(image, file, max_bytes, call);
}

std::int64_t BaseCache::fetch_once(const ImageSource& image, const std::string& file, std::int64_t max_bytes,
                                   const Call& call) {
    const auto path = catalog_.path(file);
    const auto new_path = path + ".new";  // becomes the base when it is read-only
    disk::FetchOptions options;
    options.max_virtual_size_bytes = max_bytes;
    options.progress = call.progress;
    options.cancelled = call.cancelled;
    const auto result = disk::fetch_image(image, new_path, options);
    ::chmod(new_path.c_str(), 0400);
    failpoint("volume.files.base.fetched");
    disk::rename_durably(new_path, path);
    failpoint("volume.files.base.renamed");
    return result.copied_bytes;
}

bool BaseCache::has(const ImageSource& image) const {
    return disk::exists(catalog_.path(base_file(image)));
}

std::vector<std::string> BaseCache::files() const {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(catalog_.path("_base"))) {
        const auto name = entry.path().filename().string();
        if (name.ends_with(".raw")) result.push_back("_base/" + name);
    }
    return result;
}

std::vector<std::string> BaseCache::oldest_first() const {
    std::vector<std::pair<std::int64_t, std::string>> by_age;
    for (const auto& file : files()) by_age.emplace_back(last_use(catalog_.path(file)), file);
    std::sort(by_age.begin(), by_age.end());
    std::vector<std::string> result;
    for (auto& [time, file] : by_age) result.push_back(std::move(file));
    return result;
}

bool BaseCache::remove_unneeded(const std::string& file) {
    const std::lock_guard lock(mutex_);
    if (!catalog_.is_complete() || pinned_.contains(file) || catalog_.is_needed(file)) return false;
    disk::remove_file(catalog_.path(file));
    log::info("image base removed", {{"file", file}});
    return true;
}

void BaseCache::evict_old() {
    const auto limit = now_us() / 1'000'000 - limits_.keep_seconds;
    for (const auto& file : oldest_first()) {
        if (last_use(catalog_.path(file)) > limit) break;
        remove_unneeded(file);
    }
    evict_over_limits();
}

void BaseCache::evict_over_limits() {
    const auto oldest = oldest_first();
    auto count = static_cast<std::int64_t>(oldest.size());
    std::int64_t bytes = 0;
    for (const auto& file : oldest) bytes += disk::allocated_bytes(catalog_.path(file));
    const auto over = [&] {
        return (limits_.max_bytes > 0 && bytes > limits_.max_bytes) ||
               (limits_.max_count > 0 && count > limits_.max_count);
    };
    for (const auto& file : oldest) {
        if (!over()) return;
        const auto size = disk::allocated_bytes(catalog_.path(file));
        if (!remove_unneeded(file)) continue;
        bytes -= size;
        --count;
    }
}

void BaseCache::drop_unneeded() {
    for (const auto& file : files()) remove_unneeded(file);
}

void BaseCache::recover() {
    for (const auto& entry : std::filesystem::directory_iterator(catalog_.path("_base"))) {
        if (!entry.path().filename().string().ends_with(".raw")) disk::remove_file(entry.path().string());
    }
    evict_old();
}

}  // namespace virga::volume::host::files
