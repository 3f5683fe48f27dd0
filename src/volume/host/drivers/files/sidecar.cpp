#include "volume/host/drivers/files/sidecar.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "disk/disk.hpp"
#include "volume/host_commands.hpp"

namespace virga::volume::host::files {
namespace {

std::string_view name_of(Layer::Kind kind) {
    switch (kind) {
        case Layer::Kind::Active:
            return "active";
        case Layer::Kind::Frozen:
            return "layer";
        case Layer::Kind::Base:
            return "base";
    }
    return "layer";
}

Layer::Kind kind_from(const std::string& name) {
    if (name == "active") return Layer::Kind::Active;
    return name == "base" ? Layer::Kind::Base : Layer::Kind::Frozen;
}

bool is_safe_name(std::string_view name) {
    if (name.starts_with("_base/")) name.remove_prefix(6);
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed);
}

const std::string& checked(const std::string& file) {
    if (!is_safe_name(file)) throw Error(ErrorCode::Corrupt, "a volume's record names an impossible file", file);
    return file;
}

Layer layer_from(const json::object& o) {
    Layer layer{get_string(o, "file"), get_string(o, "format"), get_string(o, "backing"),
                kind_from(get_string(o, "kind"))};
    checked(layer.file);
    if (!layer.backing.empty()) checked(layer.backing);
    if (layer.format != "raw" && layer.format != "qcow2")
        throw Error(ErrorCode::Corrupt, "a volume's record names an unknown format", layer.format);
    return layer;
}

json::object layer_to(const Layer& layer) {
    return {{"file", layer.file},
            {"format", layer.format},
            {"backing", layer.backing},
            {"kind", std::string(name_of(layer.kind))}};
}

json::object data_to(const std::map<std::string, SnapshotData>& all) {
    json::object out;
    for (const auto& [name, data] : all) out[name] = json::object{{"file", data.file}, {"size_gib", data.size_gib}};
    return out;
}

std::int64_t checked_size(std::int64_t size_gib) {
    constexpr std::int64_t kMostGib = 1LL << 26;  // 64 PiB: far beyond any, and no product overflows
    if (size_gib < 1 || size_gib > kMostGib)
        throw Error(ErrorCode::Corrupt, "a volume's record has an impossible size");
    return size_gib;
}

std::map<std::string, SnapshotData> data_from(const json::object& all) {
    std::map<std::string, SnapshotData> out;
    for (const auto& entry : all) {
        const auto data = get_object(all, entry.key());
        out[std::string(entry.key())] = {checked(get_string(data, "file")), checked_size(get_int(data, "size_gib"))};
    }
    return out;
}

}  // namespace

const Layer& Sidecar::layer(const std::string& file) const {
    const auto found = layers.find(file);
    if (found == layers.end())
        throw Error(ErrorCode::Corrupt, "the record of volume " + id + " lacks the layer " + file);
    return found->second;
}

std::vector<Layer> Sidecar::chain(const std::string& file) const {
    std::vector<Layer> result;
    for (auto next = file; !next.empty(); next = result.back().backing) {
        result.push_back(layer(next));
        if (result.size() > layers.size())
            throw Error(ErrorCode::Corrupt, "the layers of volume " + id + " form a circle");
    }
    return result;
}

std::vector<std::string> Sidecar::children(const std::string& file) const {
    std::vector<std::string> result;
    for (const auto& [name, one] : layers) {
        if (one.backing == file) result.push_back(name);
    }
    return result;
}

bool Sidecar::is_snapshot_data(const std::string& file) const {
    const auto has_it = [&](const auto& one) { return one.second.file == file; };
    return std::any_of(snapshots.begin(), snapshots.end(), has_it) ||
           std::any_of(unmanaged.begin(), unmanaged.end(), has_it);
}

void Sidecar::check_files(const std::string& folder, const std::string& file) const {
    for (const auto& one : chain(file)) {
        const auto path = folder + "/" + one.file;
        struct stat info {};
        if (::lstat(path.c_str(), &info) != 0) throw_errno(ErrorCode::NotFound, "disk file " + path, errno);
        if (!S_ISREG(info.st_mode))
            throw Error(ErrorCode::Corrupt, "A disk file of volume " + id + " is not a file.", path, id);
        if (one.format != "qcow2") continue;
        if (disk::qcow2_is_encrypted(path) == encryption.empty())
            throw Error(ErrorCode::Corrupt, "A disk file of volume " + id + " is not encrypted as the volume is.",
                        one.file, id);
        const auto backing = disk::qcow2_backing(path);
        if (!backing) continue;
        // Any layer: an operation that was killed may have re-pointed the file already.
        const auto known = layers.find(backing->path);
        if (known == layers.end() || known->second.format != backing->format)
            throw Error(ErrorCode::Corrupt,
                        "A disk file of volume " + id + " stands on a file that is not the volume's.",
                        one.file + " names " + backing->path, id);
    }
}

void Sidecar::prune() {
    std::map<std::string, Layer> needed;
    const auto keep = [&](const std::string& file) {
        for (auto& one : chain(file)) needed.emplace(one.file, one);
    };
    keep(active);
    for (const auto& [snapshot, data] : snapshots) keep(data.file);
    for (const auto& [name, data] : unmanaged) keep(data.file);
    layers = std::move(needed);
    for (auto& [file, one] : layers) {
        if (one.kind == Layer::Kind::Base) continue;
        one.kind = file == active ? Layer::Kind::Active : Layer::Kind::Frozen;
    }
}

std::string Sidecar::to_text() const {
    json::array files;
    for (const auto& [file, one] : layers) files.emplace_back(layer_to(one));
    json::array hosts;
    for (const auto& host : connections) hosts.emplace_back(host);
    const json::object all{{"id", id},
                           {"size_gib", size_gib},
                           {"created_us", created_us},
                           {"image_virtual_bytes", image_virtual_bytes},
                           {"active", active},
                           {"encryption", encryption},
                           {"deleting", deleting},
                           {"layers", files},
                           {"snapshots", data_to(snapshots)},
                           {"unmanaged", data_to(unmanaged)},
                           {"connections", hosts}};
    return json::serialize(all) + "\n";
}

Sidecar Sidecar::from_text(const std::string& text) {
    return read_stored([&] { return from_json(parse_object(text)); });
}

Sidecar Sidecar::from_json(const json::object& o) {
    Sidecar s;
    s.id = get_string(o, "id");
    s.size_gib = checked_size(get_int(o, "size_gib"));
    s.created_us = get_int(o, "created_us");
    s.image_virtual_bytes = get_int(o, "image_virtual_bytes");
    s.active = checked(get_string(o, "active"));
    s.encryption = get_string(o, "encryption");
    s.deleting = get_bool(o, "deleting");
    for (const auto& value : get_objects(o, "layers")) {
        auto one = layer_from(value);
        s.layers.emplace(one.file, one);
    }
    s.snapshots = data_from(get_object(o, "snapshots"));
    s.unmanaged = data_from(get_object(o, "unmanaged"));
    for (auto& host : get_strings(o, "connections")) s.connections.insert(std::move(host));
    if (!s.encryption.empty() && s.encryption != kLuks)
        throw Error(ErrorCode::Corrupt, "a volume's record names an unknown encryption", s.encryption);
    if (s.image_virtual_bytes < 0) throw Error(ErrorCode::Corrupt, "a volume's record has an impossible image");
    s.chain(s.active);
    for (const auto& [snapshot, data] : s.snapshots) s.chain(data.file);
    for (const auto& [name, data] : s.unmanaged) s.chain(data.file);
    return s;
}

bool is_layer_name(std::string_view name) {
    return is_safe_name(name);
}

std::string volume_file(const std::string& id) {
    return "volume-" + id;
}
std::string layer_file(const std::string& id, const std::string& tag) {
    return volume_file(id) + "." + tag;
}
std::string sidecar_file(const std::string& id) {
    return volume_file(id) + ".json";
}

}  // namespace virga::volume::host::files
