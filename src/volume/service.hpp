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
#include "image/service.hpp"
#include "rpc/rpc.hpp"
#include "taskflow/runner.hpp"
#include "volume/host_commands.hpp"
#include "volume/volume.hpp"

namespace virga::volume {

/// What flows of this service ask of whoever runs the servers that a volume is attached to. Compute implements it; the
/// composition root hands it over. Those that change a guest's disk block and must have no transaction open; they
/// return false, and nothing was done, when no running guest of the server has the volume: what it finds when it is
/// started next is right then. Errors: Unavailable (the server's host is away), and what the host says.
class AttachedVolumes {
public:
    virtual ~AttachedVolumes() = default;
    /// Whether the server has, or a flow of it works with, this attachment: then nobody else ends or changes it.
    virtual bool owns(db::Transaction& tx, const ServerId& server, const AttachmentId& attachment) = 0;
    /// Flows of the server that may still start its guest by what was recorded before now.
    virtual std::vector<FlowId> flows_of(db::Transaction& tx, const ServerId& server) = 0;
    /// Shows a flow of this service among the actions of a server that it touches (Nova: action extend_volume).
    virtual void record_action(db::Transaction& tx, const ServerId& server, const std::string& action,
                               const taskflow::FlowSpec& flow) = 0;
    /// Records the connection by which the server's guest is started from now on. Nothing happens when it has none.
    virtual void moved(db::Transaction& tx, const ServerId& server, const VolumeId& volume,
                       const json::object& connection_info) = 0;
    /// Grows the guest's disk, file included; the guest sees it at once.
    virtual bool resize(const ServerId& server, const VolumeId& volume, std::int64_t size_gib,
                        const rpc::CallOptions& options) = 0;
    /// The guest goes on in `file`, an empty overlay on the one that it has open.
    virtual bool switch_to(const ServerId& server, const VolumeId& volume, const std::string& path,
                           const std::string& format, const rpc::CallOptions& options) = 0;
    /// Merges two layers. Long; may be cancelled, the chain is as before then.
    virtual bool merge(const ServerId& server, const VolumeId& volume, const LayerMerge& merge,
                       const rpc::CallOptions& options) = 0;
    /// Copies the disk into the empty one of `connection_info`, and writes to both from then on: returns when both are
    /// the same, which they stay at every instant. Long; may be cancelled, the other one isn't written to any more
    /// then.
    virtual bool mirror(const ServerId& server, const VolumeId& volume, const json::object& connection_info,
                        const rpc::CallOptions& options) = 0;
    /// The guest goes on in its mirror alone. Conflict: it has none, and is not there already.
    virtual bool pivot(const ServerId& server, const VolumeId& volume, const json::object& connection_info,
                       const rpc::CallOptions& options) = 0;
    /// Nothing is written to a mirror any more.
    virtual bool end_mirror(const ServerId& server, const VolumeId& volume, const rpc::CallOptions& options) = 0;
};

/// The volume service (Cinder v3).
class Service {
public:
    Service(db::Database& database, const config::Config& config, identity::Service& identity, image::Service& images,
            rpc::Caller& hosts, taskflow::Runner& runner);
    ~Service();

    /// Call once, before flows run: without it, volumes of running guests can't be changed.
    void use(AttachedVolumes& attached);
    void register_routes(http::Router& router);
    void register_tasks(taskflow::Registry& registry);
    /// Creates the default volume type and what else an empty database lacks.
    void bootstrap();
    /// Differences between rows, hosts' inventories and attachments; empty when healthy. `live_servers`: ids that
    /// exist.
    std::vector<std::string> check(db::Transaction& tx, const std::vector<ServerId>& live_servers);
    /// What can be said of settings before anything is made. Throws Error{InvalidInput} that names one.
    static void check_settings(const config::Config& config);
    /// Call once, before flows run. Reads the master key of the keys of volumes, from the file of the settings or one
    /// in `state_dir`, which is made when nothing was sealed yet. Throws Error{InvalidInput} when it can't be read or
    /// isn't the one that keys were sealed with.
    void open_vault(const std::string& state_dir);
    /// What all control processes of this cloud have in common, and no others: which master key they have.
    std::string cloud_id() const;
    /// A key that whoever has the master key has, for something else than volumes. After open_vault().
    Secret derived_key(const std::string& purpose) const;
    /// Adds to the parameters of a command to a host the keys of the encrypted volumes that it names (its volume_id,
    /// disk, or guest's disks). For the call alone: not to be kept anywhere.
    void add_keys(json::object& params);

    std::optional<Volume> find(db::Transaction& tx, const VolumeId& id);
    /// Throws Error{NotFound} "Volume <id> could not be found." also for another project's volume.
    Volume get(db::Transaction& tx, const identity::Auth& auth, const VolumeId& id);
    /// From where the volume can be used, as its host is configured now; one that there isn't: from anywhere.
    Reach reach(db::Transaction& tx, const VolumeId& id);
    std::optional<Snapshot> find_snapshot(db::Transaction& tx, const SnapshotId& id);
    Snapshot get_snapshot(db::Transaction& tx, const identity::Auth& auth, const SnapshotId& id);
    /// Id or name to the name of a volume type; throws Error{NotFound}.
    std::string resolve_type(db::Transaction& tx, const std::string& id_or_name);

    /// Checks everything that POST /volumes checks (sizes, quota, source states), makes the row ("creating") and starts
    /// the create_volume flow, whose id is returned. Idempotent by NewVolume::id.
    FlowId create(db::Transaction& tx, const identity::Auth& auth, const NewVolume& volume,
                  const std::optional<FlowId>& parent);
    /// For a boot that is accepted: checks all that create() checks, and from then on the volume counts for quotas and
    /// its source can't be deleted, until boot_ended(). `volume.claim` is the claim's id; repeatable.
    void claim(db::Transaction& tx, const identity::Auth& auth, const NewVolume& volume);
    /// The volume that was made of a claim is going to be made anew.
    void renew_claim(db::Transaction& tx, const std::string& claim);
    /// Gives back what a boot held: its claims, its images, the volumes that were made for it. Repeatable.
    void boot_ended(db::Transaction& tx, const ServerId& server);
    /// Starts the delete_volume flow, also for a volume that a server is being built with. Throws
    /// Error{Conflict/InvalidInput} when its status forbids it. Does nothing (returns nullopt) when the volume is gone
    /// or already being deleted. A volume that is being created is cancelled first.
    std::optional<FlowId> remove(db::Transaction& tx, const VolumeId& id, const std::string& request_id,
                                 const std::optional<FlowId>& parent);

    /// Attachment life, as compute drives it. The same id gives the same attachment.
    /// reserve: available (or downloading; in-use if multiattach) -> reserved; else Error{InvalidInput} that names the
    /// status.
    Attachment reserve(db::Transaction& tx, const AttachmentId& id, const VolumeId& volume, const ServerId& server);
    std::optional<Attachment> find_attachment(db::Transaction& tx, const AttachmentId& id);
    std::vector<Attachment> attachments_of_server(db::Transaction& tx, const ServerId& server);
    /// Asks the storage host to prepare the connection; blocks, no transaction open. Returns connection_info with
    /// serial = volume id (and multiattach: true where it applies). Idempotent.
    json::object initialize_connection(const VolumeId& volume, const std::string& connector_host,
                                       const rpc::CallOptions& options);
    /// Records the connection: attachment and volume -> attaching.
    void connected(db::Transaction& tx, const AttachmentId& id, const std::string& connector_host,
                   const std::string& device, const json::object& connection_info);
    /// attachment attached, volume in-use.
    void complete(db::Transaction& tx, const AttachmentId& id);
    /// volume in-use -> detaching, else Error{InvalidInput}; roll_detaching is the way back.
    void begin_detaching(db::Transaction& tx, const VolumeId& id);
    /// With a message that tells the user why a flow could not detach the volume.
    void roll_detaching(db::Transaction& tx, const VolumeId& id, const taskflow::TaskContext& context,
                        const std::string& reason);
    /// Asks the storage host to end the connection; blocks. Success when there is none.
    void terminate_connection(const VolumeId& volume, const std::string& connector_host,
                              const rpc::CallOptions& options);
    /// Deletes the attachment row and recomputes the volume's status. Success when it is gone.
    void detached(db::Transaction& tx, const AttachmentId& id);
    /// Flows that must have ended before a guest of the server is started: they copy data that it would write to.
    std::vector<FlowId> flows_holding(db::Transaction& tx, const ServerId& server);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

const std::vector<db::Migration>& migrations();

}  // namespace virga::volume
