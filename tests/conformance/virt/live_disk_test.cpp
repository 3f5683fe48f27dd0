#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

#include <thread>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/process.hpp"
#include "compute/virt/qcow2_chain.hpp"
#include "conformance/virt/guest_image.hpp"
#include "conformance/virt/host.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::test {
namespace {

using compute::virt::DiskFile;
using compute::virt::JobHooks;

/// A running guest with one volume. The guest has no operating system: what a guest would write is written by its
/// emulator, which is told to.
class LiveDisk : public VirtTest {
protected:
    void SetUp() override {
        if (!driver().capabilities().live_disks) GTEST_SKIP() << "this driver changes no disks of running guests";
        guest_ = new_guest();
        spawn(guest_);
        volume_ = new_uuid();
    }

    void attach(const DiskFile& file) { driver().attach_disk(guest_.server_id, volume_disk(volume_), file); }
    void attach_raw() {
        file_ = {host().make_disk("volume-" + volume_, kSize), disk::Format::Raw, volume_};
        attach(file_);
    }
    /// An empty overlay beside the volume's first file, named by a tag.
    DiskFile overlay(const std::string& tag, const std::string& backing_tag = {}) {
        const auto name = "volume-" + volume_;
        const auto backing = backing_tag.empty() ? name : name + "." + backing_tag;
        const auto path = host().folder() + "/" + name + "." + tag;
        disk::create_qcow2(path, kSize, disk::Backing{backing, backing_tag.empty() ? "raw" : "qcow2"});
        return {path, disk::Format::Qcow2, volume_};
    }
    /// Three files, each with a pattern of its own where the guest wrote before the next one came.
    void make_chain() {
        attach_raw();
        write(0x11, "0");
        step("a", "");
        write(0x22, "1M");
        step("b", "a");
        write(0x33, "2M");
    }
    void step(const std::string& tag, const std::string& below) {
        ASSERT_TRUE(driver().snapshot_disk(guest_.server_id, volume_, overlay(tag, below)));
    }
    std::string path(const std::string& tag) const {
        return host_folder() + "/volume-" + volume_ + (tag.empty() ? "" : "." + tag);
    }
    std::string host_folder() const { return Host::of(GetParam()).folder(); }
    std::vector<std::string> chain() { return driver().disk_chain(guest_.server_id, volume_); }

    void write(int pattern, const std::string& offset) {
        const auto command = "write -P " + std::to_string(pattern) + " " + offset + " 64k";
        if (real()) return emulator("qemu-io -d /machine/peripheral/virtio-disk1/virtio-backend \"" + command + "\"");
        const auto file = chain().front();
        const auto format = file == path("") || file == moved_.path ? disk::Format::Raw : disk::Format::Qcow2;
        EXPECT_EQ(run_process({"qemu-io", "-f", to_string(format), "-c", command, file}).exit_code, 0);
    }
    /// What the volume holds, once the guest is gone.
    void expect(const std::string& tag, int pattern, const std::string& offset) {
        expect_in({path(tag), tag.empty() ? disk::Format::Raw : disk::Format::Qcow2, ""}, pattern, offset);
    }
    static void expect_in(const DiskFile& file, int pattern, const std::string& offset) {
        const auto read = run_process({"qemu-io", "-r", "-f", to_string(file.format), "-c",
                                       "read -P " + std::to_string(pattern) + " " + offset + " 64k", file.path});
        EXPECT_TRUE(read.out.find("verification failed") == std::string::npos && read.exit_code == 0)
            << file.path << " at " << offset << ": " << read.out << read.err;
    }
    static std::string backing_name(const std::string& file) {
        const auto backing = disk::qcow2_backing(file);
        return backing ? backing->path : "";
    }
    void end_guest() { driver().destroy(guest_.server_id); }

    void emulator(const std::string& command) {
        static const std::unique_ptr<virConnect, int (*)(virConnectPtr)> connection(
            virConnectOpen(("qemu:///embed?root=" + host_folder() + "/libvirt").c_str()), virConnectClose);
        ASSERT_NE(connection, nullptr) << virGetLastErrorMessage();
        const std::unique_ptr<virDomain, int (*)(virDomainPtr)> domain(
            virDomainLookupByUUIDString(connection.get(), guest_.server_id.c_str()), virDomainFree);
        char* reply = nullptr;
        ASSERT_EQ(
            virDomainQemuMonitorCommand(domain.get(), command.c_str(), &reply, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP), 0);
        EXPECT_EQ(std::string_view(reply).find("rror"), std::string_view::npos) << command << ": " << reply;
        std::free(reply);
    }

    static constexpr long kSize = 16 * 1024 * 1024;
    compute::GuestSpec guest_;
    std::string volume_;
    DiskFile file_;
    DiskFile moved_;
};

TEST_P(LiveDisk, RawDiskGrows) {
    attach_raw();
    EXPECT_TRUE(driver().resize_disk(guest_.server_id, volume_, 2 * kSize));
    EXPECT_TRUE(driver().resize_disk(guest_.server_id, volume_, 2 * kSize));
    EXPECT_TRUE(driver().resize_disk(guest_.server_id, volume_, kSize)) << "smaller: nothing happens";
    EXPECT_EQ(disk::virtual_size(file_.path, "raw"), 2 * kSize);
}

TEST_P(LiveDisk, Qcow2DiskGrows) {
    const DiskFile file{path(""), disk::Format::Qcow2, volume_};
    disk::create_qcow2(file.path, kSize);
    attach(file);
    EXPECT_TRUE(driver().resize_disk(guest_.server_id, volume_, 2 * kSize));
    EXPECT_EQ(disk::virtual_size(file.path, "qcow2"), 2 * kSize);
}

TEST_P(LiveDisk, NothingIsDoneWhereNoGuestRuns) {
    attach_raw();
    const auto over = overlay("a");
    driver().power_off(guest_.server_id, 0);
    for (const auto& server : {guest_.server_id, new_uuid()}) {
        EXPECT_FALSE(driver().resize_disk(server, volume_, 2 * kSize));
        EXPECT_FALSE(driver().snapshot_disk(server, volume_, over));
        EXPECT_FALSE(driver().commit_disk(server, volume_, over.path, file_.path, {}));
        EXPECT_FALSE(driver().pull_disk(server, volume_, file_.path, "", {}));
        EXPECT_TRUE(driver().disk_chain(server, volume_).empty());
        EXPECT_FALSE(driver().mirror_disk(server, volume_, over, {}));
        EXPECT_FALSE(driver().pivot_disk(server, volume_, over));
        EXPECT_FALSE(driver().end_mirror(server, volume_));
    }
    EXPECT_EQ(disk::virtual_size(file_.path, "raw"), kSize);
    EXPECT_FALSE(driver().resize_disk(guest_.server_id, new_uuid(), kSize)) << "a volume that it doesn't have";
}

TEST_P(LiveDisk, SnapshotMovesTheGuestOn) {
    attach_raw();
    write(0x11, "0");
    const auto over = overlay("a");
    EXPECT_TRUE(driver().snapshot_disk(guest_.server_id, volume_, over));
    EXPECT_TRUE(driver().snapshot_disk(guest_.server_id, volume_, over)) << "again";
    EXPECT_EQ(chain(), (std::vector<std::string>{over.path, file_.path}));
    write(0x22, "0");
    end_guest();
    expect("", 0x11, "0");
    expect("a", 0x22, "0");
    EXPECT_EQ(backing_name(over.path), "volume-" + volume_) << "the name stays relative";
}

// A guest that a failed snapshot left behind goes past the overlay in between, which is empty.
TEST_P(LiveDisk, SnapshotTakesTwoStepsAtOnce) {
    attach_raw();
    write(0x11, "0");
    overlay("a");
    const auto second = overlay("b", "a");
    EXPECT_TRUE(driver().snapshot_disk(guest_.server_id, volume_, second));
    EXPECT_EQ(chain().front(), second.path);
    EXPECT_TRUE(driver().snapshot_disk(guest_.server_id, volume_, {path("a"), disk::Format::Qcow2, ""}))
        << "past it already";
    EXPECT_EQ(chain().front(), second.path);
    write(0x22, "1M");
    end_guest();
    expect("b", 0x11, "0");
    expect("b", 0x22, "1M");
    expect("", 0, "1M");
}

TEST_P(LiveDisk, SnapshotOnAForeignFileIsRefused) {
    attach_raw();
    const auto stranger = host_folder() + "/stranger-" + volume_;
    disk::create_qcow2(stranger, kSize);
    try {
        driver().snapshot_disk(guest_.server_id, volume_, {stranger, disk::Format::Qcow2, ""});
        FAIL() << "no error";
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Conflict) << failure.what();
    }
    EXPECT_EQ(chain(), std::vector<std::string>{file_.path});
}

TEST_P(LiveDisk, LayerInTheMiddleIsCommitted) {
    make_chain();
    EXPECT_TRUE(driver().commit_disk(guest_.server_id, volume_, path("a"), path(""), {}));
    EXPECT_TRUE(driver().commit_disk(guest_.server_id, volume_, path("a"), path(""), {})) << "again";
    if (real()) {
        EXPECT_EQ(chain(), (std::vector<std::string>{path("b"), path("")}));
    }
    EXPECT_EQ(backing_name(path("b")), "volume-" + volume_);
    write(0x44, "3M");
    end_guest();
    for (const auto& [pattern, offset] : {std::pair{0x11, "0"}, {0x22, "1M"}, {0x33, "2M"}, {0x44, "3M"}})
        expect("b", pattern, offset);
    expect("", 0x22, "1M");
    expect("", 0, "2M");
}

TEST_P(LiveDisk, LayerBelowTheActiveOneIsPulled) {
    make_chain();
    EXPECT_TRUE(driver().pull_disk(guest_.server_id, volume_, path("a"), path(""), {}));
    EXPECT_TRUE(driver().pull_disk(guest_.server_id, volume_, path("a"), path(""), {})) << "again";
    EXPECT_EQ(backing_name(path("b")), "volume-" + volume_);
    EXPECT_TRUE(driver().pull_disk(guest_.server_id, volume_, path(""), "", {}));
    EXPECT_EQ(chain(), std::vector<std::string>{path("b")});
    EXPECT_EQ(backing_name(path("b")), "");
    write(0x44, "3M");
    end_guest();
    for (const auto& [pattern, offset] : {std::pair{0x11, "0"}, {0x22, "1M"}, {0x33, "2M"}, {0x44, "3M"}})
        expect("b", pattern, offset);
}

// The guest runs from what its definition says after it was stopped: the new chain.
TEST_P(LiveDisk, MergesWorkAfterARestartOfTheGuest) {
    make_chain();
    driver().power_off(guest_.server_id, 0);
    auto spec = guest_;
    spec.disks.push_back(volume_disk(volume_));
    auto files = files_of(guest_);
    files.push_back({path("b"), disk::Format::Qcow2, volume_});
    driver().power_on(spec, files, console_of(guest_));
    EXPECT_EQ(chain(), (std::vector<std::string>{path("b"), path("a"), path("")}));
    EXPECT_TRUE(driver().commit_disk(guest_.server_id, volume_, path("a"), path(""), {}));
    EXPECT_EQ(backing_name(path("b")), "volume-" + volume_) << "the name stays relative";
    EXPECT_TRUE(driver().pull_disk(guest_.server_id, volume_, path(""), "", {}));
    end_guest();
    for (const auto& [pattern, offset] : {std::pair{0x11, "0"}, {0x22, "1M"}, {0x33, "2M"}})
        expect("b", pattern, offset);
}

TEST_P(LiveDisk, MirrorsAndMovesToTheMirror) {
    for (const std::string format : {"raw", "qcow2"}) {
        if (format == "raw") attach_raw();
        write(0x11, "0");
        const DiskFile target{host_folder() + "/moved-" + format + "-" + volume_, disk::format_of(format), volume_};
        if (format == "raw")
            disk::create_raw(target.path, kSize);
        else
            disk::create_qcow2(target.path, kSize);
        const auto source = chain();
        EXPECT_TRUE(driver().mirror_disk(guest_.server_id, volume_, target, {}));
        EXPECT_TRUE(driver().mirror_disk(guest_.server_id, volume_, target, {})) << "again";
        EXPECT_EQ(driver().disk_chain(guest_.server_id, volume_).front(), source.front()) << "still the old one";
        EXPECT_TRUE(driver().pivot_disk(guest_.server_id, volume_, target));
        EXPECT_TRUE(driver().pivot_disk(guest_.server_id, volume_, target)) << "again";
        EXPECT_TRUE(driver().mirror_disk(guest_.server_id, volume_, target, {})) << "it is there";
        EXPECT_EQ(chain(), std::vector<std::string>{target.path});
        moved_ = target;
    }
    if (real()) write(0x22, "1M");
    end_guest();
    expect_in(moved_, 0x11, "0");
    if (real()) expect_in(moved_, 0x22, "1M");
    EXPECT_LT(disk::allocated_bytes(moved_.path), kSize / 2);
}

// Whatever the guest has written is in both files, also when it dies before it moves.
TEST_P(LiveDisk, MirrorHasWhatTheGuestWrites) {
    if (!real()) GTEST_SKIP() << "fake guests write nothing";
    attach_raw();
    write(0x11, "0");
    const DiskFile target{host_folder() + "/moved-" + volume_, disk::Format::Raw, volume_};
    disk::create_raw(target.path, kSize);
    EXPECT_TRUE(driver().mirror_disk(guest_.server_id, volume_, target, {}));
    EXPECT_LT(disk::allocated_bytes(target.path), kSize / 2) << "zeros take no space";
    write(0x22, "1M");
    write(0x33, "0");
    host().kill_guest(guest_.server_id);
    for (const auto& file : {file_, target}) {
        expect_in(file, 0x22, "1M");
        expect_in(file, 0x33, "0");
    }
    EXPECT_FALSE(driver().pivot_disk(guest_.server_id, volume_, target));
}

TEST_P(LiveDisk, MirrorIsEnded) {
    attach_raw();
    write(0x11, "0");
    const DiskFile target{host_folder() + "/moved-" + volume_, disk::Format::Raw, volume_};
    disk::create_raw(target.path, kSize);
    EXPECT_TRUE(driver().end_mirror(guest_.server_id, volume_)) << "there is none";
    EXPECT_TRUE(driver().mirror_disk(guest_.server_id, volume_, target, {}));
    EXPECT_TRUE(driver().end_mirror(guest_.server_id, volume_));
    EXPECT_EQ(chain(), std::vector<std::string>{file_.path});
    try {
        driver().pivot_disk(guest_.server_id, volume_, target);
        FAIL() << "no error";
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Conflict) << failure.what();
    }
    EXPECT_TRUE(driver().mirror_disk(guest_.server_id, volume_, target, {})) << "another one, over what is left";
    EXPECT_TRUE(driver().pivot_disk(guest_.server_id, volume_, target));
    EXPECT_EQ(chain(), std::vector<std::string>{target.path});
}

// Of a guest that ends meanwhile nothing can be wrong: its disk is at rest then.
TEST_P(LiveDisk, MirrorOfAGuestThatDies) {
    if (!real()) GTEST_SKIP() << "mirrors of the fake take no time";
    attach_raw();
    for (int mib = 0; mib < 16; ++mib) write(0x55, std::to_string(mib) + "M");
    const DiskFile target{host_folder() + "/moved-" + volume_, disk::Format::Raw, volume_};
    disk::create_raw(target.path, kSize);
    std::thread killer([&] { host().kill_guest(guest_.server_id); });
    const bool done = driver().mirror_disk(guest_.server_id, volume_, target, {});
    killer.join();
    EXPECT_FALSE(driver().pivot_disk(guest_.server_id, volume_, target)) << done;
    EXPECT_FALSE(driver().end_mirror(guest_.server_id, volume_));
}

TEST_P(LiveDisk, MirrorOfAReadOnlyDisk) {
    file_ = {host().make_disk("volume-" + volume_, kSize), disk::Format::Raw, volume_};
    auto disk = volume_disk(volume_);
    disk.connection_info["data"] = json::object{{"access_mode", "ro"}};
    driver().attach_disk(guest_.server_id, disk, file_);
    const DiskFile target{host_folder() + "/moved-" + volume_, disk::Format::Raw, volume_};
    disk::create_raw(target.path, kSize);
    EXPECT_TRUE(driver().mirror_disk(guest_.server_id, volume_, target, {}));
    EXPECT_TRUE(driver().pivot_disk(guest_.server_id, volume_, target));
    EXPECT_EQ(chain(), std::vector<std::string>{target.path});
}

TEST_P(LiveDisk, MirrorOfNoUseIsAnError) {
    if (!real()) GTEST_SKIP() << "the fake copies into anything";
    attach_raw();
    const DiskFile small{host_folder() + "/small-" + volume_, disk::Format::Raw, volume_};
    disk::create_raw(small.path, kSize / 2);
    for (const auto& path : {small.path, host_folder() + "/missing"}) {
        EXPECT_THROW(driver().mirror_disk(guest_.server_id, volume_, {path, disk::Format::Raw, volume_}, {}), Error)
            << path;
        EXPECT_EQ(chain(), std::vector<std::string>{file_.path});
    }
}

TEST_P(LiveDisk, MirrorIsCancelled) {
    if (!real()) GTEST_SKIP() << "mirrors of the fake take no time";
    attach_raw();
    const DiskFile target{host_folder() + "/moved-" + volume_, disk::Format::Raw, volume_};
    disk::create_raw(target.path, kSize);
    const JobHooks hooks{[] { return true; }, {}};
    try {
        driver().mirror_disk(guest_.server_id, volume_, target, hooks);
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Cancelled) << failure.what();
        EXPECT_TRUE(driver().mirror_disk(guest_.server_id, volume_, target, {})) << "the repeat completes it";
    }
    EXPECT_TRUE(driver().pivot_disk(guest_.server_id, volume_, target));
}

TEST_P(LiveDisk, GuestWritesToTheLayerThatIsToGo) {
    if (!real()) GTEST_SKIP() << "the fake's guests have no layers open";
    attach_raw();
    overlay("a");
    try {
        driver().pull_disk(guest_.server_id, volume_, file_.path, "", {});
        FAIL() << "no error";
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Conflict) << failure.what();
    }
}

TEST_P(LiveDisk, MergeIsCancelled) {
    if (!real()) GTEST_SKIP() << "merges of the fake take no time";
    attach_raw();
    for (int mib = 0; mib < 16; ++mib) write(0x55, std::to_string(mib) + "M");
    step("a", "");
    const JobHooks hooks{[] { return true; }, {}};
    try {
        driver().pull_disk(guest_.server_id, volume_, path(""), "", hooks);
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Cancelled) << failure.what();
    }
    EXPECT_TRUE(driver().pull_disk(guest_.server_id, volume_, path(""), "", {})) << "the repeat completes it";
    EXPECT_EQ(chain(), std::vector<std::string>{path("a")});
}

INSTANTIATE_TEST_SUITE_P(Drivers, LiveDisk, testing::ValuesIn(driver_names()),
                         [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace virga::test
