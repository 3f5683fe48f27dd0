#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "http/microversion.hpp"
#include "image/api/api.hpp"

namespace virga::image::api {
namespace {

const identity::policy::Check kDeactivated(policies(), "download_image:deactivated");

constexpr std::string_view kBinary = "application/octet-stream";

void require_binary(const http::Request& request) {
    const auto type = request.headers.get("Content-Type");
    if (type.substr(0, type.find(';')) == kBinary) return;
    throw http::StatusError(415, "Unsupported Content-Type: image data is sent as " + std::string(kBinary));
}

http::Response upload(Context& context, http::Request& request, const identity::Auth& auth) {
    require_binary(request);
    const auto id =
        context.database.read_with([&](db::Transaction& tx) { return require_changeable(tx, request, auth).id; });
    if (request.stream == nullptr) throw Error(ErrorCode::InvalidInput, "The request has no body.");
    context.uploader.receive(request, id);
    return http::Response::empty(204);
}

std::size_t read_some(const FileHandle& file, char* into, std::size_t size) {
    while (true) {
        const auto got = ::read(file.get(), into, size);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) throw_errno(ErrorCode::Internal, "read image data", errno);
    }
}

http::Response download(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto record =
        context.database.read_with([&](db::Transaction& tx) { return require_visible(tx, request, auth); });
    if (!record.has_data()) return http::Response::empty(204);
    if (record.status == ImageStatus::Deactivated && !kDeactivated.allows(auth)) {
        throw Error(ErrorCode::Forbidden, "The requested image has been deactivated. Image data download is forbidden.",
                    {}, record.id);
    }
    auto file = context.store.open(record.id);
    if (!file) throw Error(ErrorCode::NotFound, "No data found for image " + record.id + ".", "the file is missing");
    http::Response response;
    response.headers.set("Content-Type", std::string(kBinary));
    response.headers.set("Content-MD5", record.checksum_md5);
    response.stream_length = static_cast<std::uint64_t>(record.size_bytes.value_or(0));
    response.stream = [file](char* into, std::size_t size) { return read_some(*file, into, size); };
    return response;
}

}  // namespace

void add_image_file(http::Router& router, Context& context) {
    const std::string path = "/image/v2/images/{image_id}/file";
    add_route(router, context, "PUT", path, "upload_image", upload, true);
    add_route(router, context, "GET", path, "download_image", download);
}

}  // namespace virga::image::api
