#pragma once
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "disk/disk.hpp"
#include "volume/host/drivers/driver.hpp"
#include "volume/host/drivers/files/cache_limits.hpp"
#include "volume/host/drivers/files/catalog.hpp"

namespace virga::volume::host::files {

/// Read-only raw copies of images, one per content: _base/<key>.raw. Made once by whoever comes first, while later
/// ones wait and join. A base exists whole or not at all. Thread-safe.
class BaseCache {
public:
    BaseCache(Catalog& catalog, const CacheLimits& limits);

    /// Keeps a base from being evicted before the volume on it is recorded.
    class Pin {
    public:
        Pin(BaseCache& cache, std::string file);
        ~Pin();
        Pin(const Pin&) = delete;
        Pin& operator=(const Pin&) = delete;

        const std::string& file() const { return file_; }
        std::int64_t virtual_size_bytes = 0;
        std::int64_t copied_bytes = 0;
        bool hit = false;

    private:
        BaseCache& cache_;
        std::string file_;
    };

    /// The base of an image, made if need be. Errors as Driver::create_from_image; `max_bytes` bounds the virtual size.
    std::unique_ptr<Pin> get(const ImageSource& image, std::int64_t max_bytes, const Call& call);

    /// Removes bases that no volume needs: those that were last used longer ago than the limit, then the least recently
    /// used ones until the rest is within the other limits.
    void evict_old();
    /// Removes every base that no volume needs: space is short.
    void drop_unneeded();
    std::vector<std::string> files() const;
    bool has(const ImageSource& image) const;
    /// Removes what an interrupted fetch left. Nothing else may run.
    void recover();

private:
    struct Flight {
        bool done = false;
        std::exception_ptr error;
    };

    bool join(const std::string& file, const Call& call);
    void land(const std::string& file, const std::exception_ptr& error);
    std::int64_t fetch(const ImageSource& image, const std::string& file, std::int64_t max_bytes, const Call& call);
    std::int64_t fetch_once(const ImageSource& image, const std::string& file, std::int64_t max_bytes,
                            const Call& call);
    bool remove_unneeded(const std::string& file);
    std::vector<std::string> oldest_first() const;
    void evict_over_limits();

    Catalog& catalog_;
    CacheLimits limits_;
    std::mutex mutex_;  ///< taken before the catalog's
    std::condition_variable landed_;
    std::map<std::string, std::shared_ptr<Flight>> flights_;
    std::multiset<std::string> pinned_;
};

}  // namespace virga::volume::host::files
