#pragma once
#include <cstdint>

#include "image/format/table_file.hpp"

namespace virga::image::format {

// One function per format: follows the tables, as check_tables() says. Returns the bytes of the disk that hold data.
std::uint64_t follow_qcow2(const TableFile& file);
std::uint64_t follow_vdi(const TableFile& file);
std::uint64_t follow_vhd(const TableFile& file);
std::uint64_t follow_vhdx(const TableFile& file);
std::uint64_t follow_vmdk(const TableFile& file);

}  // namespace virga::image::format
