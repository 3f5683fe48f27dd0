#include "image/format/vmdk_descriptor.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>

#include "image/format/sample.hpp"

namespace virga::image::format {
namespace {

constexpr std::array<std::string_view, 6> kHeaderFields{"version",   "encoding",   "CID",
                                                        "parentCID", "createType", "isNativeSnapshot"};

std::string_view trimmed(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view unquoted(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

std::string_view take_word(std::string_view& rest) {
    const auto end = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, end);
    rest = trimmed(rest.substr(end));
    return word;
}

bool is_extent(std::string_view line) {
    return line.starts_with("RW ") || line.starts_with("RDONLY ") || line.starts_with("NOACCESS ");
}

// ACCESS SECTORS TYPE "FILE"
void check_extent(std::string_view line) {
    auto rest = line;
    take_word(rest);
    const auto sectors = take_word(rest);
    const bool number = !sectors.empty() && std::all_of(sectors.begin(), sectors.end(),
                                                        [](unsigned char c) { return std::isdigit(c) != 0; });
    if (!number) refuse("vmdk", "an extent has no size");
    if (take_word(rest) != "SPARSE") refuse("vmdk", "an extent is not of type SPARSE");
    if (rest.size() < 2 || rest.front() != '"' || rest.back() != '"') refuse("vmdk", "an extent has no file name");
    const auto file = unquoted(rest);
    if (file.find_first_of("/\\\"") != std::string_view::npos || file.starts_with('.') || file.find(':') != file.npos)
        refuse("vmdk", "an extent names a path");
}

void check_field(std::string_view key, std::string_view value) {
    if (key.starts_with("ddb.")) return;
    if (std::find(kHeaderFields.begin(), kHeaderFields.end(), key) == kHeaderFields.end())
        refuse("vmdk", "the descriptor has a field that is not supported");
    if (key == "createType" && value != "monolithicSparse" && value != "streamOptimized")
        refuse("vmdk", "only the subformats monolithicSparse and streamOptimized are supported");
    if (key == "parentCID" && value != "ffffffff" && value != "FFFFFFFF") refuse("vmdk", "it has a parent disk");
}

}  // namespace

void check_vmdk_descriptor(std::string_view text) {
    std::set<std::string, std::less<>> seen;
    int extents = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        if (is_extent(line)) {
            check_extent(line);
            ++extents;
            continue;
        }
        const auto equal = line.find('=');
        if (equal == std::string_view::npos) refuse("vmdk", "the descriptor has a line that is not supported");
        const auto key = trimmed(line.substr(0, equal));
        check_field(key, unquoted(trimmed(line.substr(equal + 1))));
        if (!seen.emplace(key).second) refuse("vmdk", "the descriptor has a field twice");
    }
    if (extents == 0) refuse("vmdk", "the descriptor has no extent");
    if (extents > 1) refuse("vmdk", "the descriptor has more than one extent");
    if (!seen.contains("createType")) refuse("vmdk", "the descriptor has no createType");
}

}  // namespace virga::image::format
