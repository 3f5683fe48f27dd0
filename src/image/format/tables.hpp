#pragma once
#include <cstdint>
#include <string>

namespace virga::image {

/// Follows the tables of an image that inspect_file() takes, and returns how many bytes of the disk they say hold data:
/// what somebody who reads the whole disk has to read or expand. 0 for formats without tables that are followed here.
/// `format`: as Inspection has it.
///
/// Throws Error{InvalidInput} for one that makes little data look like much: a table or a cluster that is used in two
/// places, or lies outside of the file, or data that expands to more than 64 times the file. Takes at most 34 MiB of
/// memory (more clusters or blocks than that allows are refused; a vector that grows takes twice as much for a moment),
/// and reads each table once.
std::int64_t check_tables(const std::string& path, const std::string& format);

}  // namespace virga::image
