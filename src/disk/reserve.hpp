#pragma once
#include <cstdint>
#include <string>

/// Who may write how much to a file system. A part of the state folder's stays free for the cloud's own state: a full
/// disk stops the database, and so everything; others may be filled to the last byte. What large writers are going to
/// write is promised to them, so that no two count on the same free bytes. What counts is what an operation writes now:
/// a thin disk may be larger than what is free.
namespace virga::disk {

/// For this process, before it writes: the state folder, and how many bytes of its file system stay free.
void keep_free(const std::string& state_folder, std::int64_t bytes);

/// What may still be promised in the folder's file system: its free bytes less the reserve and what is promised; 0 or
/// more. Throws Error{Internal} when the folder can't be looked at.
std::int64_t usable_bytes(const std::string& folder);

/// So many bytes of a folder's file system, for a writer, as long as the object lives. In memory alone: what a process
/// has promised ends with it, as its writers do. Thread-safe.
class SpacePromise {
public:
    /// Throws Error{NoSpace}, which names the setting where the reserve is why, when less is usable. 0 bytes for what
    /// is sparse: then the reserve alone must not be touched.
    SpacePromise(const std::string& folder, std::int64_t bytes);
    ~SpacePromise();
    SpacePromise(const SpacePromise&) = delete;
    SpacePromise& operator=(const SpacePromise&) = delete;

    /// So many have been written in all, which the file system counts itself by now.
    void written(std::int64_t bytes);

private:
    void release(std::int64_t bytes);

    std::uint64_t device_ = 0;
    std::int64_t left_ = 0;
    std::int64_t written_ = 0;
};

/// For what writes next to nothing (a sparse file, an overlay, a larger size), and again and again while somebody
/// writes what was promised: others may have taken more than they said. Throws Error{NoSpace} when the reserve is
/// touched.
void require_reserve(const std::string& folder);

/// Whether the reserve of the folder's disk is touched: whoever is writing has to stop.
bool reserve_is_touched(const std::string& folder);

}  // namespace virga::disk
