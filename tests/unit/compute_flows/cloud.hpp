#pragma once
#include <gtest/gtest.h>

#include <filesystem>

#include "compute/flows/flows.hpp"
#include "fake_hosts.hpp"
#include "gated_task.hpp"
#include "harness/test_database.hpp"

namespace virga::compute::flows {

/// The control side of a cloud with hosts in memory: real services, a real runner and a database of its own.
class Cloud : public testing::Test {
protected:
    Cloud();
    ~Cloud() override;

    // Entries of a block_device_mapping, of 1 GiB where they make a volume.
    BlockDevice image_root() const;
    BlockDevice image_volume(bool delete_on_termination) const;
    BlockDevice snapshot_volume(bool delete_on_termination) const;
    BlockDevice existing_volume(const VolumeId& volume, bool delete_on_termination = false) const;
    BlockDevice blank_volume(bool delete_on_termination) const;

    VolumeId make_volume();
    SnapshotId make_snapshot(const VolumeId& volume);

    ServerId boot(std::vector<BlockDevice> devices, const std::string& wanted_host = {});
    void remove(const ServerId& server);
    template <class F>
    auto write(F&& function) {
        return db_.write_with(std::forward<F>(function));
    }

    /// Waits until no flow works on the server.
    void settle(const ServerId& server);
    /// Boots and waits until the server is active.
    ServerId boot_active(std::vector<BlockDevice> devices, const std::string& wanted_host = {});

    std::optional<Server> find(const ServerId& server);
    Server get(const ServerId& server);
    volume::Volume volume(const VolumeId& id);
    std::optional<volume::Volume> find_volume(const std::string& id);
    std::vector<BlockDevice> devices(const ServerId& server);
    std::vector<taskflow::TaskRun> runs(const ServerId& server, const std::string& kind);
    /// Labels of the tasks that were executed to success, in order.
    std::vector<std::string> executed(const ServerId& server, const std::string& kind = "boot_server");
    std::string decision(const ServerId& server, const std::string& label, const std::string& kind = "boot_server");

    /// Nothing of servers is left on hosts, no attachment, no port, and the volume service finds no difference.
    void expect_clean(const ServerId& server);

    bool config_drive_ = false;  ///< whether boot() asks for one
    identity::Auth auth_;
    std::filesystem::path folder_;
    FakeHosts hosts_;
    Gate gate_;
    config::Config config_;
    test::TestDatabase place_;
    db::Database db_;
    identity::Service identity_;
    image::Service images_;
    taskflow::Registry registry_;
    taskflow::Registry inner_;
    taskflow::Runner runner_;
    volume::Service volumes_;
    network::Service networks_;
    Dependencies d_;
    ImageId image_;
};

}  // namespace virga::compute::flows
