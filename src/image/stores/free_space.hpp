#pragma once
#include <cstdint>
#include <string>

namespace virga::image {

/// Bytes of the folder's file system that this user can still write. Throws Error{Unavailable}.
std::int64_t free_bytes(const std::string& folder);
/// Throws Error{NoSpace} when fewer than `reserve` bytes would be left after writing `bytes` more: the database of the
/// cloud's state, which shares the disk, must be able to write whatever users upload.
void require_space(const std::string& folder, std::int64_t bytes, std::int64_t reserve);

}  // namespace virga::image
