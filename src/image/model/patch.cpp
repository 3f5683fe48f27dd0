#include "image/model/patch.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "http/json_text.hpp"
#include "image/model/attributes.hpp"

namespace virga::image {
namespace {

constexpr std::size_t kMaxSteps = 1024;
constexpr std::string_view kMediaType20 = "application/openstack-images-v2.0-json-patch";
constexpr std::string_view kMediaType21 = "application/openstack-images-v2.1-json-patch";

[[noreturn]] void malformed(const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "Invalid patch: " + why);
}

PatchVerb verb_of(std::string_view word) {
    if (word == "add") return PatchVerb::Add;
    if (word == "replace") return PatchVerb::Replace;
    if (word == "remove") return PatchVerb::Remove;
    malformed("operations must be add, replace or remove, not '" + std::string(word.substr(0, 32)) + "'");
}

/// Undoes ~1 and ~0 of a JSON pointer.
std::string unescape(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] != '~') {
            out += token[i];
        } else if (i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
            out += token[++i] == '0' ? '~' : '/';
        } else {
            malformed("'~' must be written ~0 in a path");
        }
    }
    return out;
}

void read_path(std::string_view path, PatchStep& step) {
    if (path.size() < 2 || path.front() != '/') malformed("a path must start with '/' and name an attribute");
    path.remove_prefix(1);
    const auto slash = path.find('/');
    step.name = unescape(path.substr(0, slash));
    if (slash == std::string_view::npos) return;
    step.entry = std::string(path.substr(slash + 1));
    const bool is_index = !step.entry.empty() && step.entry.find_first_not_of("0123456789") == std::string::npos;
    const bool is_list = step.name == "tags" || step.name == "locations";
    if (!is_list || (step.entry != "-" && !is_index)) {
        malformed("'/" + std::string(path.substr(0, 64)) + "' is not a path in an image");
    }
}

/// {"op": "add", "path": "/name", "value": ...}
PatchStep read_step_21(const json::object& object) {
    const auto* op = object.if_contains("op");
    const auto* path = object.if_contains("path");
    if (op == nullptr || !op->is_string()) malformed("every operation needs \"op\"");
    if (path == nullptr || !path->is_string()) malformed("every operation needs \"path\"");
    PatchStep step;
    step.verb = verb_of(op->get_string());
    read_path(path->get_string(), step);
    return step;
}

/// {"add": "/name", "value": ...}
PatchStep read_step_20(const json::object& object) {
    std::optional<PatchStep> found;
    for (const auto* word : {"add", "replace", "remove"}) {
        const auto* path = object.if_contains(word);
        if (path == nullptr) continue;
        if (found) malformed("an operation must be one of add, replace and remove");
        if (!path->is_string()) malformed("a path must be a string");
        found = PatchStep{};
        found->verb = verb_of(word);
        found->only_new = found->verb == PatchVerb::Add;
        read_path(path->get_string(), *found);
    }
    if (!found) malformed("operations must be add, replace or remove");
    return std::move(*found);
}

std::size_t tag_index(const Record& record, const PatchStep& step, std::size_t bound) {
    std::size_t index = 0;
    const auto* end = step.entry.data() + step.entry.size();
    const auto failure = std::from_chars(step.entry.data(), end, index).ec;
    if (failure != std::errc{} || index >= bound) {
        throw Error(ErrorCode::Conflict, "Tag " + step.entry + " does not exist: the image has " +
                                             std::to_string(record.tags.size()) + " tags.");
    }
    return index;
}

void apply_to_tag(Record& record, const PatchStep& step) {
    if (step.verb == PatchVerb::Remove) {
        record.tags.erase(record.tags.begin() +
                          static_cast<std::ptrdiff_t>(tag_index(record, step, record.tags.size())));
        return;
    }
    if (!step.value.is_string()) malformed("a tag must be a string");
    const std::string tag(step.value.get_string());
    if (step.verb == PatchVerb::Replace) {
        check_tag(tag);
        record.tags[tag_index(record, step, record.tags.size())] = tag;
        return;
    }
    if (step.entry == "-") return add_tag(record, tag);
    const auto index = tag_index(record, step, record.tags.size() + 1);
    check_tag(tag);
    record.tags.insert(record.tags.begin() + static_cast<std::ptrdiff_t>(index), tag);
}

/// Steps by index may leave a tag twice for a moment; the image has each once.
void drop_repeated_tags(Record& record) {
    std::vector<std::string> tags;
    tags.swap(record.tags);
    for (const auto& tag : tags) add_tag(record, tag);
}

void remove_attribute(Record& record, const PatchStep& step) {
    const auto* attribute = find_attribute(step.name);
    if (attribute != nullptr && attribute->kind == AttributeKind::Changeable) {
        throw Error(ErrorCode::Forbidden, "Property " + step.name + " may not be removed.");
    }
    if (attribute != nullptr) set_attribute(record, {}, step.name, nullptr);
    if (record.properties.erase(step.name) == 0) {
        throw Error(ErrorCode::Conflict, "Property " + step.name + " does not exist.");
    }
}

void apply_step(Record& record, const identity::Auth& auth, const PatchStep& step) {
    if (!step.entry.empty() && step.name == "tags") return apply_to_tag(record, step);
    if (step.verb == PatchVerb::Remove) return remove_attribute(record, step);
    const bool missing = find_attribute(step.name) == nullptr && !record.properties.contains(step.name);
    if (step.only_new && !missing) {
        // What no user changes is refused as that, below.
        const auto* attribute = find_attribute(step.name);
        if (attribute == nullptr || attribute->kind == AttributeKind::Changeable) {
            throw Error(ErrorCode::Conflict, "Property " + step.name + " already present.");
        }
    }
    if (step.verb == PatchVerb::Replace && missing) {
        throw Error(ErrorCode::Conflict, "Property " + step.name + " does not exist.");
    }
    set_attribute(record, auth, step.name, step.value);
}

std::string_view bare(std::string_view content_type) {
    return content_type.substr(0, content_type.find(';'));
}

json::array parse_array(std::string_view body) {
    auto value = http::parse_json(body);
    if (!value.is_array()) malformed("the request body must be a list of operations");
    if (value.get_array().size() > kMaxSteps) malformed("too many operations");
    return std::move(value.get_array());
}

}  // namespace

const std::vector<std::string>& patch_types() {
    static const std::vector<std::string> types{std::string(kMediaType20), std::string(kMediaType21)};
    return types;
}

bool is_patch_type(std::string_view content_type) {
    return bare(content_type) == kMediaType20 || bare(content_type) == kMediaType21;
}

std::vector<PatchStep> parse_patch(std::string_view content_type, std::string_view body) {
    const bool old_form = bare(content_type) == kMediaType20;
    std::vector<PatchStep> steps;
    for (const auto& item : parse_array(body)) {
        if (!item.is_object()) malformed("operations must be objects");
        const auto& object = item.get_object();
        auto step = old_form ? read_step_20(object) : read_step_21(object);
        const auto* value = object.if_contains("value");
        if (value == nullptr && step.verb != PatchVerb::Remove) malformed("add and replace need \"value\"");
        if (value != nullptr) step.value = *value;
        steps.push_back(std::move(step));
    }
    return steps;
}

void apply_patch(Record& record, const identity::Auth& auth, const std::vector<PatchStep>& steps) {
    for (const auto& step : steps) apply_step(record, auth, step);
    drop_repeated_tags(record);
    check_counts(record);
}

}  // namespace virga::image
