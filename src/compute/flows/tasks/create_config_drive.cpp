#include "base/crypto.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/host_commands.hpp"
#include "compute/model/config_drive.hpp"

namespace virga::compute::flows {
namespace {

/// 512 bytes, for the random number generator of a guest that has no other source yet.
std::string random_seed() {
    std::string bytes(512, '\0');
    random_bytes(bytes.data(), bytes.size());
    return base64_encode(bytes);
}

/// virt.libvirt.create_config_drive: what the guest is told, as a disk beside its local ones.
class CreateConfigDrive : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto reason = get_string(context.arg, "reason");
        const auto params =
            d_.db.read_with([&](db::Transaction& tx) { return drive_of(tx, live_server(tx, context.data.server)); });
        taskflow::Outcome outcome;
        outcome.decision = "config_drive = false: " + reason;
        if (params.empty()) return outcome;
        const auto reply = d_.hosts.call(context.data.host, command::kCreateConfigDrive, params,
                                         call_options(context, "create_config_drive", kShortDeadline));
        outcome.decision = "config_drive = true: " + reason + "; disk.config (raw, ISO 9660 \"" + kConfigDriveLabel +
                           "\", " + std::to_string(get_int(reply, "bytes")) + " bytes) has " + describe(params);
        return outcome;
    }

    /// The drive may be the only thing of the server on the host, when it boots from a volume.
    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        taskflow::RevertOutcome outcome;
        const auto host = context.data.host;
        const bool done =
            clean_up(d_, host, command::kRemoveServerFiles, json::object{{"server_id", context.data.server.value}},
                     revert_options(context, "remove_config_drive", kDestroyDeadline));
        outcome.decision = done ? "the config drive is removed"
                                : "host " + host + " is down: the config drive is removed when it comes back";
        return outcome;
    }

private:
    /// What the host is told; empty when the server has no config drive.
    json::object drive_of(db::Transaction& tx, const Server& server) {
        if (!server.has_config_drive) return {};
        const auto nics = d_.networks.nics_of_server(tx, server.id);
        const auto meta_data =
            guest_meta_data(server, server.availability_zone, d_.config.get(setting::dhcp_domain), random_seed());
        const auto network_data = guest_network_data(nics, d_.networks.subnets_of_nics(tx, nics));
        return {{"server_id", server.id.value},
                {"label", kConfigDriveLabel},
                {"files", config_drive_files(meta_data, network_data, server.user_data)}};
    }

    static std::string describe(const json::object& params) {
        std::string text;
        for (const auto& entry : get_array(params, "files")) {
            const std::string path(std::string_view(entry.as_object().at("paths").as_array().front().as_string()));
            text += (text.empty() ? "" : ", ") + path.substr(path.rfind('/') + 1);
        }
        return text;
    }
};

}  // namespace

TaskPtr make_create_config_drive(Dependencies& d) {
    return std::make_shared<CreateConfigDrive>(d);
}

}  // namespace virga::compute::flows
