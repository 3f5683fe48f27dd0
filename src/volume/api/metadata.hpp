#pragma once
#include <functional>
#include <string>

#include "volume/api/api.hpp"

namespace virga::volume::api {

/// Where the metadata of one kind of resource is kept.
struct MetadataStore {
    std::string path;  ///< "/volumes/{volume_id}/metadata"
    /// The resource of the request, or Error{NotFound}.
    std::function<json::object(db::Transaction&, const Call&)> read;
    std::function<void(db::Transaction&, const Call&, const json::object&)> write;
    /// From this microversion 3.x on, answers carry an ETag and changes heed If-Match (412 when it differs); 0: never.
    int etag_minor = 0;
    /// Names that users don't set here: left out of a map, refused alone.
    std::vector<std::string> reserved = {};
    /// Policies of reading, adding, changing and deleting.
    const char* get = "";
    const char* create = "";
    const char* update = "";
    const char* remove = "";
};

/// Error{QuotaExceeded} when there are more items than one resource may have: each request adds some.
void check_items(const json::object& items, const std::string& name, std::size_t most = 128);

/// GET, POST (merge), PUT (replace) of the whole, GET, PUT, DELETE of one key.
void register_metadata(Routes& routes, const MetadataStore& store);

}  // namespace virga::volume::api
