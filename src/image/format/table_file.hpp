#pragma once
#include <cstdint>
#include <functional>
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
    /// Calls `use` for each piece of a long table, with the bytes of the table that stand before it.
    void each_piece(std::uint64_t offset, std::uint64_t length,
                    const std::function<void(std::string_view piece, std::uint64_t before)>& use) const;

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

/// Where the blocks of a disk lie, which have one size and begin at any unit of the file: no two in one place.
class Blocks {
public:
    Blocks(std::string_view format, std::uint64_t file_bytes, std::uint64_t unit_bytes, std::uint64_t block_units);

    /// No block may lie in these bytes. Throws Error{InvalidInput} when they lie outside of the file or in others that
    /// are kept. `what`: for the message.
    void keep(std::uint64_t offset, std::uint64_t bytes, std::string_view what);
    /// A block that begins at this unit. The last one of the file may be cut off. Throws Error{InvalidInput} when it
    /// begins outside, or there are more of them than can be kept in mind.
    void add(std::uint64_t unit, std::string_view what);
    /// When all were told: throws Error{InvalidInput} when one lies where another or something that is kept lies.
    /// Returns their bytes.
    std::uint64_t check(std::string_view what);

private:
    struct Range {
        std::uint64_t begin;
        std::uint64_t end;
    };
    std::string_view format_;
    std::uint64_t file_bytes_;
    std::uint64_t unit_bytes_;
    std::uint64_t block_units_;
    std::vector<Range> kept_;
    std::vector<std::uint32_t> units_;
};

/// Throws Error{InvalidInput} when data that is kept compressed expands to more than is sensible for the file.
void check_expansion(std::string_view format, std::uint64_t expanded_bytes, std::uint64_t file_bytes);

}  // namespace virga::image::format
