#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "identity/service.hpp"
#include "image/model/record.hpp"

namespace virga::image {

enum class PatchVerb { Add, Replace, Remove };

/// One step of a JSON patch. Images are flat: the path is one attribute, or an entry of `tags`.
struct PatchStep {
    PatchVerb verb = PatchVerb::Add;
    std::string name;
    std::string entry;  ///< "-" or an index below tags; empty otherwise
    json::value value;
};

/// Reads the body of a PATCH. Throws http::StatusError{415} for another media type, Error{InvalidInput} for a
/// malformed patch.
std::vector<PatchStep> parse_patch(std::string_view content_type, std::string_view body);

/// Applies all steps in order. Errors as of set_attribute; Error{Conflict} for a property that doesn't exist,
/// Error{Forbidden} for removing an attribute that every image has.
void apply_patch(Record& record, const identity::Auth& auth, const std::vector<PatchStep>& steps);

}  // namespace virga::image
