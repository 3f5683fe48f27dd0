#include "cloud.hpp"
#include "compute/flows/boot_plan.hpp"
#include "compute/host_commands.hpp"
#include "volume/host_commands.hpp"

namespace virga::compute::flows {
namespace {

/// Labels of the tasks of a boot, for one test of each.
std::vector<std::string> labels_of(const std::vector<BlockDevice>& devices) {
    std::vector<std::string> out;
    for (const auto& task : boot_plan(devices)) out.push_back(task.label.empty() ? task.task : task.label);
    return out;
}

class FailureTest : public Cloud {
protected:
    void fail_at(const std::string& point, ErrorCode code = ErrorCode::Internal) {
        gate_.at(point, [point, code] { throw Error(code, "broken at " + point); });
    }
    void expect_error(const ServerId& server, const std::string& text) {
        const auto row = get(server);
        EXPECT_EQ(row.vm_state, VmState::Error);
        EXPECT_EQ(row.task_state, TaskState::None);
        EXPECT_EQ(row.host, "");
        ASSERT_TRUE(row.fault);
        EXPECT_EQ(row.fault->code, 500);
        EXPECT_NE(row.fault->message.find(text), std::string::npos) << row.fault->message;
    }
    /// Fails after each task of a boot in turn; each time nothing may be left, and the server can be deleted.
    template <class Devices>
    void fail_everywhere(Devices&& devices) {
        for (const auto& label : labels_of(devices())) {
            SCOPED_TRACE(label);
            fail_at(label + ".after");
            const auto server = boot(devices());
            settle(server);
            EXPECT_TRUE(gate_.passed(label + ".after"));
            expect_error(server, "broken at " + label);
            expect_clean(server);
            for (const auto& device : this->devices(server)) {
                if (device.delete_on_termination) {
                    EXPECT_EQ(device.volume_id, "");
                }
            }
            remove(server);
            settle(server);
            EXPECT_FALSE(find(server));
        }
    }
};

TEST_F(FailureTest, AtEachTaskOfABootFromImage) {
    fail_everywhere([&] { return std::vector{image_root()}; });
}

TEST_F(FailureTest, AtEachTaskOfABootThatCreatesVolumes) {
    fail_everywhere([&] { return std::vector{image_volume(true), blank_volume(true)}; });
}

TEST_F(FailureTest, AtEachTaskOfABootFromVolume) {
    const auto id = make_volume();
    fail_everywhere([&] {
        EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
        return std::vector{existing_volume(id)};
    });
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
}

TEST_F(FailureTest, CreatedVolumeWithoutDeleteOnTerminationStays) {
    fail_at("virt.libvirt.spawn.after");
    const auto server = boot({image_volume(false)});
    settle(server);
    expect_error(server, "broken");
    const auto id = devices(server).front().volume_id;
    EXPECT_EQ(volume(VolumeId(id)).status, volume::VolumeStatus::Available);
    expect_clean(server);
}

TEST_F(FailureTest, VolumeThatCanNotBeCreatedAbortsTheBoot) {
    hosts_.add("h2");
    hosts_.script(volume::command::kCreateFromImage, [](const std::string&, const json::object&) {
        throw Error(ErrorCode::Corrupt, "checksum is wrong");
        return std::optional<json::object>();
    });
    const auto server = boot({image_volume(true)});
    settle(server);
    expect_error(server, "did not finish being created: checksum is wrong");
    EXPECT_EQ(hosts_.count(volume::command::kCreateFromImage), 1);
    expect_clean(server);
}

TEST_F(FailureTest, NoValidHost) {
    hosts_.add("h1", {{"memory_mib", 64}});
    const auto id = make_volume();
    const auto server = boot({existing_volume(id)});
    settle(server);
    expect_error(server, "No valid host was found. There are not enough hosts available.");
    EXPECT_NE(get(server).fault->details.find("RamFilter"), std::string::npos);
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
}

TEST_F(FailureTest, ReschedulesToAnAlternateAndKeepsVolumes) {
    hosts_.add("h2", {{"memory_mib", 9000}});
    const auto id = make_volume();
    hosts_.script(command::kSpawn, [](const std::string& host, const json::object&) {
        if (host == "h2") throw Error(ErrorCode::Internal, "libvirt refuses");
        return std::optional<json::object>();
    });
    auto blank = blank_volume(true);
    const auto server = boot_active({existing_volume(id), blank});
    EXPECT_EQ(get(server).host, "h1");
    EXPECT_EQ(hosts_.count(command::kSpawn), 2);
    EXPECT_EQ(hosts_.count(volume::command::kCreate), 2) << "the blank volume is created once";
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::InUse);
    bool said = false;
    for (const auto& run : runs(server, "boot_server")) {
        if (run.task == "conductor.schedule" && run.phase == "revert") {
            said = run.decision.find("reschedule: libvirt refuses; host h2 is excluded") != std::string::npos;
        }
    }
    EXPECT_TRUE(said);
    remove(server);
    settle(server);
    expect_clean(server);
}

TEST_F(FailureTest, HostLocalVolumeIsMadeAnewOnTheAlternate) {
    json::array local;
    local.push_back(json::object{{"name", "local"}, {"driver", "fake"}, {"total_gib", 100}, {"free_gib", 100}});
    hosts_.add("h1", {{"backends", local}});
    hosts_.add("h2", {{"backends", local}, {"memory_mib", 9000}});
    hosts_.script(command::kSpawn, [](const std::string& host, const json::object&) {
        if (host == "h2") throw Error(ErrorCode::Internal, "libvirt refuses");
        return std::optional<json::object>();
    });
    const auto server = boot_active({image_volume(false)});
    EXPECT_EQ(get(server).host, "h1");
    EXPECT_EQ(volume(VolumeId(devices(server).front().volume_id)).host, "h1");
    EXPECT_EQ(hosts_.count(volume::command::kDelete), 1);
}

TEST_F(FailureTest, AllHostsFail) {
    for (const char* name : {"h2", "h3", "h4"}) hosts_.add(name);
    hosts_.script(command::kSpawn, [](const std::string&, const json::object&) {
        throw Error(ErrorCode::Internal, "libvirt refuses");
        return std::optional<json::object>();
    });
    const auto server = boot({image_root()});
    settle(server);
    expect_error(server, "Exhausted all hosts available");
    expect_error(server, "libvirt refuses");
    EXPECT_EQ(hosts_.count(command::kSpawn), 3) << "scheduler.max_attempts";
    expect_clean(server);
}

TEST_F(FailureTest, ImageThatIsTooLargeIsNotTriedElsewhere) {
    hosts_.add("h2");
    hosts_.script(command::kFetchImage, [](const std::string&, const json::object&) {
        throw Error(ErrorCode::InvalidInput, "Flavor's disk is too small for requested image.");
        return std::optional<json::object>();
    });
    const auto server = boot({image_root()});
    settle(server);
    expect_error(server, "Flavor's disk is too small");
    EXPECT_EQ(hosts_.count(command::kFetchImage), 1);
}

TEST_F(FailureTest, BaseThatWasEvictedIsFetchedAgain) {
    bool first = true;
    hosts_.script(command::kCreateDisks, [&](const std::string&, const json::object&) {
        if (std::exchange(first, false)) throw Error(ErrorCode::NotFound, "base is gone");
        return std::optional<json::object>();
    });
    boot_active({image_root()});
    EXPECT_EQ(hosts_.count(command::kFetchImage), 2);
}

TEST_F(FailureTest, TwoBootsCanNotShareTheLastRoom) {
    hosts_.add("h1", {{"memory_mib", 400}});  // shared out to 600 MiB: room for one server of 512
    const auto first = boot({image_root()});
    const auto second = boot({image_root()});
    settle(first);
    settle(second);
    EXPECT_NE(get(first).vm_state == VmState::Active, get(second).vm_state == VmState::Active);
}

}  // namespace
}  // namespace virga::compute::flows
