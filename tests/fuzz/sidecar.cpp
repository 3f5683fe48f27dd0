#include "volume/host/drivers/files/sidecar.hpp"

#include "base/error.hpp"
#include "disk/disk.hpp"
#include "fuzz/scratch.hpp"
#include "fuzz/targets.hpp"

namespace virga::fuzz {
namespace {

using volume::host::files::Sidecar;

void use(Sidecar sidecar, const std::string& folder) {
    if (sidecar.size_gib * disk::kGiB <= 0) throw Finding("an impossible size");
    for (const auto& [file, layer] : sidecar.layers) {
        if (file.find("..") == 0 || file.starts_with('/')) throw Finding("a file outside of the folder");
        sidecar.children(file);
    }
    sidecar.prune();
    const auto text = sidecar.to_text();
    if (Sidecar::from_text(text).to_text() != text) throw Finding("it doesn't come back as it was written");
    try {
        sidecar.check_files(folder, sidecar.active);
    } catch (const Error& failure) {
        if (failure.code() != ErrorCode::Corrupt && failure.code() != ErrorCode::NotFound) throw;
    }
}

}  // namespace

void sidecar(std::string_view input) {
    static const Scratch scratch;
    try {
        use(Sidecar::from_text(std::string(input)), scratch.at(""));
    } catch (const Error& failure) {
        if (failure.code() != ErrorCode::Corrupt) throw Finding("not told to be corrupt: " + failure.message());
    }
}

}  // namespace virga::fuzz
