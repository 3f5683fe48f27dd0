#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "image/api/api.hpp"
#include "image/repo/image_repo.hpp"

namespace virga::image::api {
namespace {

constexpr const char* kPath = "/image/transfer/{image_id}";

/// Hosts tell errors by their codes, of which several have one status.
http::Response refusal(const http::Request& request, const Error& error) {
    const auto status = http::status_of(error.code(), request.path);
    const log::Fields fields{{"request_id", request.request_id},
                             {"image", request.param("image_id")},
                             {"code", to_string(error.code())},
                             {"message", error.message()},
                             {"detail", error.detail()}};
    status >= 500 ? log::error("the transfer of an image failed", fields)
                  : log::info("the transfer of an image is refused", fields);
    return http::Response::with_json(
        status, json::object{{"code", to_string(error.code())}, {"message", status >= 500 ? "" : error.message()}});
}

using Purpose = Transfer::Purpose;
using Function = http::Response (*)(Context&, http::Request&, const Transfer&);

http::Response answer(Context& context, http::Request& request, Purpose purpose, Function function) {
    try {
        if (!context.signer) throw Error(ErrorCode::Forbidden, "Transfers of image data are not served here.");
        return function(context, request, context.signer->verify(request, purpose, now_us()));
    } catch (const Error& error) {
        return refusal(request, error);
    }
}

http::Response send(Context& context, http::Request& request, const Transfer& transfer) {
    const auto record =
        context.database.read_with([&](db::Transaction& tx) { return repo::find(tx, transfer.image_id); });
    if (!record || !record->has_data() || record->size_bytes != transfer.size_bytes)
        throw Error(ErrorCode::NotFound, "Image " + transfer.image_id + " has no such data.", {}, transfer.image_id);
    return image_data(context, request, *record);
}

http::Response receive(Context& context, http::Request& request, const Transfer& transfer) {
    const auto most = static_cast<std::uint64_t>(transfer.size_bytes);
    if (request.stream == nullptr || !request.content_length)
        throw Error(ErrorCode::InvalidInput, "The data of an image is sent with its length.");
    if (*request.content_length > most)
        throw Error(ErrorCode::TooLarge,
                    "The image's data is larger than the " + std::to_string(most) + " bytes that it may have.");
    const auto stored = context.uploader.receive_for_flow(request, transfer.image_id, transfer.upload_id);
    return http::Response::with_json(200, stored.to_json());
}

void add(http::Router& router, Context& context, const char* method, Purpose purpose, Function function) {
    auto route = http::public_route(method, kPath, [&context, purpose, function](http::Request& request) {
        return answer(context, request, purpose, function);
    });
    route.streaming = purpose == Purpose::Put;
    router.add(std::move(route));
}

}  // namespace

void add_transfers(http::Router& router, Context& context) {
    add(router, context, "GET", Purpose::Get, send);
    add(router, context, "PUT", Purpose::Put, receive);
}

}  // namespace virga::image::api
