#include "image/stores/file_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/error.hpp"
#include "image/stores/store_mark.hpp"

namespace virga::image {
namespace {

constexpr std::string_view kPartSuffix = ".part";
constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

[[noreturn]] void fail_write(const std::string& path, int err) {
    if (err == ENOSPC || err == EDQUOT || err == EFBIG) {
        throw Error(ErrorCode::NoSpace, "There is not enough space left in the image store.", path);
    }
    throw_errno(ErrorCode::Internal, "write " + path, err);
}

}  // namespace

FileHandle::~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
}

std::string part_name(const std::string& image_id, const std::string& upload_id, const std::string& attempt) {
    return image_id + "." + upload_id + (attempt.empty() ? "" : ".") + attempt + std::string(kPartSuffix);
}

bool is_part_of(std::string_view file_name, const std::string& image_id, const std::string& upload_id) {
    return is_part_name(file_name) && file_name.starts_with(image_id + "." + upload_id + ".");
}

std::string upload_of_part(std::string_view file_name) {
    const auto begin = file_name.find('.');
    if (!is_part_name(file_name)) return {};
    const auto end = file_name.find('.', begin + 1);
    return std::string(file_name.substr(begin + 1, end - begin - 1));
}

bool is_part_name(std::string_view file_name) {
    return file_name.ends_with(kPartSuffix);
}

PartFile::PartFile(const FileStore& store, std::string image_id, const std::string& upload_id,
                   const std::string& attempt)
    : store_(store), image_id_(std::move(image_id)), path_(store.part_path(image_id_, upload_id, attempt)) {
    const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kFileMode);
    if (fd < 0) fail_write(path_, errno);
    file_ = std::make_unique<FileHandle>(fd);
}

PartFile::~PartFile() {
    if (!published_) ::unlink(path_.c_str());
}

void PartFile::write(std::string_view data) {
    while (!data.empty()) {
        const auto written = ::write(file_->get(), data.data(), data.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail_write(path_, errno);
        data.remove_prefix(static_cast<std::size_t>(written));
    }
}

void PartFile::publish() {
    if (::fsync(file_->get()) != 0) fail_write(path_, errno);
    if (::rename(path_.c_str(), store_.path(image_id_).c_str()) != 0) {
        if (errno == ENOENT) throw Error(ErrorCode::Conflict, "The upload was given up meanwhile.", path_);
        throw_errno(ErrorCode::Internal, "rename " + path_, errno);
    }
    published_ = true;
    store_.sync_folder();
}

void PartFile::withdraw() noexcept {
    if (published_) ::unlink(store_.path(image_id_).c_str());
}

FileStore::FileStore(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(std::filesystem::path(folder_).parent_path());
    if (::mkdir(folder_.c_str(), kFolderMode) != 0 && errno != EEXIST) {
        throw_errno(ErrorCode::InvalidInput, "image.folder: create " + folder_, errno);
    }
    if (::access(folder_.c_str(), R_OK | W_OK | X_OK) != 0)
        throw Error(ErrorCode::InvalidInput,
                    "image.folder: the user of the control process (control.user) can't read and write " + folder_);
    mark_ = mark_store(folder_);
}

std::string FileStore::part_path(const std::string& image_id, const std::string& upload_id,
                                 const std::string& attempt) const {
    return folder_ + "/" + part_name(image_id, upload_id, attempt);
}

void FileStore::remove_parts(const std::string& image_id, const std::string& upload_id) const {
    for (const auto& name : files()) {
        if (is_part_of(name, image_id, upload_id)) remove(name);
    }
}

std::shared_ptr<FileHandle> FileStore::open(const std::string& image_id) const {
    const int fd = ::open(path(image_id).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) return nullptr;
    if (fd < 0) throw_errno(ErrorCode::Internal, "open " + path(image_id), errno);
    return std::make_shared<FileHandle>(fd);
}

std::optional<std::int64_t> FileStore::size(const std::string& image_id) const {
    struct stat info {};
    if (::lstat(path(image_id).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    return info.st_size;
}

bool FileStore::exists(const std::string& file_name) const {
    return ::access(path(file_name).c_str(), F_OK) == 0;
}

void FileStore::remove(const std::string& file_name) const {
    if (::unlink(path(file_name).c_str()) == 0 || errno == ENOENT) return;
    throw_errno(ErrorCode::Internal, "remove " + path(file_name), errno);
}

std::vector<std::string> FileStore::files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        auto name = entry.path().filename().string();
        if (!name.starts_with(kMarkFile)) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

void FileStore::sync_folder() const {
    const FileHandle folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) throw_errno(ErrorCode::Internal, "sync " + folder_, errno);
}

}  // namespace virga::image
