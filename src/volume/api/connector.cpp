#include "volume/api/connector.hpp"

#include <algorithm>
#include <array>

namespace virga::volume::api {
namespace {

constexpr std::size_t kLength = 255;
constexpr std::size_t kMostPorts = 128;
constexpr std::array kTexts{"initiator", "ip",          "mountpoint", "os_type",     "platform",
                            "nqn",       "nvme_hostid", "uuid",       "system uuid", "instance"};
constexpr std::array kFlags{"multipath", "enforce_multipath", "do_local_attach", "nvme_native_multipath"};
constexpr std::array kLists{"wwpns", "wwnns", "host_ips"};

/// The storage host has the volume to itself, attached or not.
bool is_worked_on_alone(const VolumeRecord& volume) {
    using enum VolumeStatus;
    return lifecycle::StateSet{Creating, Deleting, Managing, Unmanaging, Reverting, Maintenance, RestoringBackup}
        .contains(volume.status);
}

/// Also done to attached volumes, beside their connections.
bool is_worked_on_beside(const VolumeRecord& volume) {
    using enum VolumeStatus;
    return lifecycle::StateSet{Downloading, Uploading, Extending, Retyping, BackingUp}.contains(volume.status);
}

[[noreturn]] void refuse(const VolumeRecord& volume) {
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.id.value + " is " + text_of(volume.status) +
                    ": its connections can't be changed until that has ended.",
                {}, volume.id.value);
}

void check_stays(const VolumeRecord& volume) {
    if (!volume.is_moving()) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.id.value +
                    " is being moved to another backend: its connections can't be changed until that has ended.",
                {}, volume.id.value);
}

/// Without what would make it another text in a path or on a line. Counted in bytes, as the storage host does.
bool is_host(const std::string& text) {
    if (text.empty() || text.size() > kLength || text == "." || text == "..") return false;
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return code <= 0x20 || code == 0x7F || c == '/' || c == '\\';
    });
}

json::array texts(http::Fields& fields, const char* name, const json::array& items) {
    for (const auto& item : items) {
        if (!item.is_string() || item.get_string().size() > kLength)
            fields.fail(name, "must be a list of strings of at most 255 characters");
    }
    return items;
}

}  // namespace

void check_host(const http::Fields& fields, const char* name, const std::string& host) {
    if (!is_host(host)) fields.fail(name, "must be a host name: 1 to 255 bytes without '/', '\\', blanks and controls");
}

json::object read_connector(const http::Fields& parent, const json::object& connector) {
    http::Fields fields(connector, parent.path() + ".connector");
    json::object known{{"host", fields.required_string("host", 0, kLength)}};
    check_host(fields, "host", get_string(known, "host"));
    for (const auto* name : kTexts)
        if (auto text = fields.string(name, 0, kLength)) known[name] = *text;
    for (const auto* name : kFlags)
        if (const auto flag = fields.boolean(name)) known[name] = *flag;
    for (const auto* name : kLists)
        if (const auto* items = fields.array(name, kMostPorts)) known[name] = texts(fields, name, *items);
    if (auto mode = fields.one_of("mode", {"rw", "ro"})) known["mode"] = *mode;
    return known;
}

json::object required_connector(http::Fields& fields) {
    const auto* connector = fields.object("connector");
    if (connector == nullptr) fields.fail("connector", "is required");
    return read_connector(fields, *connector);
}

void check_may_connect(const VolumeRecord& volume) {
    if (is_worked_on_alone(volume) || is_worked_on_beside(volume)) refuse(volume);
    check_stays(volume);
}

void check_may_disconnect(const VolumeRecord& volume) {
    if (is_worked_on_alone(volume)) refuse(volume);
    if (volume.attach_status != AttachStatus::Detached) return;
    if (is_worked_on_beside(volume)) refuse(volume);
    check_stays(volume);
}

rpc::CallOptions waiting_options(const Call& call, const std::string& command_id) {
    return {.command_id = command_id,
            .request_id = call.auth.request_id,
            .deadline = kHostDeadline,
            .only_if_it_answers = true};
}

}  // namespace virga::volume::api
