#include "volume/backup_commands.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/flows/volume_keys.hpp"
#include "volume/host_commands.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// What one kind of source asks the host for.
struct Spec {
    std::string_view method;
    json::object params;
    std::chrono::milliseconds deadline;
};

std::string copied_text(const json::object& reply) {
    return "copied " + std::to_string(get_int(reply, "copied_bytes")) + " bytes";
}

std::string decision_of(const CreateVolumeData& data, const json::object& reply) {
    switch (data.source_type) {
        case SourceType::Raw:
            return "raw: create an empty volume (format " + get_string(reply, "format") + ")";
        case SourceType::Snapshot:
            return "create from snapshot " + data.snapshot.value + ": " + copied_text(reply);
        case SourceType::Volume:
            return "create from volume " + data.source_volume.value + " (clone): " + copied_text(reply);
        case SourceType::Backup:
            return "create from backup " + data.backup.value + ": " + copied_text(reply) + ", every chunk verified";
        case SourceType::Image:
            break;
    }
    return "create from image " + data.image.value +
           (get_bool(reply, "base_hit") ? ": base already on backend, overlay only ("
                                        : ": first use on this backend, image fetched and converted (") +
           copied_text(reply) + ")";
}

/// Creates the volume's data on its backend, by the branch that its source asks for.
class CreateVolumeFromSpec : public TypedVolumeTask<CreateVolumeData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto id = context.data.volume;
        auto spec = spec_of(context);
        auto reply = call_host(d_, context, context.data.host, spec.method, std::move(spec.params), spec.deadline);
        Outcome outcome;
        outcome.decision = decision_of(context.data, reply);
        outcome.provides =
            json::object{{"copied_bytes", get_int(reply, "copied_bytes")}, {"base_hit", get_bool(reply, "base_hit")}};
        outcome.apply = [id, file = VolumeFile::from_json(reply)](db::Transaction& tx) {
            repo::set_file(tx, id, file);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        const auto host = context.data.host;
        call_host(d_, context, host, command::kDelete,
                  {{"backend", context.data.backend}, {"volume_id", context.data.volume.value}}, kShortDeadline,
                  "revert");
        RevertOutcome outcome;
        outcome.decision = "partial volume deleted from " + host;
        return outcome;
    }

private:
    Spec spec_of(const Context& context) {
        json::object params{{"backend", context.data.backend},
                            {"volume_id", context.data.volume.value},
                            {"size_gib", context.data.size_gib}};
        const auto type = context.data.source_type;
        if (type == SourceType::Image) return image_spec(context, std::move(params));
        if (type == SourceType::Backup) return backup_spec(context, std::move(params));
        if (type == SourceType::Raw) return {command::kCreate, std::move(params), kShortDeadline};
        params["source_volume_id"] = context.data.source_volume.value;
        const auto& frozen = context.data.frozen_snapshot;
        if (type == SourceType::Volume && frozen.empty()) return {command::kClone, std::move(params), kCopyDeadline};
        params["snapshot_id"] = frozen.empty() ? context.data.snapshot.value : frozen;
        return {command::kCreateFromSnapshot, std::move(params), kCopyDeadline};
    }

    /// Shows the copying as Cinder does: status restoring-backup.
    Spec backup_spec(const Context& context, json::object params) {
        show(context, volume_change::kCreateFromBackup);
        params["backup_id"] = context.data.backup_data;
        give_key(d_, params, context.data.backup_data, context.data.backup_key_id);
        return {command::kCreateFromBackup, std::move(params), kCopyDeadline};
    }

    static void show(const Context& context, const VolumeChange& change) {
        context.write([&](db::Transaction& tx) { repo::try_change(tx, change, context.data.volume); },
                      db::Durability::Grouped);
    }

    /// Shows the copying as Cinder does: status downloading.
    Spec image_spec(const Context& context, json::object params) {
        const auto& image = context.data.image;
        const auto source =
            context.db.read_with([&](db::Transaction& tx) { return d_.images.source(tx, image, context.data.host); });
        show(context, volume_change::kCopyImage);
        params["image"] = source.to_json();
        return {command::kCreateFromImage, std::move(params), kCopyDeadline};
    }
};

}  // namespace

void register_create_from_spec(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kCreateFromSpec, std::make_shared<CreateVolumeFromSpec>(d));
}

}  // namespace virga::volume::flows
