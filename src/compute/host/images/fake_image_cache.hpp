#pragma once
#include "compute/host/images/base_folder.hpp"
#include "compute/host/images/image_cache.hpp"

namespace virga::compute::host {

/// The image cache of a host with the fake hypervisor: a marker file per image, nothing is copied.
class FakeImageCache : public ImageCache {
public:
    explicit FakeImageCache(BaseFolder& folder) : folder_(folder) {}

    CachedImage fetch(const ImageSource& source, std::int64_t max_virtual_size_bytes, const FetchHooks& hooks) override;
    std::optional<BaseImage> find(const std::string& image_id) override;
    std::vector<CachedFile> inventory() const override { return folder_.inventory(); }
    int evict_unused(const std::function<std::set<std::string>()>& used, std::int64_t max_age_s) override {
        return folder_.evict_unused(used, max_age_s);
    }

private:
    BaseFolder& folder_;
};

}  // namespace virga::compute::host
