#include "volume/api/api.hpp"

#include <algorithm>

#include "http/query.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/volume_repo.hpp"
#include "volume/service.hpp"

namespace virga::volume::api {
namespace {

constexpr std::string_view kRoot = "/volume/v3";
/// Each pair of a filter for a map is a condition.
constexpr std::size_t kMostPairs = 128;

/// What the caller may not see isn't there.
void check_owner(const Call& call, const ProjectId& owner, const std::string& what, const std::string& id) {
    if (call.auth.reaches(owner)) return;
    throw Error(ErrorCode::NotFound, what + " " + id + " could not be found.", {}, id);
}

/// Whether compute has it on record as its own.
bool is_servers(db::Transaction& tx, const Call& call, const AttachmentRecord& attachment) {
    auto* attached = call.context.d.attached;
    return attached != nullptr && attachment.of_compute() && attached->owns(tx, attachment.server, attachment.id);
}

std::string trimmed(const std::string& text) {
    constexpr std::string_view kBlanks = " \t\r\n\v\f";
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// 'single quoted' as Python prints it to JSON: enough for maps of plain texts.
std::string json_notation(std::string text) {
    if (text.find('"') != std::string::npos) return text;
    for (std::size_t at = 0; (at = text.find("u'", at)) != std::string::npos;) {
        if (at > 0 && (text[at - 1] == '{' || text[at - 1] == ' ' || text[at - 1] == ':' || text[at - 1] == ',')) {
            text.erase(at, 1);
        } else {
            ++at;
        }
    }
    std::replace(text.begin(), text.end(), '\'', '"');
    return text;
}

}  // namespace

std::string Call::base() const {
    return request.base_url + std::string(kRoot) + "/" + auth.project.value;
}

bool Call::sees_all() const {
    static const identity::policy::Check check(policies(), "context_is_admin");
    return check.allows(auth);
}

bool Call::flag(std::string_view query_name) const {
    if (request.query_value(query_name).value_or("").empty()) return false;
    return boolean_filter(*this, std::string(query_name)) == "1";
}

const http::MicroversionRange& versions() {
    static const http::MicroversionRange range{"volume", {}, {3, 0}, {3, 70}};
    return range;
}

void Routes::add(const std::string& method, const std::string& path, const identity::policy::Access& access,
                 CallHandler handler, int minimum_minor) {
    const auto handle = [context = context_, handler = std::move(handler), minimum_minor](http::Request& request,
                                                                                          const identity::Auth& auth) {
        identity::Service::check_path_project(request, auth);
        const auto version = http::negotiate(request, versions());
        if (version.minor < minimum_minor) {
            throw Error(ErrorCode::NotFound, "The resource could not be found: it needs microversion 3." +
                                                 std::to_string(minimum_minor) + ".");
        }
        return handler({*context, request, auth, version});
    };
    for (const auto* prefix : {"", "/{project_id}"}) {
        router_.add(context_->identity.route(method, std::string(kRoot) + prefix + path, policies(), access, handle));
    }
}

void register_routes(http::Router& router, Context context) {
    router.set_fault_writer("/volume", http::envelope_fault);
    router.set_stamp(std::string(kRoot), [](const http::Request& request, http::Response& response) {
        http::announce_asked(request, response, versions());
    });
    router.refuse_empty_ids("/volume/v3");
    Routes routes(router, std::make_shared<Context>(context));
    register_versions(routes);
    register_volumes(routes);
    register_volume_summary(routes);
    register_volume_encryption(routes);
    register_volume_metadata(routes);
    register_volume_actions(routes);
    register_snapshots(routes);
    register_snapshot_metadata(routes);
    register_types(routes);
    register_type_extra_specs(routes);
    register_type_access(routes);
    register_type_encryption(routes);
    register_default_types(routes);
    register_qos_specs(routes);
    register_attachments(routes);
    register_manage(routes);
    register_groups(routes);
    register_group_types(routes);
    register_group_snapshots(routes);
    register_transfers(routes);
    register_quota_sets(routes);
    register_quota_classes(routes);
    register_limits(routes);
    register_availability_zones(routes);
    register_extensions(routes);
    register_services(routes);
    register_hosts(routes);
    register_pools(routes);
    register_clusters(routes);
    register_workers(routes);
    register_resource_filters(routes);
    register_messages(routes);
    register_backups(routes);
    register_backup_records(routes);
}

VolumeRecord own_volume(db::Transaction& tx, const Call& call, const std::string& id) {
    auto volume = repo::get_volume(tx, VolumeId(id));
    check_owner(call, volume.project, "Volume", id);
    return volume;
}

SnapshotRecord own_snapshot(db::Transaction& tx, const Call& call, const std::string& id) {
    auto snapshot = repo::get_snapshot(tx, SnapshotId(id));
    check_owner(call, snapshot.project, "Snapshot", id);
    return snapshot;
}

AttachmentRecord own_attachment(db::Transaction& tx, const Call& call, const std::string& id) {
    auto attachment = repo::get_attachment(tx, AttachmentId(id));
    check_owner(call, attachment.project, "Volume attachment", id);
    return attachment;
}

void check_may_change(db::Transaction& tx, const Call& call, const AttachmentRecord& attachment) {
    if (call.auth.is_service() || !is_servers(tx, call, attachment)) return;
    throw Error(ErrorCode::Conflict,
                "Attachment " + attachment.id.value + " is in use by server " + attachment.server.value +
                    ". Detach the volume with the compute API.",
                {}, attachment.id.value);
}

void check_not_in_work(db::Transaction& tx, const Call& call, const VolumeRecord& volume) {
    if (call.auth.is_service()) return;
    if (!volume.created_for.empty()) {
        throw Error(ErrorCode::Conflict, "Server " + volume.created_for.value + " is being built with volume " +
                                             volume.id.value + ". Wait until that has ended, or delete the server.");
    }
    for (const auto& item : repo::attachments_of(tx, volume.id)) {
        if (!is_servers(tx, call, item) || call.context.d.runner.unfinished(tx, item.server.value).empty()) continue;
        throw Error(ErrorCode::Conflict, "Server " + item.server.value + " is working with volume " + volume.id.value +
                                             " right now. Wait until that has ended.");
    }
}

http::Response waiting_for(const Call& call, std::string host, CallHandler rest) {
    return http::Response::waiting_for(
        std::move(host), [&context = call.context, &request = call.request, auth = call.auth, version = call.version,
                          rest = std::move(rest)] {
            return rest({context, request, auth, version});
        });
}

void check_not_in_maintenance(const VolumeRecord& volume) {
    if (volume.status != VolumeStatus::Maintenance) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.id.value +
                    " is in maintenance: it is being moved and locked. Wait until that has ended.",
                {}, volume.id.value);
}

void require_version(const Call& call, const std::string& action, int minor) {
    if (call.at_least(minor)) return;
    throw Error(ErrorCode::NotFound, "The resource could not be found: the action " + action +
                                         " needs microversion 3." + std::to_string(minor) + ".");
}

void check_mode(const VolumeRecord& volume, const std::string& mode) {
    if (mode != "rw" || !is_readonly(volume)) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid attach mode: volume " + volume.id.value + " is read-only, so mode must be ro.", {},
                volume.id.value);
}

std::optional<std::string> read_text(http::Fields& fields, const char* name, const char* older) {
    constexpr std::size_t kLength = 255;
    const auto read = [&](const char* word) -> std::optional<std::string> {
        if (!fields.has(word)) return std::nullopt;
        return trimmed(fields.string(word, 0, kLength).value_or(""));
    };
    auto text = read(name);
    if (older == nullptr) return text;
    auto older_text = read(older);
    return text ? text : older_text;
}

json::object body_object(const Call& call, const std::string& name, std::string_view also) {
    const auto body = call.request.json_body();
    for (const auto& item : body) {
        if (item.key() == name || (!also.empty() && item.key() == also)) continue;
        throw Error(ErrorCode::InvalidInput,
                    std::string(item.key()).substr(0, 64) + ": is not allowed beside '" + name + "'.");
    }
    const auto* inner = body.if_contains(name);
    if (inner == nullptr || !inner->is_object()) {
        throw Error(ErrorCode::InvalidInput, "The body must hold an object '" + name + "'.");
    }
    return inner->get_object();
}

json::value time_or_null(TimestampUs time) {
    if (time == 0) return nullptr;
    return json::value(iso8601_us(time));
}

json::array links_of(const Call& call, const std::string& path) {
    json::array links;
    links.push_back(json::object{{"rel", "self"}, {"href", call.base() + path}});
    links.push_back(json::object{{"rel", "bookmark"},
                                 {"href", call.request.base_url + "/volume/" + call.auth.project.value + path}});
    return links;
}

Slice slice_of(const Call& call) {
    const auto page = http::page_of(call.request);
    std::size_t offset = 0;
    if (const auto text = call.request.query_value("offset"); text && !text->empty()) {
        const bool digits = text->find_first_not_of("0123456789") == std::string::npos;
        if (!digits || text->size() > 10) {
            throw Error(ErrorCode::InvalidInput,
                        "offset: '" + text->substr(0, 32) + "' is not an integer of at least 0");
        }
        offset = std::stoull(*text);
    }
    return {page.limit, offset, page.marker};
}

void add_next_link(json::object& body, const Call& call, const std::string& name, std::size_t shown, const Slice& slice,
                   const std::string& last_id) {
    if (shown == 0 || shown < slice.limit) return;
    json::array links;
    links.push_back(json::object{{"rel", "next"}, {"href", http::next_link(call.request, last_id)}});
    body[name + "_links"] = std::move(links);
}

std::vector<std::pair<std::string, bool>> sort_of(const Call& call,
                                                  const std::map<std::string, std::string, std::less<>>& columns) {
    std::vector<std::pair<std::string, bool>> out;
    std::vector<std::string> used;
    for (const auto& [key, ascending] : http::read_sort(call.request, http::SortForm::OrList, false).items) {
        const auto column = columns.find(key);
        if (column == columns.end()) {
            throw Error(ErrorCode::InvalidInput,
                        "sort: '" + key.substr(0, 64) + "' is not a sortable KEY:asc or KEY:desc");
        }
        used.push_back(column->second);
        out.emplace_back(column->second, ascending);
    }
    http::check_distinct_keys(used);
    return out;
}

std::string project_filter(const Call& call) {
    if (!call.sees_all() || !call.flag("all_tenants")) return call.auth.project.value;
    return call.request.query_value("project_id").value_or("");
}

std::string boolean_filter(const Call& call, const std::string& name) {
    const auto value = call.request.query_value(name);
    if (!value) return {};
    json::object holder{{name, *value}};
    return http::Fields(holder, "").boolean(name).value_or(false) ? "1" : "0";
}

json::object map_filter(const Call& call, const std::string& name) {
    const auto text = call.request.query_value(name);
    if (!text || text->empty()) return {};
    boost::system::error_code failure;
    auto value = json::parse(json_notation(*text), failure);
    if (failure || !value.is_object()) {
        throw Error(ErrorCode::InvalidInput, name + ": write it as {'key': 'value'}");
    }
    if (value.get_object().size() > kMostPairs) {
        throw Error(ErrorCode::InvalidInput, name + ": at most " + std::to_string(kMostPairs) + " pairs are allowed");
    }
    return std::move(value.get_object());
}

}  // namespace virga::volume::api
