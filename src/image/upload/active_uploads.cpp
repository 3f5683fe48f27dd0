#include "image/upload/active_uploads.hpp"

namespace virga::image {

ActiveUploads::Flag ActiveUploads::begin(const std::string& upload_id) {
    const std::lock_guard lock(mutex_);
    auto& flag = flags_[upload_id];
    flag = std::make_shared<std::atomic<bool>>(false);
    return flag;
}

void ActiveUploads::end(const std::string& upload_id) {
    const std::lock_guard lock(mutex_);
    flags_.erase(upload_id);
}

void ActiveUploads::stop(const std::string& upload_id) {
    const std::lock_guard lock(mutex_);
    const auto found = flags_.find(upload_id);
    if (found != flags_.end()) *found->second = true;
}

bool ActiveUploads::contains(const std::string& upload_id) const {
    const std::lock_guard lock(mutex_);
    return flags_.contains(upload_id);
}

}  // namespace virga::image
