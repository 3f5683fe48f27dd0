#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "http/http.hpp"
#include "identity/service.hpp"
#include "image/image_source.hpp"

namespace virga::image {

enum class ImageStatus { Queued, Saving, Active, Killed, Deleted, Deactivated };

/// One image as other services see it.
struct Image {
    ImageId id;
    std::string name;
    std::string status;  ///< the API's word: queued, saving, active, ...
    std::string visibility;
    ProjectId owner;
    std::string disk_format;
    std::string container_format;
    std::optional<std::int64_t> size_bytes;
    std::optional<std::int64_t> virtual_size_bytes;
    std::int64_t min_disk_gib = 0;
    std::int64_t min_ram_mib = 0;
    std::string checksum_md5;
    std::string sha512;
    json::object
        properties;  ///< name -> string: the image's own properties (hw_disk_bus, block_device_mapping, mappings, ...)
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;
};

/// The image service (Glance v2).
class Service {
public:
    Service(db::Database& database, const config::Config& config, identity::Service& identity, std::string state_dir);
    ~Service();

    void register_routes(http::Router& router);
    /// Removes half-written uploads and blobs without a row: what a kill left behind. Call at start-up.
    void recover();
    /// Every difference between rows and stored files, one sentence each; empty when healthy.
    std::vector<std::string> check(db::Transaction& tx);

    /// The image if `auth` may see it (own, public, community, shared with it; admin: any); else nullopt.
    std::optional<Image> find(db::Transaction& tx, const identity::Auth& auth, const ImageId& id);
    std::optional<Image> find_any(db::Transaction& tx, const ImageId& id);
    /// Where a host reads the data. Throws Error{NotFound} when the image is gone or has no data.
    ImageSource source(db::Transaction& tx, const ImageId& id);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

const std::vector<db::Migration>& migrations();

}  // namespace virga::image
