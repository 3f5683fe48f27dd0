#include "unit/image_format/builders.hpp"

namespace virga::test {

void put_big(std::string& into, std::size_t offset, std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) into[offset + i] = static_cast<char>(value >> (8 * (width - 1 - i)));
}

void put_little(std::string& into, std::size_t offset, std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) into[offset + i] = static_cast<char>(value >> (8 * i));
}

void put_text(std::string& into, std::size_t offset, std::string_view text) {
    into.replace(offset, text.size(), text);
}

std::string qcow2() {
    std::string image(4 * 65536, '\0');
    put_text(image, 0, std::string_view("QFI\xfb", 4));
    put_big(image, 4, 3, 4);
    put_big(image, 20, 16, 4);
    put_big(image, 24, 1ULL << 30, 8);
    put_big(image, 36, 2, 4);  // l1: entries, place
    put_big(image, 40, 3 * 65536, 8);
    put_big(image, 48, 65536, 8);  // refcount table: place, clusters
    put_big(image, 56, 1, 4);
    put_big(image, 96, 4, 4);
    put_big(image, 100, 104, 4);
    return image;
}

std::string mbr() {
    std::string image(1 << 20, '\0');
    put_little(image, 446, 0x80, 1);
    put_little(image, 446 + 4, 0x83, 1);
    put_little(image, 446 + 8, 2048, 4);
    put_text(image, 510, "\x55\xaa");
    return image;
}

std::string gpt() {
    std::string image(1 << 20, '\0');
    put_little(image, 446 + 2, 2, 1);
    put_little(image, 446 + 4, 0xee, 1);
    put_little(image, 446 + 8, 1, 4);
    put_text(image, 510, "\x55\xaa");
    put_text(image, 512, "EFI PART");
    return image;
}

std::string iso() {
    std::string image(65536, '\0');
    put_text(image, 32768,
             "\x01"
             "CD001");
    return image;
}

std::string vdi(std::uint64_t size) {
    std::string image(4096, '\0');
    put_little(image, 0x40, 0xbeda107f, 4);
    put_little(image, 0x44, 0x00010001, 4);
    put_little(image, 0x4c, 1, 4);
    put_little(image, 0x154, 512, 4);  // map, data
    put_little(image, 0x158, 4096, 4);
    put_little(image, 0x168, 512, 4);
    put_little(image, 0x170, size, 8);
    put_little(image, 0x178, 1 << 20, 4);
    put_little(image, 0x180, (size + (1 << 20) - 1) >> 20, 4);
    return image;
}

std::string luks(std::uint64_t version) {
    std::string image(2 << 20, '\0');
    put_text(image, 0, std::string_view("LUKS\xba\xbe", 6));
    put_big(image, 6, version, 2);
    put_big(image, 104, 2048, 4);
    return image;
}

std::string vmdk_descriptor(std::string_view type, std::string_view extra) {
    return "# Disk DescriptorFile\nversion=1\nCID=abcdef01\nparentCID=ffffffff\ncreateType=\"" + std::string(type) +
           "\"\n\n# Extent description\nRW 2097152 SPARSE \"disk.vmdk\"\n\n#DDB\nddb.adapterType = \"ide\"\n" +
           std::string(extra);
}

std::string vmdk(std::string_view descriptor) {
    std::string image(65536, '\0');
    put_text(image, 0, "KDMV");
    put_little(image, 4, 1, 4);
    put_little(image, 12, 2097152, 8);
    put_little(image, 20, 128, 8);
    put_little(image, 28, 1, 8);
    put_little(image, 36, 20, 8);
    put_little(image, 44, 512, 4);
    put_little(image, 56, 26, 8);
    put_text(image, 512, descriptor);
    return image;
}

std::string stream_vmdk() {
    auto image = vmdk(vmdk_descriptor("streamOptimized"));
    auto footer = image.substr(0, 512);
    put_little(image, 56, ~0ULL, 8);
    return image + std::string(512, '\0') + footer + std::string(512, '\0');
}

std::string vhd_footer(std::uint64_t size, std::uint64_t type) {
    std::string footer(512, '\0');
    put_text(footer, 0, "conectix");
    put_big(footer, 48, size, 8);
    put_big(footer, 60, type, 4);
    std::uint32_t sum = 0;
    for (const char c : footer) sum += static_cast<unsigned char>(c);
    put_big(footer, 64, static_cast<std::uint32_t>(~sum), 4);
    return footer;
}

std::string dynamic_vhd(std::uint64_t size) {
    constexpr std::uint64_t kBlock = 2 << 20;
    auto image = vhd_footer(size, 3) + std::string(8192, '\0');
    put_big(image, 16, 512, 8);
    put_text(image, 512, "cxsparse");
    put_big(image, 512 + 16, 1536, 8);
    put_big(image, 512 + 28, (size + kBlock - 1) / kBlock, 4);
    put_big(image, 512 + 32, kBlock, 4);
    return image;
}

}  // namespace virga::test
