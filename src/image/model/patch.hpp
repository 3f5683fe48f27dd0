#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "identity/auth.hpp"
#include "image/model/record.hpp"

namespace virga::image {

enum class PatchVerb { Add, Replace, Remove };

/// One step of a JSON patch. Images are flat: the path is one attribute, or an entry of `tags`.
struct PatchStep {
    PatchVerb verb = PatchVerb::Add;
    std::string name;
    std::string entry;      ///< "-" or an index below a list; empty otherwise
    bool only_new = false;  ///< of an older form of patches: what is there already can't be added
    json::value value;
};

/// The media types of patches, oldest first.
const std::vector<std::string>& patch_types();
/// Whether a Content-Type names one of them.
bool is_patch_type(std::string_view content_type);

/// Reads the body of a PATCH of one of these types. Throws Error{InvalidInput} for a malformed patch.
std::vector<PatchStep> parse_patch(std::string_view content_type, std::string_view body);

/// Applies all steps in order. Errors as of set_attribute; Error{Conflict} for a property that doesn't exist,
/// Error{Forbidden} for removing an attribute that every image has.
void apply_patch(Record& record, const identity::Auth& auth, const std::vector<PatchStep>& steps);

}  // namespace virga::image
