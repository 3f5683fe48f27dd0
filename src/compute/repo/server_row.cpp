#include "compute/repo/server_row.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "db/columns.hpp"

namespace virga::compute::repo {
namespace {

std::optional<ServerFault> fault_of_text(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto object = parse_object(text);
    return ServerFault{static_cast<int>(get_int(object, "code")), get_string(object, "message"),
                       get_string(object, "details"), get_int(object, "created_us")};
}

const std::string& text_in(const db::Value& value) {
    static const std::string kNone;
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? kNone : *text;
}

}  // namespace

std::string strings_to_text(const std::vector<std::string>& list) {
    json::array array;
    for (const auto& item : list) array.emplace_back(item);
    return json::serialize(array);
}

std::vector<std::string> strings_of_text(const std::string& text) {
    std::vector<std::string> list;
    if (text.empty() || text == "[]") return list;
    boost::system::error_code failure;
    const auto value = json::parse(text, failure);
    if (failure || !value.is_array()) throw Error(ErrorCode::Corrupt, "a stored list is not readable", text);
    for (const auto& item : value.get_array()) list.emplace_back(std::string_view(item.as_string()));
    return list;
}

std::string fault_to_text(const ServerFault& fault) {
    return json::serialize(json::object{{"code", fault.code},
                                        {"message", fault.message},
                                        {"details", fault.details},
                                        {"created_us", fault.created_us}});
}

/// Which column says what of a server.
struct ServerFields {
    using Read = void (*)(ServerReader&, Server&, const db::Value&);
    struct Field {
        std::string_view column;
        Read read;
    };

    template <auto Member>
    static void text(ServerReader&, Server& server, const db::Value& value) {
        server.*Member = text_in(value);
    }
    template <auto Member>
    static void id(ServerReader&, Server& server, const db::Value& value) {
        (server.*Member).value = text_in(value);
    }
    template <auto Member>
    static void number(ServerReader&, Server& server, const db::Value& value) {
        server.*Member = db::number_of(value);
    }
    template <auto Member>
    static void flag(ServerReader&, Server& server, const db::Value& value) {
        server.*Member = db::number_of(value) != 0;
    }
    template <auto Member>
    static void strings(ServerReader&, Server& server, const db::Value& value) {
        server.*Member = strings_of_text(text_in(value));
    }

    static const std::vector<Field>& all() {
        static const std::vector<Field> fields{
            {"id", id<&Server::id>},
            {"name", text<&Server::name>},
            {"description", text<&Server::description>},
            {"hostname", text<&Server::hostname>},
            {"project_id", id<&Server::project>},
            {"user_id", id<&Server::user>},
            {"vm_state", [](ServerReader&, Server& s,
                            const db::Value& v) { s.vm_state = lifecycle::state_of<VmState>(text_in(v)); }},
            {"task_state", [](ServerReader&, Server& s,
                              const db::Value& v) { s.task_state = lifecycle::state_of<TaskState>(text_in(v)); }},
            {"power_state", [](ServerReader&, Server& s,
                               const db::Value& v) { s.power_state = static_cast<PowerState>(db::number_of(v)); }},
            {"image_id", text<&Server::image_id>},
            {"flavor",
             [](ServerReader& reader, Server& s, const db::Value& v) { reader.read_flavor(text_in(v), s.flavor); }},
            {"disk_gib", number<&Server::disk_gib>},
            {"key_name", text<&Server::key_name>},
            {"key_data", text<&Server::key_data>},
            {"host", text<&Server::host>},
            {"availability_zone", text<&Server::availability_zone>},
            {"root_device_name", text<&Server::root_device_name>},
            {"user_data", text<&Server::user_data>},
            {"admin_password", text<&Server::admin_password>},
            {"reservation_id", text<&Server::reservation_id>},
            {"metadata",
             [](ServerReader&, Server& s, const db::Value& v) {
                 if (text_in(v) != "{}") s.metadata = parse_object(text_in(v));
             }},
            {"tags", strings<&Server::tags>},
            {"security_groups", strings<&Server::security_groups>},
            {"has_config_drive", flag<&Server::has_config_drive>},
            {"locked", flag<&Server::locked>},
            {"locked_reason", text<&Server::locked_reason>},
            {"launch_index", number<&Server::launch_index>},
            {"access_ip_v4", text<&Server::access_ip_v4>},
            {"access_ip_v6", text<&Server::access_ip_v6>},
            {"disk_config", text<&Server::disk_config>},
            {"fault", [](ServerReader&, Server& s, const db::Value& v) { s.fault = fault_of_text(text_in(v)); }},
            {"created_us", number<&Server::created_us>},
            {"updated_us", number<&Server::updated_us>},
            {"launched_us", number<&Server::launched_us>},
            {"terminated_us", number<&Server::terminated_us>},
        };
        return fields;
    }

    static std::vector<std::size_t> places_in(const std::vector<std::string>& names) {
        std::vector<std::size_t> places;
        for (const auto& field : all()) {
            const auto found = std::find(names.begin(), names.end(), field.column);
            if (found == names.end())
                throw Error(ErrorCode::Internal, "database result has no column", std::string(field.column));
            places.push_back(static_cast<std::size_t>(found - names.begin()));
        }
        return places;
    }
};

void ServerReader::read_flavor(const std::string& text, Flavor& flavor) {
    if (text != flavor_text_) {
        flavor_ = Flavor::from_json(parse_object(text));
        flavor_text_ = text;
    }
    flavor = flavor_;
}

Server ServerReader::read(const db::Row& row) {
    if (places_.empty()) places_ = ServerFields::places_in(row.names());
    const auto& fields = ServerFields::all();
    const auto& values = row.values();
    Server server;
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i].read(*this, server, values[places_[i]]);
    return server;
}

Server server_of(const db::Row& row) {
    return ServerReader().read(row);
}

}  // namespace virga::compute::repo
