#include <unistd.h>

#include <optional>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "disk/checksum.hpp"
#include "disk/convert.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/remote_image.hpp"
#include "image/format/inspector.hpp"
#include "image/format/tables.hpp"

namespace virga::disk {
namespace {

struct Plan {
    std::string from_format;  ///< as tools call it
    std::string to_format;
    std::int64_t virtual_bytes = 0;  ///< 0: the header doesn't tell
    std::int64_t data_bytes = 0;     ///< of the disk, to be read or expanded
};

/// Where the tables aren't followed: much more than what people compress becomes, within the disk.
std::int64_t guess_data(const ImageSource& source, std::int64_t virtual_bytes) {
    constexpr std::int64_t kTimes = 8;
    const auto bytes = File::open_for_reading(source.path).size();
    return virtual_bytes / kTimes <= bytes ? virtual_bytes : bytes * kTimes;
}

void check_bound(std::int64_t virtual_bytes, const FetchOptions& options) {
    if (options.max_virtual_size_bytes == 0 || virtual_bytes <= options.max_virtual_size_bytes) return;
    throw Error(ErrorCode::InvalidInput, "The image's virtual size of " + std::to_string(virtual_bytes) +
                                             " bytes is larger than the disk of " +
                                             std::to_string(options.max_virtual_size_bytes) + " bytes.");
}

Plan plan_of(const ImageSource& source, const FetchOptions& options) {
    const auto found = image::inspect_file(source.path);
    Plan plan;
    plan.from_format = image::check_declared(source.disk_format, found);
    if (plan.from_format == "luks")
        throw Error(ErrorCode::InvalidInput, "The image is encrypted (luks) and can't be used for a disk.");
    plan.to_format = options.to_raw ? "raw" : plan.from_format;
    plan.virtual_bytes =
        plan.from_format == "raw" ? File::open_for_reading(source.path).size() : found.virtual_size_bytes.value_or(0);
    check_bound(plan.virtual_bytes, options);
    if (plan.from_format != "raw") plan.data_bytes = image::check_tables(source.path, found.format);
    if (plan.data_bytes == 0) plan.data_bytes = guess_data(source, plan.virtual_bytes);
    return plan;
}

void check_size(const ImageSource& source) {
    const auto size = File::open_for_reading(source.path).size();
    if (source.size_bytes > 0 && size != source.size_bytes)
        throw Error(ErrorCode::Corrupt, "The image's data is damaged: its size is not the recorded one.",
                    source.path + " has " + std::to_string(size) + " bytes");
}

/// What the source's file is to the disk that is made.
enum class Origin {
    Store,  ///< somebody else's: it is read
    Copy,   ///< a copy that was made for it: it may become the disk
};

std::int64_t bring(const ImageSource& source, const Plan& plan, const std::string& part, const FetchOptions& options,
                   Origin origin) {
    if (plan.from_format == plan.to_format && origin == Origin::Copy) {
        auto file = File::open_for_writing(source.path);
        file.sync();
        rename_durably(source.path, part);
        return file.size();
    }
    if (plan.from_format == plan.to_format) {
        const auto result = copy(source.path, part, options.progress, options.cancelled);
        return result.copied_bytes;
    }
    const auto limit = plan.virtual_bytes > 0 ? plan.virtual_bytes : options.max_virtual_size_bytes;
    Conversion conversion{source.path,    plan.from_format,   part,
                          plan.to_format, plan.virtual_bytes, file_bound(plan.to_format, limit)};
    conversion.alone = true;
    conversion.data_bytes = plan.data_bytes;
    return convert_into(conversion, options.progress, options.cancelled);
}

FetchResult fetch_file(const ImageSource& source, const std::string& target, const FetchOptions& options,
                       Origin origin) {
    check_size(source);
    const auto plan = plan_of(source, options);
    const auto part = target + ".part";
    remove_file(part);
    ScopeExit cleanup([&] { ::unlink(part.c_str()); });
    FetchResult result;
    {
        const bool fast = !source.xxh3.empty();
        const auto& expected = fast ? source.xxh3 : source.sha512;
        std::optional<ChecksumThread> checksum;
        if (options.verify_checksum && !expected.empty())
            checksum.emplace(source.path, fast ? HashAlgorithm::Xxh3 : HashAlgorithm::Sha512);
        result.copied_bytes = bring(source, plan, part, options, origin);
        if (checksum && checksum->wait(options.cancelled) != expected)
            throw Error(ErrorCode::Corrupt, "The image's data is damaged: its checksum is not the recorded one.",
                        source.path);
    }
    result.format = plan.to_format;
    result.virtual_size_bytes =
        plan.to_format == "raw" || plan.to_format == "qcow2" ? virtual_size(part, plan.to_format) : plan.virtual_bytes;
    check_bound(result.virtual_size_bytes, options);
    rename_durably(part, target);
    cleanup.dismiss();
    if (options.progress) options.progress(result.virtual_size_bytes, result.virtual_size_bytes);
    return result;
}

/// The copy has been verified when it is there.
FetchResult fetch_remote(const ImageSource& source, const std::string& target, const FetchOptions& options) {
    if (source.disk_format == "raw") check_bound(source.size_bytes, options);
    const RemoteCopy copy(source, target + ".download", options.progress, options.cancelled);
    auto local = source;
    local.path = copy.path();
    auto unverified = options;
    unverified.verify_checksum = false;
    return fetch_file(local, target, unverified, Origin::Copy);
}

}  // namespace

FetchResult fetch_image(const ImageSource& source, const std::string& target, const FetchOptions& options) {
    if (!source.remote.empty()) return fetch_remote(source, target, options);
    return fetch_file(source, target, options, Origin::Store);
}

}  // namespace virga::disk
