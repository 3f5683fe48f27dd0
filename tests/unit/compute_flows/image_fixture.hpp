#pragma once
#include <filesystem>
#include <fstream>

#include "base/ids.hpp"
#include "db/database.hpp"

namespace virga::compute::flows {

/// An active raw image of 4 KiB, as an upload would have left it.
inline ImageId add_image(db::Database& database, const std::filesystem::path& state, const ProjectId& owner) {
    const ImageId id(new_uuid());
    std::filesystem::create_directories(state / "images");
    std::ofstream(state / "images" / id.value) << std::string(4096, 'x');
    database.write_with([&](db::Transaction& tx) {
        tx.exec(
            "INSERT INTO images (id, name, status, visibility, owner, disk_format, container_format, tool_format,"
            " size_bytes, virtual_size_bytes, min_disk_gib, min_ram_mib, protected, hidden, checksum_md5, sha512, tags,"
            " properties, created_us, updated_us)"
            " VALUES (?, 'image', 'active', 'shared', ?, 'raw', 'bare', 'raw', 4096, 4096, 0, 0, 0, 0, '', '', "
            "'{\"tags\":[]}',"
            " '{}', 1, 1)",
            {id.value, owner.value});
    });
    return id;
}

}  // namespace virga::compute::flows
