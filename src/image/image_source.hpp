#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace virga {

/// A small file with a random content in the folder of an image store: who reads that content below a folder of his
/// own sees the same store.
struct StoreMark {
    std::string file;  ///< its name in the folder
    std::string value;

    json::object to_json() const { return {{"file", file}, {"value", value}}; }
    static StoreMark from_json(const json::object& o) { return {get_string(o, "file"), get_string(o, "value")}; }
};

/// The other way to the data of an image: some control process, by HTTP.
struct ImageUrls {
    std::vector<std::string> urls = {};  ///< the same of each control process, signed, to be tried in turn
    std::string ca_file = {};            ///< PEM; empty: the authorities that the system trusts

    bool empty() const { return urls.empty(); }
};

/// What a host needs to read an image's data. Header only: it crosses the RPC.
struct ImageSource {
    std::string image_id;
    std::string path;              ///< file of the image store; of use to a host that sees the same store
    std::string disk_format;       ///< raw, qcow2, ... as declared and found true at upload
    std::string container_format;  ///< bare, ...
    std::int64_t size_bytes = 0;
    std::string sha512;         ///< lowercase hex of the data
    std::string xxh3 = {};      ///< the same, quicker to verify; empty: stored before it was computed
    StoreMark store = {};       ///< of the store that the path is in
    std::string transfer = {};  ///< path and query of a signed URL of the control processes; empty: there is none

    /// On a host, as disk::OpenImage found out: not empty where the data isn't at the path but there.
    ImageUrls remote = {};

    json::object to_json() const {
        return {{"image_id", image_id},
                {"path", path},
                {"disk_format", disk_format},
                {"container_format", container_format},
                {"size_bytes", size_bytes},
                {"sha512", sha512},
                {"xxh3", xxh3},
                {"store", store.to_json()},
                {"transfer", transfer}};
    }
    static ImageSource from_json(const json::object& o) {
        return {get_string(o, "image_id"),    get_string(o, "path"),
                get_string(o, "disk_format"), get_string(o, "container_format"),
                get_int(o, "size_bytes"),     get_string(o, "sha512"),
                get_string(o, "xxh3"),        StoreMark::from_json(get_object(o, "store")),
                get_string(o, "transfer")};
    }
};

}  // namespace virga
