#include <atomic>

#include "base/scope_exit.hpp"
#include "disk/qemu_img.hpp"
#include "unit/disk/fixture.hpp"

namespace virga::disk {
namespace {

class Fetch : public DiskTest {
protected:
    // A raw image of 64 MiB with data at both ends and a hole between.
    std::string make_raw() {
        const auto path = at("image.raw");
        create_raw(path, 64 << 20);
        io(path, "raw", "write -P 0x5a 0 8M");
        io(path, "raw", "write -P 0xa5 56M 8M");
        return path;
    }
    std::string make(const std::string& format, const std::vector<std::string>& options = {}) {
        const auto raw = make_raw();
        const auto path = at("image." + format);
        std::vector<std::string> argv{"qemu-img", "convert", "-f", "raw", "-O", format};
        argv.insert(argv.end(), options.begin(), options.end());
        argv.insert(argv.end(), {raw, path});
        tool(argv);
        return path;
    }
    static ImageSource source(const std::string& path, const std::string& format) {
        return {"11111111-2222-3333-4444-555555555555", path,           format, "bare",
                File::open_for_reading(path).size(),    sha512_of(path)};
    }
};

TEST_F(Fetch, converts_every_accepted_format_to_raw) {
    const auto expected = sha512_of(make_raw());
    const std::vector<std::tuple<std::string, std::string, std::vector<std::string>>> cases{
        {"raw", "raw", {}},
        {"qcow2", "qcow2", {"-c"}},
        {"vdi", "vdi", {}},
        {"vhdx", "vhdx", {}},
        {"vpc", "vhd", {"-o", "force_size=on"}},
        {"vmdk", "vmdk", {"-o", "subformat=streamOptimized"}}};
    for (const auto& [tool_format, declared, options] : cases) {
        const auto path = tool_format == "raw" ? make_raw() : make(tool_format, options);
        FetchOptions bounded;
        bounded.max_virtual_size_bytes = 64 << 20;
        const auto result = fetch_image(source(path, declared), at("target"), bounded);
        EXPECT_EQ(result.virtual_size_bytes, 64 << 20) << declared;
        EXPECT_EQ(result.format, "raw");
        EXPECT_EQ(sha512_of(at("target")), expected) << declared;
        EXPECT_LT(allocated_bytes(at("target")), 20 << 20) << declared;
        EXPECT_FALSE(leftovers());
        std::filesystem::remove(at("target"));
    }
}

TEST_F(Fetch, keeps_the_format_on_request) {
    FetchOptions options;
    options.to_raw = false;
    const auto result = fetch_image(source(make("qcow2"), "qcow2"), at("target"), options);
    EXPECT_EQ(result.format, "qcow2");
    EXPECT_EQ(result.virtual_size_bytes, 64 << 20);
    EXPECT_EQ(sha512_of(at("target")), sha512_of(at("image.qcow2")));
}

// A megabyte must not make a host read for hours: the same table again and again.
TEST_F(Fetch, refuses_tables_that_repeat) {
    const auto path = make("qcow2");
    tool({"qemu-img", "resize", "-q", "-f", "qcow2", path, "10G"});
    auto file = File::open_for_writing(path);
    const auto place = file.read_at(40, 8);  // of the level 1 table, big-endian
    std::int64_t table = 0;
    for (const char c : place) table = table << 8 | static_cast<unsigned char>(c);
    for (std::int64_t i = 1; i < 20; ++i) file.write_at(table + i * 8, file.read_at(table, 8));
    for (const bool to_raw : {true, false}) {
        FetchOptions options;
        options.to_raw = to_raw;
        EXPECT_EQ(code_of([&] { fetch_image(source(path, "qcow2"), at("target"), options); }), ErrorCode::InvalidInput);
    }
    EXPECT_FALSE(exists(at("target")));
    EXPECT_FALSE(leftovers());
}

TEST(QemuImgBound, follows_the_data_rather_than_the_size_of_the_disk) {
    const auto bound = [](std::int64_t work_gib, std::int64_t virtual_gib) {
        return cpu_seconds({.what = "test", .work_bytes = work_gib * kGiB, .virtual_bytes = virtual_gib * kGiB});
    };
    EXPECT_EQ(bound(0, 0), 60);
    EXPECT_EQ(bound(10, 10), 700);
    EXPECT_EQ(bound(0, 128), 572);
}

TEST_F(Fetch, refuses_before_it_copies) {
    auto image = source(make("qcow2"), "qcow2");
    FetchOptions small;
    small.max_virtual_size_bytes = 32 << 20;
    EXPECT_EQ(code_of([&] { fetch_image(image, at("target"), small); }), ErrorCode::InvalidInput);
    image.disk_format = "raw";
    EXPECT_EQ(code_of([&] { fetch_image(image, at("target"), {}); }), ErrorCode::InvalidInput);
    image.path = at("none");
    EXPECT_EQ(code_of([&] { fetch_image(image, at("target"), {}); }), ErrorCode::NotFound);
    create_qcow2(at("overlay"), 1 << 20, Backing{"/etc/passwd", "raw"});
    EXPECT_EQ(code_of([&] { fetch_image(source(at("overlay"), "qcow2"), at("target"), {}); }), ErrorCode::InvalidInput);
    EXPECT_FALSE(exists(at("target")));
    EXPECT_FALSE(leftovers());
}

TEST_F(Fetch, damage_is_found) {
    auto image = source(make("qcow2"), "qcow2");
    image.sha512[0] = image.sha512[0] == 'a' ? 'b' : 'a';
    EXPECT_EQ(code_of([&] { fetch_image(image, at("target"), {}); }), ErrorCode::Corrupt);
    image.xxh3 = std::string(32, 'a');
    EXPECT_EQ(code_of([&] { fetch_image(image, at("target"), {}); }), ErrorCode::Corrupt);
    image.size_bytes += 1;
    EXPECT_EQ(code_of([&] { fetch_image(image, at("target"), {}); }), ErrorCode::Corrupt);
    EXPECT_FALSE(exists(at("target")));
    EXPECT_FALSE(leftovers());
}

TEST_F(Fetch, cancel_leaves_nothing) {
    FetchOptions options;
    options.cancelled = [] { return true; };
    for (const std::string format : {"raw", "qcow2"}) {
        const auto path = format == "raw" ? make_raw() : make("qcow2", {"-c"});
        EXPECT_EQ(code_of([&] { fetch_image(source(path, format), at("target"), options); }), ErrorCode::Cancelled);
        EXPECT_FALSE(exists(at("target")));
        EXPECT_FALSE(leftovers());
    }
}

TEST_F(Fetch, a_leftover_part_is_started_afresh) {
    write_file_atomically(at("target.part"), std::string(100 << 20, 'x'));
    const auto path = make("qcow2");
    fetch_image(source(path, "qcow2"), at("target"), {});
    EXPECT_EQ(sha512_of(at("target")), sha512_of(at("image.raw")));
}

TEST_F(Fetch, progress_ends_at_the_total) {
    std::int64_t done = 0;
    std::int64_t total = 0;
    FetchOptions options;
    options.progress = [&](std::int64_t d, std::int64_t t) {
        EXPECT_LE(d, t);
        done = d;
        total = t;
    };
    fetch_image(source(make_raw(), "raw"), at("target"), options);
    EXPECT_EQ(done, total);
    EXPECT_EQ(total, 64 << 20);
}

TEST_F(Fetch, copies_keep_holes) {
    const auto from = make_raw();
    const auto result = copy(from, at("copy"));
    EXPECT_EQ(sha512_of(at("copy")), sha512_of(from));
    if (!result.reflinked) {
        EXPECT_EQ(result.copied_bytes, 16 << 20);
    }
    EXPECT_LT(allocated_bytes(at("copy")), 20 << 20);
    EXPECT_EQ(code_of([&] { copy(from, at("copy2"), {}, [] { return true; }); }), ErrorCode::Cancelled);
    EXPECT_FALSE(exists(at("copy2")));
}

// The kernel can't copy between these two; tmpfs is the one of them that may have no O_DIRECT.
TEST_F(Fetch, copies_between_file_systems) {
    char name[] = "/dev/shm/virga-disk-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    const std::string other = name;
    const ScopeExit cleanup([&] { std::filesystem::remove_all(other); });
    auto from = make_raw();
    File::open_for_writing(from).write_at(64 << 20, "a last sector that is not whole");
    for (const auto& to : {other + "/copy", at("copy")}) {
        const auto result = copy(from, to);
        EXPECT_FALSE(result.reflinked);
        tool({"cmp", from, to});
        EXPECT_LT(allocated_bytes(to), 20 << 20);
        from = to;
    }
}

TEST_F(Fetch, atomic_files) {
    write_file_atomically(at("text"), "one");
    write_file_atomically(at("text"), "two");
    EXPECT_EQ(read_file(at("text")), "two");
    EXPECT_EQ(code_of([&] { read_file(at("none")); }), ErrorCode::NotFound);
    EXPECT_FALSE(leftovers());
    EXPECT_GT(free_bytes(folder_), 0);
}

}  // namespace
}  // namespace virga::disk
