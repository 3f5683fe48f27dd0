#include "disk/file.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/error.hpp"
#include "base/links.hpp"
#include "base/scope_exit.hpp"
#include "disk/disk.hpp"

namespace virga::disk {

File File::open(const std::string& path, int flags, int mode) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC | no_link(path), mode);
    const bool missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG);
    if (fd < 0) throw_errno(missing ? ErrorCode::NotFound : ErrorCode::Internal, "open " + path, errno);
    return File(fd, path);
}

File File::open_beneath(const std::string& folder, const std::string& name, int flags) {
    const auto path = folder + "/" + name;
    const int root = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) throw_errno(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal, "open " + folder, errno);
    const ScopeExit close([root] { ::close(root); });
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const auto fd = static_cast<int>(::syscall(SYS_openat2, root, name.c_str(), &how, sizeof how));
    if (fd >= 0) return File(fd, path);
    const bool refused = errno == EXDEV || errno == ELOOP;
    if (refused) throw_errno(ErrorCode::InvalidInput, "a link or a step out of its folder: " + path, errno);
    throw_errno(errno == ENOENT || errno == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Internal, "open " + path, errno);
}

File File::open_for_reading(const std::string& path) {
    return open(path, O_RDONLY, 0);
}
File File::open_for_writing(const std::string& path) {
    return open(path, O_RDWR, 0);
}
std::optional<File> File::open_for_direct_writing(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC | no_link(path));
    if (fd < 0) return std::nullopt;
    return File(fd, path);
}
File File::create(const std::string& path, int mode) {
    return open(path, O_RDWR | O_CREAT | O_TRUNC, mode);
}

File::File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
}

File::~File() {
    if (fd_ >= 0) ::close(fd_);
}

std::int64_t File::size() const {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) throw_errno(ErrorCode::Internal, "stat " + path_, errno);
    return info.st_size;
}

void File::resize(std::int64_t bytes) {
    if (::ftruncate(fd_, bytes) != 0) throw_errno(ErrorCode::Internal, "resize " + path_, errno);
}

void File::write_at(std::int64_t offset, std::string_view data) {
    while (!data.empty()) {
        const auto put = ::pwrite(fd_, data.data(), data.size(), offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) throw_errno(ErrorCode::Internal, "write " + path_, errno);
        data.remove_prefix(static_cast<std::size_t>(put));
        offset += put;
    }
}

std::string File::read_at(std::int64_t offset, std::size_t length) const {
    std::string data(length, '\0');
    data.resize(read_at(offset, std::span(data)));
    return data;
}

std::size_t File::read_at(std::int64_t offset, std::span<char> into) const {
    std::size_t filled = 0;
    while (filled < into.size()) {
        const auto got =
            ::pread(fd_, into.data() + filled, into.size() - filled, offset + static_cast<std::int64_t>(filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_errno(ErrorCode::Internal, "read " + path_, errno);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

void File::sync() {
    if (::fdatasync(fd_) != 0) throw_errno(ErrorCode::Internal, "sync " + path_, errno);
}

std::int64_t allocated_bytes(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_blocks * 512 : 0;
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

void remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno(ErrorCode::Internal, "remove " + path, errno);
}

void rename_durably(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) throw_errno(ErrorCode::Internal, "rename " + from, errno);
    sync_folder(folder_of(to));
}

bool is_beneath(const std::string& folder, const std::string& name) {
    try {
        File::open_beneath(folder, name, O_PATH);
        return true;
    } catch (const Error&) {
        return false;
    }
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace virga::disk
