#include "disk/convert.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "disk/file.hpp"
#include "disk/keyed.hpp"
#include "disk/layers.hpp"
#include "disk/qemu_img.hpp"
#include "disk/reserve.hpp"

namespace virga::disk {
namespace {

// What run_sandboxed asks every 100 ms: passes the cancellation on, stops what touches the reserve of the disk (what is
// compressed grows), and tells once per second how much the target takes on the disk.
class Watch {
public:
    Watch(const Conversion& conversion, SpacePromise& space, const Progress& progress, const Cancelled& cancelled)
        : conversion_(conversion),
          space_(space),
          progress_(progress),
          cancelled_(cancelled),
          last_us_(monotonic_us()) {}

    bool operator()() {
        constexpr std::int64_t kIntervalUs = 1'000'000;
        if (monotonic_us() - last_us_ >= kIntervalUs) {
            last_us_ = monotonic_us();
            tell(allocated_bytes(conversion_.to));
        }
        return reserve_is_touched(folder_of(conversion_.to)) || (cancelled_ && cancelled_());
    }

private:
    void tell(std::int64_t bytes) {
        space_.written(bytes);
        if (progress_) progress_(std::min(bytes, conversion_.virtual_bytes), conversion_.virtual_bytes);
    }

    const Conversion& conversion_;
    SpacePromise& space_;
    const Progress& progress_;
    const Cancelled& cancelled_;
    std::int64_t last_us_;
};

// An encrypted target is made beforehand, since the tool would spend seconds on making a key hard to guess.
std::vector<std::string> arguments_of(const Conversion& c) {
    std::vector<std::string> words{"convert", "-q", "-W"};
    const auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
    const bool keyed_source = !c.key.empty() && c.from_format == "qcow2";
    const bool keyed_target = !c.key.empty() && c.to_format == "qcow2";
    if (!keyed_source) add({"-f", c.from_format});
    if (keyed_target) {
        add({"-n", "--target-is-zero", "--target-image-opts"});
    } else {
        add({"-O", c.to_format});
    }
    if (!c.options.empty()) add({"-o", c.options});
    words.push_back(keyed_source ? keyed_disk(c.from, c.from_format) : c.from);
    words.push_back(keyed_target ? keyed_options(c.to) : c.to);
    return words;
}

std::vector<SandboxFile> files_of(const Conversion& c) {
    auto files = c.alone ? std::vector<SandboxFile>{{c.from}} : files_of(c.from, c.from_format, Use::Read);
    files.push_back({c.to, true});
    return files;
}

std::int64_t source_bytes(const Conversion& c) {
    if (c.alone) return allocated_bytes(c.from);
    std::int64_t bytes = 0;
    for (const auto& layer : layers_of(c.from, c.from_format)) bytes += allocated_bytes(layer.path);
    return bytes;
}

}  // namespace

std::int64_t file_bound(const std::string& format, std::int64_t virtual_bytes) {
    if (virtual_bytes == 0) return 0;
    const auto rounded = (virtual_bytes + 1024 * 1024) / 4096 * 4096;
    return format == "raw" ? rounded : rounded + rounded / 64 + 64 * 1024 * 1024;
}

std::int64_t convert_into(const Conversion& conversion, const Progress& progress, const Cancelled& cancelled) {
    const auto folder = folder_of(conversion.to);
    const auto source = source_bytes(conversion);
    SpacePromise space(folder, source);
    if (!conversion.key.empty() && conversion.to_format == "qcow2")
        create_qcow2(conversion.to, conversion.virtual_bytes, std::nullopt, conversion.key);
    else
        File::create(conversion.to);  // so that it is ours alone: the tool keeps the mode of what is there
    QemuImgRun run{.what = "convert disk",
                   .files = files_of(conversion),
                   .work_bytes = std::max(source, conversion.data_bytes),
                   .virtual_bytes = conversion.virtual_bytes,
                   .file_bytes = conversion.file_bytes,
                   .key = conversion.key};
    run.watch = Watch(conversion, space, progress, cancelled);
    try {
        run_qemu_img(arguments_of(conversion), run);
    } catch (const Error& failure) {
        if (failure.code() == ErrorCode::Cancelled) require_reserve(folder);  // says why, if that was it
        if (failure.code() == ErrorCode::Internal && conversion.alone) {
            throw Error(ErrorCode::InvalidInput,
                        "The image is unacceptable: its data can't be read as " + conversion.from_format +
                            ". It may be damaged.",
                        failure.message() + ": " + failure.detail());
        }
        throw;
    }
    File::open_for_writing(conversion.to).sync();
    return allocated_bytes(conversion.to);
}

CopyResult convert(const std::string& from, const std::string& from_format, const std::string& to,
                   const std::string& to_format, const Progress& progress, const Cancelled& cancelled,
                   const Secret& key) {
    const auto part = to + ".part";
    remove_file(part);
    ScopeExit cleanup([&] { ::unlink(part.c_str()); });
    const auto size = virtual_size(from, from_format);
    CopyResult result;
    result.copied_bytes = convert_into({from, from_format, part, to_format, size, file_bound(to_format, size), {}, key},
                                       progress, cancelled);
    rename_durably(part, to);
    cleanup.dismiss();
    return result;
}

}  // namespace virga::disk
