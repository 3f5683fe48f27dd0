#include "volume/host/backup/store.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <latch>
#include <limits>
#include <random>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/process.hpp"
#include "base/scope_exit.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/reserve.hpp"

namespace virga::volume::host::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMib = 1024 * 1024;

std::string random_data(std::size_t bytes, unsigned seed) {
    std::mt19937_64 random(seed);
    std::string data(bytes, '\0');
    for (std::size_t i = 0; i + 8 <= bytes; i += 8) {
        const auto number = random();
        std::copy_n(reinterpret_cast<const char*>(&number), 8, data.data() + i);
    }
    return data;
}

class StoreTest : public ::testing::Test {
protected:
    StoreTest() : folder_(fs::temp_directory_path() / ("virga-backup-" + new_uuid())), store_(folder_ / "backups") {
        fs::create_directories(folder_);
    }
    ~StoreTest() override { fs::remove_all(folder_); }

    std::string at(const std::string& name) const { return folder_ / name; }

    std::string make(const std::string& name, std::int64_t mib) {
        disk::create_raw(at(name), mib * kMib);
        return at(name);
    }
    static void put(const std::string& path, std::int64_t offset, const std::string& data) {
        disk::File::open_for_writing(path).write_at(offset, data);
    }
    static std::string content(const std::string& path) {
        const auto file = disk::File::open_for_reading(path);
        return file.read_at(0, static_cast<std::size_t>(file.size()));
    }

    Result save(const std::string& path, const std::string& parent = {}, const std::string& format = "raw") {
        const auto disk = open_volume({path, format, 1}, Access::Read);
        return store_.create({new_uuid(), parent, volume_, json::object{{"bootable", true}}}, *disk, {});
    }
    std::int64_t restore(const std::string& id, const std::string& path, const std::string& format = "raw") {
        const auto disk = open_volume({path, format, 1}, Access::Write);
        return store_.restore(id, *disk, {});
    }
    std::string file_of(const std::string& id, const std::string& name) const {
        return at("backups/" + id + "/" + name);
    }

    template <class F>
    static Error error_of(F function) {
        try {
            function();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return {ErrorCode::Internal, ""};
    }

    std::string volume_ = new_uuid();
    fs::path folder_;
    Store store_;
};

// Through a raw disk: what the chunks become doesn't depend on where they come from.
TEST_F(StoreTest, an_encrypted_backup_tells_nothing_and_opens_by_its_key_only) {
    const Secret key("the passphrase of the volume");
    const auto source = make("source", 8);
    put(source, 0, std::string(static_cast<std::size_t>(kMib), 'p'));
    put(source, 3 * kMib, random_data(static_cast<std::size_t>(kMib), 1));
    const auto full =
        store_.create({new_uuid(), {}, volume_, {}, key}, *open_volume({source, "raw", 1}, Access::Read), {});
    EXPECT_TRUE(full.header.encrypted);
    EXPECT_EQ(full.totals.chunks, 2);
    put(source, 5 * kMib, "more");
    const auto second = store_.create({new_uuid(), full.header.id, volume_, {}, key},
                                      *open_volume({source, "raw", 1}, Access::Read), {});
    EXPECT_EQ(second.totals.own_chunks, 1) << "only what changed";
    const auto manifest = content(file_of(full.header.id, "manifest"));
    EXPECT_EQ(manifest.find(hash_hex(HashAlgorithm::Sha256, std::string(static_cast<std::size_t>(kMib), 'p'))),
              std::string::npos)
        << "a digest that anybody can compute tells what a chunk is";
    EXPECT_EQ(content(file_of(full.header.id, "data")).find(random_data(64, 1)), std::string::npos);

    const auto restored = [&](const std::string& id, const Secret& with) {
        return store_.restore(id, *open_volume({make("target-" + new_uuid(), 8), "raw", 1}, Access::Write), {}, with);
    };
    EXPECT_EQ(error_of([&] { restored(second.header.id, {}); }).code(), ErrorCode::InvalidInput);
    EXPECT_EQ(error_of([&] { restored(second.header.id, Secret("another")); }).code(), ErrorCode::Corrupt);
    const auto target = make("target", 8);
    store_.restore(second.header.id, *open_volume({target, "raw", 1}, Access::Write), {}, key);
    EXPECT_EQ(content(target), content(source));
    EXPECT_EQ(error_of([&] { save(source, full.header.id); }).code(), ErrorCode::InvalidInput)
        << "a plain increment to an encrypted backup";
}

TEST_F(StoreTest, what_stays_free_for_the_state_is_not_written_to) {
    const auto source = make("source", 4);
    put(source, 0, random_data(static_cast<std::size_t>(kMib), 1));
    const auto saved = save(source);
    const auto target = make("target", 4);
    const ScopeExit empty([&] { disk::keep_free(at(""), 0); });
    disk::keep_free(at(""), std::numeric_limits<std::int64_t>::max() / 2);
    EXPECT_EQ(error_of([&] { restore(saved.header.id, target); }).code(), ErrorCode::NoSpace);
    EXPECT_EQ(error_of([&] { save(source); }).code(), ErrorCode::NoSpace);
    EXPECT_EQ(store_.inventory().partial.size(), 0U);
    disk::keep_free(at(""), 0);
    restore(saved.header.id, target);
    EXPECT_EQ(content(target), content(source));
}

// Others may write to a store: what is no chunk of ours isn't even tried.
TEST(Expander, takes_one_frame_of_the_right_size) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make the sandbox";
    Compressor compressor;
    const std::string plain(100'000, 'a');
    const std::string frame(compressor.compress(plain));
    Expander expander;
    std::string out(plain.size(), '\0');
    EXPECT_TRUE(expander.expand(frame, out));
    EXPECT_EQ(out, plain);
    std::string twice(2 * plain.size(), '\0');
    EXPECT_FALSE(expander.expand(frame + frame, twice)) << "two frames";
    std::string more(plain.size() + 1, '\0');
    EXPECT_FALSE(expander.expand(frame, more));
    std::string less(plain.size() - 1, '\0');
    EXPECT_FALSE(expander.expand(frame, less));
    for (const char version : {'\x25', '\x26', '\x27'}) EXPECT_FALSE(expander.expand(version + frame.substr(1), out));
    const std::string skipped("\x50\x2a\x4d\x18\0\0\0\0", 8);
    EXPECT_FALSE(expander.expand(skipped + frame, out));
    for (std::size_t i = 4; i < frame.size(); ++i) {
        auto damaged = frame;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
        expander.expand(damaged, out);
        expander.expand(frame.substr(0, i), out);
    }
    EXPECT_TRUE(expander.expand(frame, out)) << "goes on after damage";
}

TEST(Expander, nothing_is_expanded_where_there_is_no_sandbox) {
    const ScopeExit back([] { Sandbox::configure({}); });
    Sandbox::configure({"no-such-user-of-virga", true});
    const std::string plain(100'000, 'a');
    const std::string frame(Compressor().compress(plain));
    std::string out(plain.size(), '\0');
    EXPECT_THROW(Expander().expand(frame, out), Error);
}

TEST_F(StoreTest, a_full_backup_comes_back_byte_by_byte) {
    const auto source = make("source", 16);
    put(source, 0, random_data(kMib + 5000, 1));
    put(source, 5 * kMib + 7, std::string(300'000, 'x'));
    put(source, 16 * kMib - 3, "end");
    const auto saved = save(source);
    EXPECT_EQ(saved.totals.chunks, 4);
    EXPECT_EQ(saved.totals.own_chunks, 4);
    EXPECT_EQ(saved.header.size_bytes, 16 * kMib);
    restore(saved.header.id, make("target", 16));
    EXPECT_EQ(content(at("target")), content(source));
}

TEST_F(StoreTest, holes_and_zeros_are_neither_stored_nor_restored) {
    const auto source = make("source", 64);
    put(source, 8 * kMib, std::string(4 * kMib, '\0'));  // data to the file system, but zeros
    put(source, 40 * kMib, random_data(kMib, 2));
    const auto saved = save(source);
    EXPECT_EQ(saved.totals.chunks, 1);
    EXPECT_LE(saved.read_bytes, 6 * kMib);
    EXPECT_LE(fs::file_size(file_of(saved.header.id, "data")), static_cast<std::uintmax_t>(kMib));
    restore(saved.header.id, make("target", 64));
    EXPECT_LE(disk::allocated_bytes(at("target")), 2 * kMib);
    EXPECT_EQ(content(at("target")), content(source));
}

TEST_F(StoreTest, compressible_data_take_little_room) {
    const auto source = make("source", 8);
    put(source, 0, std::string(8 * kMib, 'a'));
    EXPECT_LT(save(source).totals.stored_bytes, kMib / 8);
}

TEST_F(StoreTest, an_increment_stores_only_chunks_that_differ) {
    const auto source = make("source", 32);
    put(source, 0, random_data(20 * kMib, 3));
    const auto full = save(source);
    put(source, 3 * kMib + 100, "changed");
    put(source, 25 * kMib, "new");
    ASSERT_EQ(::truncate(source.c_str(), 10 * kMib), 0);  // what was behind is gone
    ASSERT_EQ(::truncate(source.c_str(), 32 * kMib), 0);
    put(source, 25 * kMib, "new");
    const auto first = save(source, full.header.id);
    EXPECT_EQ(first.totals.own_chunks, 2);
    EXPECT_EQ(first.totals.chunks, 11);
    put(source, 5 * kMib, "again");
    const auto second = save(source, first.header.id);
    EXPECT_EQ(second.totals.own_chunks, 1);
    EXPECT_EQ(second.header.owners, (std::vector{full.header.id, first.header.id, second.header.id}));
    restore(second.header.id, make("target", 32));
    EXPECT_EQ(content(at("target")), content(source));
}

TEST_F(StoreTest, a_volume_that_grew_has_an_increment) {
    const auto source = make("source", 4);
    put(source, 0, random_data(4 * kMib, 4));
    const auto full = save(source);
    ASSERT_EQ(::truncate(source.c_str(), 8 * kMib), 0);
    put(source, 7 * kMib, "grown");
    const auto grown = save(source, full.header.id);
    EXPECT_EQ(grown.totals.own_chunks, 1);
    restore(grown.header.id, make("target", 8));
    EXPECT_EQ(content(at("target")), content(source));
}

TEST_F(StoreTest, a_repeat_of_a_backup_changes_nothing) {
    const auto source = make("source", 4);
    put(source, 0, "first");
    const auto disk = open_volume({source, "raw", 1}, Access::Read);
    const NewBackup backup{new_uuid(), {}, volume_, {}};
    store_.create(backup, *disk, {});
    const auto before = content(file_of(backup.id, "manifest"));
    put(source, 0, "second");
    const auto again = store_.create(backup, *disk, {});
    EXPECT_EQ(again.totals.chunks, 1);
    EXPECT_EQ(content(file_of(backup.id, "manifest")), before);
}

TEST_F(StoreTest, a_restore_replaces_all_that_the_volume_had) {
    const auto source = make("source", 8);
    put(source, 2 * kMib, "kept");
    const auto saved = save(source);
    put(make("target", 12), 0, random_data(12 * kMib, 5));
    restore(saved.header.id, at("target"));
    EXPECT_EQ(content(at("target")), content(source) + std::string(4 * kMib, '\0'));
}

TEST_F(StoreTest, qcow2_is_read_and_written_as_the_guest_sees_it) {
    const auto base = make("base", 16);
    put(base, kMib, random_data(2 * kMib, 6));
    disk::create_qcow2(at("overlay"), 16 * kMib, disk::Backing{"base", "raw"});
    ASSERT_EQ(
        run_process({"qemu-io", "-f", "qcow2", "-c", "write -P 0x5a 9M 64k", "-c", "write -z 1M 64k", at("overlay")})
            .exit_code,
        0);
    const auto saved = save(at("overlay"), {}, "qcow2");
    EXPECT_EQ(saved.totals.chunks, 3);
    disk::create_qcow2(at("target"), 16 * kMib, disk::Backing{"base", "raw"});
    ASSERT_EQ(run_process({"qemu-io", "-f", "qcow2", "-c", "write -P 0x33 12M 1M", at("target")}).exit_code, 0);
    restore(saved.header.id, at("target"), "qcow2");
    EXPECT_EQ(run_process({"qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", at("overlay"), at("target")}).exit_code,
              0);
    EXPECT_LT(disk::allocated_bytes(at("target")), 6 * kMib);
}

/// Whatever QEMU made: cluster sizes, layers of several sizes and formats, compressed clusters, version 2.
TEST_F(StoreTest, every_qcow2_is_backed_up_as_qemu_reads_it) {
    const auto io = [&](const std::string& name, const std::string& command) {
        EXPECT_EQ(run_process({"qemu-io", "-f", "qcow2", "-c", command, at(name)}).exit_code, 0) << command;
    };
    const auto make_layer = [&](const std::string& name, const std::string& size, const std::string& options,
                                const std::string& backing, const std::string& format) {
        std::vector<std::string> words{"qemu-img", "create", "-q", "-f", "qcow2", "-o", options};
        if (!backing.empty()) words.insert(words.end(), {"-b", backing, "-F", format});
        words.insert(words.end(), {at(name), size});
        EXPECT_EQ(run_process(words).exit_code, 0) << name;
    };
    put(make("bottom", 9), kMib + 5, random_data(3 * kMib, 20));
    ASSERT_EQ(
        run_process({"qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", at("bottom"), at("packed")}).exit_code,
        0);
    make_layer("small-clusters", "20M", "cluster_size=4k", "bottom", "raw");
    io("small-clusters", "write -P 1 8M 5000");
    make_layer("old", "600M", "compat=0.10", at("small-clusters"), "qcow2");
    io("old", "write -P 2 599M 1M");
    make_layer("large-clusters", "1200M", "cluster_size=2M", "old", "qcow2");
    io("large-clusters", "write -z 1M 2M");
    io("large-clusters", "write -P 3 1100M 512");
    make_layer("on-packed", "9M", "cluster_size=64k", "packed", "qcow2");
    io("on-packed", "write -P 4 2M 64k");
    make_layer("subclusters", "9M", "extended_l2=on,cluster_size=128k", "packed", "qcow2");
    io("subclusters", "write -P 5 3M 4k");
    for (const std::string name : {"small-clusters", "old", "large-clusters", "packed", "on-packed", "subclusters"}) {
        const auto saved = save(at(name), {}, "qcow2");
        EXPECT_LT(saved.read_bytes, 40 * kMib) << name;
        disk::create_raw(at(name + ".raw"), saved.header.size_bytes);
        restore(saved.header.id, at(name + ".raw"));
        EXPECT_EQ(
            run_process({"qemu-img", "compare", "-f", "qcow2", "-F", "raw", at(name), at(name + ".raw")}).exit_code, 0)
            << name;
    }
}

TEST_F(StoreTest, a_qcow2_without_its_backing_file_is_an_error) {
    disk::create_qcow2(at("overlay"), 16 * kMib, disk::Backing{"base", "raw"});
    EXPECT_EQ(error_of([&] { save(at("overlay"), {}, "qcow2"); }).code(), ErrorCode::NotFound);
    std::ofstream(at("text")) << "this is not a disk";
    EXPECT_EQ(error_of([&] { save(at("text"), {}, "qcow2"); }).code(), ErrorCode::Corrupt);
}

TEST_F(StoreTest, a_smaller_volume_is_refused_untouched) {
    const auto saved = save(make("source", 8));
    put(make("target", 4), 0, "mine");
    EXPECT_EQ(error_of([&] { restore(saved.header.id, at("target")); }).code(), ErrorCode::InvalidInput);
    EXPECT_EQ(content(at("target")).substr(0, 4), "mine");
}

TEST_F(StoreTest, a_damaged_chunk_is_named) {
    const auto source = make("source", 8);
    put(source, 3 * kMib, random_data(kMib, 7));
    put(source, 5 * kMib, std::string(kMib, 'z'));
    const auto saved = save(source);
    for (const std::int64_t place : {std::int64_t{1000}, static_cast<std::int64_t>(saved.totals.stored_bytes) - 1}) {
        const auto data = file_of(saved.header.id, "data");
        const auto before = disk::File::open_for_reading(data).read_at(place, 1);
        put(data, place, before == "!" ? "?" : "!");
        const auto error = error_of([&] { restore(saved.header.id, make("target-" + std::to_string(place), 8)); });
        EXPECT_EQ(error.code(), ErrorCode::Corrupt);
        EXPECT_NE(error.message().find("chunk "), std::string::npos) << error.message();
        EXPECT_NE(error.message().find(saved.header.id), std::string::npos);
        put(data, place, before);
    }
    fs::resize_file(file_of(saved.header.id, "data"), 10);
    EXPECT_EQ(error_of([&] { restore(saved.header.id, make("target", 8)); }).code(), ErrorCode::Corrupt);
}

TEST_F(StoreTest, a_missing_parent_is_named) {
    const auto source = make("source", 4);
    put(source, 0, random_data(2 * kMib, 8));
    const auto full = save(source);
    put(source, 0, "x");
    const auto increment = save(source, full.header.id);
    store_.remove(full.header.id);
    const auto error = error_of([&] { restore(increment.header.id, make("target", 4)); });
    EXPECT_EQ(error.code(), ErrorCode::Corrupt);
    EXPECT_NE(error.message().find(full.header.id), std::string::npos) << error.message();
    EXPECT_EQ(error_of([&] { store_.describe(increment.header.id); }).code(), ErrorCode::Corrupt);
    EXPECT_EQ(error_of([&] { save(source, full.header.id); }).code(), ErrorCode::NotFound);
    EXPECT_EQ(store_.inventory().partial.size(), 0U);
}

TEST_F(StoreTest, a_manifest_that_was_cut_off_or_changed_is_refused) {
    const auto source = make("source", 8);
    put(source, 0, random_data(4 * kMib, 9));
    const auto saved = save(source);
    const auto path = file_of(saved.header.id, "manifest");
    const auto whole = content(path);
    const auto refused = [&](const std::string& text) {
        std::ofstream(path, std::ios::trunc) << text;
        return error_of([&] { store_.describe(saved.header.id); }).code();
    };
    for (std::size_t length = 0; length < whole.size(); length += whole.size() / 23 + 1)
        EXPECT_EQ(refused(whole.substr(0, length)), ErrorCode::Corrupt) << length;
    EXPECT_EQ(refused(whole.substr(0, whole.size() - 1)), ErrorCode::Corrupt);
    auto changed = whole;
    changed[changed.find("raw")] = 'R';
    EXPECT_EQ(refused(changed), ErrorCode::Corrupt);
}

/// A manifest with a right checksum, as somebody would write it who wants to read other files or much memory.
TEST_F(StoreTest, an_impossible_manifest_is_refused) {
    const auto id = new_uuid();
    const auto refused = [&](const Header& header, const Chunk& chunk) {
        fs::create_directories(at("backups/" + id));
        std::ofstream(file_of(id, "data")) << "x";
        ManifestWriter writer(file_of(id, "manifest"), header);
        writer.add(chunk);
        writer.finish(1);
        return error_of([&] { restore(id, at("target")); }).code();
    };
    make("target", 4);
    const std::string digest(64, 'a');
    const Header header{id, {}, volume_, 4 * kMib, kChunkBytes, {id}, {}};
    const Chunk chunk{0, 0, Codec::Raw, 0, 1, digest};
    EXPECT_EQ(refused(header, chunk), ErrorCode::Corrupt);
    EXPECT_EQ(refused(header, {4, 0, Codec::Raw, 0, 1, digest}), ErrorCode::Corrupt);
    EXPECT_EQ(refused(header, {0, 1, Codec::Raw, 0, 1, digest}), ErrorCode::Corrupt);
    EXPECT_EQ(refused(header, {0, 0, Codec::Zstd, 0, 1LL << 40, digest}), ErrorCode::Corrupt);
    EXPECT_EQ(refused(header, {-1, 0, Codec::Raw, 0, 1, digest}), ErrorCode::Corrupt);
    EXPECT_EQ(refused(header, {0, 0, Codec::Raw, 0, 1, "a b"}), ErrorCode::Corrupt);
    auto other = header;
    other.owners = {"../../etc"};
    EXPECT_EQ(refused(other, chunk), ErrorCode::Corrupt);
    other = header;
    other.chunk_bytes = 1LL << 50;
    EXPECT_EQ(refused(other, chunk), ErrorCode::Corrupt);
}

TEST_F(StoreTest, a_full_disk_is_told_and_nothing_is_left) {
    const auto small = at("backups");
    fs::create_directories(small);
    ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=4m"), 0) << "needs root";
    const auto source = make("source", 32);
    put(source, 0, random_data(32 * kMib, 10));
    const auto error = error_of([&] { save(source); });
    const auto left = store_.inventory();
    ::umount2(small.c_str(), MNT_DETACH);
    EXPECT_EQ(error.code(), ErrorCode::NoSpace) << error.message();
    EXPECT_TRUE(left.backups.empty() && left.partial.empty());
}

TEST_F(StoreTest, a_cancelled_backup_leaves_nothing) {
    const auto source = make("source", 16);
    put(source, 0, random_data(16 * kMib, 11));
    const auto disk = open_volume({source, "raw", 1}, Access::Read);
    std::atomic<int> asked{0};
    Call call;
    call.cancelled = [&] { return ++asked > 4; };
    EXPECT_EQ(error_of([&] {
                  store_.create({new_uuid(), {}, volume_, {}}, *disk, call);
              }).code(),
              ErrorCode::Cancelled);
    EXPECT_TRUE(store_.inventory().backups.empty() && store_.inventory().partial.empty());
}

TEST_F(StoreTest, progress_rises_to_the_whole) {
    const auto source = make("source", 16);
    put(source, 4 * kMib, random_data(4 * kMib, 12));
    const auto disk = open_volume({source, "raw", 1}, Access::Read);
    std::vector<std::int64_t> seen;
    Call call;
    call.progress = [&](std::int64_t done, std::int64_t total) {
        seen.push_back(done);
        EXPECT_EQ(total, 16 * kMib);
    };
    store_.create({new_uuid(), {}, volume_, {}}, *disk, call);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_EQ(seen.back(), 16 * kMib);
}

// A record that was imported is of the same data as the one that it was exported from.
TEST_F(StoreTest, removals_of_the_same_data_may_meet) {
    const auto disk = make("disk", 1);
    put(disk, 0, random_data(4096, 1));
    for (int i = 0; i < 100; ++i) {
        const auto id = save(disk).header.id;
        std::latch together(2);
        const auto remove = [&] {
            together.arrive_and_wait();
            store_.remove(id);
        };
        auto other = std::async(std::launch::async, remove);
        EXPECT_NO_THROW(remove());
        EXPECT_NO_THROW(other.get());
        EXPECT_TRUE(store_.inventory().partial.empty());
    }
}

TEST_F(StoreTest, removal_takes_half_made_ones_too_and_may_be_repeated) {
    const auto saved = save(make("source", 4));
    fs::create_directories(at("backups/" + saved.header.id + ".part"));
    EXPECT_EQ(store_.inventory().partial.size(), 1U);
    store_.remove(saved.header.id);
    store_.remove(saved.header.id);
    EXPECT_TRUE(store_.inventory().backups.empty() && store_.inventory().partial.empty());
}

}  // namespace
}  // namespace virga::volume::host::backup
