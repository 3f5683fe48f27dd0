#include "base/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace virga {
namespace {

[[noreturn]] void fail(const std::string& what, int err) {
    throw_errno(err == ENOSPC || err == EDQUOT ? ErrorCode::NoSpace : ErrorCode::Internal, what, err);
}

std::string temporary_name(const std::string& path) {
    static std::atomic<unsigned> counter{0};
    const auto slash = path.rfind('/');
    const auto name_at = slash == std::string::npos ? 0 : slash + 1;
    return path.substr(0, name_at) + "." + path.substr(name_at) + "." + std::to_string(::getpid()) + "." +
           std::to_string(counter++);
}

int create_file(const std::string& path) {
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    int fd = ::open(path.c_str(), flags, 0600);
    if (fd < 0 && errno == ENOENT) {
        std::error_code ignored;  // the second open tells what is wrong
        std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
        fd = ::open(path.c_str(), flags, 0600);
    }
    if (fd < 0) fail("create " + path, errno);
    return fd;
}

void write_all(int fd, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("write " + path, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

void write_small_file(const std::string& path, std::string_view text) {
    const auto temporary = temporary_name(path);
    const int fd = create_file(temporary);
    ScopeExit remove([&] { ::unlink(temporary.c_str()); });
    {
        const ScopeExit close([&] { ::close(fd); });
        write_all(fd, text, temporary);
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename to " + path, errno);
    remove.dismiss();
}

std::optional<std::string> read_small_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    if (fd < 0) fail("open " + path, errno);
    const ScopeExit close([&] { ::close(fd); });
    std::string text;
    char buffer[4096];
    while (true) {
        const auto got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("read " + path, errno);
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

std::vector<std::string> folder_entries(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code failure;
    for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        auto name = entry->path().filename().string();
        if (!name.starts_with('.')) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace virga
