// What hostile headers reach: through the tools nothing but the files of the task, through paths nothing but the
// folders.
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/sandbox.hpp"
#include "base/scope_exit.hpp"
#include "disk/convert.hpp"
#include "disk/image_access.hpp"
#include "disk/layers.hpp"
#include "disk/root.hpp"
#include "unit/disk/fixture.hpp"

namespace virga::disk {
namespace {

constexpr const char* kCanary = "canary of the host";

class Confined : public DiskTest {
protected:
    void SetUp() override {
        DiskTest::SetUp();
        if (::geteuid() != 0) GTEST_SKIP() << "only root can make the sandbox";
        std::string secret(1 << 20, '.');
        secret.replace(0, std::string(kCanary).size(), kCanary);
        write_file_atomically(at("secret"), secret);
    }

    /// A raw file that is a descriptor with the secret as its extent, and a VMDK whose comment names it as parent.
    Conversion exploit() {
        write_file_atomically(at("first"),
                              "# Disk DescriptorFile\nversion=1\nCID=ffffffff\nparentCID=ffffffff\n"
                              "createType=\"monolithicFlat\"\nRW 2048 FLAT \"" +
                                  at("secret") + "\" 0\n");
        tool({"qemu-img", "create", "-q", "-f", "vmdk", at("second"), "1M"});
        auto image = read_file(at("second"));
        const auto end = image.find('\0', 512);
        const auto hint = "# parentFileNameHint=\"" + at("first") + "\"\n";
        write_file_atomically(at("second"), image.replace(end, hint.size(), hint));
        Conversion conversion{at("second"), "vmdk", at("out"), "raw", 1 << 20};
        conversion.alone = true;
        return conversion;
    }

    bool leaked() const { return read_file(at("out")).find(kCanary) != std::string::npos; }
};

TEST_F(Confined, a_vmdk_that_came_past_the_inspector_reads_nothing) {
    const auto conversion = exploit();
    {
        const ScopeExit back([] { Sandbox::configure({}); });
        Sandbox::configure({"", false});
        convert_into(conversion, {}, {});
        ASSERT_TRUE(leaked()) << "the attack works where there is no sandbox";
    }
    remove_file(at("out"));
    EXPECT_THROW(convert_into(conversion, {}, {}), Error);
    EXPECT_FALSE(leaked());
}

TEST_F(Confined, a_qcow2_with_an_outside_file_reads_nothing) {
    for (const std::string named : {"-b", "-o"}) {
        if (named == "-b")
            tool({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", at("secret"), at("hostile")});
        else
            tool({"qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=" + at("secret") + ",data_file_raw=on",
                  at("hostile"), "1M"});
        write_file_atomically(at("secret"), read_file(at("secret")).replace(0, 18, kCanary));
        Conversion conversion{at("hostile"), "qcow2", at("out"), "raw", 1 << 20};
        conversion.alone = true;
        EXPECT_THROW(convert_into(conversion, {}, {}), Error) << named;
        EXPECT_FALSE(leaked()) << named;
    }
}

TEST_F(Confined, layers_lie_in_the_folder_of_the_disk) {
    const auto error_of = [&](const std::string& backing) {
        create_qcow2(at("inner/disk"), 1 << 20, Backing{backing, "raw"});
        try {
            layers_of(at("inner/disk"), "qcow2");
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::Cancelled;
    };
    std::filesystem::create_directories(at("inner/_base"));
    write_file_atomically(at("inner/_base/x.raw"), "x");
    std::filesystem::create_symlink(at("secret"), at("inner/link"));
    std::filesystem::create_directory_symlink(at(""), at("inner/up"));
    for (const auto& outside : {std::string("../secret"), at("secret"), std::string("link"), std::string("up/secret"),
                                at("inner/../secret"), std::string("/etc/shadow")})
        EXPECT_EQ(error_of(outside), ErrorCode::Corrupt) << outside;
    EXPECT_EQ(error_of("none"), ErrorCode::NotFound);
    EXPECT_EQ(error_of("_base/x.raw"), ErrorCode::Cancelled);
    EXPECT_EQ(error_of(at("inner/_base/x.raw")), ErrorCode::Cancelled);
    const auto files = files_of(at("inner/disk"), "qcow2", Use::Write);
    ASSERT_EQ(files.size(), 2U);
    EXPECT_TRUE(files[0].writable);
    EXPECT_FALSE(files[1].writable);
}

TEST_F(Confined, a_root_resolves_no_link_and_no_step_out) {
    std::filesystem::create_directories(at("root/folder"));
    std::filesystem::create_directories(at("root-other"));
    write_file_atomically(at("root/folder/file"), "inside");
    write_file_atomically(at("root-other/file"), "outside");
    std::filesystem::create_symlink("folder/file", at("root/link"));
    std::filesystem::create_directory_symlink(at("root-other"), at("root/away"));
    const Root root(at("root/"));
    EXPECT_EQ(root.open(at("root/folder/file")).read_at(0, 100), "inside");
    EXPECT_EQ(root.open(at("root//folder/./file")).read_at(0, 100), "inside");
    const auto refusal = [&](const std::string& path) {
        try {
            root.open(path);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::Cancelled;
    };
    for (const auto& path : {at("root/link"), at("root/away/file"), at("root/../secret"), at("root-other/file"),
                             at("root/folder/../../secret"), std::string("/etc/passwd"), std::string("folder/file"),
                             std::string(), at("root/x") + std::string("\0y", 2)})
        EXPECT_EQ(refusal(path), ErrorCode::InvalidInput) << path;
    EXPECT_EQ(refusal(at("root/none")), ErrorCode::NotFound);
    EXPECT_NO_THROW(root.check(at("root/none")));
    EXPECT_THROW(root.check(at("root/away/none")), Error);
    EXPECT_THROW(Roots({at("root")}).check(at("root/none/../../secret"), "x"), Error);
    EXPECT_THROW(Root("relative"), Error);
}

// Whoever owns the store may put another file in place of one that was looked at.
TEST_F(Confined, an_open_image_stays_what_it_was) {
    std::filesystem::create_directories(at("store"));
    ImageSource image;
    image.image_id = "0b0a6b5e-3e5c-4a53-9d5c-7b8a5d2f6d11";
    image.path = at("store/image");
    write_file_atomically(image.path, "honest");
    const ImageAccess access(at("store"));
    image.store = {".store", std::string(64, 'm')};
    write_file_atomically(at("store/.store"), image.store.value);
    const OpenImage open(access, image);
    std::filesystem::remove(image.path);
    std::filesystem::create_symlink(at("secret"), image.path);
    EXPECT_EQ(read_file(open.source.path), "honest");
    EXPECT_THROW(OpenImage(access, image), Error);
    EXPECT_THROW(read_file(image.path), Error);
    EXPECT_THROW(File::create(image.path), Error);
    EXPECT_EQ(read_file(at("secret")).substr(0, 6), "canary");
    image.image_id = "../x";
    EXPECT_THROW(OpenImage(access, image), Error);
}

}  // namespace
}  // namespace virga::disk
