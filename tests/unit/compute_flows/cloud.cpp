#include "cloud.hpp"

#include <algorithm>

#include "compute/check_claims.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/service.hpp"
#include "image_fixture.hpp"

namespace virga::compute::flows {
namespace {

using namespace std::chrono_literals;

std::filesystem::path new_folder() {
    auto folder = std::filesystem::temp_directory_path() / ("virga-compute-flows-" + new_uuid());
    std::filesystem::create_directories(folder);
    return folder;
}

db::Database& migrated(db::Database& database) {
    for (const auto* list : {&taskflow::migrations(), &identity::migrations(), &image::migrations(),
                             &volume::migrations(), &network::migrations(), &migrations()}) {
        db::migrate(database, *list);
    }
    return database;
}

identity::Auth member() {
    identity::Auth auth;
    auth.user = UserId(new_uuid());
    auth.project = ProjectId(new_uuid());
    auth.roles = {"member"};
    auth.request_id = "req-" + new_uuid();
    return auth;
}

BlockDevice entry(DeviceKind kind, bool delete_on_termination) {
    BlockDevice device;
    device.id = BdmId(new_uuid());
    device.kind = std::move(kind);
    device.device_type = "disk";
    device.boot_index = -1;
    device.delete_on_termination = delete_on_termination;
    return device;
}

}  // namespace

Cloud::Cloud()
    : auth_(member()),
      folder_(new_folder()),
      place_(folder_),
      db_(place_.url()),
      identity_(migrated(db_), config_),
      images_(db_, config_, identity_, folder_.string()),
      runner_(db_, registry_, 8),
      volumes_(db_, config_, identity_, images_, hosts_, runner_),
      networks_(db_, config_, identity_, hosts_, runner_),
      d_{db_, config_, images_, volumes_, networks_, hosts_, runner_} {
    hosts_.add("h1");
    register_tasks(inner_, d_);
    volumes_.register_tasks(inner_);
    for (const auto& kind : inner_.kinds()) registry_.add_kind(kind);
    for (const auto& name : inner_.names()) registry_.add(name, std::make_shared<GatedTask>(inner_.get(name), gate_));
    volumes_.bootstrap();
    networks_.bootstrap();
    image_ = add_image(db_, folder_, auth_.project);
    runner_.run();
}

Cloud::~Cloud() {
    runner_.stop();
    std::filesystem::remove_all(folder_);
}

BlockDevice Cloud::image_root() const {
    auto device = entry(LocalImage{image_}, true);
    device.boot_index = 0;
    return device;
}

BlockDevice Cloud::image_volume(bool delete_on_termination) const {
    auto device = entry(VolumeFromImage{image_, Gib{1}, {}}, delete_on_termination);
    device.boot_index = 0;
    return device;
}

BlockDevice Cloud::snapshot_volume(bool delete_on_termination) const {
    auto device = entry(VolumeFromSnapshot{{}, Gib{1}, {}}, delete_on_termination);
    device.boot_index = 0;
    return device;
}

BlockDevice Cloud::existing_volume(const VolumeId& volume, bool delete_on_termination) const {
    auto device = entry(ExistingVolume{Gib{1}}, delete_on_termination);
    device.volume_id = volume.value;
    device.boot_index = 0;
    return device;
}

BlockDevice Cloud::blank_volume(bool delete_on_termination) const {
    return entry(BlankVolume{Gib{1}, {}}, delete_on_termination);
}

VolumeId Cloud::make_volume() {
    volume::NewVolume wanted;
    wanted.id = VolumeId(new_uuid());
    wanted.size_gib = 1;
    const auto flow = write([&](db::Transaction& tx) { return volumes_.create(tx, auth_, wanted, std::nullopt); });
    EXPECT_TRUE(runner_.wait(flow, 10s));
    EXPECT_EQ(volume(wanted.id).status, volume::VolumeStatus::Available);
    return wanted.id;
}

ServerId Cloud::boot(std::vector<BlockDevice> devices, const std::string& wanted_host) {
    BootRequest request;
    request.server.id = ServerId(new_uuid());
    request.server.name = "s1";
    request.server.project = auth_.project;
    request.server.user = auth_.user;
    request.server.flavor = {"1", "small", 1, 512, 1};
    request.server.created_us = now_us();
    request.server.has_config_drive = config_drive_;
    request.server.user_data = "aGVsbG8=";
    request.config_drive_reason = "a test says so";
    for (const auto& device : devices) {
        if (const auto* image = std::get_if<LocalImage>(&device.kind)) request.server.image_id = image->image.value;
    }
    request.block_devices = std::move(devices);
    request.decisions = {"a test boots"};
    request.wanted_host = wanted_host;
    write([&](db::Transaction& tx) {
        request.nics = networks_.check_request(tx, auth_, nullptr, 1);
        request.security_group_ids = networks_.resolve_security_groups(tx, auth_, {});
        flows::boot(tx, d_, auth_, request);
    });
    return request.server.id;
}

void Cloud::remove(const ServerId& server) {
    write([&](db::Transaction& tx) { flows::remove(tx, d_, auth_, server); });
}

void Cloud::settle(const ServerId& server) {
    for (;;) {
        const auto flows = db_.read_with([&](db::Transaction& tx) { return runner_.unfinished(tx, server.value); });
        if (flows.empty()) return;
        ASSERT_TRUE(runner_.wait(flows.front(), 20s)) << "a flow of server " << server.value << " does not end";
    }
}

ServerId Cloud::boot_active(std::vector<BlockDevice> devices, const std::string& wanted_host) {
    const auto server = boot(std::move(devices), wanted_host);
    settle(server);
    const auto row = get(server);
    EXPECT_EQ(row.vm_state, VmState::Active) << (row.fault ? row.fault->message + " / " + row.fault->details : "");
    return server;
}

std::optional<Server> Cloud::find(const ServerId& server) {
    return db_.read_with([&](db::Transaction& tx) { return repo::find_server(tx, server); });
}

Server Cloud::get(const ServerId& server) {
    return db_.read_with([&](db::Transaction& tx) { return repo::get_server(tx, server); });
}

volume::Volume Cloud::volume(const VolumeId& id) {
    const auto found = find_volume(id.value);
    if (!found) throw Error(ErrorCode::NotFound, "volume " + id.value + " is gone");
    return *found;
}

std::optional<volume::Volume> Cloud::find_volume(const std::string& id) {
    return db_.read_with([&](db::Transaction& tx) { return volumes_.find(tx, VolumeId(id)); });
}

std::vector<BlockDevice> Cloud::devices(const ServerId& server) {
    return db_.read_with([&](db::Transaction& tx) { return repo::block_devices(tx, server); });
}

std::vector<taskflow::TaskRun> Cloud::runs(const ServerId& server, const std::string& kind) {
    auto tx = db_.read();
    std::vector<taskflow::TaskRun> out;
    for (const auto& flow : runner_.flows_of(tx, server.value)) {
        if (flow.kind != kind) continue;
        for (const auto& run : runner_.journal(tx, flow.id)) out.push_back(run);
    }
    return out;
}

std::vector<std::string> Cloud::executed(const ServerId& server, const std::string& kind) {
    std::vector<std::string> out;
    for (const auto& run : runs(server, kind)) {
        if (run.phase == "execute" && run.outcome == "success") out.push_back(run.task);
    }
    return out;
}

std::string Cloud::decision(const ServerId& server, const std::string& label, const std::string& kind) {
    for (const auto& run : runs(server, kind)) {
        if (run.task == label && run.phase == "execute" && run.outcome == "success") return run.decision;
    }
    return {};
}

void Cloud::expect_clean(const ServerId& server) {
    const auto left = hosts_.leftovers();
    EXPECT_TRUE(left.empty()) << left.front() << " and " << left.size() - 1 << " more";
    auto tx = db_.read();
    EXPECT_TRUE(volumes_.attachments_of_server(tx, server).empty());
    EXPECT_TRUE(networks_.nics_of_server(tx, server).empty());
    for (const auto& difference : volumes_.check(tx, repo::all_server_ids(tx))) ADD_FAILURE() << difference;
    for (const auto& difference : check_claims(tx)) ADD_FAILURE() << difference;
}

}  // namespace virga::compute::flows
