#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace virga::image {

/// Uploads that this process is receiving, so that deleting an image can stop its upload.
class ActiveUploads {
public:
    using Flag = std::shared_ptr<std::atomic<bool>>;

    /// The flag turns true when the upload shall stop. Call end() with the same id later.
    Flag begin(const std::string& upload_id);
    void end(const std::string& upload_id);
    void stop(const std::string& upload_id);
    bool contains(const std::string& upload_id) const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, Flag> flags_;
};

}  // namespace virga::image
