#include "image/format/verdict.hpp"

#include <algorithm>

#include "image/format/recogniser.hpp"

namespace virga::image::format {
namespace {

bool has(const std::vector<const Recogniser*>& found, std::string_view name) {
    return std::any_of(found.begin(), found.end(), [&](const auto* one) { return one->name() == name; });
}

void drop_gpt(std::vector<const Recogniser*>& found) {
    std::erase_if(found, [](const auto* one) { return one->name() == "gpt"; });
}

}  // namespace

Inspection verdict(const Sample& sample) {
    std::vector<const Recogniser*> found;
    for (const auto* one : recognisers()) {
        if (one->matches(sample)) found.push_back(one);
    }
    // A bootable ISO carries a partition table, and so does the content of a fixed VHD.
    if (found.size() == 2 && (has(found, "iso") || Vhd::is_fixed(sample))) drop_gpt(found);
    if (found.size() > 1) {
        std::string names;
        for (const auto* one : found) names += (names.empty() ? "" : ", ") + std::string(one->name());
        refuse("unknown", "its content matches several formats (" + names + ")");
    }
    if (found.empty()) return {"raw", checked_size(sample.size, "raw")};
    return {std::string(found[0]->name()), found[0]->check(sample)};
}

}  // namespace virga::image::format
