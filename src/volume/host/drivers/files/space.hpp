#pragma once
#include <cstdint>
#include <mutex>
#include <string>

namespace virga::volume::host::files {

/// What operations that write a lot are going to take of a file system, so that two of them don't count on the same
/// free bytes. Thread-safe.
class Space {
public:
    explicit Space(std::string folder) : folder_(std::move(folder)) {}

    /// A claim; ends with the object.
    class Claim {
    public:
        Claim(Space& space, std::int64_t bytes) : space_(space), bytes_(bytes) {}
        ~Claim() { space_.release(bytes_); }
        Claim(const Claim&) = delete;
        Claim& operator=(const Claim&) = delete;
        /// So many were written by now, which the file system counts itself.
        void written(std::int64_t bytes);

    private:
        Space& space_;
        std::int64_t bytes_;
        std::int64_t written_ = 0;
    };

    /// Throws Error{NoSpace} when fewer bytes are free beyond what others claimed and the reserve of the disk.
    Claim claim(std::int64_t bytes);
    std::int64_t free_bytes() const;  ///< beyond what is claimed and the reserve; 0 or more

private:
    void release(std::int64_t bytes);

    std::string folder_;
    mutable std::mutex mutex_;
    std::int64_t claimed_ = 0;
};

}  // namespace virga::volume::host::files
