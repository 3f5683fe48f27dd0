#include "compute/flows/tasks/tasks.hpp"

#include "compute/flows/flow_kinds.hpp"
namespace virga::compute::flows {
namespace {

void register_boot(taskflow::Registry& registry, Dependencies& d) {
    registry.add("compute.api.create", make_api_create(d));
    registry.add("conductor.schedule", make_schedule(d));
    registry.add("compute.manager.build_networks", make_build_networks(d));
    registry.add("compute.manager.prep_block_device", make_prep_block_device(d));
    registry.add("virt.block_device.create", make_create_block_device(d));
    registry.add("virt.block_device.attach", make_attach_block_device(d));
    registry.add("virt.libvirt.imagecache.fetch_image", make_fetch_image(d));
    registry.add("virt.libvirt.imagebackend.create_image", make_create_image(d));
    registry.add("virt.libvirt.create_image", make_no_image(d));
    registry.add("virt.libvirt.create_config_drive", make_create_config_drive(d));
    registry.add("virt.libvirt.spawn", make_spawn(d));
    registry.add("compute.manager.active", make_active(d));
}

void register_delete(taskflow::Registry& registry, Dependencies& d) {
    registry.add("compute.api.delete", make_api_delete(d));
    registry.add("compute.manager.destroy_guest", make_destroy_guest(d));
    registry.add("compute.manager.remove_server_files", make_remove_server_files(d));
    registry.add("compute.manager.destroy", make_destroy_at_once(d));
    registry.add("compute.manager.deallocate_networks", make_deallocate_networks(d));
    registry.add("compute.manager.detach_volumes", make_detach_volumes(d));
    registry.add("compute.manager.delete_volumes", make_delete_volumes(d));
    registry.add("compute.manager.delete", make_delete_row(d));
}

void register_others(taskflow::Registry& registry, Dependencies& d) {
    registry.add("compute.manager.start_instance", make_start_instance(d));
    registry.add("compute.manager.stop_instance", make_stop_instance(d));
    registry.add("compute.manager.reboot_instance", make_reboot_instance(d));
    registry.add("compute.manager.attach_volume", make_attach_volume(d));
    registry.add("virt.libvirt.attach_volume", make_guest_attach(d));
    registry.add("compute.manager.detach_volume", make_guest_detach(d));
    registry.add("virt.block_device.detach", make_detach_block_device(d));
    registry.add("compute.manager.detach_interface", make_detach_interface(d));
    registry.add("compute.manager.refresh_network", make_refresh_network(d));
    registry.add("compute.manager.init_host", make_init_host(d));
    registry.add("compute.manager.sync_power_state", make_sync_power_state(d));
}

}  // namespace

void register_tasks(taskflow::Registry& registry, Dependencies& dependencies) {
    for (const auto* kind : flow_kind::kAll) registry.add_kind(kind);
    register_boot(registry, dependencies);
    register_delete(registry, dependencies);
    register_others(registry, dependencies);
}

}  // namespace virga::compute::flows
