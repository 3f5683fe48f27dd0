#pragma once
#include <optional>
#include <string>
#include <vector>

#include "disk/file.hpp"
#include "disk/root.hpp"
#include "image/image_source.hpp"
#include "image/image_target.hpp"

namespace virga::disk {

/// How this host gets at the data of images: as files, where it sees the store that a command means, which the command
/// has to prove by the store's mark; else from a control process, by the URLs that the host's own configuration names.
/// So a command can lead neither to another file nor to another server.
class ImageAccess {
public:
    ImageAccess(const std::string& store, std::vector<std::string> control_urls = {}, std::string ca_file = {})
        : store_(store), control_urls_(std::move(control_urls)), ca_file_(std::move(ca_file)) {}

    const Root& store() const { return store_; }
    /// Whether the folder is that of the marked store. Throws Error{InvalidInput} when the mark can't be one.
    bool sees(const StoreMark& mark) const;
    /// `transfer` at each control process. Throws Error{NotSupported} that names the setting when there is none,
    /// Error{InvalidInput} when it isn't a path of that kind.
    ImageUrls urls(const std::string& transfer) const;

private:
    Root store_;
    std::vector<std::string> control_urls_;
    std::string ca_file_;
};

/// The file of an image, open: `source.path` leads to it as long as the object lives, whatever happens to the name. Or
/// `source.remote` tells where else it is.
struct OpenImage {
    OpenImage(const ImageAccess& access, const ImageSource& image);
    ImageSource source;

private:
    std::optional<File> file_;
};

/// The folder where an image is to be written, likewise. Or `scratch`, and target.remote tells where it goes.
struct OpenTarget {
    OpenTarget(const ImageAccess& access, const ImageTarget& image, const std::string& scratch);
    ImageTarget target;

private:
    std::optional<File> folder_;
};

}  // namespace virga::disk
