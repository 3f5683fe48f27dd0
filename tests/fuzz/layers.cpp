#include "base/error.hpp"
#include "fuzz/scratch.hpp"
#include "fuzz/targets.hpp"
#include "volume/host/backup/qcow2_layers.hpp"

namespace virga::fuzz {
namespace {

using volume::host::backup::Piece;
using volume::host::backup::Qcow2Layers;

constexpr int kMostPieces = 2000;

void follow(const Qcow2Layers& layers) {
    std::int64_t offset = 0;
    std::string data(4096, '\0');
    for (int count = 0; count < kMostPieces && offset < layers.size(); ++count) {
        const auto piece = layers.find(offset);
        if (piece.bytes <= 0 || piece.bytes > layers.size() - offset) throw Finding("a piece of an impossible length");
        if (piece.kind == Piece::Kind::Data) piece.file->read_at(piece.offset, data);
        offset += piece.bytes;
    }
    if (layers.size() > 0) layers.find(layers.size() - 1);
}

}  // namespace

void layers(std::string_view input) {
    static const Scratch scratch;
    const auto [top, below] = two_files(input);
    scratch.write("below", below);
    try {
        follow(Qcow2Layers(scratch.write("top", top)));
    } catch (const Error& failure) {
        const auto code = failure.code();
        if (code != ErrorCode::Corrupt && code != ErrorCode::NotSupported && code != ErrorCode::NotFound)
            throw Finding("not told to be the file's fault: " + failure.message() + ": " + failure.detail());
    }
}

}  // namespace virga::fuzz
