#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "disk/format.hpp"
#include "image/image_source.hpp"

namespace virga::compute::host {

/// A base file that disks are made from.
struct BaseImage {
    std::string path;
    disk::Format format = disk::Format::Raw;  ///< as recorded when it was made
    std::int64_t virtual_size_bytes = 0;
};

struct CachedImage {
    BaseImage base;
    bool hit = false;
    std::int64_t copied_bytes = 0;
};

struct FetchHooks {
    std::function<bool()> cancelled;
    std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> progress;
};

struct CachedFile {
    std::string name;  ///< SHA-1 of the image's id; or of a blank base its name
    std::int64_t bytes = 0;
};

/// Images that this host has ready, in <instances>/_base. Thread-safe; one fetch per image at a time.
class ImageCache {
public:
    virtual ~ImageCache() = default;
    /// Finds or fetches. `max_virtual_size_bytes` 0: no bound. Errors: those of disk::fetch_image; nothing is left on
    /// failure.
    virtual CachedImage fetch(const ImageSource& source, std::int64_t max_virtual_size_bytes,
                              const FetchHooks& hooks) = 0;
    /// The base of an image, marked as used now; nullopt when it isn't complete.
    virtual std::optional<BaseImage> find(const std::string& image_id) = 0;
    virtual std::vector<CachedFile> inventory() const = 0;
    /// Removes what nobody in `used` (absolute paths) needs and what was not used for `max_age_s`. Returns how many.
    virtual int evict_unused(const std::function<std::set<std::string>()>& used, std::int64_t max_age_s) = 0;
};

/// File name of an image's base.
std::string base_name(const std::string& image_id);

}  // namespace virga::compute::host
