#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"
#include "image/format/inspector.hpp"
#include "unit/image_format/builders.hpp"

namespace virga::image {
namespace {

using namespace virga::test;

std::string outcome(const std::string& content, std::size_t chunk) {
    Inspector inspector;
    for (std::size_t at = 0; at < content.size(); at += chunk)
        inspector.update(std::string_view(content).substr(at, chunk));
    try {
        const auto found = inspector.finish();
        return found.format + " " + std::to_string(found.virtual_size_bytes.value_or(-1));
    } catch (const Error& e) {
        return e.message();
    }
}

std::string fake_vhdx() {
    std::string image(600 * 1024, '\0');
    put_text(image, 0, "vhdxfile");
    put_text(image, 192 * 1024, "regi");
    put_little(image, 192 * 1024 + 8, 1, 4);
    put_text(image, 192 * 1024 + 16,
             std::string_view("\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e", 16));
    put_little(image, 192 * 1024 + 32, 300 * 1024, 8);
    put_text(image, 300 * 1024, "metadata");
    put_little(image, 300 * 1024 + 10, 2, 2);
    put_text(image, 300 * 1024 + 32,
             std::string_view("\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8", 16));
    put_little(image, 300 * 1024 + 48, 65536, 4);
    put_text(image, 300 * 1024 + 64,
             std::string_view("\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b", 16));
    put_little(image, 300 * 1024 + 80, 65536 + 8, 4);
    put_little(image, 300 * 1024 + 65536, 1 << 30, 8);
    put_little(image, 300 * 1024 + 65536 + 8, 1 << 20, 4);
    return image;
}

// Damages header bytes at random: nothing may crash, and chunking may never change the outcome.
TEST(InspectorFuzz, damaged_headers_never_crash_and_chunking_does_not_matter) {
    std::mt19937 random(20231123);
    const std::string seeds[] = {qcow2(),       gpt(),
                                 iso(),         vdi(1 << 20),
                                 luks(1),       vmdk(vmdk_descriptor("monolithicSparse")),
                                 stream_vmdk(), vhd_footer(1 << 20, 3) + std::string(1024, 'x'),
                                 fake_vhdx()};
    EXPECT_EQ(outcome(fake_vhdx(), 4096), "vhdx 1073741824");
    for (int round = 0; round < 2000; ++round) {
        auto image = seeds[random() % std::size(seeds)];
        const auto flips = 1 + random() % 8;
        for (std::size_t i = 0; i < flips; ++i) {
            const auto area = random() % 4 == 0 ? image.size() : std::min<std::size_t>(image.size(), 1024);
            image[random() % area] = static_cast<char>(random());
        }
        if (random() % 4 == 0) image.resize(random() % image.size());
        EXPECT_EQ(outcome(image, 1 + random() % 70000), outcome(image, image.size() + 1));
    }
}

TEST(InspectorFuzz, random_bytes_behind_each_magic) {
    std::mt19937 random(42);
    const std::string magics[] = {std::string("QFI\xfb", 4),
                                  "KDMV",
                                  "COWD",
                                  "conectix",
                                  "vhdxfile",
                                  std::string("LUKS\xba\xbe", 6),
                                  std::string("QED\0", 4),
                                  "# Disk DescriptorFile\n"};
    for (int round = 0; round < 2000; ++round) {
        std::string image(random() % 5000, '\0');
        for (auto& byte : image) byte = static_cast<char>(random());
        const auto& magic = magics[random() % std::size(magics)];
        image.replace(0, std::min(magic.size(), image.size()), magic);
        EXPECT_FALSE(outcome(image, 512).empty());
    }
}

}  // namespace
}  // namespace virga::image
