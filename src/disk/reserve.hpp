#pragma once
#include <cstdint>
#include <string>

/// The part of a disk that stays free for the cloud's own state: a full disk stops the database, and so everything.
/// Counts on the file system of the state folder alone; others may be filled to the last byte.
namespace virga::disk {

/// For this process, before it writes: the state folder, and how many bytes of its file system stay free.
void keep_free(const std::string& state_folder, std::int64_t bytes);

/// What may still be written in the folder: its free bytes less the reserve; 0 or more. Throws Error{Internal} when the
/// folder can't be looked at.
std::int64_t usable_bytes(const std::string& folder);

/// To be called before so many bytes are written in the folder; with 0 for a sparse file. Throws Error{NoSpace} that
/// names the setting when that would touch the reserve.
void require_space(const std::string& folder, std::int64_t bytes);

/// Whether the reserve of the folder's disk is touched: whoever is writing has to stop.
bool reserve_is_touched(const std::string& folder);

}  // namespace virga::disk
