#include "volume/backup_commands.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/flows/volume_keys.hpp"
#include "volume/host_commands.hpp"
#include "volume/model/volume_states.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;
using taskflow::TaskContext;

/// What one kind of source asks the host for.
struct Spec {
    std::string_view method;
    json::object params;
    std::chrono::milliseconds deadline;
};

std::string copied_text(const json::object& reply) {
    return "copied " + std::to_string(get_int(reply, "copied_bytes")) + " bytes";
}

std::string decision_of(const TaskContext& context, const json::object& reply) {
    const auto type = get_string(context.data, "source_type");
    if (type == "raw") return "raw: create an empty volume (format " + get_string(reply, "format") + ")";
    if (type == "snapshot") {
        return "create from snapshot " + get_string(context.data, "snapshot_id") + ": " + copied_text(reply);
    }
    if (type == "volume") {
        return "create from volume " + get_string(context.data, "source_volid") + " (clone): " + copied_text(reply);
    }
    if (type == "backup") {
        return "create from backup " + get_string(context.data, "backup_id") + ": " + copied_text(reply) +
               ", every chunk verified";
    }
    const auto image = "create from image " + get_string(context.data, "image_id");
    return image +
           (get_bool(reply, "base_hit") ? ": base already on backend, overlay only ("
                                        : ": first use on this backend, image fetched and converted (") +
           copied_text(reply) + ")";
}

/// Creates the volume's data on its backend, by the branch that its source asks for.
class CreateVolumeFromSpec : public VolumeTask {
public:
    using VolumeTask::VolumeTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const TaskContext& context) override {
        const auto id = volume_of(context);
        auto spec = spec_of(context);
        auto reply = call_host(d_, context, get_string(context.data, "host"), spec.method, std::move(spec.params),
                               spec.deadline);
        Outcome outcome;
        outcome.decision = decision_of(context, reply);
        outcome.provides =
            json::object{{"copied_bytes", get_int(reply, "copied_bytes")}, {"base_hit", get_bool(reply, "base_hit")}};
        outcome.apply = [id, file = VolumeFile::from_json(reply)](db::Transaction& tx) {
            repo::set_file(tx, id, file);
        };
        return outcome;
    }

    RevertOutcome revert(const TaskContext& context, const taskflow::Failure&) override {
        const auto host = get_string(context.data, "host");
        call_host(d_, context, host, command::kDelete,
                  {{"backend", get_string(context.data, "backend")}, {"volume_id", volume_of(context).value}},
                  kShortDeadline, "revert");
        RevertOutcome outcome;
        outcome.decision = "partial volume deleted from " + host;
        return outcome;
    }

private:
    Spec spec_of(const TaskContext& context) {
        json::object params{{"backend", get_string(context.data, "backend")},
                            {"volume_id", volume_of(context).value},
                            {"size_gib", get_int(context.data, "size_gib")}};
        const auto type = get_string(context.data, "source_type");
        if (type == "image") return image_spec(context, std::move(params));
        if (type == "backup") return backup_spec(context, std::move(params));
        if (type == "raw") return {command::kCreate, std::move(params), kShortDeadline};
        params["source_volume_id"] = get_string(context.data, "source_volid");
        const auto frozen = get_string(context.data, "online_snapshot");  // of a source that is in use
        if (type == "volume" && frozen.empty()) return {command::kClone, std::move(params), kCopyDeadline};
        params["snapshot_id"] = frozen.empty() ? get_string(context.data, "snapshot_id") : frozen;
        return {command::kCreateFromSnapshot, std::move(params), kCopyDeadline};
    }

    /// Shows the copying as Cinder does: status restoring-backup.
    Spec backup_spec(const TaskContext& context, json::object params) {
        show(context, "create_from_backup");
        params["backup_id"] = get_string(context.data, "data_id");
        give_key(d_, params, get_string(context.data, "data_id"), get_string(context.data, "backup_key_id"));
        return {command::kCreateFromBackup, std::move(params), kCopyDeadline};
    }

    static void show(const TaskContext& context, std::string_view action) {
        context.db.write_with(
            [&](db::Transaction& tx) { lifecycle::try_change(tx, volume_states(), action, volume_of(context).value); },
            db::Durability::Grouped);
    }

    /// Shows the copying as Cinder does: status downloading.
    Spec image_spec(const TaskContext& context, json::object params) {
        const ImageId image(get_string(context.data, "image_id"));
        const auto source = context.db.read_with([&](db::Transaction& tx) { return d_.images.source(tx, image); });
        show(context, "copy_image");
        params["image"] = source.to_json();
        return {command::kCreateFromImage, std::move(params), kCopyDeadline};
    }
};

}  // namespace

void register_create_from_spec(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kCreateFromSpec, std::make_shared<CreateVolumeFromSpec>(d));
}

}  // namespace virga::volume::flows
