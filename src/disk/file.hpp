#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace virga::disk {

/// A file descriptor that closes itself. Errors carry the path. No file is opened through a link, but for the names of
/// open descriptors (base/links.hpp).
class File {
public:
    /// Throws Error{NotFound} or Error{Internal}.
    static File open_for_reading(const std::string& path);
    static File open_for_writing(const std::string& path);
    /// With O_DIRECT; nothing where the file system can't, or when there is no such file.
    static std::optional<File> open_for_direct_writing(const std::string& path);
    /// A new empty file; one of this name is truncated.
    static File create(const std::string& path, int mode = 0600);
    /// What `name` leads to in the folder, with these flags of open(2), but for O_CREAT: no link on the way, and no
    /// step out of the folder, else Error{InvalidInput}.
    static File open_beneath(const std::string& folder, const std::string& name, int flags);

    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    int fd() const { return fd_; }
    const std::string& path() const { return path_; }
    std::int64_t size() const;
    void resize(std::int64_t bytes);  ///< Throws NoSpace.
    void write_at(std::int64_t offset, std::string_view data);
    /// Fewer bytes than asked only at the end of the file.
    std::string read_at(std::int64_t offset, std::size_t length) const;
    /// The same into memory of the caller's; how many bytes.
    std::size_t read_at(std::int64_t offset, std::span<char> into) const;
    void sync();  ///< fdatasync; Throws NoSpace.

private:
    File(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    static File open(const std::string& path, int flags, int mode);

    int fd_ = -1;
    std::string path_;
};

/// Bytes that the file takes on the disk; 0 when there is none.
std::int64_t allocated_bytes(const std::string& path);
bool exists(const std::string& path);
/// Removes a file; none is fine. Throws Error{Internal}.
void remove_file(const std::string& path);
/// rename and sync of the folder.
void rename_durably(const std::string& from, const std::string& to);
std::string folder_of(const std::string& path);
/// Whether there is such a file in the folder, reached without a link or a step out of it.
bool is_beneath(const std::string& folder, const std::string& name);

}  // namespace virga::disk
