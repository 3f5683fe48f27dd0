#pragma once
#include <cstdint>
#include <string>

#include "base/json.hpp"
#include "image/image_source.hpp"

namespace virga {

/// Where a host writes an image's data. Header only: it crosses the RPC, as ImageSource does for reading.
struct ImageTarget {
    std::string image_id;
    std::string upload_id;    ///< of this upload; another upload of the same image has another one
    std::string folder;       ///< of the image store, absolute; the file gets the folder's owner
    std::string disk_format;  ///< what the data shall be: raw, qcow2, vmdk, vdi, vhd, vhdx
    std::int64_t max_bytes = 0;
    std::int64_t keep_free_bytes = 0;  ///< of the disk of the store: Error{NoSpace} before less is left
    StoreMark store = {};              ///< as of ImageSource
    std::string transfer = {};         ///< likewise, for PUT

    /// On a host, as disk::OpenTarget found out: not empty where the folder is one of the host's own, whose file is to
    /// be sent there.
    ImageUrls remote = {};

    /// Where the complete data stands.
    std::string path() const { return folder + "/" + image_id; }
    /// Where it grows. The store knows the name, and removes it when nobody owns it.
    std::string part_path() const { return path() + "." + upload_id + ".part"; }

    json::object to_json() const {
        return {{"image_id", image_id},       {"upload_id", upload_id}, {"folder", folder},
                {"disk_format", disk_format}, {"max_bytes", max_bytes}, {"keep_free_bytes", keep_free_bytes},
                {"store", store.to_json()},   {"transfer", transfer}};
    }
    static ImageTarget from_json(const json::object& o) {
        return {get_string(o, "image_id"),
                get_string(o, "upload_id"),
                get_string(o, "folder"),
                get_string(o, "disk_format"),
                get_int(o, "max_bytes"),
                get_int(o, "keep_free_bytes"),
                StoreMark::from_json(get_object(o, "store")),
                get_string(o, "transfer")};
    }
};

/// What a host found out about the data that it stored.
struct StoredImage {
    std::string format;  ///< as inspected, in the words of tools: raw, qcow2, vpc, ...
    std::int64_t size_bytes = 0;
    std::int64_t virtual_size_bytes = 0;
    std::string md5;  ///< lowercase hex, as are the others
    std::string sha512;
    std::string xxh3;

    json::object to_json() const {
        return {{"format", format}, {"size_bytes", size_bytes}, {"virtual_size_bytes", virtual_size_bytes},
                {"md5", md5},       {"sha512", sha512},         {"xxh3", xxh3}};
    }
    bool operator==(const StoredImage&) const = default;
    static StoredImage from_json(const json::object& o) {
        return {get_string(o, "format"), get_int(o, "size_bytes"), get_int(o, "virtual_size_bytes"),
                get_string(o, "md5"),    get_string(o, "sha512"),  get_string(o, "xxh3")};
    }
};

}  // namespace virga
