#pragma once
#include "compute/flows/flow_data.hpp"
#include "compute/flows/flows.hpp"

/// The tasks of compute, each in the file of its name; register_tasks.cpp gives them to the runner.
namespace virga::compute::flows {

class ComputeTask : public taskflow::Task {
public:
    explicit ComputeTask(Dependencies& dependencies) : d_(dependencies) {}

protected:
    Dependencies& d_;
};

/// A task whose flow keeps `Data`.
template <class Data>
using TypedComputeTask = taskflow::TypedTask<Data, ComputeTask>;

using TaskPtr = std::shared_ptr<taskflow::Task>;

// boot_server
TaskPtr make_api_create(Dependencies& d);
TaskPtr make_schedule(Dependencies& d);
TaskPtr make_build_networks(Dependencies& d);
TaskPtr make_prep_block_device(Dependencies& d);
TaskPtr make_create_block_device(Dependencies& d);
TaskPtr make_attach_block_device(Dependencies& d);
TaskPtr make_fetch_image(Dependencies& d);
TaskPtr make_create_image(Dependencies& d);
TaskPtr make_no_image(Dependencies& d);
TaskPtr make_create_config_drive(Dependencies& d);
TaskPtr make_spawn(Dependencies& d);
TaskPtr make_active(Dependencies& d);

// delete_server
TaskPtr make_api_delete(Dependencies& d);
TaskPtr make_destroy_guest(Dependencies& d);
TaskPtr make_remove_server_files(Dependencies& d);
TaskPtr make_destroy_at_once(Dependencies& d);
TaskPtr make_deallocate_networks(Dependencies& d);
TaskPtr make_detach_volumes(Dependencies& d);
TaskPtr make_delete_volumes(Dependencies& d);
TaskPtr make_delete_row(Dependencies& d);

// start_server, stop_server, reboot_server
TaskPtr make_start_instance(Dependencies& d);
TaskPtr make_stop_instance(Dependencies& d);
TaskPtr make_reboot_instance(Dependencies& d);

// attach_volume, detach_volume
TaskPtr make_attach_volume(Dependencies& d);
TaskPtr make_guest_attach(Dependencies& d);
TaskPtr make_guest_detach(Dependencies& d);
TaskPtr make_detach_block_device(Dependencies& d);

// detach_interface, refresh_network
TaskPtr make_detach_interface(Dependencies& d);
TaskPtr make_refresh_network(Dependencies& d);

// reconcile_host, sync_power_state
TaskPtr make_init_host(Dependencies& d);
TaskPtr make_sync_power_state(Dependencies& d);

}  // namespace virga::compute::flows
