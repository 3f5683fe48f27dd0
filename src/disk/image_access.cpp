#include "disk/image_access.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"

namespace virga::disk {
namespace {

constexpr std::string_view kTransfers = "/image/transfer/";
/// What is shorter could be guessed, or be in a file by chance.
constexpr std::size_t kLeastMark = 32;
constexpr std::size_t kMostMark = 128;

std::string opened_path(const File& file) {
    return "/proc/self/fd/" + std::to_string(file.fd());
}

void require_id(const std::string& id, const std::string& name) {
    if (!is_uuid_like(id)) throw Error(ErrorCode::InvalidInput, name + " is not a UUID", id);
}

bool is_url_text(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

bool ImageAccess::sees(const StoreMark& mark) const {
    const bool named = !mark.file.empty() && mark.file.find_first_of(std::string("/\0", 2)) == std::string::npos;
    if (!named || mark.value.size() < kLeastMark || mark.value.size() > kMostMark)
        throw Error(ErrorCode::InvalidInput, "the command doesn't tell the mark of the image store");
    try {
        const auto file = store_.open(store_.folder() + "/" + mark.file);
        return constant_time_equal(file.read_at(0, kMostMark + 1), mark.value);
    } catch (const Error&) {
        return false;  // there is no such store here, or none that this host may read
    }
}

ImageUrls ImageAccess::urls(const std::string& transfer) const {
    if (control_urls_.empty() || transfer.empty())
        throw Error(ErrorCode::NotSupported,
                    "This host doesn't see the image store, and host.control_urls is empty: share the folder "
                    "(image.folder), or name the URLs under which this host reaches the control processes.");
    if (!transfer.starts_with(kTransfers) || !is_url_text(transfer))
        throw Error(ErrorCode::InvalidInput, "the command's URL isn't one of an image's data");
    ImageUrls result{{}, ca_file_};
    for (const auto& url : control_urls_) result.urls.push_back(url + transfer);
    return result;
}

OpenImage::OpenImage(const ImageAccess& access, const ImageSource& image) : source(image) {
    require_id(image.image_id, "image.image_id");
    if (access.sees(image.store)) {
        file_ = access.store().open(image.path);
        source.path = opened_path(*file_);
        return;
    }
    source.path.clear();
    source.remote = access.urls(image.transfer);
}

OpenTarget::OpenTarget(const ImageAccess& access, const ImageTarget& image, const std::string& scratch)
    : target(image) {
    require_id(image.image_id, "target.image_id");
    require_id(image.upload_id, "target.upload_id");
    if (access.sees(image.store)) {
        folder_ = access.store().open_folder(image.folder);
        target.folder = opened_path(*folder_);
        return;
    }
    target.folder = scratch;
    target.remote = access.urls(image.transfer);
}

}  // namespace virga::disk
