#pragma once
#include <cstdint>
#include <string>

#include "base/json.hpp"

namespace virga {

/// What a host needs to read an image's data. Header only: it crosses the RPC.
struct ImageSource {
    std::string image_id;
    std::string path;              ///< file of the image store, readable by the host process
    std::string disk_format;       ///< raw, qcow2, ... as declared and found true at upload
    std::string container_format;  ///< bare, ...
    std::int64_t size_bytes = 0;
    std::string sha512;     ///< lowercase hex of the data
    std::string xxh3 = {};  ///< the same, quicker to verify; empty: stored before it was computed

    json::object to_json() const {
        return {{"image_id", image_id},
                {"path", path},
                {"disk_format", disk_format},
                {"container_format", container_format},
                {"size_bytes", size_bytes},
                {"sha512", sha512},
                {"xxh3", xxh3}};
    }
    static ImageSource from_json(const json::object& o) {
        return {get_string(o, "image_id"),    get_string(o, "path"),
                get_string(o, "disk_format"), get_string(o, "container_format"),
                get_int(o, "size_bytes"),     get_string(o, "sha512"),
                get_string(o, "xxh3")};
    }
};

}  // namespace virga
