#pragma once
#include "compute/host/images/base_folder.hpp"
#include "compute/host/images/image_cache.hpp"

namespace virga::compute::host {

/// The image cache of a host with real guests.
class DiskImageCache : public ImageCache {
public:
    DiskImageCache(BaseFolder& folder, bool force_raw) : folder_(folder), force_raw_(force_raw) {}

    CachedImage fetch(const ImageSource& source, std::int64_t max_virtual_size_bytes, const FetchHooks& hooks) override;
    std::optional<BaseImage> find(const std::string& image_id) override;
    std::vector<CachedFile> inventory() const override { return folder_.inventory(); }
    int evict_unused(const std::function<std::set<std::string>()>& used, std::int64_t max_age_s) override {
        return folder_.evict_unused(used, max_age_s);
    }

private:
    BaseFolder& folder_;
    bool force_raw_;
};

}  // namespace virga::compute::host
