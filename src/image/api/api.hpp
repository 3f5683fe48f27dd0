#pragma once
#include <functional>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "db/database.hpp"
#include "http/http.hpp"
#include "identity/service.hpp"
#include "image/model/formats.hpp"
#include "image/model/record.hpp"
#include "image/policy.hpp"
#include "image/stores/file_store.hpp"
#include "image/transfer/signed_url.hpp"
#include "image/upload/active_uploads.hpp"
#include "image/upload/uploader.hpp"

namespace virga::image::api {

/// What the resources of the image API share.
struct Context {
    db::Database& database;
    identity::Service& identity;
    FileStore& store;
    ActiveUploads& uploads;
    Uploader& uploader;
    const Formats& formats;
    /// See Service::on_upload_deleted.
    std::function<void(db::Transaction&, const FlowId&)> upload_deleted;
    /// Nothing until Service::sign_transfers_with.
    std::optional<TransferSigner> signer = {};
};

using Function = http::Response (*)(Context&, http::Request&, const identity::Auth&);
/// Adds a route for those whom the policy admits.
void add_route(http::Router& router, Context& context, const char* method, const std::string& pattern,
               const char* policy, Function function, bool streaming = false);

bool is_visible(db::Transaction& tx, const identity::Auth& auth, const Record& record);
bool may_change(const identity::Auth& auth, const Record& record);
/// The image that the path names. Throws Error{NotFound} when it isn't there or the caller may not see it.
Record require_visible(db::Transaction& tx, const http::Request& request, const identity::Auth& auth);
/// As above; throws Error{Forbidden} when the caller may see it but neither owns it nor is an administrator.
Record require_changeable(db::Transaction& tx, const http::Request& request, const identity::Auth& auth);

/// The data of an image, or the range of it that the request asks for. Throws Error{NotFound} when the file is missing.
http::Response image_data(const Context& context, const http::Request& request, const Record& record);

void add_versions(http::Router& router);
void add_images(http::Router& router, Context& context);
void add_image_file(http::Router& router, Context& context);
void add_transfers(http::Router& router, Context& context);
void add_actions(http::Router& router, Context& context);
void add_tags(http::Router& router, Context& context);
void add_members(http::Router& router, Context& context);
void add_schemas(http::Router& router, Context& context);
void add_info(http::Router& router, Context& context);

}  // namespace virga::image::api
