#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace virga {

/// Writes a record of some bytes: new file, then rename, so that a reader (also the next process after a kill) sees the
/// old text or the new one, never half. Not synced: survives the end of the process, not a power cut; what must survive
/// that goes through disk::write_file_atomically. Makes missing folders. Throws Error{NoSpace or Internal}.
void write_small_file(const std::string& path, std::string_view text);

/// nullopt when the file is missing. Throws Error{Internal} when it can't be read.
std::optional<std::string> read_small_file(const std::string& path);

/// Names of the entries of a folder, sorted, without those that start with '.'; empty when the folder is missing.
std::vector<std::string> folder_entries(const std::string& folder);

}  // namespace virga
