#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/image_source.hpp"

namespace virga::image {

/// An open file descriptor; closed when destroyed.
class FileHandle {
public:
    explicit FileHandle(int fd) : fd_(fd) {}
    ~FileHandle();
    FileHandle(const FileHandle&) = delete;
    FileHandle& operator=(const FileHandle&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

class FileStore;

/// Data that is being received. Unless it is published, it leaves nothing behind.
class PartFile {
public:
    /// `attempt`: of an upload that may be tried again while an older attempt isn't known to have ended.
    PartFile(const FileStore& store, std::string image_id, const std::string& upload_id,
             const std::string& attempt = {});
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    /// Throws Error{NoSpace} when the disk is full, Error{Internal} otherwise.
    void write(std::string_view data);
    /// Where the data is until it is published.
    const std::string& path() const { return path_; }
    /// Syncs the data and gives it its final name, durably. Throws Error{Conflict} when somebody removed the part.
    void publish();
    /// Takes the published file away again. Nothing happens when it wasn't published.
    void withdraw() noexcept;

private:
    const FileStore& store_;
    std::string image_id_;
    std::string path_;
    std::unique_ptr<FileHandle> file_;
    bool published_ = false;
};

/// Image data as files named by image id in one folder. Data that is there never changes.
class FileStore {
public:
    /// Creates the folder, readable by this user only, and its mark. Throws Error{InvalidInput} that names the setting
    /// when it can't be used.
    explicit FileStore(std::string folder);

    /// What proves to a host that it sees this store.
    const StoreMark& mark() const { return mark_; }

    const std::string& folder() const { return folder_; }
    std::string path(const std::string& image_id) const { return folder_ + "/" + image_id; }
    std::string part_path(const std::string& image_id, const std::string& upload_id,
                          const std::string& attempt = {}) const;
    /// Whatever an upload left, but for data that is complete. Nothing happens when there is nothing.
    void remove_parts(const std::string& image_id, const std::string& upload_id) const;
    /// nullptr when there is no such file. The data stays readable through the handle after a remove().
    std::shared_ptr<FileHandle> open(const std::string& image_id) const;
    /// Bytes of the stored data; nullopt when there is none.
    std::optional<std::int64_t> size(const std::string& image_id) const;
    bool exists(const std::string& file_name) const;
    /// Nothing happens when it is gone already.
    void remove(const std::string& file_name) const;
    /// Names of all files in the folder but the store's own, sorted.
    std::vector<std::string> files() const;
    void sync_folder() const;

private:
    std::string folder_;
    StoreMark mark_;
};

/// "<image id>.<upload id>.part", or "<image id>.<upload id>.<attempt>.part".
std::string part_name(const std::string& image_id, const std::string& upload_id, const std::string& attempt = {});
bool is_part_name(std::string_view file_name);
/// The upload id in the name of a part; empty for a name that is none.
std::string upload_of_part(std::string_view file_name);
/// Whether it is the part of this upload, of whatever attempt.
bool is_part_of(std::string_view file_name, const std::string& image_id, const std::string& upload_id);

}  // namespace virga::image
