#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "http/microversion.hpp"
#include "image/api/api.hpp"
#include "image/model/byte_range.hpp"

namespace virga::image::api {
namespace {

const identity::policy::Check kDeactivated(policies(), "download_image:deactivated");

constexpr std::string_view kBinary = "application/octet-stream";

void require_binary(const http::Request& request) {
    const auto type = request.headers.get(http::RequestHeader::ContentType);
    if (type.substr(0, type.find(';')) == kBinary) return;
    throw http::StatusError(415, "Unsupported Content-Type: image data is sent as " + std::string(kBinary));
}

http::Response upload(Context& context, http::Request& request, const identity::Auth& auth) {
    require_binary(request);
    const auto id =
        context.database.read_with([&](db::Transaction& tx) { return require_changeable(tx, request, auth).id; });
    if (request.stream == nullptr) throw Error(ErrorCode::InvalidInput, "The request has no body.");
    context.uploader.receive(request, id, [&](db::Transaction& tx) { require_changeable(tx, request, auth); });
    return http::Response::empty(204);
}

std::size_t read_some(const FileHandle& file, char* into, std::size_t size, std::uint64_t offset) {
    while (true) {
        const auto got = ::pread(file.get(), into, size, static_cast<off_t>(offset));
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) throw_errno(ErrorCode::Internal, "read image data", errno);
    }
}

/// A condition that no longer holds means the whole data: it is another image's, or none of ours.
RangeRequest wanted_range(const http::Request& request, std::uint64_t size, const std::string& tag) {
    using enum http::RequestHeader;
    if (request.headers.contains(IfRange) && request.headers.get(IfRange) != tag) return {};
    return parse_range(request.headers.get(Range), size);
}

http::Response no_such_range(std::uint64_t size) {
    const std::string why = "The range is not within the image's " + std::to_string(size) + " bytes.";
    http::Response response;
    response.status = 416;
    response.body = http::html_fault(416, why);
    response.headers.set("Content-Type", "text/html; charset=UTF-8");
    response.headers.set("Content-Range", "bytes */" + std::to_string(size));
    return response;
}

/// The whole data, or one range of it. Content-MD5 is of the whole, so a range has none.
http::Response part_of(std::shared_ptr<FileHandle> file, const Record& record, const std::string& tag,
                       std::uint64_t size, const ByteRange* range) {
    http::Response response;
    response.headers.set("Content-Type", std::string(kBinary));
    response.headers.set("Accept-Ranges", "bytes");
    response.headers.set("ETag", tag);
    if (range == nullptr) {
        response.headers.set("Content-MD5", record.checksum_md5);
        response.stream_length = size;
    } else {
        response.status = 206;
        response.headers.set("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                                  std::to_string(range->last) + "/" + std::to_string(size));
        response.stream_length = range->last - range->first + 1;
    }
    response.stream = [file = std::move(file), offset = range == nullptr ? 0 : range->first](char* into,
                                                                                             std::size_t most) mutable {
        const auto got = read_some(*file, into, most, offset);
        offset += got;
        return got;
    };
    return response;
}

http::Response download(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto record =
        context.database.read_with([&](db::Transaction& tx) { return require_visible(tx, request, auth); });
    if (!record.has_data()) return http::Response::empty(204);
    if (record.status == ImageStatus::Deactivated && !kDeactivated.allows(auth)) {
        throw Error(ErrorCode::Forbidden, "The requested image has been deactivated. Image data download is forbidden.",
                    {}, record.id);
    }
    return image_data(context, request, record);
}

}  // namespace

http::Response image_data(const Context& context, const http::Request& request, const Record& record) {
    auto file = context.store.open(record.id);
    if (!file) throw Error(ErrorCode::NotFound, "No data found for image " + record.id + ".", "the file is missing");
    const auto size = static_cast<std::uint64_t>(record.size_bytes.value_or(0));
    const auto tag = "\"" + record.checksum_md5 + "\"";
    const auto wanted = wanted_range(request, size, tag);
    if (wanted.kind == RangeKind::Unsatisfiable) return no_such_range(size);
    return part_of(std::move(file), record, tag, size, wanted.kind == RangeKind::Part ? &wanted.range : nullptr);
}

void add_image_file(http::Router& router, Context& context) {
    const std::string path = "/image/v2/images/{image_id}/file";
    add_route(router, context, "PUT", path, "upload_image", upload, true);
    add_route(router, context, "GET", path, "download_image", download);
}

}  // namespace virga::image::api
