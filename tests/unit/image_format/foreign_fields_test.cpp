#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.hpp"
#include "base/process.hpp"
#include "image/format/inspector.hpp"
#include "unit/image_format/builders.hpp"

/// The formats that a setting allows: field by field, what leads to another file or to unbounded work.
namespace virga::image {
namespace {

using namespace virga::test;

struct Field {
    const char* name;
    std::size_t offset;
    std::size_t width;
    bool big_endian = false;
};

struct Format {
    const char* name;
    const char* tool_options;
    std::vector<Field> fields;
};

struct Bad {
    Field field;
    std::uint64_t value;
    const char* why;
};

constexpr std::uint64_t kValues[] = {0, 1, 3, 511, 513, 0x7fffffff, 0xffffffff, 1ULL << 40, 1ULL << 62, ~0ULL};

class ForeignFields : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/virga-foreign-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
        path_ = folder_ + "/image";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string real(const std::string& format, const std::string& options) {
        std::vector<std::string> words{"qemu-img", "create", "-q", "-f", format};
        if (!options.empty()) words.insert(words.end(), {"-o", options});
        words.insert(words.end(), {path_, "20M"});
        EXPECT_EQ(run_process(words).exit_code, 0) << format << " " << options;
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// Empty: accepted.
    std::string refusal(const std::string& image) {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << image;
        try {
            inspect_file(path_);
            return {};
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput) << error.message();
            return error.message();
        }
    }
    static std::string with(std::string image, const Field& field, std::uint64_t value) {
        (field.big_endian ? put_big : put_little)(image, field.offset, value, field.width);
        return image;
    }
    void each_is_refused(const std::string& good, const std::vector<Bad>& all) {
        ASSERT_EQ(refusal(good), "");
        for (const auto& bad : all) {
            const auto said = refusal(with(good, bad.field, bad.value));
            EXPECT_NE(said.find(bad.why), std::string::npos) << bad.field.name << " = " << bad.value << ": " << said;
        }
    }

    std::string folder_;
    std::string path_;
};

TEST_F(ForeignFields, vdi) {
    each_is_refused(real("vdi", ""), {{{"version", 0x44, 4}, 0x00010002, "version"},
                                      {{"type", 0x4c, 4}, 4, "dynamic and static"},
                                      {{"map", 0x154, 4}, 0, "block map"},
                                      {{"map", 0x154, 4}, 0x7ffffe00, "outside"},
                                      {{"data", 0x158, 4}, 512, "overlap"},
                                      {{"sector", 0x168, 4}, 4096, "sector size"},
                                      {{"size", 0x170, 8}, 1ULL << 40, "too small"},
                                      {{"block", 0x178, 4}, 1U << 30, "block size"},
                                      {{"blocks", 0x180, 4}, 0x1fffffff, "outside"},
                                      {{"link", 0x1a8, 8}, 1, "parent"},
                                      {{"parent", 0x1b8, 8}, 1, "parent"}});
}

TEST_F(ForeignFields, vhd) {
    const auto good = real("vpc", "");
    each_is_refused(good, {{{"type", 60, 4, true}, 4, "parent"},
                           {{"type", 60, 4, true}, 2, "dynamic"},
                           {{"header", 16, 8, true}, 1ULL << 30, "dynamic header"},
                           {{"header", 16, 8, true}, 0, "dynamic header"},
                           {{"header", 16, 8, true}, ~0ULL, "dynamic header"},
                           {{"table", 512 + 16, 8, true}, 1ULL << 40, "outside"},
                           {{"table", 512 + 16, 8, true}, 0, "outside"},
                           {{"entries", 512 + 28, 4, true}, 0x7fffffff, "outside"},
                           {{"entries", 512 + 28, 4, true}, 1, "too small"},
                           {{"block", 512 + 32, 4, true}, 0, "block size"},
                           {{"block", 512 + 32, 4, true}, 3U << 20, "block size"},
                           {{"parent", 512 + 40, 8, true}, 1, "parent"},
                           {{"locator", 512 + 576, 8, true}, 1, "parent"}});
}

TEST_F(ForeignFields, vhdx) {
    const auto good = real("vhdx", "");
    constexpr std::string_view kParameters("\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b", 16);
    constexpr std::string_view kSize("\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8", 16);
    constexpr std::string_view kParent("\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c", 16);
    const auto entry = good.find(kParameters);
    ASSERT_NE(entry, std::string::npos);
    const auto table = good.rfind("metadata", entry);
    ASSERT_NE(table, std::string::npos);
    std::size_t place = 0;
    for (std::size_t i = 4; i-- > 0;) place = place << 8U | static_cast<unsigned char>(good[entry + 16 + i]);
    const auto item = table + place;
    each_is_refused(good, {{{"block", item, 4}, 0, "block size"},
                           {{"block", item, 4}, 1U << 30, "block size"},
                           {{"flags", item + 4, 4}, 2, "parent"},
                           {{"log", 64 * 1024 + 48, 8}, 1, "log"},
                           {{"log", 128 * 1024 + 48, 8}, 1, "log"}});
    for (const auto& [guid, why] : {std::pair{kParameters, "twice"}, {kSize, "twice"}, {kParent, "parent"}}) {
        auto image = good;
        const auto count = static_cast<unsigned char>(image[table + 10]);
        put_text(image, table + 32 + count * 32U, guid);
        put_little(image, table + 10, count + 1U, 2);
        const auto said = refusal(image);
        EXPECT_NE(said.find(why), std::string::npos) << said;
    }
}

TEST_F(ForeignFields, vmdk) {
    each_is_refused(real("vmdk", ""), {{{"version", 4, 4}, 4, "versions"},
                                       {{"capacity", 12, 8}, 0, "capacity is zero"},
                                       {{"capacity", 12, 8}, 1ULL << 37, "outside"},
                                       {{"grain", 20, 8}, 0, "grain size"},
                                       {{"grain", 20, 8}, 100, "grain size"},
                                       {{"grain", 20, 8}, 1ULL << 40, "grain size"},
                                       {{"descriptor", 28, 8}, 2, "sector 1"},
                                       {{"descriptor size", 36, 8}, 0, "no descriptor"},
                                       {{"table", 44, 4}, 0, "grain table"},
                                       {{"table", 44, 4}, 513, "grain table"},
                                       {{"directory", 56, 8}, 1ULL << 40, "outside"},
                                       {{"directory", 56, 8}, ~0ULL, "footer"}});
}

TEST_F(ForeignFields, what_qemu_can_not_open_is_refused) {
    const Format formats[] = {
        {"vdi",
         "",
         {{"version", 0x44, 4},
          {"type", 0x4c, 4},
          {"map", 0x154, 4},
          {"sector", 0x168, 4},
          {"block", 0x178, 4},
          {"blocks", 0x180, 4}}},
        {"vpc",
         "",
         {{"header", 16, 8, true}, {"table", 528, 8, true}, {"entries", 540, 4, true}, {"block", 544, 4, true}}},
        {"vmdk", "", {{"version", 4, 4}, {"capacity", 12, 8}, {"grain", 20, 8}, {"table", 44, 4}}}};
    for (const auto& format : formats) {
        const auto good = real(format.name, format.tool_options);
        for (const auto& field : format.fields) {
            for (const auto value : kValues) {
                if (!refusal(with(good, field, value)).empty()) continue;
                EXPECT_EQ(run_process({"qemu-img", "info", "-f", format.name, path_}).exit_code, 0)
                    << format.name << ": " << field.name << " = " << value;
            }
        }
    }
}

}  // namespace
}  // namespace virga::image
