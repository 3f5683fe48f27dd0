#include "base/error.hpp"
#include "fuzz/scratch.hpp"
#include "fuzz/targets.hpp"
#include "image/format/inspector.hpp"
#include "image/format/tables.hpp"

namespace virga::fuzz {
namespace {

std::string outcome(std::string_view content, std::size_t piece) {
    image::Inspector inspector;
    for (; !content.empty(); content.remove_prefix(std::min(piece, content.size())))
        inspector.update(content.substr(0, piece));
    try {
        const auto found = inspector.finish();
        if (found.virtual_size_bytes.value_or(0) < 0) throw Finding("a size below 0");
        return found.format + " " + std::to_string(found.virtual_size_bytes.value_or(-1));
    } catch (const Error& failure) {
        if (failure.code() != ErrorCode::InvalidInput) throw Finding("not refused as input: " + failure.message());
        return failure.message();
    }
}

/// The tables of what is taken.
void follow(std::string_view content) {
    static const Scratch scratch;
    const auto path = scratch.write("image", content);
    try {
        if (image::check_tables(path, image::inspect_file(path).format) < 0) throw Finding("data below 0");
    } catch (const Error& failure) {
        if (failure.code() != ErrorCode::InvalidInput) throw Finding("not refused as input: " + failure.message());
    }
}

}  // namespace

void image(std::string_view input) {
    if (input.empty()) return;
    const auto piece = static_cast<unsigned char>(input[0]) + std::size_t{1};
    input.remove_prefix(1);
    if (outcome(input, piece) != outcome(input, input.size() + 1)) throw Finding("the pieces change what it is");
    follow(input);
}

}  // namespace virga::fuzz
