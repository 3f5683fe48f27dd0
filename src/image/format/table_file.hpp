#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace virga::image::format {

/// An image whose tables are followed.
class TableFile {
public:
    /// Throws Error{NotFound} or Error{Internal}.
    explicit TableFile(const std::string& path);
    ~TableFile();
    TableFile(const TableFile&) = delete;
    TableFile& operator=(const TableFile&) = delete;

    std::uint64_t size() const { return size_; }
    /// Fewer bytes than asked only at the end of the file.
    std::string read(std::uint64_t offset, std::uint64_t length) const;

private:
    std::string path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
};

/// Which pieces of a file are in use: each by one place only.
class Pieces {
public:
    /// Throws Error{InvalidInput} when the file has more pieces than can be kept in mind.
    Pieces(std::string_view format, std::uint64_t file_bytes, std::uint64_t piece_bytes);

    /// Throws Error{InvalidInput} when a piece of these bytes is in use or lies outside of the file. The last one may
    /// be cut off. `what`: for the message.
    void take(std::uint64_t offset, std::uint64_t bytes, std::string_view what);

private:
    std::string_view format_;
    std::uint64_t piece_bytes_;
    std::uint64_t count_;
    std::vector<bool> taken_;
};

/// Throws Error{InvalidInput} when data that is kept compressed expands to more than is sensible for the file.
void check_expansion(std::string_view format, std::uint64_t expanded_bytes, std::uint64_t file_bytes);

}  // namespace virga::image::format
