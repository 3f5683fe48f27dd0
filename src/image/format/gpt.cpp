#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kEntries = 446;
constexpr std::size_t kEntryBytes = 16;
constexpr std::uint64_t kProtective = 0xee;

std::uint64_t byte_at(std::string_view data, std::size_t offset) {
    return required(little_endian(data, offset, 1), "gpt", "the partition table");
}

// The boot sector of an unpartitioned FAT or NTFS file system ends in the same signature as an MBR; it has a BIOS
// parameter block where an MBR has code. Such an image is raw.
bool is_file_system(std::string_view head) {
    const auto jump = byte_at(head, 0);
    if (jump != 0xeb && jump != 0xe9) return false;
    const auto sector = little_endian(head, 11, 2).value_or(0);
    const bool known_sector = sector == 512 || sector == 1024 || sector == 2048 || sector == 4096;
    return known_sector && byte_at(head, 21) >= 0xf0;
}

// Any data may end its first sector in the signature (one random sector of 65,536 does), and data that no partition
// table could be is raw, not a table to refuse.
bool is_table(std::string_view head) {
    bool used = false;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto entry = kEntries + i * kEntryBytes;
        const auto boot = byte_at(head, entry);
        if (boot != 0 && boot != 0x80) return false;
        used = used || byte_at(head, entry + 4) != 0;
    }
    return used;
}

void check_protective(std::string_view head, std::size_t entry, int used) {
    if (used != 1) refuse("gpt", "the protective partition must be the only one of the MBR");
    const bool chs = byte_at(head, entry + 1) == 0 && byte_at(head, entry + 2) == 2 && byte_at(head, entry + 3) == 0;
    if (!chs) refuse("gpt", "the protective partition must start at CHS 0/2/0");
    if (little_endian(head, entry + 8, 4) != 1U) refuse("gpt", "the protective partition must start at LBA 1");
}

}  // namespace

bool Gpt::matches(const Sample& sample) const {
    const auto head = sample.head;
    return head.size() >= kSector && has_bytes(head, 510, "\x55\xaa") && !is_file_system(head) && is_table(head);
}

std::optional<std::int64_t> Gpt::check(const Sample& sample) const {
    const auto head = sample.head;
    int used = 0;
    std::optional<std::size_t> protective;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto entry = kEntries + i * kEntryBytes;
        const auto type = byte_at(head, entry + 4);
        if (type != 0) ++used;
        if (type == kProtective) protective = entry;
    }
    if (protective) check_protective(head, *protective, used);
    return checked_size(sample.size, name());
}

}  // namespace virga::image::format
