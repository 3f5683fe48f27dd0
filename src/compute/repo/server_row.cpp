#include "compute/repo/server_row.hpp"

#include "base/error.hpp"

namespace virga::compute::repo {
namespace {

std::optional<ServerFault> fault_of_text(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto object = parse_object(text);
    return ServerFault{static_cast<int>(get_int(object, "code")), get_string(object, "message"),
                       get_string(object, "details"), get_int(object, "created_us")};
}

void read_state(Server& s, const db::Row& row) {
    s.vm_state = lifecycle::state_of<VmState>(row.text("vm_state"));
    s.task_state = lifecycle::state_of<TaskState>(row.text("task_state"));
    s.power_state = static_cast<PowerState>(row.number("power_state"));
    s.host = row.text("host");
    s.availability_zone = row.text("availability_zone");
    s.locked = row.flag("locked");
    s.locked_reason = row.text("locked_reason");
    s.fault = fault_of_text(row.text("fault"));
    s.created_us = row.number("created_us");
    s.updated_us = row.number("updated_us");
    s.launched_us = row.number("launched_us");
    s.terminated_us = row.number("terminated_us");
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

const Flavor& FlavorReader::read(const std::string& text) {
    if (text != text_) {
        flavor_ = Flavor::from_json(parse_object(text));
        text_ = text;
    }
    return flavor_;
}

Server server_of(const db::Row& row) {
    FlavorReader flavors;
    return server_of(row, flavors);
}

Server server_of(const db::Row& row, FlavorReader& flavors) {
    Server s;
    s.id = ServerId(row.text("id"));
    s.name = row.text("name");
    s.description = row.text("description");
    s.hostname = row.text("hostname");
    s.project = ProjectId(row.text("project_id"));
    s.user = UserId(row.text("user_id"));
    s.image_id = row.text("image_id");
    s.flavor = flavors.read(row.text("flavor"));
    s.disk_gib = row.number("disk_gib");
    s.key_name = row.text("key_name");
    s.key_data = row.text("key_data");
    s.root_device_name = row.text("root_device_name");
    s.user_data = row.text("user_data");
    s.admin_password = row.text("admin_password");
    s.reservation_id = row.text("reservation_id");
    if (const auto metadata = row.text("metadata"); metadata != "{}") s.metadata = parse_object(metadata);
    s.tags = strings_of_text(row.text("tags"));
    s.security_groups = strings_of_text(row.text("security_groups"));
    s.has_config_drive = row.flag("has_config_drive");
    s.launch_index = row.number("launch_index");
    s.access_ip_v4 = row.text("access_ip_v4");
    s.access_ip_v6 = row.text("access_ip_v6");
    s.disk_config = row.text("disk_config");
    read_state(s, row);
    return s;
}

}  // namespace virga::compute::repo
