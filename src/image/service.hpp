#pragma once
#include <functional>
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
#include "image/image.hpp"
#include "image/image_source.hpp"
#include "image/image_target.hpp"

namespace virga::image {

/// The image service (Glance v2).
class Service {
public:
    Service(db::Database& database, const config::Config& config, identity::Service& identity, std::string state_dir);
    ~Service();

    void register_routes(http::Router& router);
    /// Hosts that don't see the image store get its data by HTTP, with URLs signed by this key, which the control
    /// processes of one cloud have in common.
    void sign_transfers_with(const Secret& key);
    /// For processes that share the database and the store: `self` is the one that this process has for its uploads,
    /// `lives` says whether another one's are to be left alone.
    void share_store(std::function<std::string()> self,
                     std::function<bool(db::Transaction&, const std::string& owner)> lives);
    /// Removes half-written uploads and blobs without a row: what a kill left behind. Call at start-up, and later.
    void recover();
    /// Every difference between rows and stored files, one sentence each; empty when healthy.
    std::vector<std::string> check(db::Transaction& tx);

    /// The image if `auth` may see it (own, public, community, shared with it; admin: any); else nullopt.
    std::optional<Image> find(db::Transaction& tx, const identity::Auth& auth, const ImageId& id);
    /// Images of this name that a list of `auth` shows; two at most, which is enough to know that the name is not
    /// unique.
    std::vector<ImageId> find_named(db::Transaction& tx, const identity::Auth& auth, const std::string& name);
    std::optional<Image> find_any(db::Transaction& tx, const ImageId& id);
    /// How the host reads the data. Throws Error{NotFound} when the image is gone or has no data,
    /// Error{InvalidInput} when it is unusable.
    ImageSource source(db::Transaction& tx, const ImageId& id, const std::string& host);

    /// Keeps the image from being deleted (409) as long as `holder` (a server, a volume) may read it: what an accepted
    /// request needs is there when it is its turn. Repeatable. Throws Error{NotFound}.
    void hold(db::Transaction& tx, const ImageId& id, const std::string& holder);
    /// Of all images. Repeatable.
    void release_holds(db::Transaction& tx, const std::string& holder);

    /// Data that a flow makes on a host: create (queued), begin (saving), then the host writes what begin_upload told,
    /// then finish (active), or drop. The upload goes on after a restart of the process.
    ///
    /// Errors as POST /images: Forbidden for what the caller may not set; TooLarge when the expected bytes are more
    /// than the project's quota leaves.
    Image create(db::Transaction& tx, const identity::Auth& auth, const NewImage& image);
    /// Charges the project for the expected bytes. Repeatable. Throws Error{NotFound} when the image was deleted,
    /// Error{Conflict} when another upload has it, Error{TooLarge} when the project's quota doesn't leave that much.
    void begin_upload(db::Transaction& tx, const ImageId& id, const FlowId& upload, std::int64_t expected_bytes);
    /// The data has these bytes by now: charges the project for them, in a transaction of its own. Errors as
    /// begin_upload: then the host must be told to stop.
    void charge_upload(const ImageId& id, const FlowId& upload, std::int64_t bytes);
    /// Where begin_upload lets the host write; also when the image is gone.
    ImageTarget upload_target(const ImageId& id, const FlowId& upload, const std::string& host);
    /// Removes what was written there, unless the image has it already. Repeatable.
    void remove_upload(const ImageId& id, const FlowId& upload);
    /// Error{NotFound} when the image was deleted meanwhile, Error{TooLarge} when the data is over the project's quota,
    /// Error{Corrupt} when the store doesn't have it.
    void finish_upload(db::Transaction& tx, const ImageId& id, const FlowId& upload, const StoredImage& stored);
    /// Deletes the image, unless its data is there or it is another upload's. See remove_upload.
    void drop_upload(db::Transaction& tx, const ImageId& id, const FlowId& upload);
    /// Called when an image is deleted while a flow makes its data, in the transaction that deletes it.
    void on_upload_deleted(std::function<void(db::Transaction&, const FlowId&)> handler);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

const std::vector<db::Migration>& migrations();

}  // namespace virga::image
