#include "base/public_text.hpp"
#include "compute/flows/failure_class.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/repo/allocation_repo.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// Records which way the API chose; its revert is the last thing of a failed boot.
class ApiCreate : public TypedComputeTask<BootData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        taskflow::Outcome outcome;
        std::string text;
        for (const auto& sentence : context.data.decisions) text += (text.empty() ? "" : "; ") + sentence;
        outcome.tell(std::move(text));
        return outcome;
    }

    taskflow::RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        taskflow::RevertOutcome outcome;
        outcome.decision = context.cancelled ? "the server is being deleted: left to the delete flow"
                                             : "the build failed: server is put to ERROR with a fault";
        outcome.apply = [this, id = context.data.server, zone = context.data.wanted_zone,
                         fault = fault_of(context, failure)](db::Transaction& tx) {
            release_reservations(tx, id);
            d_.volumes.boot_ended(tx, id);
            d_.networks.release(tx, id);
            repo::unplace_server(tx, id, zone);
            repo::forget_admin_password(tx, id);
            // A delete that came meanwhile owns the state: then nothing is changed.
            if (try_advance(tx, id, server_change::kCreateFail)) repo::set_fault(tx, id, fault);
        };
        return outcome;
    }

private:
    /// boot() reserved existing volumes; those whose attach task never ran are still reserved.
    void release_reservations(db::Transaction& tx, const ServerId& id) {
        for (auto& device : repo::block_devices(tx, id)) {
            if (device.attachment_id.empty()) continue;
            d_.volumes.detached(tx, AttachmentId(device.attachment_id));
            device.attachment_id.clear();
            device.connection_info = json::object();
            repo::link_block_device(tx, device);
        }
    }

    static ServerFault fault_of(const Context& context, const taskflow::Failure& failure) {
        ServerFault fault;
        fault.message = without_paths(failure.message);
        if (!failure.aborts() && !context.data.excluded.empty()) {
            fault.message =
                "Exceeded maximum number of retries. Exhausted all hosts available for retrying build "
                "failures for instance " +
                context.data.server.value + ". Last error: " + without_paths(failure.message);
        }
        fault.details = failure.task + ": " + (failure.detail.empty() ? failure.message : failure.detail);
        fault.created_us = now_us();
        return fault;
    }
};

}  // namespace

TaskPtr make_api_create(Dependencies& d) {
    return std::make_shared<ApiCreate>(d);
}

}  // namespace virga::compute::flows
