#include "compute/flows/boot_plan.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/guest_spec.hpp"
#include "compute/flows/server_steps.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/model/device_names.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

/// Names the devices and says which of them are created, attached, or left to create_image.
class PrepBlockDevice : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        auto devices = named_devices(context.data.server);
        taskflow::Outcome outcome;
        outcome.tell(describe_mapping(devices));
        outcome.writers = db::Writers::Together;
        outcome.apply = [id = context.data.server, &step = step_of(context),
                         devices = std::move(devices)](db::Transaction& tx) {
            advance(tx, id, step);
            for (const auto& device : devices) repo::name_block_device(tx, device);
            repo::set_root_device_name(tx, id, root_device_name(devices));
        };
        return outcome;
    }

private:
    std::vector<BlockDevice> named_devices(const ServerId& id) {
        auto tx = d_.db.read();
        const auto server = live_server(tx, id);
        auto devices = repo::block_devices(tx, id);
        assign_device_names(devices, boot_properties(tx, d_, server, devices));
        return devices;
    }
};

}  // namespace

TaskPtr make_prep_block_device(Dependencies& d) {
    return std::make_shared<PrepBlockDevice>(d);
}

}  // namespace virga::compute::flows
