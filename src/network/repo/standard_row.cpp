#include "network/repo/standard_row.hpp"

#include "base/error.hpp"

namespace virga::network::repo {

void read_standard(const db::Row& row, Standard& into) {
    into.id = row.text("id");
    into.project_id = row.text("project_id");
    into.name = row.text("name");
    into.description = row.text("description");
    into.created_us = row.number("created_us");
    into.updated_us = row.number("updated_us");
    into.revision = row.number("revision");
}

db::Params standard_values(const Standard& resource) {
    return {resource.id,         resource.project_id, resource.name,    resource.description,
            resource.created_us, resource.updated_us, resource.revision};
}

void stamp_new(Standard& resource) {
    resource.created_us = resource.updated_us = now_us();
    resource.revision = 1;
}

void stamp_change(Standard& resource) {
    resource.updated_us = now_us();
    ++resource.revision;
}

json::array parse_array(const std::string& text) {
    if (text == "[]" || text.empty()) return {};
    boost::system::error_code failure;
    auto value = json::parse(text, failure);
    if (failure || !value.is_array()) throw Error(ErrorCode::Corrupt, "database value is not a JSON list", text);
    return std::move(value.get_array());
}

}  // namespace virga::network::repo
