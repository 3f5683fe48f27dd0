#include "compute/flows/flow_data.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

class Active : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        taskflow::Outcome outcome;
        outcome.tell("vm_state active, task_state null, power_state running");
        outcome.writers = db::Writers::Together;
        outcome.apply = [this, id = context.data.server, &step = step_of(context)](db::Transaction& tx) {
            const auto server = advance(tx, id, step);
            refuse_dead_guest(server);
            repo::set_running(tx, id, now_us());
            d_.networks.set_port_status(tx, id, "ACTIVE");
            d_.volumes.boot_ended(tx, id);
        };
        return outcome;
    }

private:
    /// guest_changed() notes a guest that ends while it is still being built.
    static void refuse_dead_guest(const Server& server) {
        if (server.power_state != PowerState::Shutdown && server.power_state != PowerState::Crashed) return;
        throw Error(ErrorCode::Internal, "The guest ended right after it was started.");
    }
};

}  // namespace

TaskPtr make_active(Dependencies& d) {
    return std::make_shared<Active>(d);
}

}  // namespace virga::compute::flows
