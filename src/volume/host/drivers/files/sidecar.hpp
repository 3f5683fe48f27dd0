#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace virga::volume::host::files {

/// One disk file of a volume. File names are relative to the backend's folder.
struct Layer {
    enum class Kind {
        Active,  ///< the guest writes to it
        Frozen,  ///< never changes while anything needs it as it is: snapshot data, or beneath overlays
        Base,    ///< raw copy of an image, shared by all volumes from it
    };
    std::string file;
    std::string format;   ///< raw or qcow2
    std::string backing;  ///< file, empty: none
    Kind kind = Kind::Active;
};

struct SnapshotData {
    std::string file;  ///< the layer that holds the content
    std::int64_t size_gib = 0;
};

/// What is known of one volume: volume-<id>.json. It names every file that the volume or one of its snapshots needs,
/// shared ones too. A file that no sidecar names is garbage: that is the whole reference count, and it can't drift.
struct Sidecar {
    std::string id;
    std::int64_t size_gib = 0;
    std::int64_t created_us = 0;
    std::string active;                    ///< a key of layers
    std::string encryption;                ///< kLuks (host_commands.hpp), or empty
    std::int64_t image_virtual_bytes = 0;  ///< of the image that it was made from; 0: other source
    bool deleting = false;  ///< removal has begun: its files count for nobody, only the rest of the removal follows
    std::map<std::string, Layer> layers;            ///< by file
    std::map<std::string, SnapshotData> snapshots;  ///< by snapshot id
    std::map<std::string, SnapshotData> unmanaged;  ///< by name: snapshots that were let go; they go with the volume
    std::set<std::string> connections;              ///< hosts that were given the path

    const Layer& layer(const std::string& file) const;  ///< Throws Error{Corrupt}.
    const Layer& active_layer() const { return layer(active); }
    /// The layer and all beneath it, top first.
    std::vector<Layer> chain(const std::string& file) const;
    std::vector<std::string> children(const std::string& file) const;
    bool is_snapshot_data(const std::string& file) const;
    /// Drops the layers that neither the active file nor a snapshot needs; sets the kinds.
    void prune();

    /// Looks at this file and all beneath it before anything opens them that follows links or headers; `folder` has
    /// them. Throws Error{Corrupt} when one is no regular file, or is a qcow2 whose header names a backing file that is
    /// none of the volume's layers, or that is encrypted while
    /// the volume isn't, or the other way round; Error{NotFound} when one is missing.
    void check_files(const std::string& folder, const std::string& file) const;

    std::string to_text() const;
    /// Throws Error{Corrupt}, also for a name that could lead out of the folder and for layers that don't add up.
    static Sidecar from_text(const std::string& text);
    static Sidecar from_json(const json::object& o);
};

/// Whether a file of a volume may be called so.
bool is_layer_name(std::string_view name);
std::string volume_file(const std::string& id);
std::string layer_file(const std::string& id, const std::string& tag);  ///< tag: id of a snapshot or clone
std::string sidecar_file(const std::string& id);

}  // namespace virga::volume::host::files
