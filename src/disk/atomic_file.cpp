#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::disk {
namespace {

constexpr std::size_t kMaxText = 64 * 1024 * 1024;

// Two writers of the same file in one process must not share a temporary; leftovers of a kill are overwritten sooner or
// later, as the numbers start again.
std::string temporary_of(const std::string& path) {
    static std::atomic<unsigned> counter{0};
    return path + ".tmp" + std::to_string(counter++);
}

}  // namespace

void write_file_atomically(const std::string& path, std::string_view text, int mode) {
    const auto temporary = temporary_of(path);
    ScopeExit cleanup([&] { ::unlink(temporary.c_str()); });
    {
        auto file = File::create(temporary, mode);
        file.write_at(0, text);
        file.sync();
    }
    rename_durably(temporary, path);
    cleanup.dismiss();
}

std::string read_file(const std::string& path) {
    const auto file = File::open_for_reading(path);
    const auto size = static_cast<std::size_t>(file.size());
    if (size > kMaxText) throw Error(ErrorCode::Corrupt, "file " + path + " is too large");
    return file.read_at(0, size);
}

void sync_folder(const std::string& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) throw_errno(ErrorCode::Internal, "open " + folder, errno);
    const ScopeExit close([fd] { ::close(fd); });
    if (::fsync(fd) != 0) throw_errno(ErrorCode::Internal, "sync " + folder, errno);
}

std::int64_t free_bytes(const std::string& folder) {
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0) throw_errno(ErrorCode::Internal, "statvfs " + folder, errno);
    return static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
}

}  // namespace virga::disk
