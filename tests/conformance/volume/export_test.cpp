// Volumes of one host that another one uses: NBD over TLS, by a process that outlives the host's.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>

#include "base/certificates.hpp"
#include "base/ids.hpp"
#include "base/process.hpp"
#include "base/small_file.hpp"
#include "conformance/volume/export_child.hpp"
#include "conformance/volume/keyed_driver.hpp"
#include "conformance/volume/suite.hpp"
#include "disk/disk.hpp"
#include "volume/host/drivers/local/local_driver.hpp"
#include "volume/host/exports/exports.hpp"

namespace virga::volume::host::test {
namespace {

constexpr const char* kAddress = "127.0.0.1";
constexpr const char* kOwn = "host-a";

/// Somebody who may use what a folder of certificates allows.
struct Client {
    std::string tls_folder;  ///< empty: without TLS

    /// `program` with the export in place of a file, and `rest` behind it.
    std::vector<std::string> words(std::vector<std::string> program, const json::object& data,
                                   const std::vector<std::string>& rest) const {
        std::string options = "driver=nbd,host=" + get_string(data, "host") +
                              ",port=" + std::to_string(get_int(data, "port")) +
                              ",export=" + get_string(data, "export");
        if (!tls_folder.empty()) {
            program.insert(program.end(), {"--object", "tls-creds-x509,id=c,endpoint=client,dir=" + tls_folder});
            options += ",tls-creds=c";
        }
        program.insert(program.end(), rest.begin(), rest.end());
        program.insert(program.end(), {"--image-opts", options});
        return program;
    }
    bool may_open(const json::object& data) const {
        return run_process(words({"qemu-img", "info"}, data, {})).exit_code == 0;
    }
    /// Does it by qemu-io; false: refused, or the content is another one.
    bool io(const json::object& data, const std::string& command) const {
        const auto done = run_process(words({"qemu-io"}, data, {"-c", command}));
        return done.exit_code == 0 && done.out.find("Pattern verification failed") == std::string::npos;
    }
};

ExportOptions options_in(const std::string& folder, std::int64_t first_port) {
    return {kOwn, kAddress, folder + "/ca/" + kOwn, folder + "/exports", first_port, first_port + 50};
}

/// Processes that export files of the folder.
int processes_of(const std::string& folder) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "cmdline");
        std::stringstream text;
        text << file.rdbuf();
        if (text.str().find("qemu-storage-daemon") != std::string::npos && text.str().find(folder) != std::string::npos)
            ++count;
    }
    return count;
}

class ExportTest : public ::testing::TestWithParam<std::string> {
protected:
    ExportTest() : folder_(parent_folder(GetParam())) {
        make_ca(folder_.at("ca"));
        make_ca(folder_.at("evil"));
        options_ = options_in(folder_.path(), first_port());
        const auto own = make_host_certificates(folder_.at("ca"), kOwn, {kAddress});
        EXPECT_EQ(own, options_.tls_folder);
        check_host_certificates("host.tls_folder", own, kOwn, kAddress);
        b_ = {make_host_certificates(folder_.at("ca"), "host-b", {kAddress})};
        c_ = {make_host_certificates(folder_.at("ca"), "host-c", {kAddress})};
        evil_ = {make_host_certificates(folder_.at("evil"), "host-b", {kAddress})};
        restart();
    }
    /// Here, not in the destructor: what is thrown there ends all tests.
    void TearDown() override {
        ASSERT_TRUE(driver_) << "it was not opened again";
        driver_->recover();
        for (const auto& id : driver_->inventory().volumes) driver_->remove(id);
        EXPECT_TRUE(exports_->of_backend("local").empty());
        EXPECT_TRUE(folder_entries(folder_.at("exports")).empty()) << "no record and no socket is left";
        EXPECT_EQ(processes_of(folder_.path()), 0);
    }

    static std::int64_t first_port() { return 20'000 + ::getpid() % 300 * 51; }

    /// What a new host process does; what ran goes on.
    void restart(const std::function<void()>& meanwhile = [] {}) {
        driver_.reset();
        exports_.reset();
        meanwhile();
        exports_ = std::make_unique<Exports>(options_);
        driver_ = std::make_unique<local::LocalDriver>(files::Options{folder_.at("backend")}, "local", exports_.get());
        driver_->recover();
    }
    std::string made() {
        const auto id = new_uuid();
        driver_->create(id, 1);
        return id;
    }
    json::object connect(const std::string& id, const std::string& host = "host-b") {
        const auto info = driver_->initialize_connection(id, host);
        EXPECT_EQ(get_string(info, "driver_volume_type"), "nbd");
        return get_object(info, "data");
    }
    VolumeFile look(const std::string& id) {
        const auto file = VolumeFile::from_json(get_object(driver_->initialize_connection(id, kOwn), "data"));
        driver_->terminate_connection(id, kOwn);
        return file;
    }
    std::string record(const json::object& data) const {
        return folder_.at("exports/" + std::to_string(get_int(data, "port")) + ".json");
    }
    RunningProcess process(const json::object& data) const {
        return RunningProcess::from_json(get_object(parse_object(disk::read_file(record(data))), "process"));
    }
    /// Files that are the volume's own.
    int files_of(const std::string& id) const {
        int count = 0;
        for (const auto& name : folder_entries(folder_.at("backend")))
            count += name.starts_with("volume-" + id) && !name.ends_with(".json") ? 1 : 0;
        return count;
    }
    std::optional<ErrorCode> code_of_flatten(const std::string& id) {
        try {
            driver_->flatten(id, {});
            return std::nullopt;
        } catch (const Error& failure) {
            return failure.code();
        }
    }
    static bool within(std::chrono::seconds bound, const std::function<bool()>& condition) {
        const auto until = std::chrono::steady_clock::now() + bound;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return true;
    }

    Folder folder_;
    ExportOptions options_;
    Client b_;
    Client c_;
    Client evil_;
    std::unique_ptr<Exports> exports_;
    std::unique_ptr<local::LocalDriver> driver_;
};

TEST_P(ExportTest, another_host_reads_and_writes_what_the_own_one_does) {
    const auto id = made();
    write_pattern(look(id), 0x42, "0", "64k");
    const auto data = connect(id);
    EXPECT_EQ(get_string(data, "format"), "raw");
    EXPECT_FALSE(data.contains("path"));
    EXPECT_TRUE(b_.io(data, "read -P 0x42 0 64k"));
    EXPECT_TRUE(b_.io(data, "write -P 0x43 1M 64k"));
    const auto running = process(data);
    EXPECT_TRUE(running.is_alive());
    driver_->terminate_connection(id, "host-b");
    EXPECT_FALSE(running.is_alive());
    EXPECT_FALSE(b_.may_open(data));
    EXPECT_TRUE(reads_as(look(id), 0x43, "1M", "64k"));
    driver_->terminate_connection(id, "host-b");
    EXPECT_TRUE(driver_->inventory().connections.empty());
}

TEST_P(ExportTest, nobody_else_is_let_in) {
    const auto data = connect(made());
    EXPECT_TRUE(b_.may_open(data));
    EXPECT_FALSE(c_.may_open(data)) << "a host of this cloud without a connection";
    EXPECT_FALSE(evil_.may_open(data)) << "the right name, of another CA";
    EXPECT_FALSE(Client{}.may_open(data)) << "no TLS";
}

TEST_P(ExportTest, the_process_reads_nothing_but_the_volume) {
    const auto data = connect(made());
    const auto proc = "/proc/" + std::to_string(process(data).pid);
    const auto status = read_small_file(proc + "/status").value_or("");
    EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos);
    EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos);
    EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos);
    struct stat owner {};
    ASSERT_EQ(::stat(proc.c_str(), &owner), 0);
    EXPECT_NE(owner.st_uid, 0U);
    EXPECT_FALSE(std::filesystem::exists(proc + "/root/etc/passwd"));
    const auto words = read_small_file(proc + "/cmdline").value_or("");
    EXPECT_NE(words.find("qemu-storage-daemon"), std::string::npos);
    EXPECT_EQ(words.find(options_.tls_folder), std::string::npos) << "certificates are given, not named";
}

TEST_P(ExportTest, two_hosts_share_a_process_until_the_last_one_goes) {
    const auto id = made();
    const auto data = connect(id);
    const auto running = process(data);
    EXPECT_EQ(connect(id, "host-c"), data);
    EXPECT_TRUE(b_.io(data, "write -P 0x51 0 64k"));
    EXPECT_TRUE(c_.io(data, "read -P 0x51 0 64k"));
    driver_->terminate_connection(id, "host-b");
    EXPECT_FALSE(b_.may_open(data));
    EXPECT_TRUE(c_.io(data, "write -P 0x52 0 64k"));
    EXPECT_TRUE(running.is_alive());
    driver_->terminate_connection(id, "host-c");
    EXPECT_FALSE(running.is_alive());
    EXPECT_TRUE(reads_as(look(id), 0x52, "0", "64k"));
}

TEST_P(ExportTest, each_volume_has_a_port_and_a_process_of_its_own) {
    const auto one = connect(made());
    const auto other = connect(made());
    EXPECT_NE(get_int(one, "port"), get_int(other, "port"));
    EXPECT_NE(process(one).pid, process(other).pid);
}

TEST_P(ExportTest, a_new_host_process_takes_over_what_runs) {
    const auto id = made();
    const auto data = connect(id);
    const auto running = process(data);
    restart([&] { EXPECT_TRUE(b_.io(data, "write -P 0x61 0 64k")) << "while no host process is there"; });
    EXPECT_EQ(process(data).pid, running.pid);
    EXPECT_EQ(connect(id), data);
    EXPECT_TRUE(b_.io(data, "read -P 0x61 0 64k"));
    driver_->terminate_connection(id, "host-b");
    EXPECT_FALSE(running.is_alive());
}

TEST_P(ExportTest, a_killed_one_comes_again_on_the_same_port) {
    const auto data = connect(made());
    EXPECT_TRUE(b_.io(data, "write -P 0x71 0 64k"));
    const auto running = process(data);
    ASSERT_EQ(::kill(running.pid, SIGKILL), 0);
    EXPECT_TRUE(within(std::chrono::seconds(60), [&] { return b_.io(data, "read -P 0x71 0 64k"); }));
    EXPECT_NE(process(data).pid, running.pid);
}

TEST_P(ExportTest, one_that_was_killed_while_no_host_was_there_comes_again) {
    const auto data = connect(made());
    const auto running = process(data);
    restart([&] {
        ASSERT_EQ(::kill(running.pid, SIGKILL), 0);
        EXPECT_TRUE(running.await_end(std::chrono::seconds(30)));
    });
    EXPECT_TRUE(b_.may_open(data));
}

TEST_P(ExportTest, one_that_nobody_is_connected_to_ends_at_the_start) {
    const auto id = made();
    const auto data = connect(id);
    const auto running = process(data);
    restart([&] { local::LocalDriver({.folder = folder_.at("backend")}).terminate_connection(id, "host-b"); });
    EXPECT_FALSE(running.is_alive());
    EXPECT_FALSE(std::filesystem::exists(record(data)));
}

TEST_P(ExportTest, it_grows_where_it_is_used) {
    const auto id = made();
    const auto data = connect(id);
    EXPECT_TRUE(b_.io(data, "write -P 0x14 0 64k"));
    EXPECT_EQ(driver_->extend(id, 2).size_gib, 2);
    EXPECT_TRUE(b_.io(data, "write -P 0x15 1536M 64k"));
    EXPECT_TRUE(b_.io(data, "read -P 0x14 0 64k"));
    EXPECT_EQ(driver_->extend(id, 2).size_gib, 2);
    EXPECT_EQ(get_int(connect(id), "size_gib"), 2);
    driver_->terminate_connection(id, "host-b");
    EXPECT_TRUE(reads_as(look(id), 0x15, "1536M", "64k"));
}

TEST_P(ExportTest, one_that_cant_grow_goes_on_as_it_was) {
    const auto id = made();
    const auto data = connect(id);
    EXPECT_TRUE(b_.io(data, "write -P 0x16 0 64k"));
    const auto file = folder_.at("backend/volume-" + id);
    std::filesystem::rename(file, file + ".away");
    EXPECT_EQ(code_of([&] { driver_->extend(id, 2); }), ErrorCode::NotFound);
    std::filesystem::rename(file + ".away", file);
    EXPECT_TRUE(within(std::chrono::seconds(60), [&] { return b_.io(data, "read -P 0x16 0 64k"); }));
    EXPECT_FALSE(b_.io(data, "read 1536M 64k"));
}

TEST_P(ExportTest, a_snapshot_keeps_one_instant_of_it) {
    const auto id = made();
    const auto data = connect(id);
    EXPECT_TRUE(b_.io(data, "write -P 0x17 0 64k"));
    const auto snapshot = new_uuid();
    driver_->create_snapshot_online(id, snapshot);
    EXPECT_TRUE(b_.io(data, "write -P 0x18 0 64k"));
    driver_->create_snapshot_online(id, snapshot);
    EXPECT_TRUE(b_.io(data, "read -P 0x18 0 64k"));
    const auto copy = new_uuid();
    driver_->create_from_snapshot(copy, 1, id, snapshot, {});
    EXPECT_TRUE(reads_as(look(copy), 0x17, "0", "64k"));
    restart();
    EXPECT_TRUE(b_.io(data, "read -P 0x18 0 64k"));
    driver_->remove(copy);
    driver_->delete_snapshot(id, snapshot);
    EXPECT_TRUE(b_.io(data, "read -P 0x18 0 64k"));
}

TEST_P(ExportTest, layers_that_nobody_needs_are_merged_where_it_is_used) {
    const auto id = made();
    const auto data = connect(id);
    for (const auto* pattern : {"0x24 0", "0x25 64k", "0x26 128k"}) {
        EXPECT_TRUE(b_.io(data, std::string("write -P ") + pattern + " 64k"));
        const auto snapshot = new_uuid();
        driver_->create_snapshot_online(id, snapshot);
        driver_->delete_snapshot(id, snapshot);
    }
    EXPECT_TRUE(driver_->next_merge(id).empty()) << "no guest can";
    EXPECT_EQ(driver_->flatten(id, {}).merged, driver_->capabilities().online_snapshot ? 0 : 3);
    EXPECT_EQ(files_of(id), 1);
    for (const auto* pattern : {"0x24 0", "0x25 64k", "0x26 128k"})
        EXPECT_TRUE(b_.io(data, std::string("read -P ") + pattern + " 64k"));
    EXPECT_TRUE(b_.io(data, "write -P 0x27 0 64k"));
    driver_->terminate_connection(id, "host-b");
    EXPECT_TRUE(reads_as(look(id), 0x27, "0", "64k"));
}

TEST_P(ExportTest, what_a_snapshot_needs_is_not_merged) {
    const auto id = made();
    const auto data = connect(id);
    const auto kept = new_uuid();
    const auto gone = new_uuid();
    EXPECT_TRUE(b_.io(data, "write -P 0x34 0 64k"));
    driver_->create_snapshot_online(id, kept);
    EXPECT_TRUE(b_.io(data, "write -P 0x35 0 64k"));
    driver_->create_snapshot_online(id, gone);
    driver_->delete_snapshot(id, gone);
    EXPECT_EQ(driver_->flatten(id, {}).merged, driver_->capabilities().online_snapshot ? 0 : 1);
    EXPECT_EQ(files_of(id), 2);
    EXPECT_TRUE(b_.io(data, "read -P 0x35 0 64k"));
    driver_->terminate_connection(id, "host-b");
    driver_->revert(id, kept, {});
    EXPECT_TRUE(reads_as(look(id), 0x34, "0", "64k"));
    driver_->delete_snapshot(id, kept);
}

TEST_P(ExportTest, a_merge_that_is_cancelled_leaves_it_as_it_was) {
    const auto id = made();
    const auto data = connect(id);
    EXPECT_TRUE(b_.io(data, "write -P 0x36 0 64k"));
    const auto snapshot = new_uuid();
    driver_->create_snapshot_online(id, snapshot);
    driver_->delete_snapshot(id, snapshot);
    driver_->flatten(id, {[] { return true; }, {}});
    EXPECT_TRUE(b_.io(data, "read -P 0x36 0 64k"));
    driver_->flatten(id, {});
    EXPECT_EQ(files_of(id), 1);
    EXPECT_TRUE(b_.io(data, "read -P 0x36 0 64k"));
}

TEST_P(ExportTest, its_files_change_also_when_what_exports_it_was_killed) {
    const auto id = made();
    const auto data = connect(id);
    EXPECT_TRUE(b_.io(data, "write -P 0x37 0 64k"));
    const auto kill = [&] { ASSERT_EQ(::kill(process(data).pid, SIGKILL), 0); };
    const auto snapshot = new_uuid();
    kill();
    driver_->create_snapshot_online(id, snapshot);
    kill();
    driver_->extend(id, 2);
    EXPECT_TRUE(b_.io(data, "write -P 0x38 1536M 64k"));
    driver_->delete_snapshot(id, snapshot);
    kill();
    EXPECT_TRUE(within(std::chrono::seconds(60), [&] { return code_of_flatten(id) == std::nullopt; }));
    EXPECT_EQ(files_of(id), 1);
    EXPECT_TRUE(within(std::chrono::seconds(60), [&] { return b_.io(data, "read -P 0x37 0 64k"); }));
    EXPECT_TRUE(b_.io(data, "read -P 0x38 1536M 64k"));
}

TEST_P(ExportTest, chains_are_exported_whole) {
    const auto source = made();
    write_pattern(look(source), 0x31, "0", "64k");
    const auto snapshot = new_uuid();
    driver_->create_snapshot(source, snapshot);
    const auto id = new_uuid();
    driver_->create_from_snapshot(id, 2, source, snapshot, {});
    const auto data = connect(id);
    EXPECT_TRUE(b_.io(data, "read -P 0x31 0 64k"));
    EXPECT_TRUE(b_.io(data, "read -P 0 1G 64k"));
    EXPECT_TRUE(b_.io(data, "write -P 0x32 0 64k"));
    EXPECT_TRUE(b_.io(data, "write -P 0x33 1536M 64k"));
    EXPECT_TRUE(reads_as(look(source), 0x31, "0", "64k"));
    driver_->terminate_connection(id, "host-b");
    driver_->delete_snapshot(source, snapshot);
}

TEST_P(ExportTest, without_a_free_port_nothing_is_left) {
    options_.last_port = options_.first_port;
    restart();
    connect(made());
    const auto id = made();
    EXPECT_EQ(code_of([&] { driver_->initialize_connection(id, "host-b"); }), ErrorCode::NoSpace);
    EXPECT_FALSE(driver_->inventory().connections.contains(id));
}

TEST_P(ExportTest, one_that_cant_start_says_why_and_leaves_nothing) {
    const auto id = made();
    std::filesystem::resize_file(options_.tls_folder + "/server-key.pem", 0);
    EXPECT_EQ(code_of([&] { driver_->initialize_connection(id, "host-b"); }), ErrorCode::Unavailable);
    EXPECT_TRUE(driver_->inventory().connections.empty());
    EXPECT_TRUE(exports_->of_backend("local").empty());
}

TEST_P(ExportTest, an_encrypted_volume_stays_on_its_host) {
    const auto id = new_uuid();
    const KeyRing::Held key(driver_->keys(), id, test_key());
    driver_->create(id, 1);
    EXPECT_EQ(code_of([&] { driver_->initialize_connection(id, "host-b"); }), ErrorCode::NotSupported);
    EXPECT_TRUE(driver_->inventory().connections.empty());
    EXPECT_EQ(get_string(driver_->initialize_connection(id, kOwn), "driver_volume_type"), "local");
}

TEST_P(ExportTest, the_inventory_tells_what_is_exported_to_whom) {
    const auto id = made();
    made();
    EXPECT_TRUE(driver_->inventory().exports->empty());
    const auto data = connect(id);
    connect(id, "host-c");
    using Hosts = std::map<std::string, std::vector<std::string>>;
    EXPECT_EQ(*driver_->inventory().exports, (Hosts{{id, {"host-b", "host-c"}}}));
    EXPECT_TRUE(driver_->inventory().strays.empty());
    driver_->remove(id);
    EXPECT_TRUE(driver_->inventory().exports->empty());
}

TEST_P(ExportTest, the_inventory_tells_of_a_process_without_a_record) {
    const auto id = made();
    const auto data = connect(id);
    const auto running = process(data);
    const auto kept = disk::read_file(record(data));
    restart([&] { std::filesystem::remove(record(data)); });
    EXPECT_EQ(driver_->inventory().strays, std::vector<std::string>{std::to_string(running.pid)});
    running.kill();
    std::filesystem::remove(folder_.at("exports/" + std::to_string(get_int(data, "port")) + ".qmp"));
    EXPECT_TRUE(driver_->inventory().strays.empty());
}

TEST_P(ExportTest, removal_ends_the_export) {
    const auto id = made();
    const auto data = connect(id);
    const auto running = process(data);
    driver_->remove(id);
    EXPECT_FALSE(running.is_alive());
}

void run(const std::string& operation, local::LocalDriver& driver, const std::string& id) {
    if (operation == "connect") driver.initialize_connection(id, "host-b");
    if (operation == "end") driver.terminate_connection(id, "host-b");
    if (operation == "extend") driver.extend(id, 2);
    if (operation == "snapshot") driver.create_snapshot_online(id, id);
    if (operation == "flatten") driver.flatten(id, {});
}

/// The operation in a process that is killed at the failpoint.
void kill_at(const std::string& point, const std::string& folder, std::int64_t port, const std::string& operation,
             const std::string& id) {
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto done = run_process({"env", "VIRGA_FAILPOINT=" + point + ":exit", self, "--export-child", folder,
                                   std::to_string(port), operation, id});
    EXPECT_EQ(done.exit_code, 137) << point << ": " << done.err;
}

TEST_P(ExportTest, a_kill_anywhere_is_completed_by_a_start_or_a_repeat) {
    for (const bool repeat : {false, true}) {
        for (const auto* point : {"volume.local.initialize_connection.saved", "volume.exports.start.recorded",
                                  "volume.exports.start.started"}) {
            SCOPED_TRACE(point);
            const auto id = made();
            restart([&] { kill_at(point, folder_.path(), options_.first_port, "connect", id); });
            EXPECT_EQ(processes_of(folder_.path()), 1);
            if (repeat) {
                EXPECT_TRUE(b_.io(connect(id), "write -P 0x21 0 64k"));
            }
            EXPECT_EQ(processes_of(folder_.path()), 1);
            driver_->remove(id);
            EXPECT_EQ(processes_of(folder_.path()), 0);
        }
        for (const auto* point : {"volume.exports.end.ended", "volume.local.terminate_connection.ended"}) {
            SCOPED_TRACE(point);
            const auto id = made();
            const auto data = connect(id);
            EXPECT_TRUE(b_.io(data, "write -P 0x22 0 64k"));
            restart([&] { kill_at(point, folder_.path(), options_.first_port, "end", id); });
            if (repeat) driver_->terminate_connection(id, "host-b");
            if (repeat) {
                EXPECT_EQ(processes_of(folder_.path()), 0);
            } else {
                EXPECT_TRUE(b_.may_open(data)) << "it is on record still, on the same port";
            }
            driver_->remove(id);
        }
    }
}

/// What changes an exported volume's files: where it can be killed, and how it is known that the repeat did it.
struct Change {
    std::string operation;
    std::vector<const char*> points;
};

std::vector<Change> changes(bool reflink) {
    if (reflink)
        return {{"extend",
                 {"volume.exports.restart.ended", "volume.files.extend.grown", "volume.files.extend.saved",
                  "volume.exports.start.recorded", "volume.exports.start.started"}},
                {"snapshot", {"volume.files.create_snapshot.saved", "volume.local.create_snapshot_online.saved"}}};
    return {{"extend",
             {"volume.exports.restart.ended", "volume.files.extend.grown", "volume.files.extend.saved",
              "volume.exports.start.recorded", "volume.exports.start.started"}},
            {"snapshot",
             {"volume.files.create_snapshot.file", "volume.files.create_snapshot.saved",
              "volume.local.create_snapshot_online.saved", "volume.exports.restart.ended",
              "volume.exports.start.recorded", "volume.exports.start.started"}},
            {"flatten",
             {"volume.exports.pull.begun", "volume.local.flatten.pulled", "volume.exports.restart.ended",
              "volume.files.finish_merge.saved", "volume.files.finish_merge.removed", "volume.exports.start.recorded",
              "volume.exports.start.started"}}};
}

TEST_P(ExportTest, a_kill_while_its_files_change_loses_nothing) {
    const bool reflink = driver_->capabilities().online_snapshot;
    for (const auto& change : changes(reflink)) {
        for (const auto* point : change.points) {
            SCOPED_TRACE(change.operation + " at " + point);
            const auto id = made();
            const auto data = connect(id);
            EXPECT_TRUE(b_.io(data, "write -P 0x44 0 64k"));
            if (change.operation == "flatten") {
                driver_->create_snapshot_online(id, id);
                EXPECT_TRUE(b_.io(data, "write -P 0x45 64k 64k"));
                driver_->delete_snapshot(id, id);
            }
            restart([&] { kill_at(point, folder_.path(), options_.first_port, change.operation, id); });
            EXPECT_TRUE(b_.io(data, "read -P 0x44 0 64k"));
            EXPECT_TRUE(b_.io(data, "write -P 0x46 128k 64k"));
            EXPECT_EQ(processes_of(folder_.path()), 1);
            run(change.operation, *driver_, id);
            EXPECT_TRUE(b_.io(data, "read -P 0x44 0 64k"));
            EXPECT_TRUE(b_.io(data, "read -P 0x46 128k 64k"));
            if (change.operation == "extend") {
                EXPECT_TRUE(b_.io(data, "write -P 0x47 1536M 64k"));
            }
            EXPECT_EQ(files_of(id), change.operation == "snapshot" ? 2 : 1);
            driver_->terminate_connection(id, "host-b");
            EXPECT_TRUE(reads_as(look(id), 0x46, "128k", "64k"));
            driver_->delete_snapshot(id, id);
            driver_->remove(id);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Stores, ExportTest, ::testing::Values("local", "local_reflink"));

}  // namespace

int export_child_main(char** argv) {
    const std::string folder = argv[2];
    Exports exports(options_in(folder, std::atoll(argv[3])));
    local::LocalDriver driver(files::Options{folder + "/backend"}, "local", &exports);
    run(argv[4], driver, argv[5]);
    return 0;
}

}  // namespace virga::volume::host::test
