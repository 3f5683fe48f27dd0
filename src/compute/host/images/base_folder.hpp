#pragma once
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compute/host/images/image_cache.hpp"
#include "compute/host/named_locks.hpp"

namespace virga::compute::host {

/// The folder of base files. A base is complete when its record <name>.json is there, which is written last; a file
/// without a record is left over and made again.
class BaseFolder {
public:
    explicit BaseFolder(std::string path) : path_(std::move(path)) {}

    std::string file(const std::string& name) const { return path_ + "/" + name; }
    /// Hold it while a base is looked for, made or removed.
    NamedLocks::Guard lock(const std::string& name) { return {locks_, name}; }

    /// Touches the file: its time of last use is what ageing goes by.
    std::optional<BaseImage> find(const std::string& name) const;
    void record(const std::string& name, const BaseImage& base) const;
    void create() const;
    std::vector<CachedFile> inventory() const;
    int evict_unused(const std::function<std::set<std::string>()>& used, std::int64_t max_age_s);

private:
    bool evict(const std::string& name, const std::function<std::set<std::string>()>& used, std::int64_t max_age_s);
    std::vector<std::string> names() const;

    std::string path_;
    NamedLocks locks_;
};

}  // namespace virga::compute::host
