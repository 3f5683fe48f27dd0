#pragma once
#include <cstdint>
#include <string>
#include <string_view>

/// Hand-made images, byte by byte, for the inspector's tests.
namespace virga::test {

void put_big(std::string& into, std::size_t offset, std::uint64_t value, std::size_t width);
void put_little(std::string& into, std::size_t offset, std::uint64_t value, std::size_t width);
void put_text(std::string& into, std::size_t offset, std::string_view text);

/// A version 3 qcow2 header of 1 GiB in 64 KiB of content.
std::string qcow2();
/// A protective MBR in front of 1 MiB.
std::string gpt();
/// A classic MBR with one partition.
std::string mbr();
/// ISO 9660, 64 KiB.
std::string iso();
std::string vdi(std::uint64_t size);
std::string luks(std::uint64_t version);
/// A vmdk with its descriptor in sector 1.
std::string vmdk(std::string_view descriptor);
std::string vmdk_descriptor(std::string_view type, std::string_view extra = "");
/// The same with a footer, as streamOptimized has it.
std::string stream_vmdk();
/// The 512 bytes of a VHD footer with the right checksum. `type`: 2 fixed, 3 dynamic, 4 differencing.
std::string vhd_footer(std::uint64_t size, std::uint64_t type);
/// A dynamic VHD with its header and block table.
std::string dynamic_vhd(std::uint64_t size);

}  // namespace virga::test
