#include "volume/flows/dependencies.hpp"

#include "volume/flows/volume_keys.hpp"

namespace virga::volume::flows {

json::object call_host(Dependencies& d, const taskflow::TaskContext& context, const std::string& host,
                       std::string_view method, json::object params, std::chrono::milliseconds deadline,
                       std::string_view part) {
    rpc::CallOptions options{context.command_id(part), context.request_id, deadline, {}};
    options.account = context.project_id;
    options.on_progress = context.report_progress;
    // A revert goes on although the flow is cancelled: only executes listen.
    if (part == "execute") options.cancelled = context.cancel_requested;
    add_keys(d, params);
    return d.hosts.call(host, method, std::move(params), options);
}

}  // namespace virga::volume::flows
