#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/http.hpp"
#include "http/microversion.hpp"
#include "http/schema.hpp"
#include "identity/service.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"
#include "volume/policy.hpp"

/// HTTP resources of the volume service, below /volume.
namespace virga::volume::api {

/// What the resources work with.
struct Context {
    flows::Dependencies& d;
    identity::Service& identity;
};

/// One request whose caller and microversion are known.
struct Call {
    Context& context;
    const http::Request& request;
    const identity::Auth& auth;
    http::Microversion version;

    bool at_least(int minor) const { return version.minor >= minor; }
    db::Database& db() const { return context.d.db; }
    /// "http://host:port/volume/v3/<project>": the base of links.
    std::string base() const;
    /// Whether he sees what is of all projects, and how it is kept.
    bool sees_all() const;
    bool flag(std::string_view query_name) const;  ///< all_tenants=1 and the like
};
using CallHandler = std::function<http::Response(const Call&)>;

const http::MicroversionRange& versions();

/// Registers routes in both forms, /volume/v3/{project_id}/... and /volume/v3/...
class Routes {
public:
    Routes(http::Router& router, std::shared_ptr<Context> context) : router_(router), context_(std::move(context)) {}
    /// For those whom `access` admits by the service's policies. Below the microversion 3.`minimum_minor` the resource
    /// isn't there (404).
    void add(const std::string& method, const std::string& path, const identity::policy::Access& access,
             CallHandler handler, int minimum_minor = 0);
    http::Router& router() { return router_; }

private:
    http::Router& router_;
    std::shared_ptr<Context> context_;  ///< the handlers keep it
};

/// Registers every resource. The references in `context` must outlive the router.
void register_routes(http::Router& router, Context context);

/// The volume, snapshot or attachment with this id, if the caller may see it: else Error{NotFound}.
VolumeRecord own_volume(db::Transaction& tx, const Call& call, const std::string& id);
SnapshotRecord own_snapshot(db::Transaction& tx, const Call& call, const std::string& id);
AttachmentRecord own_attachment(db::Transaction& tx, const Call& call, const std::string& id);

/// Ending or changing a connection that a server uses, or that a flow of it makes, corrupts its data, so only services
/// may (CVE-2023-2088): throws Error{Conflict}. One that compute doesn't know is its owner's. In the transaction of the
/// change.
void check_may_change(db::Transaction& tx, const Call& call, const AttachmentRecord& attachment);
/// Error{Conflict} while a server is being built with the volume, or a flow of a server attaches or detaches it.
void check_not_in_work(db::Transaction& tx, const Call& call, const VolumeRecord& volume);

/// Answers by `rest`, which waits for `host` (or what else there is only one of), where that holds up nobody who asks
/// for something else. The call that `rest` gets is as this one.
http::Response waiting_for(const Call& call, std::string host, CallHandler rest);
/// How long a user waits for a storage host.
inline constexpr std::chrono::seconds kHostDeadline{60};

/// Error{InvalidInput} while an administrator moves the volume and has locked it.
void check_not_in_maintenance(const VolumeRecord& volume);

/// Error{NotFound} for an action of a later microversion than the call's.
void require_version(const Call& call, const std::string& action, int minor);

/// Error{InvalidInput} for mode rw of a read-only volume.
void check_mode(const VolumeRecord& volume, const std::string& mode);

/// A name or description (of at most 255 characters) by either of the words for it; the newer one counts when both are
/// there. null clears, as empty text does; blanks around it go, as in Cinder. nullopt: neither is there.
std::optional<std::string> read_text(http::Fields& fields, const char* name, const char* older = nullptr);

/// The one object that a body must hold: {"volume": {...}}, and nothing beside it but `also`. Throws
/// Error{InvalidInput}.
json::object body_object(const Call& call, const std::string& name, std::string_view also = {});
/// null for 0, else as Cinder writes times.
json::value time_or_null(TimestampUs time);
json::array links_of(const Call& call, const std::string& path);
/// limit, offset and marker of a list.
struct Slice {
    std::size_t limit;
    std::size_t offset;
    std::optional<std::string> marker;
};
Slice slice_of(const Call& call);
/// Adds "<name>_links" with the next page when the page is full.
void add_next_link(json::object& body, const Call& call, const std::string& name, std::size_t shown, const Slice& slice,
                   const std::string& last_id);
/// sort=key:dir,key:dir or sort_key and sort_dir. `columns`: API name to column. Throws Error{InvalidInput}.
std::vector<std::pair<std::string, bool>> sort_of(const Call& call,
                                                  const std::map<std::string, std::string, std::less<>>& columns);
/// The caller's project, or for administrators with all_tenants the one of project_id, or all (empty).
std::string project_filter(const Call& call);
/// "1", "0" or empty (not asked for). Throws Error{InvalidInput} for what is no boolean.
std::string boolean_filter(const Call& call, const std::string& name);
/// Conditions that a filter such as created_at=gt:2026-01-31T00:00:00,lt:... puts on a column of microseconds (a plain
/// time means the same second). Throws Error{InvalidInput}.
std::vector<std::pair<std::string, TimestampUs>> time_filter(const Call& call, const std::string& name,
                                                             const std::string& column);
/// A filter value such as {'key': 'value'} (Python or JSON notation). Throws Error{InvalidInput}.
json::object map_filter(const Call& call, const std::string& name);

// One function per file.
void register_versions(Routes& routes);
void register_volumes(Routes& routes);
void register_volume_summary(Routes& routes);
void register_volume_encryption(Routes& routes);
void register_volume_metadata(Routes& routes);
void register_volume_actions(Routes& routes);
void register_snapshots(Routes& routes);
void register_snapshot_metadata(Routes& routes);
void register_types(Routes& routes);
void register_type_extra_specs(Routes& routes);
void register_type_access(Routes& routes);
void register_type_encryption(Routes& routes);
void register_default_types(Routes& routes);
void register_qos_specs(Routes& routes);
void register_attachments(Routes& routes);
void register_manage(Routes& routes);
void register_groups(Routes& routes);
void register_group_types(Routes& routes);
void register_group_snapshots(Routes& routes);
void register_transfers(Routes& routes);
void register_quota_sets(Routes& routes);
void register_quota_classes(Routes& routes);
void register_limits(Routes& routes);
void register_availability_zones(Routes& routes);
void register_extensions(Routes& routes);
void register_services(Routes& routes);
void register_hosts(Routes& routes);
void register_pools(Routes& routes);
void register_clusters(Routes& routes);
void register_workers(Routes& routes);
void register_resource_filters(Routes& routes);
void register_messages(Routes& routes);
void register_backups(Routes& routes);
void register_backup_records(Routes& routes);

}  // namespace virga::volume::api
