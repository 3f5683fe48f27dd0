#include "disk/convert.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "disk/file.hpp"
#include "disk/qemu_img.hpp"

namespace virga::disk {
namespace {

// What run_process asks every 100 ms: passes the cancellation on and reports once per second how much the target
// takes on the disk.
class Watch {
public:
    Watch(const Conversion& conversion, const Progress& progress, const Cancelled& cancelled)
        : conversion_(conversion), progress_(progress), cancelled_(cancelled), last_us_(monotonic_us()) {}

    bool operator()() {
        constexpr std::int64_t kIntervalUs = 1'000'000;
        if (progress_ && monotonic_us() - last_us_ >= kIntervalUs) {
            last_us_ = monotonic_us();
            progress_(std::min(allocated_bytes(conversion_.to), conversion_.virtual_bytes), conversion_.virtual_bytes);
        }
        return cancelled_ && cancelled_();
    }

private:
    const Conversion& conversion_;
    const Progress& progress_;
    const Cancelled& cancelled_;
    std::int64_t last_us_;
};

}  // namespace

std::int64_t file_bound(const std::string& format, std::int64_t virtual_bytes) {
    if (virtual_bytes == 0) return 0;
    const auto rounded = (virtual_bytes + 1024 * 1024) / 4096 * 4096;
    return format == "raw" ? rounded : rounded + rounded / 64 + 64 * 1024 * 1024;
}

std::int64_t convert_into(const Conversion& conversion, const Progress& progress, const Cancelled& cancelled) {
    File::create(conversion.to);  // so that it is ours alone: the tool keeps the mode of what is there
    QemuImgRun run{.what = "convert disk", .work_bytes = conversion.virtual_bytes, .file_bytes = conversion.file_bytes};
    if (progress || cancelled) run.watch = Watch(conversion, progress, cancelled);
    std::vector<std::string> arguments{"convert", "-q", "-W", "-f", conversion.from_format, "-O", conversion.to_format};
    if (!conversion.options.empty()) arguments.insert(arguments.end(), {"-o", conversion.options});
    arguments.insert(arguments.end(), {conversion.from, conversion.to});
    run_qemu_img(std::move(arguments), run);
    File::open_for_writing(conversion.to).sync();
    return allocated_bytes(conversion.to);
}

CopyResult convert(const std::string& from, const std::string& from_format, const std::string& to,
                   const std::string& to_format, const Progress& progress, const Cancelled& cancelled) {
    const auto part = to + ".part";
    remove_file(part);
    ScopeExit cleanup([&] { ::unlink(part.c_str()); });
    const auto size = virtual_size(from, from_format);
    CopyResult result;
    result.copied_bytes =
        convert_into({from, from_format, part, to_format, size, file_bound(to_format, size)}, progress, cancelled);
    rename_durably(part, to);
    cleanup.dismiss();
    return result;
}

}  // namespace virga::disk
