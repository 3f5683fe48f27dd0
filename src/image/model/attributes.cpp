#include "image/model/attributes.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "http/target.hpp"
#include "image/policy.hpp"

namespace virga::image {
namespace {

const identity::policy::Check kPublicize(policies(), "publicize_image");
const identity::policy::Check kOwner(policies(), "set_image_owner");

constexpr std::string_view kReservedPrefix = "os_glance";  ///< the service's own notes
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxValue = 65'535;
constexpr std::size_t kMaxTags = 128;
constexpr std::size_t kMaxProperties = 128;
constexpr std::int64_t kMaxInteger = 2'147'483'647;

[[noreturn]] void fail(std::string_view name, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "Attribute '" + std::string(name) + "': " + why);
}

std::string text_of(std::string_view name, const json::value& value, std::size_t max) {
    if (!value.is_string()) fail(name, "must be a string");
    const std::string_view text = value.get_string();
    if (!http::is_clean_utf8(text)) fail(name, "must be valid UTF-8 without NUL characters");
    if (http::utf8_length(text) > max) fail(name, "must have at most " + std::to_string(max) + " characters");
    return std::string(text);
}

std::int64_t integer_of(std::string_view name, const json::value& value) {
    if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > kMaxInteger) {
        fail(name, "must be an integer from 0 to " + std::to_string(kMaxInteger));
    }
    return value.get_int64();
}

bool boolean_of(std::string_view name, const json::value& value) {
    if (!value.is_bool()) fail(name, "must be true or false");
    return value.get_bool();
}

std::string choice_of(std::string_view name, const json::value& value, const std::vector<std::string>& choices) {
    const auto text = text_of(name, value, kMaxName);
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
    std::string list;
    for (const auto& choice : choices) list += (list.empty() ? "" : ", ") + choice;
    fail(name, "must be one of " + list);
}

/// A format names what the data is, so it can't change once there is some.
void set_format(const Record& record, std::string& format, std::string_view name, const std::string& wanted) {
    if (wanted == format) return;
    if (record.status != ImageStatus::Queued) {
        throw Error(ErrorCode::Forbidden,
                    "Attribute " + std::string(name) + " can be only replaced for a queued image.");
    }
    format = wanted;
}

void set_visibility(Record& record, const identity::Auth& auth, const json::value& value) {
    const auto wanted = choice_of("visibility", value, visibilities());
    if (wanted == "public" && record.visibility != "public") kPublicize.require(auth);
    record.visibility = wanted;
}

void set_owner(Record& record, const identity::Auth& auth, const json::value& value) {
    const auto wanted = text_of("owner", value, kMaxName);
    if (wanted.empty()) fail("owner", "must not be empty");
    if (wanted != record.owner && !kOwner.allows(auth)) {
        throw Error(ErrorCode::Forbidden, "You are not permitted to create images owned by '" + wanted + "'.");
    }
    record.owner = wanted;
}

void set_tags(Record& record, const json::value& value) {
    if (!value.is_array()) fail("tags", "must be a list");
    record.tags.clear();
    for (const auto& item : value.get_array()) add_tag(record, text_of("tags", item, kMaxName));
}

/// Ids of other images, which may be null.
bool names_an_image(std::string_view name) {
    return name == "kernel_id" || name == "ramdisk_id";
}

void set_property(Record& record, std::string_view name, const json::value& value) {
    if (name.starts_with(kReservedPrefix)) {
        throw Error(ErrorCode::Forbidden, "Attribute '" + std::string(name) + "' is reserved.");
    }
    if (names_an_image(name)) {
        if (value.is_null()) {
            record.properties.erase(name);
            return;
        }
        if (!value.is_string() || !is_uuid_like(value.get_string()))
            fail(name, "must be the UUID of an image, or null");
    }
    if (name.empty() || http::utf8_length(name) > kMaxName || !http::is_clean_utf8(name)) {
        throw Error(ErrorCode::InvalidInput, "Property names must have 1 to 255 characters, none of them NUL.");
    }
    record.properties[name] = text_of(name, value, kMaxValue);
}

void set_changeable(Record& record, const identity::Auth& auth, std::string_view name, const json::value& value) {
    if (name == "name") {
        record.name = value.is_null() ? std::nullopt : std::optional(text_of(name, value, kMaxName));
    } else if (name == "visibility") {
        set_visibility(record, auth, value);
    } else if (name == "owner") {
        set_owner(record, auth, value);
    } else if (name == "disk_format") {
        if (value.is_string() && value.get_string().empty()) fail(name, "must not be blank; null is none");
        set_format(record, record.disk_format, name, value.is_null() ? "" : text_of(name, value, kMaxName));
    } else if (name == "container_format") {
        set_format(record, record.container_format, name,
                   value.is_null() ? "" : choice_of(name, value, container_formats()));
    } else if (name == "min_disk") {
        record.min_disk_gib = integer_of(name, value);
    } else if (name == "min_ram") {
        record.min_ram_mib = integer_of(name, value);
    } else if (name == "protected") {
        record.is_protected = boolean_of(name, value);
    } else if (name == "os_hidden") {
        record.hidden = boolean_of(name, value);
    } else if (name == "tags") {
        set_tags(record, value);
    }
}

}  // namespace

const std::vector<Attribute>& attributes() {
    using enum AttributeKind;
    static const std::vector<Attribute> all{
        {"id", "string", false, ReadOnly, "The image's UUID"},
        {"name", "string", true, Changeable, "A name for people; need not be unique"},
        {"status", "string", false, ReadOnly, "Where the image is in its life"},
        {"visibility", "string", false, Changeable, "Who may use the image"},
        {"owner", "string", true, Changeable, "Project that the image belongs to"},
        {"disk_format", "string", true, Changeable, "Format of the disk inside"},
        {"container_format", "string", true, Changeable, "Format around the disk; bare: none"},
        {"size", "integer", true, ReadOnly, "Bytes of the stored data"},
        {"virtual_size", "integer", true, ReadOnly, "Bytes that a guest sees"},
        {"min_disk", "integer", false, Changeable, "GiB of disk that a server needs at least"},
        {"min_ram", "integer", false, Changeable, "MiB of memory that a server needs at least"},
        {"protected", "boolean", false, Changeable, "Whether deleting is refused"},
        {"os_hidden", "boolean", false, Changeable, "Whether ordinary lists leave the image out"},
        {"checksum", "string", true, ReadOnly, "MD5 of the data"},
        {"os_hash_algo", "string", true, ReadOnly, "Algorithm of os_hash_value"},
        {"os_hash_value", "string", true, ReadOnly, "Digest of the data"},
        {"tags", "array", false, Changeable, "Words attached to the image"},
        {"created_at", "string", false, ReadOnly, "When the image was made"},
        {"updated_at", "string", false, ReadOnly, "When the image was last changed"},
        {"self", "string", false, ReadOnly, "Path of the image"},
        {"file", "string", false, ReadOnly, "Path of the image's data"},
        {"schema", "string", false, ReadOnly, "Path of this schema"},
        {"direct_url", "string", true, ReadOnly, "Not shown: where the data is stored is nobody's business"},
        {"stores", "string", true, ReadOnly, "Not shown: there is one store"},
        {"locations", "array", true, Reserved, "Not offered"},
        {"location", "string", true, Reserved, "Not offered"},
        {"deleted", "boolean", true, Reserved, "Not offered"},
        {"deleted_at", "string", true, Reserved, "Not offered"},
    };
    return all;
}

const Attribute* find_attribute(std::string_view name) {
    const auto& all = attributes();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Attribute& a) { return name == a.name; });
    return found == all.end() ? nullptr : &*found;
}

const std::vector<std::string>& container_formats() {
    static const std::vector<std::string> formats{"bare", "ami", "ari", "aki", "ovf", "ova", "docker", "compressed"};
    return formats;
}

const std::vector<std::string>& visibilities() {
    static const std::vector<std::string> words{"public", "community", "shared", "private"};
    return words;
}

void set_attribute(Record& record, const identity::Auth& auth, std::string_view name, const json::value& value) {
    const auto* attribute = find_attribute(name);
    if (attribute == nullptr) return set_property(record, name, value);
    switch (attribute->kind) {
        case AttributeKind::ReadOnly:
            throw Error(ErrorCode::Forbidden, "Attribute '" + std::string(name) + "' is read-only.");
        case AttributeKind::Reserved:
            throw Error(ErrorCode::Forbidden, "Attribute '" + std::string(name) + "' is reserved.");
        case AttributeKind::Changeable:
            set_changeable(record, auth, name, value);
    }
}

void check_tag(std::string_view tag) {
    if (tag.empty() || !http::is_clean_utf8(tag) || http::utf8_length(tag) > kMaxName) {
        fail("tags", "a tag must have 1 to 255 characters");
    }
}

void add_tag(Record& record, const std::string& tag) {
    check_tag(tag);
    if (std::find(record.tags.begin(), record.tags.end(), tag) == record.tags.end()) record.tags.push_back(tag);
}

void check_counts(const Record& record) {
    if (record.tags.size() > kMaxTags) {
        throw Error(ErrorCode::TooLarge, "An image can have at most " + std::to_string(kMaxTags) + " tags.");
    }
    if (record.properties.size() > kMaxProperties) {
        throw Error(ErrorCode::TooLarge,
                    "An image can have at most " + std::to_string(kMaxProperties) + " properties.");
    }
}

}  // namespace virga::image
