#include "compute/service.hpp"

#include "compute/api/api.hpp"
#include "compute/check.hpp"
#include "compute/flows/attached_volumes.hpp"
#include "compute/flows/known_hosts.hpp"
#include "compute/flows/presence.hpp"
#include "compute/flows/server_nics.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/flavor_repo.hpp"
#include "compute/repo/server_repo.hpp"
#include "taskflow/periodic.hpp"

namespace virga::compute {
namespace {

Flavor flavor(const char* id, const char* name, std::int64_t vcpus, std::int64_t memory_mib, std::int64_t root_gib) {
    Flavor out;
    out.id = id;
    out.name = name;
    out.vcpus = vcpus;
    out.memory_mib = memory_mib;
    out.root_gib = root_gib;
    return out;
}

std::vector<Flavor> default_flavors() {
    return {flavor("1", "m1.tiny", 1, 512, 1), flavor("2", "m1.small", 1, 2048, 20),
            flavor("3", "m1.medium", 2, 4096, 40), flavor("4", "m1.large", 4, 8192, 80),
            flavor("5", "m1.xlarge", 8, 16384, 160)};
}

}  // namespace

struct Service::Impl {
    flows::Dependencies d;
    identity::Service& identity;
    flows::AttachedVolumes attached{d};
    flows::ServerNics nics{d};
    flows::HostHearing hearing{d};
    taskflow::Periodic telling = {};
};

Service::Service(flows::Dependencies dependencies, identity::Service& identity)
    : impl_(new Impl{dependencies, identity}) {}

Service::~Service() = default;

void Service::register_routes(http::Router& router) {
    router.set_fault_writer("/compute", http::envelope_fault);
    router.set_stamp("/compute/v2.1", [](const http::Request& request, http::Response& response) {
        http::announce_asked(request, response, api::microversions());
    });
    api::Routes routes(router, impl_->identity, impl_->d);
    api::add_versions(router);
    api::add_servers(routes);
    api::add_server_actions(routes);
    api::add_server_metadata(routes);
    api::add_server_tags(routes);
    api::add_server_addresses(routes);
    api::add_server_security_groups(routes);
    api::add_volume_attachments(routes);
    api::add_interfaces(routes);
    api::add_instance_actions(routes);
    api::add_keypairs(routes);
    api::add_flavors(routes);
    api::add_flavor_extra_specs(routes);
    api::add_flavor_access(routes);
    api::add_limits(routes);
    api::add_quota_sets(routes);
    api::add_availability_zones(routes);
    api::add_hypervisors(routes);
    api::add_services(routes);
    api::add_extensions(routes);
    api::add_groups(routes);
    api::add_trace(routes);
}

void Service::register_tasks(taskflow::Registry& registry) {
    flows::register_tasks(registry, impl_->d);
}

void Service::bootstrap() {
    impl_->d.db.write_with([](db::Transaction& tx) {
        if (!repo::all_flavors(tx).empty()) return;
        for (const auto& one : default_flavors()) repo::insert_flavor(tx, one);
    });
}

void Service::host_event(const std::string& host, std::string_view event, const json::object& params) {
    if (event == "host.up") {
        impl_->hearing.keep_report(host, params);
        flows::record_host(impl_->d, host, params);
        flows::reconcile_host(impl_->d, host);
    } else if (event == "host.report") {
        if (impl_->d.db.is_shared()) impl_->hearing.keep_report(host, params);
        flows::record_host(impl_->d, host, params);
    } else if (event == "host.down") {
        flows::record_connection(impl_->d, host);
    } else if (event == kGuestChangedEvent) {
        const ServerId server(get_string(params, "server_id"));
        flows::guest_changed(impl_->d, host, server, static_cast<PowerState>(get_int(params, "power_state")));
    }
}

void Service::tell_of_hosts() {
    if (!impl_->d.db.is_shared()) return;
    impl_->telling.start(flows::kTellOfHosts, [this] { impl_->hearing.tell(); });
}

void Service::end_telling() {
    impl_->telling.stop();
}

std::int64_t Service::forget_actions_before(TimestampUs time) {
    std::int64_t sum = 0;
    for (;;) {
        const auto forgotten = impl_->d.db.write_with(
            [&](db::Transaction& tx) { return repo::forget_actions(tx, time); }, db::Durability::Grouped);
        sum += forgotten;
        if (forgotten == 0) return sum;
    }
}

volume::AttachedVolumes& Service::attached_volumes() {
    return impl_->attached;
}

network::ServerNics& Service::server_nics() {
    return impl_->nics;
}

std::vector<std::string> Service::check(db::Transaction& tx) {
    return check_servers(tx, impl_->d);
}

std::vector<std::string> Service::weaknesses() const {
    return weak_hosts(impl_->d);
}

}  // namespace virga::compute
