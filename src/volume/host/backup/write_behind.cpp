#include "volume/host/backup/write_behind.hpp"

#include <fcntl.h>

namespace virga::volume::host::backup {

void write_behind(disk::File& file, std::int64_t offset, std::string_view data) {
    constexpr std::int64_t kWindow = 8 * 1024 * 1024;
    constexpr std::int64_t kInFlight = 2;  // windows that the disk may be behind
    file.write_at(offset, data);
    const auto window = offset / kWindow;
    if (window == (offset + static_cast<std::int64_t>(data.size())) / kWindow) return;
    ::sync_file_range(file.fd(), window * kWindow, kWindow, SYNC_FILE_RANGE_WRITE);
    if (window < kInFlight) return;
    const auto written = (window - kInFlight) * kWindow;
    ::sync_file_range(file.fd(), written, kWindow,
                      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    ::posix_fadvise(file.fd(), written, kWindow, POSIX_FADV_DONTNEED);
}

}  // namespace virga::volume::host::backup
