#include "compute/flows/host_calls.hpp"

#include "base/log.hpp"
#include "compute/flows/flow_data.hpp"

namespace virga::compute::flows {
namespace {

[[noreturn]] void insist(const Error& error, const std::string& what) {
    if (is_retryable(error.code())) throw error;
    log::warning("clean-up was refused, trying again", {{"step", what}, {"error", error.message()}});
    throw Error(ErrorCode::Busy, error.message(), error.detail(), error.resource());
}

}  // namespace

rpc::CallOptions call_options(const taskflow::TaskContext& context, std::string_view part,
                              std::chrono::milliseconds deadline) {
    auto options = revert_options(context, part, deadline);
    options.cancelled = context.cancel_requested;
    options.on_progress = context.report_progress;
    return options;
}

rpc::CallOptions revert_options(const taskflow::TaskContext& context, std::string_view part,
                                std::chrono::milliseconds deadline) {
    rpc::CallOptions options;
    options.command_id =
        context.command_id(std::string(part) + "." + std::to_string(taskflow::decode<ServerData>(context.data).round));
    options.request_id = context.request_id;
    options.deadline = deadline;
    options.account = context.project_id;
    return options;
}

bool clean_up(Dependencies& d, const std::string& host, std::string_view method, json::object params,
              const rpc::CallOptions& options) {
    try {
        d.hosts.call(host, method, std::move(params), options);
        return true;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::Unavailable && !d.hosts.is_up(host)) return false;
        insist(error, std::string(method));
    }
}

bool end_connection(Dependencies& d, const VolumeId& volume, const std::string& connector_host,
                    const rpc::CallOptions& options) {
    try {
        d.volumes.terminate_connection(volume, connector_host, options);
        return true;
    } catch (const Error& error) {
        if (error.code() == ErrorCode::NotFound) return true;
        const auto row = d.db.read_with([&](db::Transaction& tx) { return d.volumes.find(tx, volume); });
        if (!row) return true;
        // A connection dies with the machine that holds both of its ends.
        const bool same_machine = row->host == connector_host;
        if (error.code() == ErrorCode::Unavailable && same_machine && !d.hosts.is_up(connector_host)) return false;
        insist(error, "terminate_connection of volume " + volume.value);
    }
}

}  // namespace virga::compute::flows
