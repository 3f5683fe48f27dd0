#pragma once
#include <chrono>
#include <string>

#include "disk/disk.hpp"

/// Data of images that this host doesn't see as files, by HTTP from whichever control process answers.
namespace virga::disk {

/// As long as nobody answers, or what answers breaks off at once, for this long it is tried again.
inline constexpr std::chrono::seconds kPatience{60};

/// A copy of the image in a file of its own, which is gone with the object. It comes in pieces of any size: what breaks
/// off goes on where it was, at the next control process. What it is was verified by its checksum, but for that nothing
/// is known of it. Zeros are holes.
class RemoteCopy {
public:
    /// Into `path`, which is replaced. Errors: NotFound (no control process has the data), Forbidden (they refuse the
    /// URL: its time is over), Corrupt (it isn't the recorded data), Unavailable (nobody answers), NoSpace, Cancelled.
    RemoteCopy(const ImageSource& source, std::string path, const Progress& progress, const Cancelled& cancelled);
    ~RemoteCopy();
    RemoteCopy(const RemoteCopy&) = delete;
    RemoteCopy& operator=(const RemoteCopy&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// Sends a file as the data of an image, again from the start when it breaks off. What came of it, as the control
/// process found it. Errors: those that it answers, Unavailable, Cancelled.
StoredImage send_image(const std::string& path, const ImageTarget& target, const Progress& progress,
                       const Cancelled& cancelled);

}  // namespace virga::disk
